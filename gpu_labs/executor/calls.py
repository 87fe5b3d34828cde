"""Lowering of calls: what each function that a kernel may call becomes in a `Program`."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.cuda import types
from numba.cuda.core import ir

from gpu_labs.executor import gate
from gpu_labs.executor.arith import FUNCTIONS
from gpu_labs.executor.names import name_of
from gpu_labs.executor.numba_types import Method, type_of
from gpu_labs.executor.program import ArrayType, Const, Operand, Other, SliceOf, TupleType, Var

if TYPE_CHECKING:
    from gpu_labs.executor.frontend import Lowering

INT64 = np.dtype(np.int64)
_KEYWORDS = {
    "shared.array": ("shape", "dtype", "alignment"),
    "local.array": ("shape", "dtype", "alignment"),
    "builtins.enumerate": ("iterable", "start"),
    "builtins.round": ("number", "ndigits"),
}
_BARRIERS = ("syncthreads", "syncthreads_count", "syncthreads_and", "syncthreads_or")
_WARP = [
    "syncwarp",
    "activemask",
    "lanemask_lt",
    "shfl_sync",
    "shfl_up_sync",
    "shfl_down_sync",
    "shfl_xor_sync",
    "all_sync",
    "any_sync",
    "eq_sync",
    "ballot_sync",
    "match_any_sync",
    "match_all_sync",
]
_LOADS = ("ldca", "ldcg", "ldcs", "ldlu", "ldcv")
_STORES = ("stcg", "stcs", "stwb", "stwt")


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
        low.emit("copy", low.var(name), (_operand(low, args[0]),))
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


def _operand(low: Lowering, arg: Any) -> Operand:
    return low.operand(arg) if isinstance(arg, ir.Var) else arg


def _cast_all(low: Lowering, args: list[Any], wanted: Any) -> tuple[Operand, ...]:
    got = [_operand(low, a) for a in args]
    return tuple(low.cast(a, w) for a, w in zip(got, wanted, strict=False))


def literal(low: Lowering, arg: Any) -> Any:
    """The compile-time value of an argument."""
    if not isinstance(arg, ir.Var):
        return arg.value if isinstance(arg, Const) else arg
    if arg.name in low.known:
        return low.known[arg.name]
    kind = low.typed.typemap[arg.name]
    if isinstance(kind, types.Literal):
        return kind.literal_value
    if arg.name in low.parts:
        return tuple(p.value if isinstance(p, Const) else _literal_type(low, p) for p in low.parts[arg.name])
    if isinstance(kind, types.BaseTuple):
        return tuple(t.literal_value for t in kind.types)  # type: ignore[attr-defined]
    raise low.reject("This must be a constant that is known when the kernel is compiled.")


def _literal_type(low: Lowering, part: Operand) -> Any:
    for numba_name, name in low.names.items():
        if isinstance(part, Var) and name == part.name:
            return low.typed.typemap[numba_name].literal_value
    raise low.reject("This must be a constant that is known when the kernel is compiled.")


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
    given: list[Operand] = [_operand(low, a) for a in args]
    for parameter in parameters[len(given) :]:
        if parameter.name in keywords:
            given.append(_operand(low, keywords[parameter.name]))
        else:
            given.append(_default(parameter.default))
    function = low.device(callee.py_func, tuple(signature.args))
    cast = tuple(low.cast(a, w) for a, w in zip(given, signature.args, strict=True))
    low.emit("call", low.var(name), cast, function)


def _default(value: Any) -> Const:
    return Const(value, type_of(gate.type_of_argument(value, "default")))


def _slice(low: Lowering, name: str, args: list[Any]) -> None:
    parts: list[Operand | None] = []
    for arg in args:
        got = _operand(low, arg)
        parts.append(None if isinstance(got, Const) and got.value is None else got)
    if len(parts) == 1:
        parts = [None, parts[0]]
    low.slices[name] = SliceOf(*(parts + [None] * (3 - len(parts))))


def _allocate(low: Lowering, name: str, word: str, args: list[Any], signature: Any, space: str) -> None:
    shape = literal(low, args[0])
    shape = tuple(map(int, shape)) if isinstance(shape, tuple) else (int(shape),)
    dst = low.var(name)
    assert isinstance(dst.type, ArrayType)
    low.emit("alloc", dst, (), low.alloc(name, space, shape, dst.type.dtype), low.site("alloc"))


def _shared(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    _allocate(low, name, word, args, signature, "shared")


def _local(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    _allocate(low, name, word, args, signature, "local")


def _constant(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("copy", low.var(name), (_operand(low, args[0]),))


def _cuda(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    if word in _BARRIERS:
        low.emit("barrier", low.var(name), _cast_all(low, args, signature.args), word, low.site("barrier"))
    elif word in ("grid", "gridsize"):
        low.emit("special", low.var(name), (), f"{word}.{literal(low, args[0])}")
    elif word in _WARP:
        low.emit("warp", low.var(name), _cast_all(low, args, signature.args), word, low.site("barrier"))
    elif word.startswith("threadfence"):
        low.emit("fence", None, (), word, low.site("barrier"))
    elif word == "nanosleep":
        low.known[name] = None
    elif word in _LOADS:
        index = _index(low, args[1])
        low.emit("load", low.var(name), (_operand(low, args[0]), *index), None, low.site("read"))
    elif word in _STORES:
        home = _operand(low, args[0])
        index, value = _index(low, args[1]), _operand(low, args[2])
        low.emit("store", None, (home, *index, value), None, low.site("write"))
    else:
        low.emit("math", low.var(name), _cast_all(low, args, signature.args), word)


def _index(low: Lowering, arg: Any) -> tuple[Operand, ...]:
    return low.items_of(arg) if isinstance(arg, ir.Var) else (arg,)


def _atomic(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    home = _operand(low, args[0])
    assert not isinstance(home, SliceOf) and isinstance(home.type, ArrayType)
    if word == "compare_and_swap":
        index: tuple[Operand, ...] = (Const(0, INT64),)
        operands = args[1:]
        word = "cas"
    else:
        index, operands = _index(low, args[1]), args[2:]
    values = tuple(low.cast(_operand(low, o), home.type.dtype) for o in operands)
    low.emit("atomic", low.var(name), (home, *index, *values), word, low.site("atomic"))


def _math(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("math", low.var(name), _cast_all(low, args, signature.args), word)


def _libdevice(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    plain = word.removeprefix("fast_")
    for candidate in (plain, plain.removesuffix("f"), _LIBDEVICE.get(plain.removesuffix("f"), "")):
        if candidate in FUNCTIONS:
            low.emit("math", low.var(name), _cast_all(low, args, signature.args), candidate)
            return
    raise low.reject(f"The executor does not know `libdevice.{word}`.")


_LIBDEVICE = {
    "fmax": "fmax",
    "fmin": "fmin",
    "exp": "exp",
    "div": "truediv",
    "fdivide": "truediv",
    "max": "maximum",
    "min": "minimum",
}


def _number(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    dst = low.var(name)
    if word == "complex":
        low.emit("math", dst, _cast_all(low, args, signature.args), "complex")
    elif isinstance(signature.args[0], types.Float) and word == "int":
        low.emit("copy", dst, (_operand(low, args[0]),))
    else:
        low.emit("copy", dst, _cast_all(low, args, signature.args[:1]))


def _least(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    dst = low.var(name)
    items = list(low.items_of(args[0])) if len(args) == 1 else [_operand(low, a) for a in args]
    best = low.cast(items[0], dst.type)
    for at, item in enumerate(items[1:]):
        to = dst if at == len(items) - 2 else low.temp(dst.type)
        low.emit("math", to, (best, low.cast(item, dst.type)), f"builtin_{word}")
        best = to


def _power(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("binary", low.var(name), _cast_all(low, args, signature.args), "**")


def _divmod(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    pair = _cast_all(low, args, signature.args)
    dst = low.var(name)
    assert isinstance(dst.type, TupleType)
    made = tuple(low.temp(kind) for kind in dst.type.items)
    low.emit("binary", made[0], pair, "//")
    low.emit("binary", made[1], pair, "%")
    low.parts[name] = made
    low.emit("tuple", dst, made)


def _len(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("attribute", low.var(name), (_operand(low, args[0]),), "len")


def _range(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    kind = low.typed.typemap[name].dtype
    given = [low.cast(_operand(low, a), kind) for a in args]
    whole = given[0].type if isinstance(given[0], (Var, Const)) else INT64
    if len(given) == 1:
        given = [Const(0, whole), given[0]]
    if len(given) == 2:
        given.append(Const(1, whole))
    low.emit("range", low.var(name), tuple(given))


def _enumerate(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    start = _operand(low, args[1]) if len(args) > 1 else Const(0, INT64)
    low.emit(
        "enumerate", low.var(name), (_operand(low, args[0]), low.cast(start, INT64)), None, low.site("read")
    )


def _zip(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("zip", low.var(name), tuple(_operand(low, a) for a in args), None, low.site("read"))


def _tuple_of(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.parts[name] = low.items_of(args[0])
    low.emit("tuple", low.var(name), low.parts[name])


def _group(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("special", low.var(name), (), "group")


def _same(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("copy", low.var(name), (_operand(low, args[0]),))


_HANDLERS = {
    "shared": _shared,
    "local": _local,
    "const": _constant,
    "cuda": _cuda,
    "atomic": _atomic,
    "fp16": _math,
    "math": _math,
    "cmath": _math,
    "numpy": _math,
    "libdevice": _libdevice,
    "cg": _group,
    "literal_unroll": _same,
    "builtins.abs": _math,
    "builtins.round": _math,
    "builtins.min": _least,
    "builtins.max": _least,
    "builtins.pow": _power,
    "builtins.divmod": _divmod,
    "builtins.len": _len,
    "builtins.range": _range,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.tuple": _tuple_of,
    "builtins.bool": _number,
    "builtins.int": _number,
    "builtins.float": _number,
    "builtins.complex": _number,
}
