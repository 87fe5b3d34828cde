"""Lowering of calls: which function is called, and who knows what it becomes in a `Program`."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gpu_labs.executor.frontend import array_calls, cuda_calls, overloads, python_calls, type_inference
from gpu_labs.executor.frontend.call_operands import cast_all, operand_of
from gpu_labs.executor.frontend.lowering import INT64, Lowering
from gpu_labs.executor.frontend.numba_types import Method, type_of
from gpu_labs.executor.frontend.private_names import VectorType, ir, types
from gpu_labs.executor.ir.intrinsics import OPERATORS, name_of
from gpu_labs.executor.ir.program import ArrayType, Const, Operand, Other, SliceOf, Var
from graphviz_tools.language import _

_KEYWORDS = {
    "shared.array": ("shape", "dtype", "alignment"),
    "local.array": ("shape", "dtype", "alignment"),
    "builtins.enumerate": ("iterable", "start"),
    "builtins.round": ("number", "ndigits"),
}
_HANDLERS = {**cuda_calls.HANDLERS, **python_calls.HANDLERS, **array_calls.HANDLERS}


class _Call(NamedTuple):
    """A call expression: `name` takes the result, `kind` is Numba's type of what is called."""

    name: str
    args: list[Any]
    keywords: dict[str, Any]
    kind: Any
    signature: Any


def lower_call(low: Lowering, name: str, value: Any) -> None:
    """Emit the operations of one call expression; `name` is the variable that takes the result."""
    callee = low.known.get(value.func.name)
    args = list(value.args)
    if value.vararg is not None:
        args += low.items_of(value.vararg)
    signature = low.typed.calltypes[value]
    kind = low.typed.typemap[value.func.name]
    call = _Call(name, args, dict(value.kws), kind, signature)
    if _by_kind(low, call, callee):
        return
    called = name_of(callee)
    if called == "builtins.bool" and isinstance(signature.args[0], types.Array):
        raise low.refuse(
            _("An array is neither true nor false: test one element, such as x[i], or its size.")
        )
    whole = any(isinstance(each, types.Array) for each in signature.args)
    theirs = called is None or (whole and not called.startswith(("cuda.", "atomic.")))
    behind = overloads.of_function(kind, signature.args, signature.return_type) if theirs else None
    if behind is not None:
        low.program.refusable.append(low.site("read"))
        _device(low, call, behind)
        return
    if call.keywords:
        order = _KEYWORDS.get(called or "") or _parameters(callee)
        args += [call.keywords[word] for word in order if word in call.keywords]
    _by_name(low, call, callee, called)


def _by_kind(low: Lowering, call: _Call, callee: Any) -> bool:
    """Emit a call of a method, a device function, or what makes a vector, a named tuple or an exception; False for
    any other call."""
    if isinstance(callee, Method):
        _method(low, call, callee)
    elif isinstance(low.typed.typemap[call.name], VectorType):
        _vector(low, call.name, call.args)
    elif isinstance(call.kind, types.NamedTupleClass):
        given = [*call.args, *_named(call.kind, call.keywords)]
        low.make_tuple(call.name, tuple(operand_of(low, arg) for arg in given))
    elif callee is not None and hasattr(callee, "py_func"):
        _device(low, call, callee.py_func)
    elif isinstance(callee, type) and issubclass(callee, BaseException):
        low.known[call.name] = callee  # raised next; what it says reaches nobody
    else:
        return False
    return True


def _by_name(low: Lowering, call: _Call, callee: Any, called: str | None) -> None:
    """Emit a call of a function that has a name in `intrinsics`, of a type, or of an operator."""
    name, args = call.name, call.args
    if called == "builtins.slice":
        _slice(low, name, args)
        return
    result = type_of(low.typed.typemap[name])
    of_type = called is None and isinstance(callee, (types.Type, type))
    if of_type and isinstance(result, np.dtype) and len(args) == 1:
        low.emit("copy", low.var(name), (operand_of(low, args[0]),))
        return
    if callee in OPERATORS and len(args) == 2 and isinstance(result, np.dtype):
        low.emit("binary", low.var(name), cast_all(low, args, call.signature.args), OPERATORS[callee])
        return
    if called is None:
        raise low.reject(
            _("The executor does not know `{getattr}`.", getattr=getattr(callee, "__name__", callee))
        )
    home, _dot, word = called.partition(".")
    handler = _HANDLERS.get(called) or _HANDLERS.get(home)
    if handler is None:
        raise low.reject(_("The executor does not know `{called}`.", called=called))
    handler(low, name, word, args, call.signature)


def _named(kind: Any, keywords: dict[str, Any]) -> list[Any]:
    """The arguments of a named tuple that are given by name, in order."""
    return [keywords[field] for field in kind.instance_class._fields if field in keywords]


def _parameters(callee: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(callee).parameters)
    except (TypeError, ValueError):
        return ()


def _method(low: Lowering, call: _Call, method: Method) -> None:
    home, name, kind, signature = method.home, call.name, call.kind, call.signature
    behind = overloads.of_method(kind, (kind.this, *signature.args), signature.return_type)
    if method.name == "sync" and isinstance(home.type, Other):
        low.emit("gridsync", None, (), None, low.site("barrier"))
        low.known[name] = None
    elif method.name == "item" and isinstance(home.type, np.dtype) and not call.args:
        low.emit("copy", low.var(name), (home,))
    elif method.name in ("conjugate", "conj") and isinstance(home.type, np.dtype):
        low.emit("math", low.var(name), (home,), "conj")
    elif behind is not None:
        low.program.refusable.append(low.site("read"))
        whole = type_inference.signature(signature.return_type, kind.this, *signature.args)
        _device(low, call._replace(args=[home, *call.args], signature=whole), behind)
    elif isinstance(home.type, ArrayType) and method.name in array_calls.METHODS:
        array_calls.METHODS[method.name](low, name, home, call.args)
    else:
        raise low.reject(_("The executor does not know the method `{method}`.", method=method.name))


def _vector(low: Lowering, name: str, args: list[Any]) -> None:
    """A vector such as `float32x4(xy, 0, 1)`: numbers and shorter vectors in a row."""
    wanted = low.typed.typemap[name].base_type
    parts = [part for arg in args for part in (low.items_of(arg) if isinstance(arg, ir.Var) else (arg,))]
    low.make_tuple(name, tuple(low.cast(part, wanted) for part in parts))


def _device(low: Lowering, call: _Call, function: Callable[..., Any]) -> None:
    signature = call.signature
    parameters = list(inspect.signature(function).parameters.values())
    given: list[Operand] = [operand_of(low, a) for a in call.args]
    rest = next((at for at, each in enumerate(parameters) if each.kind is each.VAR_POSITIONAL), None)
    if rest is not None:  # *args: what is left, as a tuple
        packed = low.temp(type_of(signature.args[rest]))
        low.emit("tuple", packed, tuple(given[rest:]))
        given[rest:] = [packed]
    for parameter in parameters[len(given) :]:
        named = call.keywords.get(parameter.name)
        given.append(_default(parameter.default) if named is None else operand_of(low, named))
    if isinstance(signature.return_type, types.Optional):
        raise low.reject(
            _(
                "{name} gives a number on some paths and None on others: return a number on every path.",
                name=function.__name__,
            )
        )
    program = low.device(function, tuple(signature.args), signature.return_type)
    cast = tuple(low.cast(a, w) for a, w in zip(given, signature.args, strict=True))
    low.emit("call", low.var(call.name), cast, program)


def _default(value: Any) -> Const:
    return Const(value, type_of(type_inference.type_of_argument(value, "default")))


def _slice(low: Lowering, name: str, args: list[Any]) -> None:
    parts: list[Operand | None] = []
    for arg in args:
        got = operand_of(low, arg)
        parts.append(None if isinstance(got, Const) and got.value is None else got)
    if len(parts) == 1:
        parts = [None, parts[0]]
    step = parts[2] if len(parts) == 3 else None
    if isinstance(step, Const) and step.value == 0:
        raise low.refuse(_("The step of a slice cannot be 0."))
    if isinstance(step, Var):  # a range looks whether it is 0
        counted = (Const(0, INT64), Const(0, INT64), low.cast(step, INT64))
        low.emit("range", low.temp(Other("range")), counted, None, low.site("loop"))
    low.slices[name] = SliceOf(*(parts + [None] * (3 - len(parts))))
