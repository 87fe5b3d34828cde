"""Numba's types and compile-time objects in the executor's terms."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.frontend import type_inference
from gpu_labs.executor.frontend.private_names import Dim3, Stub, VectorType, types
from gpu_labs.executor.ir.program import ArrayType, Operand, Other, TupleType, Type


def type_of(numba_type: Any) -> Type:
    """The executor's type for a Numba type."""
    if isinstance(numba_type, types.Array):
        return ArrayType(type_inference.numpy_dtype(numba_type.dtype), numba_type.ndim)
    if isinstance(numba_type, types.BaseTuple):
        return TupleType(tuple(map(type_of, numba_type.types)))  # type: ignore[attr-defined]
    if isinstance(numba_type, VectorType):
        return TupleType((type_of(numba_type.base_type),) * numba_type.num_elements)
    if isinstance(numba_type, types.BooleanLiteral):
        return np.dtype(np.bool_)
    if isinstance(numba_type, types.IntegerLiteral):
        return type_inference.numpy_dtype(numba_type.literal_type)
    if isinstance(numba_type, (types.Number, types.Boolean, types.Record)):
        return type_inference.numpy_dtype(numba_type)
    if isinstance(numba_type, types.EnumMember):
        return type_of(numba_type.dtype)
    if isinstance(numba_type, types.Omitted):
        return type_of(type_inference.type_of_argument(numba_type.value, "default"))
    if str(numba_type) == "float16":
        return np.dtype(np.float16)
    return Other(str(numba_type))


def known_by_type(numba_type: Any) -> Any | None:
    """The function or dtype that an argument's type names, where the type says all: `fold(add, x)`."""
    if isinstance(numba_type, types.Dispatcher):
        return numba_type.dispatcher
    if isinstance(numba_type, types.NumberClass):
        return numba_type.instance_type
    return numba_type.typing_key if isinstance(numba_type, types.Function) else None


class Method:
    """A bound method that was looked up and not yet called."""

    def __init__(self, home: Operand, name: str) -> None:
        self.home = home
        self.name = name


def slice_parts(value: slice) -> tuple[Any, Any, Any]:
    return value.start, value.stop, value.step


def is_stub(value: Any) -> bool:
    return isinstance(value, Stub) or (isinstance(value, type) and issubclass(value, Stub))


def is_dim3(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Dim3)


def is_special(value: Any) -> bool:
    return is_stub(value) and getattr(value, "__name__", "") in ("laneid", "warpsize")
