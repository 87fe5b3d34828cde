"""Lowering of calls of mathematics and of Python's built-in functions."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.frontend.call_operands import cast_all, operand_of
from gpu_labs.executor.frontend.lowering import INT64, Lowering
from gpu_labs.executor.frontend.private_names import types
from gpu_labs.executor.ir.program import Const, Operand, TupleType, Var
from gpu_labs.executor.runtime.arith import FUNCTIONS
from gpu_labs.executor.runtime.elementwise import Each
from graphviz_tools.language import _

_LIBDEVICE = {
    "fmax": "fmax",
    "fmin": "fmin",
    "exp": "exp",
    "div": "truediv",
    "fdivide": "truediv",
    "max": "maximum",
    "min": "minimum",
}


def _math(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    if any(isinstance(kind, types.Array) for kind in signature.args):
        if _fills_arrays(word, args):
            _each(low, name, word, args)
            return
        raise low.reject(
            _("The executor knows `{word}` of numbers, not of whole arrays: write a loop.", word=word)
        )
    if word not in FUNCTIONS:
        raise low.reject(_("The executor does not know the function `{word}`.", word=word))
    low.emit("math", low.var(name), cast_all(low, args, signature.args), word)


def _fills_arrays(word: str, args: list[Any]) -> bool:
    """Whether a call such as `np.add(x, y, out)` names all arrays that it fills."""
    ufunc = getattr(np, word, None)
    return isinstance(ufunc, np.ufunc) and len(args) == ufunc.nargs


def _each(low: Lowering, name: str, word: str, args: list[Any]) -> None:
    ufunc = getattr(np, word)
    operands = [operand_of(low, a) for a in args]
    outputs = tuple(operands[ufunc.nin :])
    site = low.site("write")
    low.program.refusable.append(site)
    low.emit("each", None, (*outputs, *operands[: ufunc.nin]), Each(word, ufunc.nout), site)
    if ufunc.nout == 1:
        low.emit("copy", low.var(name), outputs)
    else:
        low.make_tuple(name, outputs)


def _libdevice(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    plain = word.removeprefix("fast_")
    for candidate in (plain, plain.removesuffix("f"), _LIBDEVICE.get(plain.removesuffix("f"), "")):
        if candidate in FUNCTIONS:
            low.emit("math", low.var(name), cast_all(low, args, signature.args), candidate)
            return
    raise low.reject(_("The executor does not know `libdevice.{word}`.", word=word))


def _number(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    dst = low.var(name)
    if word == "complex":
        low.emit("math", dst, cast_all(low, args, signature.args), "complex")
    elif isinstance(signature.args[0], types.Float) and word == "int":
        low.emit("copy", dst, (operand_of(low, args[0]),))
    else:
        low.emit("copy", dst, cast_all(low, args, signature.args[:1]))


def _least(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    dst = low.var(name)
    if len(args) == 1 and not isinstance(signature.args[0], types.BaseTuple):
        raise low.reject(
            _("The executor knows `{word}` of numbers and tuples, not of a whole array.", word=word)
        )
    items = list(low.items_of(args[0])) if len(args) == 1 else [operand_of(low, a) for a in args]
    best = low.cast(items[0], dst.type)
    for at, item in enumerate(items[1:]):
        to = dst if at == len(items) - 2 else low.temp(dst.type)
        low.emit("math", to, (best, low.cast(item, dst.type)), f"builtin_{word}")
        best = to


def _power(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("binary", low.var(name), cast_all(low, args, signature.args), "**")


def _divmod(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    pair = cast_all(low, args, signature.args)
    dst = low.var(name)
    assert isinstance(dst.type, TupleType)
    made = tuple(low.temp(kind) for kind in dst.type.items)
    low.emit("binary", made[0], pair, "//")
    low.emit("binary", made[1], pair, "%")
    low.parts[name] = made
    low.emit("tuple", dst, made)


def _len(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    text = operand_of(low, args[0])
    if isinstance(text, Const) and isinstance(text.value, str):
        low.emit("copy", low.var(name), (Const(len(text.value), low.var(name).type),))
        return
    if not isinstance(signature.args[0], (types.Array, types.BaseTuple)):
        raise low.reject(_("The executor knows the length of arrays and tuples only."))
    low.emit("attribute", low.var(name), (operand_of(low, args[0]),), "len")


def _range(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    kind = low.typed.typemap[name].dtype
    given = [low.cast(operand_of(low, a), kind) for a in args]
    whole = given[0].type if isinstance(given[0], (Var, Const)) else INT64
    if len(given) == 1:
        given = [Const(0, whole), given[0]]
    if len(given) == 2:
        given.append(Const(1, whole))
    low.emit("range", low.var(name), tuple(given), None, low.site("loop"))


def _enumerate(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    start = operand_of(low, args[1]) if len(args) > 1 else Const(0, INT64)
    low.emit(
        "enumerate", low.var(name), (operand_of(low, args[0]), low.cast(start, INT64)), None, low.site("read")
    )


def _zip(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("zip", low.var(name), tuple(operand_of(low, a) for a in args), None, low.site("read"))


def _tuple_of(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.parts[name] = low.items_of(args[0])
    low.emit("tuple", low.var(name), low.parts[name])


def _same(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("copy", low.var(name), (operand_of(low, args[0]),))


def _sum(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    if not isinstance(signature.args[0], types.BaseTuple):
        raise low.reject(_("The executor knows `sum` of tuples, not of a whole array: write a loop."))
    dst = low.var(name)
    total: Operand = operand_of(low, args[1]) if len(args) > 1 else Const(0, dst.type)
    for item in low.items_of(args[0]):
        more = low.temp(dst.type)
        low.emit("binary", more, (low.cast(total, dst.type), low.cast(item, dst.type)), "+")
        total = more
    low.emit("copy", dst, (total,))


HANDLERS = {
    "fp16": _math,
    "math": _math,
    "cmath": _math,
    "numpy": _math,
    "libdevice": _libdevice,
    "literal_unroll": _same,
    "builtins.abs": _math,
    "builtins.round": _math,
    "builtins.min": _least,
    "builtins.max": _least,
    "builtins.pow": _power,
    "builtins.divmod": _divmod,
    "builtins.len": _len,
    "builtins.sum": _sum,
    "builtins.range": _range,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.tuple": _tuple_of,
    "builtins.bool": _number,
    "builtins.int": _number,
    "builtins.float": _number,
    "builtins.complex": _number,
}
