"""Lowering of what makes another window on an array, and of going over all its elements."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.frontend.call_operands import operand_of
from gpu_labs.executor.frontend.lowering import INT64, Lowering
from gpu_labs.executor.frontend.private_names import ir
from gpu_labs.executor.ir.program import ArrayType, Const, Operand, Part, SliceOf, TupleType
from gpu_labs.executor.runtime.elementwise import Each
from graphviz_tools.language import _


def part(low: Lowering, name: str, home: Operand, field: str) -> None:
    """`name = home.field` where that is an array: one inside a record, a field of all records, `z.real`."""
    low.emit("part", low.var(name), (home,), part_of(home, field))


def part_of(home: Operand, field: str) -> Part:
    """The place of a field in each element of an array, or in a record."""
    assert not isinstance(home, SliceOf)
    element = home.type.dtype if isinstance(home.type, ArrayType) else home.type
    assert isinstance(element, np.dtype)
    if element.kind == "c":
        half = np.dtype(f"f{element.itemsize // 2}")
        return Part(field, half, half.itemsize if field == "imag" else 0, ())
    assert element.fields is not None
    fields: Any = element.fields
    kind, offset = fields[field][:2]
    return Part(field, kind.base, offset, kind.shape)


def copy_array(low: Lowering, target: Operand, source: Operand) -> None:
    """Every element of one window as in the other, or as one number."""
    low.emit("each", None, (target, source), Each("copy", 1), low.site("write"))


def _item(low: Lowering, name: str, home: Operand, args: list[Any]) -> None:
    if isinstance(home, SliceOf) or not isinstance(home.type, ArrayType) or home.type.ndim or args:
        raise low.reject(_("The executor knows `item()` of the elements that np.nditer gives."))
    low.emit("load", low.var(name), (home,), None, low.site("read"))


def _take(low: Lowering, name: str, home: Operand, args: list[Any]) -> None:
    """`take(0)` of what np.nditer gives, which Numba's own code says for its element."""
    _item(low, name, home, args[1:])


def _reshape(low: Lowering, name: str, home: Operand, args: list[Any]) -> None:
    sizes = [size for arg in args for size in (low.items_of(arg) if isinstance(arg, ir.Var) else (arg,))]
    cast = tuple(low.cast(size, INT64) for size in sizes)
    low.emit("reshape", low.var(name), (home, *cast), None, low.site("read"))


def _ravel(low: Lowering, name: str, home: Operand, args: list[Any]) -> None:
    low.emit("reshape", low.var(name), (home, Const(-1, INT64)), None, low.site("read"))


def _view(low: Lowering, name: str, home: Operand, args: list[Any]) -> None:
    to = low.var(name).type
    assert isinstance(to, ArrayType)
    low.emit("part", low.var(name), (home,), Part("", to.dtype, 0, None))


def _next(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    dst = low.var(name)
    low.emit("next", dst, (operand_of(low, args[0]),), f"{dst.name}_more")


def _nditer(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    source = operand_of(low, args[0])
    if len(args) != 1 or isinstance(source, SliceOf) or isinstance(source.type, TupleType):
        raise low.reject(_("The executor knows np.nditer of one array."))
    low.emit("flat", low.var(name), (source,), False, low.site("read"))


METHODS = {"item": _item, "take": _take, "reshape": _reshape, "ravel": _ravel, "view": _view}
HANDLERS = {"numpy.nditer": _nditer, "builtins.next": _next}
