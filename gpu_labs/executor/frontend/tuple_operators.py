"""Lowering of `in`, and of `==` and `+` on tuples."""

from __future__ import annotations

from typing import Any

from gpu_labs.executor.frontend import overloads
from gpu_labs.executor.frontend.lowering import BOOL, Lowering
from gpu_labs.executor.frontend.numba_types import type_of
from gpu_labs.executor.frontend.private_names import types
from gpu_labs.executor.ir.program import Const, Operand, TupleType, Var
from graphviz_tools.language import _


def contains(low: Lowering, name: str, value: Any) -> None:
    """`name = item in home`, the expression `value`."""
    home, item = value.lhs, low.operand(value.rhs)
    kind = low.typed.typemap[home.name]
    behind = overloads.of_membership(kind)
    if behind is not None:
        item_type = low.typed.calltypes[value].args[1]
        got = (low.operand(home), low.cast(item, item_type))
        low.emit("call", low.var(name), got, low.device(behind, (kind, item_type), types.boolean))
        return
    if not isinstance(type_of(kind), TupleType):
        raise low.reject(_("The executor knows `in` only for tuples, arrays and ranges."))
    found: Operand = Const(False, BOOL)
    for each in low.items_of(home):
        found = _joined(low, found, (item, each), "|")
    low.emit("copy", low.var(name), (found,))


def compute(low: Lowering, name: str, symbol: str, left: Any, right: Any) -> None:
    """`name = left symbol right`."""
    a, b = low.items_of(left), low.items_of(right)
    if symbol == "+":
        low.make_tuple(name, (*a, *b))
    elif symbol in ("==", "!=", "is", "is not") and len(a) == len(b):
        equal: Operand = Const(True, BOOL)
        for x, y in zip(a, b, strict=True):
            equal = _joined(low, equal, (x, y), "&")
        if symbol in ("==", "is"):
            low.emit("copy", low.var(name), (equal,))
        else:
            low.emit("unary", low.var(name), (equal,), "not")
    else:
        raise low.reject(_("The executor does not know `{symbol}` of tuples.", symbol=symbol))


def _joined(low: Lowering, so_far: Operand, pair: tuple[Operand, Operand], how: str) -> Var:
    """`so_far | (a == b)`, or with `&`."""
    each, both = low.temp(BOOL), low.temp(BOOL)
    low.emit("binary", each, pair, "==")
    low.emit("binary", both, (so_far, each), how)
    return both
