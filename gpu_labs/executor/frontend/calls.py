"""Lowering of calls: which function is called, and who knows what it becomes in a `Program`."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from gpu_labs.executor.frontend import cuda_calls, python_calls, type_inference
from gpu_labs.executor.frontend.call_operands import operand_of
from gpu_labs.executor.frontend.lowering import Lowering
from gpu_labs.executor.frontend.numba_types import Method, type_of
from gpu_labs.executor.frontend.private_names import types
from gpu_labs.executor.ir.intrinsics import name_of
from gpu_labs.executor.ir.program import Const, Operand, Other, SliceOf

_KEYWORDS = {
    "shared.array": ("shape", "dtype", "alignment"),
    "local.array": ("shape", "dtype", "alignment"),
    "builtins.enumerate": ("iterable", "start"),
    "builtins.round": ("number", "ndigits"),
}
_HANDLERS = {**cuda_calls.HANDLERS, **python_calls.HANDLERS}


def lower_call(low: Lowering, name: str, value: Any) -> None:
    """Emit the operations of one call expression; `name` is the variable that takes the result."""
    callee = low.known.get(value.func.name)
    args = list(value.args)
    if value.vararg is not None:
        args += list(low.parts.get(value.vararg.name, ()))
    if isinstance(callee, Method):
        _method(low, name, callee)
        return
    signature = low.typed.calltypes[value]
    if hasattr(callee, "py_func"):
        _device(low, name, callee, args, dict(value.kws), signature)
        return
    if isinstance(callee, type) and issubclass(callee, BaseException):
        low.known[name] = callee  # raised next; what it says reaches nobody
        return
    called = name_of(callee)
    keywords = dict(value.kws)
    if keywords:
        order = _KEYWORDS.get(called or "") or _parameters(callee)
        args += [keywords[word] for word in order if word in keywords]
    if called == "builtins.slice":
        _slice(low, name, args)
        return
    result = type_of(low.typed.typemap[name])
    if (
        called is None
        and isinstance(callee, (types.Type, type))
        and isinstance(result, np.dtype)
        and len(args) == 1
    ):
        low.emit("copy", low.var(name), (operand_of(low, args[0]),))
        return
    if called is None:
        raise low.reject(f"The executor does not know `{getattr(callee, '__name__', callee)}`.")
    home, _, word = called.partition(".")
    handler = _HANDLERS.get(called) or _HANDLERS.get(home)
    if handler is None:
        raise low.reject(f"The executor does not know `{called}`.")
    handler(low, name, word, args, signature)


def _parameters(callee: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(callee).parameters)
    except (TypeError, ValueError):
        return ()


def _method(low: Lowering, name: str, method: Any) -> None:
    home = method.home
    if method.name == "sync" and isinstance(home.type, Other):
        low.emit("gridsync", None, (), None, low.site("barrier"))
        low.known[name] = None
    elif method.name in ("conjugate", "conj"):
        low.emit("math", low.var(name), (home,), "conj")
    else:
        raise low.reject(f"The executor does not know the method `{method.name}`.")


def _device(
    low: Lowering, name: str, callee: Any, args: list[Any], keywords: dict[str, Any], signature: Any
) -> None:
    parameters = list(inspect.signature(callee.py_func).parameters.values())
    given: list[Operand] = [operand_of(low, a) for a in args]
    for parameter in parameters[len(given) :]:
        if parameter.name in keywords:
            given.append(operand_of(low, keywords[parameter.name]))
        else:
            given.append(_default(parameter.default))
    function = low.device(callee.py_func, tuple(signature.args), signature.return_type)
    cast = tuple(low.cast(a, w) for a, w in zip(given, signature.args, strict=True))
    low.emit("call", low.var(name), cast, function)


def _default(value: Any) -> Const:
    return Const(value, type_of(type_inference.type_of_argument(value, "default")))


def _slice(low: Lowering, name: str, args: list[Any]) -> None:
    parts: list[Operand | None] = []
    for arg in args:
        got = operand_of(low, arg)
        parts.append(None if isinstance(got, Const) and got.value is None else got)
    if len(parts) == 1:
        parts = [None, parts[0]]
    low.slices[name] = SliceOf(*(parts + [None] * (3 - len(parts))))
