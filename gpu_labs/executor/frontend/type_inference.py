"""The type gate: what a GPU compiler would reject is rejected here, in Numba's words made short.

This is the one place that runs Numba's CUDA typing. It needs no driver: the pipeline stops after type
inference, and device functions are typed the same way instead of being compiled for the current device.
Numba offers no public call for that: what it uses of numba-cuda is listed in `private_names.py`.
"""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import linecache
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
from numba import cuda, types

from gpu_labs.executor.frontend import private_names
from gpu_labs.executor.frontend.numba_errors import shortened
from gpu_labs.executor.frontend.private_names import (
    CoreNumbaError,
    CUDACompiler,
    CUDADispatcher,
    CUDAFlags,
    CUDATargetContext,
    CUDATypingContext,
    NopythonTypeInference,
    NumbaError,
    PassManager,
    Purpose,
    UnsupportedBytecodeError,
    as_dtype,
    make_concrete_template,
    normalize_signature,
    numba_target_override,
    pysignature,
    signature,
    typeof,
)
from gpu_labs.executor.launch_record import KernelTypeError
from graphviz_tools.language import _
from graphviz_tools.own_bugs import own_bug_behind, runs_the_program, show_own_bug

REFUSALS = (NumbaError, CoreNumbaError, UnsupportedBytecodeError)
# What Numba's Python raises, instead of one of its errors, about a kernel that it does not expect: a name that a module
# does not have, a field that a record does not have, a wrong number of arguments.
FAILURES = (AssertionError, AttributeError, IndexError, KeyError, NotImplementedError, TypeError, ValueError)
_LOCK = threading.RLock()


@dataclass(frozen=True, slots=True)
class Typed:
    """A function after type inference: Numba's IR in SSA form, with a type for every variable and call."""

    function: Callable[..., Any]
    ir: Any
    typemap: dict[str, Any]
    calltypes: dict[Any, Any]
    return_type: Any


class _NoResult(Exception):
    """Ends the pipeline after type inference, where Numba would ask for compiled code."""


class _TypingOnly(CUDACompiler):
    def define_pipelines(self) -> list[PassManager]:
        (full,) = super().define_pipelines()
        manager = PassManager(_("typing only"))
        for implementation, description in full.passes:
            manager.passes.append((implementation, description))
            if implementation is NopythonTypeInference:
                break
        manager.finalize()
        return [manager]


def _call_template(self: Any, args: Any, kws: Any) -> Any:
    """Stands in for `CUDADispatcher.get_call_template`, which compiles for the current device.

    A device function with declared signatures has those and no others; the caller casts."""
    folded = _folded(self, args, kws)
    declared = getattr(self, "declared_signatures", None) or [(tuple(folded), None)]
    signatures = [
        signature(returns or type_function(self.py_func, given).return_type, *given)
        for given, returns in declared
    ]
    name = f"CallTemplate({self.py_func.__name__})"
    template = make_concrete_template(name, key=self.py_func.__name__, signatures=signatures)
    return template, pysignature(self.py_func), folded, {}


@runs_the_program
def _folded(dispatcher: Any, args: Any, kws: Any) -> Any:
    """The types of a call's arguments, in the order of the function's parameters; Numba's TypeError if they do not
    fit."""
    return dispatcher.fold_argument_types(args, kws)[1]


def _overload(self: Any, sig: Any) -> Any:
    """Stands in for `CUDADispatcher.get_overload`: the device function as LLVM code, for `lowering_problem`."""
    args = tuple(normalize_signature(sig)[0])
    made = _run(_pipeline(CUDACompiler, args, None), self.py_func)
    contexts().target.insert_user_function(made.entry_point, made.fndesc, [made.library])
    _sources[made.entry_point] = self.py_func
    return made.entry_point


def _source(self: Any, sig: Any) -> Any:
    """Stands in for `CUDADispatcher.get_overload` while nothing is compiled: the Python function itself."""
    return self.py_func


_sources: dict[Any, Callable[..., Any]] = {}


def source_of(compiled: Any) -> Callable[..., Any] | None:
    """The Python function behind what one of the two above gave."""
    return compiled if isinstance(compiled, FunctionType) else _sources.get(compiled)


@contextmanager
def _without_a_driver(overload: Callable[[Any, Any], Any] = _source) -> Iterator[None]:
    """Calls of device functions are typed here, and compiled only where `overload` does so."""
    if cuda.is_available():
        yield
        return
    real = {name: getattr(CUDADispatcher, name) for name in ("get_call_template", "get_overload")}
    CUDADispatcher.get_call_template = _call_template  # type: ignore[method-assign]
    CUDADispatcher.get_overload = overload  # type: ignore[method-assign]
    try:
        yield
    finally:
        for name, method in real.items():
            setattr(CUDADispatcher, name, method)


class Contexts(NamedTuple):
    """Numba's contexts of kernels."""

    typing: CUDATypingContext
    target: CUDATargetContext


_contexts: Contexts | None = None
_typed: dict[tuple[Any, ...], Typed] = {}


def contexts() -> Contexts:
    """The contexts, made once; making them takes most of a first launch's time."""
    global _contexts
    with _LOCK:
        if _contexts is None:
            typing = CUDATypingContext()
            _contexts = Contexts(typing, CUDATargetContext(typing))
            for each in _contexts:
                each.refresh()
        return _contexts


def type_function(
    function: Callable[..., Any], args: tuple[Any, ...], kernel: bool = False, returns: Any = None
) -> Typed:
    """Type `function` for arguments of the Numba types `args`; raises Numba's own errors. `returns` is the
    declared type of the result, None where it is inferred."""
    key = (function, args, kernel, returns)
    with _LOCK:
        if key not in _typed:
            _typed[key] = _infer(function, args, types.void if kernel else returns)
        return _typed[key]


def _pipeline(compiler: type[CUDACompiler], args: tuple[Any, ...], returns: Any) -> CUDACompiler:
    typing_context, target_context = contexts()
    for each in (typing_context, target_context):
        each.refresh()
    flags = CUDAFlags()
    flags.no_compile = True
    flags.no_cpython_wrapper = True
    flags.no_cfunc_wrapper = True
    flags.error_model = "numpy"
    flags.compute_capability = (
        8,
        0,
    )  # what `runtime/device.py` says of the executor; code for float64 atomics asks
    return compiler(
        typing_context,
        target_context,
        library=None,
        args=args,
        return_type=returns,
        flags=flags,
        locals={},
    )


@runs_the_program
def _run(pipeline: CUDACompiler, function: Callable[..., Any]) -> Any:
    return pipeline.compile_extra(function)


def lowering_problem(function: Callable[..., Any], args: tuple[Any, ...]) -> str | None:
    """Why Numba cannot compile a kernel that it could type, in its words; None when it can.

    Slower than typing, so asked only for what the executor cannot run: it goes on to LLVM code, which needs
    no driver either."""
    pipeline = _pipeline(CUDACompiler, args, types.void)
    with _LOCK, numba_target_override(), _without_a_driver(_overload):
        try:
            _run(pipeline, function)
        except (*REFUSALS, *FAILURES) as error:
            show_own_bug(own_bug_behind(error))
            return _shortest_cause(str(error))
    return None


def _shortest_cause(message: str) -> str:
    """What a message of Numba is about: where it tries several ways, each failure is reported within another."""
    if "NRT required" in message or "Only accept returning of array" in message:
        hint = "NUMBA_CUDA_ENABLE_NRT=1 allows it"
        return _("it makes a new array, and a thread of a GPU has no memory to give out ({hint}).", hint=hint)
    return next((line for line in message.splitlines() if "Resolution failure" not in line), message)


def _infer(function: Callable[..., Any], args: tuple[Any, ...], returns: Any) -> Typed:
    pipeline = _pipeline(_TypingOnly, args, returns)
    with numba_target_override(), _without_a_driver():
        try:
            _run(pipeline, function)
        except AttributeError:
            # The pipeline ends by asking for `state.cr`, which only the passes that were left out would set.
            if pipeline.state.typemap is None:
                raise
    state = pipeline.state
    return Typed(function, state.func_ir, state.typemap, state.calltypes, state.return_type)


def type_kernel(function: Callable[..., Any], args: tuple[Any, ...]) -> Typed:
    """Type a kernel.

    Raises:
        KernelTypeError: Numba rejects it; the message is short, `details` has Numba's own.
    """
    typed = _type_or_refuse(function, args, kernel=True)
    if typed.return_type not in (types.none, types.void):
        line = function.__code__.co_firstlineno
        yields = isinstance(typed.return_type, types.Generator)
        what = _("uses `yield`") if yields else _("returns a value")
        raise KernelTypeError(
            _(
                "{function} {what}. A kernel returns nothing: write the result into an array argument.",
                function=function.__name__,
                what=what,
            ),
            line,
            linecache.getline(function.__code__.co_filename, line).strip(),
        )
    return typed


def _type_or_refuse(function: Callable[..., Any], args: tuple[Any, ...], **asked: Any) -> Typed:
    """`type_function`, with Numba's errors made short.

    Raises:
        KernelTypeError: Numba rejects the function.
        InternalError: the error is a bug of ours, perhaps wrapped in one of Numba's.
    """
    try:
        return type_function(function, args, **asked)
    except (*REFUSALS, *FAILURES) as error:
        show_own_bug(own_bug_behind(error))
        raise shortened(error, function) from None


def check_signature(function: Callable[..., Any], args: tuple[Any, ...], returns: Any, kernel: bool) -> None:
    """Type a function for the types that it was declared with.

    Raises:
        KernelTypeError: Numba rejects it.
    """
    if kernel:
        type_kernel(function, args)
        return
    _type_or_refuse(function, args, returns=returns)


def kind_of_argument(value: Any) -> Any:
    """What decides the type of a common argument, quicker to find than the type; None for any other argument."""
    if type(value) is np.ndarray:
        flags = value.flags
        plain = value.dtype.kind in "biufc" and value.dtype.isnative
        layout = (flags.c_contiguous, flags.f_contiguous, flags.writeable, flags.aligned)
        return (value.dtype, value.ndim, *layout) if plain else None
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return type(value)
    if type(value) in (bool, float, complex) or (type(value) is int and value.bit_length() < 32):
        return type(value)
    return None


def type_of_argument(value: Any, name: str) -> Any:
    """Numba's type of a kernel argument.

    Raises:
        KernelTypeError: a kernel cannot take such a value.
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "OUS":
        what = _("Python objects") if value.dtype.kind == "O" else _("text")
        hint = _("give it a dtype of numbers, such as np.float32")
        raise KernelTypeError(
            _("A kernel cannot take `{name}`, an array of {what}: {hint}.", name=name, what=what, hint=hint)
        )
    if isinstance(value, np.ndarray) and not value.dtype.isnative:
        hint = _("convert it with astype(dtype.newbyteorder('='))")
        raise KernelTypeError(
            _("`{name}` has the byte order of another kind of machine: {hint}.", name=name, hint=hint)
        )
    try:
        if isinstance(value, (list, set, dict, str, bytes)):
            raise TypeError
        return typeof(value, Purpose.argument)
    except (ValueError, TypeError, NumbaError, CoreNumbaError):
        raise KernelTypeError(_about_argument(value, name)) from None


def _about_argument(value: Any, name: str) -> str:
    """Why a kernel cannot take a value."""
    if isinstance(value, int):
        return _(
            "A kernel cannot take `{name}`, {value}: whole numbers have 64 bits there. Pass a float.",
            name=name,
            value=value,
        )
    kind = _("array of {dtype}", dtype=value.dtype) if isinstance(value, np.ndarray) else type(value).__name__
    article = "an" if kind[0] in "aeiouAEIOU" else "a"
    hint = _("a NumPy array or a number")
    if isinstance(value, list):
        hint = "np.array(...)"
    elif isinstance(value, np.ndarray):
        hint = _("array.astype(np.float32), or another dtype of a GPU")
    return _(
        "A kernel cannot take `{name}`, {article} {kind}: pass {hint}.",
        name=name,
        article=article,
        kind=kind,
        hint=hint,
    )


def fits(given: Any, declared: Any) -> bool:
    """Whether an argument of one type may be given where a signature declares the other: a number if it can be
    converted, an array of the same dtype and dimensions, in any order that the declared one allows."""
    if isinstance(declared, types.Array) and isinstance(given, types.Array):
        same = declared.dtype == given.dtype and declared.ndim == given.ndim
        return same and declared.layout in ("A", given.layout)
    return contexts().typing.can_convert(given, declared) is not None


def attribute_templates(numba_type: Any) -> list[Any]:
    """Numba's templates for the attributes of a type."""
    return private_names.attribute_templates(contexts().typing, numba_type)


def is_kernel(value: Any) -> bool:
    """True for what `@cuda.jit` makes."""
    return isinstance(value, CUDADispatcher)


def numpy_dtype(numba_type: Any) -> np.dtype[Any]:
    """The NumPy dtype of a Numba scalar or record type."""
    return np.dtype(as_dtype(numba_type))
