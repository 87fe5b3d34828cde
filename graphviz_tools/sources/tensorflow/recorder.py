"""Record a TensorFlow program twice: as its graph is built, and as the built graph runs."""

from __future__ import annotations

import functools
import platform
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from graphviz_tools.errors import UserError
from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.recording import Omission, Recording, Step, Value
from graphviz_tools.sources.common.array_value import array_value
from graphviz_tools.sources.common.user_code import (
    caller_line,
    definition_line,
    return_line,
    source_texts,
    whole_function,
)
from graphviz_tools.sources.tensorflow.error_meanings import explanation
from graphviz_tools.sources.tensorflow.errors import error_line, error_text
from graphviz_tools.sources.tensorflow.function import (
    Traced,
    read_function,
    read_unfinished,
    run_function,
)
from graphviz_tools.sources.tensorflow.graph_reader import GraphReader, function_label, handle
from graphviz_tools.sources.tensorflow.graph_runner import GraphRunner, OpFailed, tensor_value
from graphviz_tools.sources.tensorflow.keras import fit_in_steps, model_of_fit
from graphviz_tools.sources.tensorflow.operands import is_symbolic, operand_words, operands, type_words
from graphviz_tools.sources.tensorflow.session import tell_sessions
from graphviz_tools.sources.tensorflow.session_watch import makes_its_own_graph, watching

MAX_STEPS = 10_000


def record_tensorflow(
    fn: Callable[..., Any], *args: Any, title: str = "", max_steps: int = MAX_STEPS, **kwargs: Any
) -> Recording:
    """Call `fn(*args, **kwargs)` and record how its graph is built ("trace") and then run ("run").

    `fn` may be

    - a Python function (it is wrapped in `tf.function`) or a `tf.function`; one that was traced before for
      such arguments is not traced again, and its graph is only read;
    - a Keras model, or the `fit` or `train_on_batch` of one: its first train step is recorded, the others run as usual;
    - a Python function that makes its own `tf.Graph` and runs it in a `tf.compat.v1.Session`.

    NumPy arrays become tensors; Python numbers stay Python numbers and are baked into the graph, as in
    TensorFlow. The program has its usual effects: variables are assigned, prints appear. At most `max_steps`
    steps of the run are recorded, and `omitted` says how many were not.

    When the program raises, the recording ends there, with `error` set. Raises UserError when `fn` is not
    callable.
    """
    if not callable(fn):
        raise UserError(
            _(
                "record_tensorflow needs a function and its arguments, as in record_tensorflow(f, x); got {fn!r}",
                fn=fn,
            )
        )
    python_function = getattr(fn, "python_function", fn)
    runner = GraphRunner(GraphReader(), max_steps)
    record = _record_sessions if python_function is fn and makes_its_own_graph(fn) else _record_function
    outputs, failure = record(fn, args, kwargs, runner)
    return finish(runner, title or name_of(python_function), python_function, outputs, failure)


def _record_sessions(
    fn: Callable[..., Any], args: Any, kwargs: Any, runner: GraphRunner
) -> tuple[list[Value], BaseException | None]:
    failure, result = None, None
    with watching() as watch:
        try:
            result = fn(*args, **kwargs)
        except BaseException as raised:  # the stop button too: what was recorded up to there is kept
            failure = raised
    tell_sessions(watch, runner)
    return [_value(item) for item in import_tensorflow().nest.flatten(result) if item is not None], failure


def _record_function(
    fn: Callable[..., Any], args: Any, kwargs: Any, runner: GraphRunner
) -> tuple[list[Value], BaseException | None]:
    tf = import_tensorflow()
    python_function = getattr(fn, "python_function", fn)
    line = return_line(python_function) or definition_line(python_function) or caller_line()
    if (model := model_of_fit(fn)) is not None:
        return fit_in_steps(model, fn, args, kwargs, runner, line)
    args, kwargs = python_arguments(args, kwargs)
    function: Any = fn if hasattr(fn, "get_concrete_function") else tf.function(fn)
    with watching() as watch:
        try:
            concrete = function.get_concrete_function(*args, **kwargs)
        except BaseException as raised:  # the stop button too: what was recorded up to there is kept
            read_unfinished(watch.graphs, runner.reader, line)
            return [], raised
    traced = Traced(function, python_function, concrete, line)
    body = read_function(traced, runner)
    try:
        outputs = run_function(traced, body, args, kwargs, runner)
        return [tensor_value(tensor) for tensor in outputs], None
    except OpFailed as failed:
        return [], failed


def python_arguments(args: Any, kwargs: Any) -> tuple[Any, Any]:
    """The arguments with every NumPy array as a tensor."""
    tf = import_tensorflow()

    def as_tensor(value: Any) -> Any:
        return tf.constant(value) if isinstance(value, np.ndarray) else value

    return tf.nest.map_structure(as_tensor, (args, kwargs))


def _value(item: Any) -> Value:
    """A value that a program returned: a NumPy array, a number, a (possibly symbolic) tensor, an object."""
    if isinstance(item, np.ndarray | np.generic | bool | int | float | complex):
        return array_value(item)
    return tensor_value(item) if hasattr(item, "numpy") else Value(text=str(item))


def name_of(fn: Any) -> str:
    """The title of a recording of `fn`: the name of the function, model or class."""
    fn = fn.func if isinstance(fn, functools.partial) else fn
    return getattr(fn, "__name__", "") or getattr(fn, "name", "") or type(fn).__name__


def finish(
    runner: GraphRunner, title: str, fn: Any, outputs: list[Value], failure: BaseException | None
) -> Recording:
    """The Recording of all that `runner` and its reader have recorded."""
    reader = runner.reader
    error = "" if failure is None else error_text(failure)
    if failure is not None:
        _tell_failure(reader, failure, error)
    lines = [node.line for node in reader.nodes if node.line is not None]
    return Recording(
        framework="tensorflow",
        title=title,
        nodes=tuple(reader.nodes),
        edges=tuple(reader.edges),
        steps=tuple(reader.steps),
        scopes=tuple(reader.scopes.values()),
        sources=source_texts(lines, whole_function(fn)),
        outputs=tuple(outputs),
        omitted=(*reader.omitted, *_omitted(runner)),
        versions={"tensorflow": import_tensorflow().__version__, "python": platform.python_version()},
        error=error,
    )


def _tell_failure(reader: GraphReader, failure: BaseException, error: str) -> None:
    """Put `error` at its step, or at one of its own, with what it means."""
    if not any(step.error for step in reader.steps):
        phase = reader.steps[-1].phase if reader.steps else "trace"
        line, given = error_line(failure) or caller_line(), operands(failure)
        reads = tuple(handle(each.given) for each in given if is_symbolic(each.given))
        step = Step(len(reader.steps), phase, "", line=line, reads=reads, error=error)
        reader.steps.append(replace(step, note=operand_words(given, _eager_words)))
    meaning = explanation(failure)
    reader.steps = [replace(s, note=f"{meaning} {s.note}".strip()) if s.error else s for s in reader.steps]


def _omitted(runner: GraphRunner) -> Iterator[Omission]:
    """What the run left out."""
    if runner.unseen:
        why = _("the run is longer than max_steps={max_steps}", max_steps=runner.max_steps)
        yield Omission("steps", runner.unseen, why)
    for name, op in runner.hidden.items():
        why = _(
            "{op} runs {function_label} inside its own kernel", op=op, function_label=function_label(name)
        )
        yield Omission(_("values inside a function"), 1, why)
    if runner.together:
        why = _("in {op} each device waits for the others, so the graph ran as a whole", op=runner.together)
        yield Omission(_("run, op by op"), 1, why)
    if runner.rounded:
        why = _(
            "TensorFlow's optimiser rounds them otherwise: these are its numbers, the steps show each op's own"
        )
        yield Omission(_("results, in their last digits"), runner.rounded, why)


def _eager_words(tensor: Any) -> str:
    """The words for a tensor that the graph took from outside."""
    return _("{type}, made outside the function.", type=type_words(tensor))
