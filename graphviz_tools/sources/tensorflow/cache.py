"""The cache of a `tf.function`: which call traced, which graph it ran, and why no earlier graph would do."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from graphviz_tools.cache_history import CacheHistory, Call, Entry, Prediction, in_few_words
from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.sources.tensorflow.cache_lookup import (
    Lookup,
    argument_texts,
    differences,
    look_up,
    traced_graphs,
)
from graphviz_tools.sources.tensorflow.errors import error_text
from graphviz_tools.sources.tensorflow.private_names import calling_after_each_op

FIRST = _("first call: there is no graph yet")
UNTOLD = _("this version of TensorFlow does not tell why")
ELSEWHERE = _(
    "the same arguments, but in another context: a device, a distribution strategy, XLA, an outer graph"
)


class TensorFlowCache:
    """Calls a `tf.function` and keeps the history of its cache, beginning with the graphs that it already has."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn: Any = fn
        self._graphs: list[Any] = []
        self._entries: list[Entry] = []
        self._calls: list[Call] = []
        self._plain: list[float] = []
        self._traces_before = self._fn.experimental_get_tracing_count()
        self._note_new_graphs()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        looked_up, before = look_up(self._fn, args, kwargs), self._fn.experimental_get_tracing_count()
        known = list(self._graphs)
        raised: Exception | None = None
        traced_until = begin = perf_counter()

        def built(*_: Any, graph: Any = None, **__: Any) -> None:
            nonlocal traced_until
            if graph is not None:
                traced_until = perf_counter()

        try:
            with calling_after_each_op(built):
                return self._fn(*args, **kwargs)
        except Exception as error:
            raised = error
            raise
        finally:
            seconds = perf_counter() - begin
            traced = self._fn.experimental_get_tracing_count() > before
            self._note_new_graphs(traced_until - begin)
            new = tuple(range(len(known), len(self._graphs)))
            entries = new[-1:] if traced else self._places(looked_up)
            reasons = self._reasons(looked_up, known) if traced or not entries else ()
            if raised is not None:
                reasons = (*reasons, _("raised {error_text}", error_text=error_text(raised)))
            self._calls.append(
                Call(len(self._calls), _call_text(args, kwargs), traced, entries, reasons, seconds)
            )

    def plain(self, *args: Any, **kwargs: Any) -> Any:
        """Call the Python function itself, op by op."""
        begin = perf_counter()
        result = self._fn.python_function(*args, **kwargs)
        self._plain.append(perf_counter() - begin)
        return result

    @property
    def history(self) -> CacheHistory:
        """Entries and calls so far; TensorFlow has no graph breaks."""
        name = getattr(self._fn.python_function, "__name__", "")
        return CacheHistory(
            "tensorflow", name, tuple(self._entries), tuple(self._calls), plain=tuple(self._plain)
        )

    @property
    def traces(self) -> int:
        """How often the Python function was traced since this object was made, through it or not."""
        return self._fn.experimental_get_tracing_count() - self._traces_before

    def predict(self, *args: Any, **kwargs: Any) -> Prediction:
        """The entry that the call would hit, or why it would trace; the Python function does not run."""
        self._note_new_graphs()
        looked_up = look_up(self._fn, args, kwargs)
        places = self._places(looked_up)
        return Prediction(places[0]) if places else Prediction(None, self._reasons(looked_up, self._graphs))

    def _places(self, looked_up: Lookup | None) -> tuple[int, ...]:
        if looked_up is None:
            return ()
        return tuple(i for i, graph in enumerate(self._graphs) if graph is looked_up.hit)

    def _reasons(self, looked_up: Lookup | None, known: list[Any]) -> tuple[str, ...]:
        """How the arguments differ from those of the nearest graph."""
        if not known:
            return (FIRST,)
        if looked_up is None or looked_up.type is None:
            return (UNTOLD,)
        found = [differences(looked_up.type, graph.function_type) for graph in reversed(known)]
        return min(found, key=len) or (ELSEWHERE,)

    def _note_new_graphs(self, seconds: float | None = None) -> None:
        """Add entries for the new graphs, which a call has traced in `seconds`."""
        for graph in traced_graphs(self._fn):
            if not any(graph is old for old in self._graphs):
                keys = argument_texts(graph.function_type)
                ops = len(graph.graph.get_operations())
                self._entries.append(Entry(len(self._entries), keys, ops, seconds))
                seconds = None  # a function that makes variables is traced twice in one call
                self._graphs.append(graph)


def _call_text(args: Any, kwargs: Any) -> str:
    texts = [_text(value) for value in args] + [f"{name}={_text(value)}" for name, value in kwargs.items()]
    return ", ".join(texts)


def _text(value: Any) -> str:
    """An argument in a few words: a tensor by shape and dtype, anything else as Python writes it."""
    tf = import_tensorflow()
    if tf.is_tensor(value) or hasattr(value, "shape"):
        sort = {tf.RaggedTensor: "ragged ", tf.SparseTensor: "sparse "}.get(type(value), "")
        return _(
            "{sort}{as_dtype} tensor {value}",
            sort=sort,
            as_dtype=tf.as_dtype(value.dtype).name,
            value=tuple(value.shape),
        )
    return in_few_words(value)
