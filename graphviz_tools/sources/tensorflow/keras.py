"""Keras models: a call is a function like any other; training is watched through the model's own train step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from graphviz_tools.errors import UserError
from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.recording import Omission, SourceLine, Value
from graphviz_tools.sources.tensorflow.function import Traced, read_function, run_function
from graphviz_tools.sources.tensorflow.graph_runner import GraphRunner, tensor_value
from graphviz_tools.sources.tensorflow.private_names import variable_in_keras

_TRAINS = ("fit", "train_on_batch")
_TESTS = ("evaluate", "test_on_batch")


def model_of(fn: Any) -> Any | None:
    """The Keras model that `fn` is, or is a method of; None for anything else."""
    keras = sys.modules.get("keras")  # nobody has a Keras model without it
    owner = getattr(fn, "__self__", fn)
    if keras is None or not isinstance(owner, keras.Layer):
        return None
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            _("Keras does not run on TensorFlow here: set KERAS_BACKEND=tensorflow before it is imported")
        )
    return owner


def model_of_fit(fn: Any) -> Any | None:
    """The Keras model whose bound `fit` or `train_on_batch` this is."""
    return model_of(fn) if getattr(fn, "__name__", "") in _TRAINS else None


def variables_of(fn: Any) -> list[tuple[Any, str]]:
    """The `tf.Variable`s of the Keras model that `fn` is or is a method of, and of its optimizer, with their paths."""
    model = model_of(fn)
    if model is None:
        return []
    held = [*model.variables, *getattr(getattr(model, "optimizer", None), "variables", ())]
    return [(tensor, v.path) for v in held if (tensor := variable_in_keras(v)) is not None]


@contextmanager
def keeping_logs(fn: Any) -> Iterator[dict[str, Any]]:
    """What the last step of a Keras model's `fit`, `train_on_batch`, `evaluate` or `test_on_batch` gave, by name, as
    tensors: Keras makes Python numbers of them."""
    logs: dict[str, Any] = {}
    name, kind = getattr(fn, "__name__", ""), ""
    if name in _TRAINS or name in _TESTS:
        kind = "train" if name in _TRAINS else "test"
    model = model_of(fn) if kind else None
    if model is None or not model.compiled:
        yield logs
        return
    attribute = f"{kind}_function"
    getattr(model, f"make_{attribute}")()
    step = getattr(model, attribute)

    def keeping(iterator: Any) -> Any:
        given = step(iterator)
        logs.clear()
        logs.update(given if isinstance(given, dict) else {"": given})
        return given

    setattr(model, attribute, keeping)
    try:
        yield logs
    finally:
        setattr(model, attribute, step)


def fit_in_steps(
    model: Any, fit: Callable[..., Any], args: Any, kwargs: Any, runner: GraphRunner, line: SourceLine | None
) -> tuple[list[Value], BaseException | None]:
    """Run `fit` to its end, with its first train step recorded; the outputs are that step's logs.

    Keras calls `model.train_function(iterator)` once for each step, and takes one that is already there.
    """
    first: list[Any] = []
    steps = 0
    train_step = import_tensorflow().function(model.train_step, jit_compile=model.jit_compile)

    def one_step(iterator: Any) -> Any:
        nonlocal steps
        logs: Any = {}
        for _step in range(model.steps_per_execution):
            data = _without_optionals(next(iterator))
            if steps:
                logs = train_step(data)
            else:
                concrete = train_step.get_concrete_function(data)
                traced = Traced(train_step, model.train_step, concrete, line)
                body = read_function(traced, runner)
                first.extend(run_function(traced, body, (data,), {}, runner))
                logs = import_tensorflow().nest.pack_sequence_as(concrete.structured_outputs, first)
            steps += 1
        return logs

    before, model.train_function = model.train_function, one_step
    failure = None
    try:
        fit(*args, **kwargs)
    except BaseException as raised:  # the stop button too: what was recorded up to there is kept
        failure = raised
    finally:
        model.train_function = before
    if steps > 1:
        why = _("only the first train step is shown; all of them have run")
        runner.reader.omitted.append(Omission("train steps", steps - 1, why))
    return [tensor_value(tensor) for tensor in first], failure


def _without_optionals(data: Any) -> Any:
    """`data` with None for an empty Optional, as which Keras feeds an absent `sample_weight`."""
    tf = import_tensorflow()
    absent = tf.experimental.Optional
    return tuple(None if isinstance(part, absent) else part for part in data)
