"""TensorFlow's private names, all of them: where each is, which version had it last, and what is lost without it.

Nothing here is touched before it is used. When a name is gone, a Recording leaves out what depended on it and says
so in `omitted`; `missing()` lists it. Private attributes of TensorFlow's objects are read here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from importlib import import_module
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.private_name import PrivateName
from graphviz_tools.sources.common.patches import Patch

SEEN = "2.21"
_CALLBACKS, _PYWRAP = "tensorflow.python.framework.op_callbacks", "tensorflow.python.pywrap_tfe"
_RECORD, _CONTEXT = "tensorflow.python.eager.record", "tensorflow.python.eager.context"
_POLYMORPHIC = "tensorflow.python.eager.polymorphic_function"

# An eager program.
_EVERY_OP, _BACKWARD = _("every op of an eager program"), _("the order of a tape's backward pass")
ADD_CALLBACK = PrivateName(_CALLBACKS, "add_op_callback", SEEN, _EVERY_OP)
REMOVE_CALLBACK = PrivateName(_CALLBACKS, "remove_op_callback", SEEN, _EVERY_OP)
GRADIENT_FUNCTION = PrivateName("tensorflow.python.eager.backprop", "_gradient_function", SEEN, _BACKWARD)
REGISTER_GRADIENT_FUNCTION = PrivateName(_PYWRAP, "TFE_Py_RegisterGradientFunction", SEEN, _BACKWARD)
RECORD_OPERATION = PrivateName(_RECORD, "record_operation", SEEN, _("custom gradients on a tape"))
STOP_RECORDING = PrivateName(
    _RECORD, "stop_recording", SEEN, _("the values of variables after an assignment")
)
IS_STOPPED = PrivateName(
    _PYWRAP, "TFE_Py_TapeSetIsStopped", SEEN, _("which ops ran while every tape was stopped")
)
EAGER_NAMES = (
    ADD_CALLBACK,
    REMOVE_CALLBACK,
    GRADIENT_FUNCTION,
    REGISTER_GRADIENT_FUNCTION,
    RECORD_OPERATION,
    STOP_RECORDING,
    IS_STOPPED,
)
# A graph, read and run.
_OWN_ROUNDING = _("a function's results to the last digit, and the quick way to run an op")
FUNCTION_TO_GRAPH = PrivateName(
    "tensorflow.python.framework.function_def_to_graph",
    "function_def_to_graph",
    SEEN,
    _("the inside of the functions of an imported graph"),
)
EXECUTE = PrivateName("tensorflow.python.eager.execute", "execute", SEEN, _OWN_ROUNDING)
CONTEXT = PrivateName(_CONTEXT, "context", SEEN, _OWN_ROUNDING)
# The cache of a `tf.function`.
_WHY = _("why a call traced")
FUNCTION_CONTEXT = PrivateName(f"{_POLYMORPHIC}.function_context", "make_function_context", SEEN, _WHY)
CANONICAL = PrivateName(f"{_POLYMORPHIC}.function_type_utils", "canonicalize_function_inputs", SEEN, _WHY)
MONOMORPHIC = PrivateName(
    f"{_POLYMORPHIC}.function_type_utils", "make_canonicalized_monomorphic_type", SEEN, _WHY
)
CACHE_NAMES = (FUNCTION_CONTEXT, CANONICAL, MONOMORPHIC)
# Grappler.
_RUNNING = _("the graph that really runs")
OPTIMIZE = PrivateName(
    "tensorflow.python.grappler.tf_optimizer", "OptimizeGraph", SEEN, _("optimised graphs")
)
COLLECT = PrivateName(_CONTEXT, "enable_graph_collection", SEEN, _RUNNING)
COLLECT_NO_MORE = PrivateName(_CONTEXT, "disable_graph_collection", SEEN, _RUNNING)
COLLECTED = PrivateName(_CONTEXT, "export_run_metadata", SEEN, _RUNNING)
COLLECTION_NAMES = (COLLECT, COLLECT_NO_MORE, COLLECTED)

NAMES = (*EAGER_NAMES, FUNCTION_TO_GRAPH, EXECUTE, CONTEXT, *CACHE_NAMES, OPTIMIZE, *COLLECTION_NAMES)
UNCONVERTED = {"autograph_info__": {}}  # AutoGraph runs a function that has this attribute as it is


def missing(names: Iterable[PrivateName] = EAGER_NAMES) -> list[str]:
    """What cannot be recorded with this TensorFlow, each once."""
    return list(dict.fromkeys(name.loses for name in names if name.find() is None))


@cache
def found_all(*names: PrivateName) -> tuple[Any, ...] | None:
    """The objects behind `names`; None when any is gone."""
    found = tuple(name.find() for name in names)
    return None if None in found else found


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


def is_eager(tensor: Any) -> bool:
    """Whether `tensor` is an eager tensor of TensorFlow's, which has numbers."""
    return hasattr(tensor, "_numpy")


def buffer_of(tensor: Any) -> tuple[int, int] | None:
    """(address, bytes) of an eager tensor's memory; None where it holds no numbers or lies on another device."""
    look = getattr(tensor, "_numpy", None)  # the tensor's own memory, not a copy, as `.numpy()` gives
    if (
        look is None
        or tensor.dtype.name in ("resource", "variant", "string")
        or "CPU" not in tensor.backing_device
    ):
        return None
    array = look()
    return (array.__array_interface__["data"][0], array.nbytes) if hasattr(array, "ctypes") else None


def handle_number(variable: Any) -> int:
    """The number of a variable's handle; 0 while the variable is being made."""
    handle = getattr(variable, "_handle", None)
    return tensor_number(handle) if handle is not None else 0


def variable_in_keras(variable: Any) -> Any | None:
    """The `tf.Variable` in a `keras.Variable`; None when this Keras keeps it elsewhere."""
    return getattr(variable, "_value", None)


def library_function(graph: Any, name: str) -> Any | None:
    """The function `name` in the library of `graph`; None when this TensorFlow does not tell."""
    try:
        return graph._get_function(name)
    except (AttributeError, KeyError, ValueError):  # an unknown name is a KeyError or a ValueError
        return None


def eager_definition(name: str) -> Any | None:
    """The definition of the function `name` that eager TensorFlow knows (a `FunctionDef`); None when it has none."""
    context = CONTEXT.find()
    try:
        return None if context is None else context().get_function_def(name)
    except (AttributeError, import_tensorflow().errors.NotFoundError):
        return None


def cache_options(fn: Any, *, to_call: bool = False) -> Any | None:
    """What a `tf.function` keeps with its traced graphs: with `to_call` what its next call uses. None before the first
    call.

    Raises:
        AttributeError: this TensorFlow keeps it elsewhere.
    """
    without_variables = to_call and fn._created_variables
    return fn._no_variable_creation_config if without_variables else fn._variable_creation_config


def written_by_autograph(file: str) -> bool:
    """Whether AutoGraph wrote the file, out of the user's code."""
    return "__autograph_generated_file" in file


def written_where(function: Any, file: str, line: int) -> tuple[str, int, str] | None:
    """The user's (file, line, function) behind a line that AutoGraph wrote for `function`, if known."""
    origin = getattr(function, "ag_source_map", {}).get((file, line))
    return None if origin is None else (origin.loc.filename, origin.loc.lineno, origin.function_name)
