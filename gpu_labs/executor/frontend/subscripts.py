"""Lowering of `x[i]` and `x[i] = v`: elements, rows and slices of arrays, fields of records, items of tuples."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.frontend import array_calls
from gpu_labs.executor.frontend.lowering import INT64, Lowering, constant_slice, is_record, plain_name
from gpu_labs.executor.frontend.numba_types import type_of
from gpu_labs.executor.frontend.private_names import ir
from gpu_labs.executor.ir.program import ArrayType, Const, Operand, SliceOf, TupleType
from graphviz_tools.language import _


def load(low: Lowering, name: str, home_variable: Any, index_variable: Any) -> None:
    """`name = home[index]`."""
    home, index = low.operand(home_variable), low.operand(index_variable)
    if isinstance(home, SliceOf):
        raise low.reject(_("The executor does not know how to index a slice."))
    if is_record(home):
        if not isinstance(index, Const):
            raise low.reject(_("A record's field is named by a constant."))
        field(low, name, home, index.value)
    elif isinstance(home.type, TupleType):
        _tuple_item(low, name, home_variable, index)
    elif isinstance(home.type, ArrayType):
        result = type_of(low.typed.typemap[name])
        window = isinstance(result, ArrayType) or (isinstance(result, np.dtype) and bool(result.names))
        verb = "view" if window else "load"
        places = _whole(low, home.type, indices(low, index_variable), result)
        low.emit(verb, low.var(name), (home, *places), None, low.site("read"))
    else:
        raise low.reject(_("The executor does not know how to index this."))


def load_constant(low: Lowering, name: str, home_variable: Any, index: Any) -> None:
    """`name = home[index]` for an index that Numba folded into the expression."""
    home = low.operand(home_variable)
    if isinstance(home, SliceOf):
        raise low.reject(_("The executor does not know how to index a slice."))
    if is_record(home):
        field(low, name, home, index)
        return
    items = low.items_of(home_variable)
    if isinstance(index, slice):
        low.make_tuple(name, items[index])
    else:
        low.emit("copy", low.var(name), (items[index],))


def field(low: Lowering, name: str, home: Operand, key: Any) -> None:
    """`name = home.key` of a record; `key` is a field's name or number."""
    assert not isinstance(home, SliceOf) and isinstance(home.type, np.dtype) and home.type.names
    key = home.type.names[key] if isinstance(key, int) else key
    if home.type[key].subdtype is not None:
        array_calls.part(low, name, home, key)
        return
    low.emit("field", low.var(name), (home,), key, low.site("read"))


def _tuple_item(low: Lowering, name: str, home_variable: Any, index: Operand) -> None:
    if isinstance(index, SliceOf):
        bounds = [p.value if isinstance(p, Const) else None for p in (index.start, index.stop, index.step)]
        low.make_tuple(name, low.items_of(home_variable)[slice(*bounds)])
    elif isinstance(index, Const):
        low.emit("copy", low.var(name), (low.items_of(home_variable)[index.value],))
    else:
        site = low.site("read", plain_name(home_variable.name))
        low.emit("item", low.var(name), (low.operand(home_variable), index), None, site)


def indices(low: Lowering, variable: Any) -> tuple[Operand, ...]:
    """One index for each dimension."""
    got = low.operand(variable)
    return (got,) if isinstance(got, SliceOf) else low.items_of(variable)


def _whole(low: Lowering, array: ArrayType, places: tuple[Operand, ...], result: Any) -> tuple[Operand, ...]:
    """Indices without `...`, for which there are as many `:` as dimensions are left, and without np.newaxis, which
    is nothing where the `result` is one element."""
    real = [each for each in places if not _is_constant(each, None)]
    if len(real) < len(places) and isinstance(result, ArrayType):
        raise low.reject(_("The executor does not know np.newaxis."))
    dots = [at for at, each in enumerate(real) if _is_constant(each, Ellipsis)]
    if dots:
        missing = array.ndim - len(real) + 1
        real[dots[0] : dots[0] + 1] = [SliceOf(None, None, None)] * missing
    return tuple(real)


def _is_constant(operand: Operand, value: Any) -> bool:
    return isinstance(operand, Const) and operand.value is value


def store(low: Lowering, statement: Any) -> None:
    """`target[index] = value`."""
    home, value = low.operand(statement.target), low.operand(statement.value)
    if isinstance(home, SliceOf):
        raise low.reject(_("The executor does not know this assignment."))
    index = statement.index if isinstance(statement, ir.SetItem) else statement.index_var
    if is_record(home):
        key = low.known.get(index.name) if index is not None else statement.index
        assert isinstance(home.type, np.dtype) and home.type.names
        key = home.type.names[key] if isinstance(key, int) else key
        set_field(low, home, value, str(key))
        return
    if index is None:
        constant = statement.index if isinstance(statement.index, tuple) else (statement.index,)
        places: tuple[Operand, ...] = tuple(
            constant_slice(i) if isinstance(i, slice) else Const(i, INT64) for i in constant
        )
    else:
        places = indices(low, index)
    assert isinstance(home.type, ArrayType)
    places = _whole(low, home.type, places, None)
    if is_record(value):
        _store_record(low, home, places, value)
    elif any(isinstance(i, SliceOf) for i in places) or len(places) < home.type.ndim:
        _fill(low, home, places, value)
    else:
        low.emit("store", None, (home, *places, value), None, low.site("write"))


def set_field(low: Lowering, home: Any, value: Operand, key: str) -> None:
    """`home.key = value` of a record."""
    assert home.type.fields is not None
    inner = home.type.fields[key][0]
    if inner.subdtype is not None:
        window = low.temp(ArrayType(inner.base, len(inner.shape)))
        low.emit("part", window, (home,), array_calls.part_of(home, key))
        array_calls.copy_array(low, window, value)
        return
    if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
        value = Const(value.value, inner)
    low.emit("setfield", None, (home, value), key, low.site("write"))


def _store_record(low: Lowering, home: Any, places: tuple[Operand, ...], value: Any) -> None:
    """A record is copied field by field."""
    target = low.temp(home.type.dtype)
    low.emit("view", target, (home, *places), None, low.site("write"))
    for key in value.type.names:
        inner = value.type[key]
        if inner.subdtype is not None:
            got = low.temp(ArrayType(inner.base, len(inner.shape)))
            low.emit("part", got, (value,), array_calls.part_of(value, key))
        else:
            got = low.temp(inner)
            low.emit("field", got, (value,), key, low.site("read"))
        set_field(low, target, got, key)


def _fill(low: Lowering, home: Any, places: tuple[Operand, ...], value: Operand) -> None:
    """`x[2:5] = 0`: one number for every element of a row or slice, or another array's elements."""
    if isinstance(value, SliceOf) or isinstance(value.type, TupleType):
        raise low.reject(_("The executor does not know this assignment: write a loop over the elements."))
    kept = home.type.ndim - len(places) + sum(isinstance(i, SliceOf) for i in places)
    window = low.temp(ArrayType(home.type.dtype, kept))
    low.emit("view", window, (home, *places), None, low.site("write"))
    if isinstance(value.type, ArrayType):
        array_calls.copy_array(low, window, value)
        return
    low.emit("fill", None, (window, value), None, low.site("write"))
