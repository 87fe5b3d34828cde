"""TensorFlow's private names that recording an eager program needs, each last seen in TensorFlow 2.21.

Nothing here is touched before it is used. Where a name is gone, the Recording leaves out what depended on it and
says so in `omitted`: `missing()` lists what that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from graphviz_tools.sources.common.patches import Patch


@dataclass(frozen=True, slots=True)
class PrivateName:
    """`name` of `module` (2.21 has it), and what a Recording loses without it."""

    module: str
    name: str
    loses: str

    def find(self) -> Any | None:
        """The object behind the name; None when this TensorFlow has no such name."""
        try:
            found: Any = import_module(self.module)
            for part in self.name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError):
            return None
        return found


ADD_CALLBACK = PrivateName(
    "tensorflow.python.framework.op_callbacks", "add_op_callback", "every op of an eager program"
)
REMOVE_CALLBACK = PrivateName(
    "tensorflow.python.framework.op_callbacks", "remove_op_callback", "every op of an eager program"
)
GRADIENT_FUNCTION = PrivateName(
    "tensorflow.python.eager.backprop", "_gradient_function", "the order of a tape's backward pass"
)
REGISTER_GRADIENT_FUNCTION = PrivateName(
    "tensorflow.python.pywrap_tfe",
    "TFE_Py_RegisterGradientFunction",
    "the order of a tape's backward pass",
)
RECORD_OPERATION = PrivateName(
    "tensorflow.python.eager.record", "record_operation", "custom gradients on a tape"
)
STOP_RECORDING = PrivateName(
    "tensorflow.python.eager.record", "stop_recording", "the values of variables after an assignment"
)
IS_STOPPED = PrivateName(
    "tensorflow.python.pywrap_tfe", "TFE_Py_TapeSetIsStopped", "which ops ran while every tape was stopped"
)
UNCONVERTED = {"autograph_info__": {}}  # AutoGraph runs a function that has this attribute as it is
NAMES = (
    IS_STOPPED,
    ADD_CALLBACK,
    REMOVE_CALLBACK,
    GRADIENT_FUNCTION,
    REGISTER_GRADIENT_FUNCTION,
    RECORD_OPERATION,
    STOP_RECORDING,
)


def missing() -> list[str]:
    """What cannot be recorded with this TensorFlow, each once."""
    return list(dict.fromkeys(name.loses for name in NAMES if name.find() is None))


@contextmanager
def calling_after_each_op(callback: Callable[..., None]) -> Iterator[None]:
    """Call `callback(op_type, inputs, attributes, outputs, op_name, graph)` after each op of this thread."""
    add, remove = ADD_CALLBACK.find(), REMOVE_CALLBACK.find()
    if add is None or remove is None:
        yield
        return
    add(callback)
    try:
        yield
    finally:
        remove(callback)


class _RegisteredGradientFunction:
    """What TensorFlow calls for each operation of a tape, as an attribute that `Patch` can replace."""

    def __init__(self) -> None:
        self._now = GRADIENT_FUNCTION.find()

    @property
    def function(self) -> Any:
        return self._now

    @function.setter
    def function(self, replacement: Any) -> None:
        register = REGISTER_GRADIENT_FUNCTION.find()
        assert register is not None
        register(replacement)
        self._now = replacement


@cache
def _gradient_patch() -> Patch | None:
    if GRADIENT_FUNCTION.find() is None or REGISTER_GRADIENT_FUNCTION.find() is None:
        return None
    return Patch(_RegisteredGradientFunction(), "function", UNCONVERTED)


@cache
def _record_patch() -> Patch | None:
    if RECORD_OPERATION.find() is None:
        return None
    return Patch(import_module(RECORD_OPERATION.module), RECORD_OPERATION.name, UNCONVERTED)


def handling_gradients(handler: Callable[..., Any]) -> AbstractContextManager[None]:
    """Give each call of an op's gradient function in this thread to `handler(original, op_type, attributes,
    number of inputs, inputs, outputs, output gradients, skipped inputs, name scope)`."""
    patch = _gradient_patch()
    return nullcontext() if patch is None else patch.handled_by(handler)


def handling_custom_records(handler: Callable[..., Any]) -> AbstractContextManager[None]:
    """Give each operation that Python code puts on the tapes itself (a custom gradient, a `tf.function`) to
    `handler(original, op_type, outputs, inputs, backward_function, forward_function)`."""
    patch = _record_patch()
    return nullcontext() if patch is None else patch.handled_by(handler)


def unrecorded() -> AbstractContextManager[None]:
    """A block whose ops no tape records."""
    stop = STOP_RECORDING.find()
    return nullcontext() if stop is None else stop()


def recording_is_stopped() -> bool:
    """Whether something has told all tapes of this thread to record nothing."""
    stopped = _is_stopped()
    return stopped is not None and stopped()


@cache
def _is_stopped() -> Callable[[], bool] | None:
    return IS_STOPPED.find()


def tensor_number(tensor: Any) -> int:
    """A number that no other eager tensor of this process has had; `id` where TensorFlow does not tell it."""
    return getattr(tensor, "_id", None) or id(tensor)


def is_recording(tape: Any) -> bool:
    """Whether a `GradientTape` records now: between its `with` and its end, and not in `stop_recording`."""
    return getattr(tape, "_recording", True)


def is_persistent(tape: Any) -> bool:
    return getattr(tape, "_persistent", False)


def watches_variables(tape: Any) -> bool:
    """Whether the tape watches trainable variables by itself as soon as they are read."""
    return getattr(tape, "_watch_accessed_variables", True)
