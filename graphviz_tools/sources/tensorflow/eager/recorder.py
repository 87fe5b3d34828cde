"""Record a TensorFlow program as it runs, op by op, without a graph: `record_tensorflow_eager`."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import numpy as np

from graphviz_tools.errors import InternalError, UserError, own_code
from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.own_bugs import show_own_bug
from graphviz_tools.recording import Omission, Recording, SourceLine
from graphviz_tools.sources.common.argument_names import argument_names
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.user_code import caller_line
from graphviz_tools.sources.tensorflow.eager.trace import EagerTrace
from graphviz_tools.sources.tensorflow.eager.watch import watching
from graphviz_tools.sources.tensorflow.errors import error_text
from graphviz_tools.sources.tensorflow.keras import keeping_logs, variables_of
from graphviz_tools.sources.tensorflow.private_names import is_eager, missing, tensor_number

MAX_STEPS = 20_000


def record_tensorflow_eager(
    fn: Callable[..., Any],
    *args: Any,
    values: bool = True,
    max_steps: int = MAX_STEPS,
    title: str = "",
    **kwargs: Any,
) -> Recording:
    """Call `fn(*args, **kwargs)` and record every op that it runs, as TensorFlow runs it without a graph.

    `fn` is a Python function, a Keras model or layer; of a `tf.function` the Python function inside is run. What a
    `tf.GradientTape` watches and records are autograd nodes, and each call of its `gradient` is recorded in
    "backward" steps, one for each record of the tape. Ops of a Keras optimizer are "optimize" steps. A `tf.function`
    that the program calls is one step. `values=False` records shapes and dtypes without numbers.

    The results are what they are without recording, to the last bit. A program that raises does not raise here: its
    Recording, up to the failing step, comes back with `error` set. At most `max_steps` steps are recorded;
    `omitted` says how many were not.

    Raises UserError when `fn` is not callable and for a `max_steps` below 0.
    """
    if not callable(fn):
        raise UserError(
            _(
                "record_tensorflow_eager needs a function and its arguments, as in record_tensorflow_eager(f, x); "
                "got {fn!r}",
                fn=fn,
            )
        )
    fn = getattr(fn, "python_function", fn)
    recorder = EagerRecorder(fn, values, max_steps, title)
    recorder.shown_at(caller_line())
    try:
        with keeping_logs(fn) as logs, recorder:
            with own_code():
                recorder.given(args, kwargs)
            result = fn(*args, **kwargs)
            with own_code():
                recorder.returned(logs or result)
    except InternalError:
        raise
    except BaseException:
        if recorder.recording is None:
            raise
    assert recorder.recording is not None
    return recorder.recording


def recording_tensorflow_eager(
    *, values: bool = True, max_steps: int = MAX_STEPS, title: str = ""
) -> EagerRecorder:
    """`with recording_tensorflow_eager() as rec:` records the block; `rec.recording` is the Recording afterwards.

    An exception leaves the block as it would without recording; the Recording up to it is kept.
    """
    return EagerRecorder(None, values, max_steps, title)


class EagerRecorder:
    """One recording, from `__enter__` to `__exit__`; only the ops of the thread that entered are seen."""

    def __init__(self, fn: Callable[..., Any] | None, values: bool, max_steps: int, title: str) -> None:
        if not isinstance(max_steps, int) or max_steps < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UserError(
                _("max_steps must be a whole number from 0 on, not {max_steps!r}", max_steps=max_steps)
            )
        self.recording: Recording | None = None
        self._fn = fn
        name = getattr(fn, "__name__", "") or getattr(fn, "name", "") or type(fn).__name__
        self._title = title or ("" if fn is None else name)
        self._trace = EagerTrace(values, Budget(max_steps))
        self._outputs: list[tuple[str, Any]] = []
        self._open = ExitStack()

    def shown_at(self, line: SourceLine | None) -> None:
        """Show this line at steps without a line of the user's, as in a model that Keras provides."""
        self._trace.graph.line = line

    def given(self, args: Any, kwargs: Any) -> None:
        """Name the program's inputs as its function does, and the variables of a model."""
        assert self._fn is not None
        for variable, path in variables_of(self._fn):
            self._trace.variables.learn(variable, path)
        leaves = _leaves((args, kwargs))
        names = argument_names(self._fn, args, kwargs, _leaves)
        for name, leaf in zip(names, leaves, strict=False):
            if is_tensor(leaf):
                tensor = getattr(leaf, "handle", leaf)
                if tensor is not leaf:
                    self._trace.variables.learn(leaf, name)
                self._trace.names[tensor_number(tensor)] = name
                self._trace.source(tensor)
            elif isinstance(leaf, np.ndarray):
                self._trace.arrays.append((name, leaf))

    def returned(self, result: Any) -> None:
        """The tensors in what the program returned, and the numbers that tensors gave, are the Recording's outputs."""
        names = list(result) if isinstance(result, dict) else ()
        leaves = _leaves([result[name] for name in names] if names else result)
        outputs = (
            [*zip(names, leaves, strict=True)] if len(names) == len(leaves) else [("", x) for x in leaves]
        )
        self._outputs = [(n, x) for n, x in outputs if is_tensor(x) or self._trace.is_answer(x)]

    def __enter__(self) -> EagerRecorder:
        if self.recording is not None:
            raise UserError(_("this recorder has its recording; make another for another one"))
        import_tensorflow()
        self._trace.stack.outermost = sys._getframe(1)
        self._open = watching(self._trace)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()
        trace, said = self._trace, ""
        trace.words.end()
        with trace.quiet():
            if error is not None:
                said = error_text(error)
                trace.failed(error, said)
            outputs = [trace.output(tensor, name) for name, tensor in self._outputs]
        trace.claim()
        trace.stack.close()
        trace.graph.steps = trace.steps()
        trace.memory.close()
        trace.graph.omitted += trace.omissions()
        trace.graph.omitted += [
            Omission(_("kinds of steps"), 1, _("this TensorFlow hides {lost}", lost=lost))
            for lost in missing()
        ]
        self.recording = trace.graph.recording(
            "tensorflow.eager",
            self._title,
            fn=self._fn,
            outputs=outputs,
            versions={
                "tensorflow": import_tensorflow().__version__,
                "python": platform.python_version(),
            },
            error=said,
            storages=trace.memory.sizes,
        )
        self._outputs = []
        show_own_bug(trace.own_bug)


def _leaves(thing: Any) -> list[Any]:
    return import_tensorflow().nest.flatten(thing, expand_composites=True)


def is_tensor(thing: Any) -> bool:
    """Whether `thing` is a tensor with a value, or a variable that holds one."""
    return is_eager(thing) or (hasattr(thing, "numpy") and hasattr(thing, "dtype"))
