"""Lower attributes: of arrays, records, vectors, named tuples, numbers, and of `cuda.threadIdx` and its variants."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from gpu_labs.executor.frontend import array_calls, overloads, subscripts
from gpu_labs.executor.frontend.lowering import Lowering, is_record
from gpu_labs.executor.frontend.numba_types import Method, is_dim3, is_special, type_of
from gpu_labs.executor.frontend.private_names import VectorType, types
from gpu_labs.executor.ir.program import ArrayType, SliceOf, Var
from graphviz_tools.language import _

_SPECIAL = {"threadIdx": "tid", "blockIdx": "bid", "blockDim": "bdim", "gridDim": "gdim"}
_ATTRIBUTES = {"shape", "ndim", "size", "itemsize", "strides", "nbytes", "T"}


def lower_attribute(low: Lowering, name: str, value: Any) -> None:
    """`name = value.attribute`."""
    if _lower_known(low, name, value):
        return
    attribute, kind = value.attr, low.typed.typemap[value.value.name]
    got = low.operand(value.value)
    if isinstance(kind, VectorType):
        item = low.items_of(value.value)[kind.attr_names.index(attribute)]
        low.emit("copy", low.var(name), (item,))
    elif is_record(got):
        subscripts.field(low, name, got, attribute)
    elif isinstance(kind, types.ArrayCTypes) or (isinstance(kind, types.Array) and attribute == "ctypes"):
        to = low.typed.typemap[name]
        verb = "copy" if isinstance(kind, types.Array) else "attribute"
        low.emit(verb, Var(low.var(name).name, type_of(to)), (got,), None if verb == "copy" else "address")
    elif isinstance(kind, types.Array) and attribute == "flat":
        low.emit("flat", low.var(name), (got,), True, low.site("read"))
    elif isinstance(kind, types.Array) and _is_part(kind, attribute):
        array_calls.part(low, name, got, attribute)
    elif (behind := overloads.of_attribute(kind, attribute)) is not None:
        returns = low.typed.typemap[name]
        low.emit("call", low.var(name), (got,), low.device(behind, (kind,), returns))
    elif not isinstance(got, SliceOf) and isinstance(got.type, ArrayType) and attribute not in _ATTRIBUTES:
        raise low.reject(_("The executor does not know an array's `{attribute}`.", attribute=attribute))
    else:
        low.emit("attribute", low.var(name), (got,), attribute)


def _lower_known(low: Lowering, name: str, value: Any) -> bool:
    """Lower what the types say already: a place such as `threadIdx.x`, a method, a dtype, an item of a named tuple.

    False, with nothing done, for every other attribute."""
    home = low.known.get(value.value.name)
    attribute = value.attr
    if home is not None and not isinstance(home, types.Type):
        if is_dim3(home):
            low.emit("special", low.var(name), (), f"{_SPECIAL[home.__name__]}.{attribute}")
            return True
        found = getattr(home, attribute, None)
        if found is not None and is_special(found):
            low.emit("special", low.var(name), (), found.__name__)
            return True
    if isinstance(low.typed.typemap[name], types.BoundFunction):
        low.known[name] = Method(low.operand(value.value), attribute)
        return True
    kind = low.typed.typemap[value.value.name]
    is_dtype = isinstance(kind, types.DType) and attribute == "type"
    if is_dtype or (isinstance(kind, types.Array) and attribute == "dtype"):
        low.known[name] = kind.dtype
        return True
    if isinstance(kind, types.BaseNamedTuple):
        item = low.items_of(value.value)[kind.fields.index(attribute)]
        low.emit("copy", low.var(name), (item,))
        return True
    return False


def _is_part(kind: Any, attribute: str) -> bool:
    """Whether an attribute of an array is a field of its records, or half of its complex numbers."""
    if isinstance(kind.dtype, types.Complex):
        return attribute in ("real", "imag")
    return isinstance(kind.dtype, types.Record) and attribute in kind.dtype.fields
