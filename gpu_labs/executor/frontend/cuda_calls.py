"""Lowering of calls of CUDA: memory, barriers, warp functions, atomics."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gpu_labs.executor.frontend.call_operands import cast_all, literal, operand_of
from gpu_labs.executor.frontend.lowering import INT64, Lowering
from gpu_labs.executor.frontend.private_names import ir
from gpu_labs.executor.ir.intrinsics import WARP
from gpu_labs.executor.ir.program import ArrayType, Const, Operand, SliceOf
from gpu_labs.executor.runtime.launch_shape import MAX_LOCAL
from graphviz_tools.language import _, _n

_BARRIERS = ("syncthreads", "syncthreads_count", "syncthreads_and", "syncthreads_or")
_LOADS = ("ldca", "ldcg", "ldcs", "ldlu", "ldcv")
_STORES = ("stcg", "stcs", "stwb", "stwt")


def _allocate(low: Lowering, name: str, word: str, args: list[Any], signature: Any, space: str) -> None:
    shape = literal(low, args[0])
    shape = tuple(map(int, shape)) if isinstance(shape, tuple) else (int(shape),)
    dst = low.var(name)
    assert isinstance(dst.type, ArrayType)
    if min(shape, default=0) < 0:
        raise low.refuse(_("The size of an array cannot be negative, and {size} is.", size=min(shape)))
    size = math.prod(shape) * dst.type.dtype.itemsize
    if space == "local" and size > MAX_LOCAL:
        raise low.refuse(
            _(
                "One thread asks for {size:,} bytes of its own here; a GPU gives a thread at most {most:,}. Pass an "
                "array instead, with a part for each thread.",
                size=size,
                most=MAX_LOCAL,
            )
        )
    low.emit("alloc", dst, (), low.alloc(name, space, shape, dst.type.dtype), low.site("alloc"))


def _shared(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    _allocate(low, name, word, args, signature, "shared")


def _local(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    _allocate(low, name, word, args, signature, "local")


def _constant(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("copy", low.var(name), (operand_of(low, args[0]),))


def _cuda(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    if word in _BARRIERS:
        low.emit("barrier", low.var(name), cast_all(low, args, signature.args), word, low.site("barrier"))
    elif word in ("grid", "gridsize"):
        low.emit("special", low.var(name), (), f"{word}.{literal(low, args[0])}")
    elif word in WARP:
        low.emit("warp", low.var(name), cast_all(low, args, signature.args), word, low.site("barrier"))
    elif word.startswith("threadfence"):
        low.emit("fence", None, (), word, low.site("barrier"))
    elif word == "nanosleep":
        low.known[name] = None
    elif word in _LOADS:
        index = _index(low, args[1])
        low.emit("load", low.var(name), (operand_of(low, args[0]), *index), None, low.site("read"))
    elif word in _STORES:
        home = operand_of(low, args[0])
        index, value = _index(low, args[1]), operand_of(low, args[2])
        low.emit("store", None, (home, *index, value), None, low.site("write"))
    else:
        low.emit("math", low.var(name), cast_all(low, args, signature.args), word)


def _index(low: Lowering, arg: Any) -> tuple[Operand, ...]:
    """The indices, as integers: where an int64 and a uint64 meet in one variable Numba makes it a float64."""
    items = low.items_of(arg) if isinstance(arg, ir.Var) else (arg,)
    return tuple(low.cast(item, INT64) if _is_float(item) else item for item in items)


def _is_float(item: Operand) -> bool:
    return not isinstance(item, SliceOf) and isinstance(item.type, np.dtype) and item.type.kind == "f"


def _atomic(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    home = operand_of(low, args[0])
    assert not isinstance(home, SliceOf) and isinstance(home.type, ArrayType)
    if word == "compare_and_swap":
        index: tuple[Operand, ...] = (Const(0, INT64),)
        operands = args[1:]
        word = "cas"
    else:
        index, operands = _index(low, args[1]), args[2:]
    ndim = home.type.ndim
    if len(index) != ndim:
        raise low.refuse(
            _n(
                "The array has {number} dimension, and an atomic works on one element: give it {number} index.",
                "The array has {number} dimensions, and an atomic works on one element: give it {number} indices, as "
                "a tuple.",
                ndim,
            )
        )
    values = tuple(low.cast(operand_of(low, o), home.type.dtype) for o in operands)
    low.emit("atomic", low.var(name), (home, *index, *values), word, low.site("atomic"))


def _group(low: Lowering, name: str, word: str, args: list[Any], signature: Any) -> None:
    low.emit("special", low.var(name), (), "group")


HANDLERS = {
    "shared": _shared,
    "local": _local,
    "const": _constant,
    "cuda": _cuda,
    "atomic": _atomic,
    "cg": _group,
}
