"""The Python functions behind what Numba itself compiles from Python: `np.sum(x)`, `x.max()`, a user's `@overload`.

They are lowered as device functions, so both engines run them as they run the learner's own.
"""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from gpu_labs.executor.frontend import type_inference
from gpu_labs.executor.frontend.private_names import (
    attribute_name,
    compiled_overloads,
    overload_function,
    types,
)

_kept: dict[tuple[Any, tuple[Any, ...]], Callable[..., Any] | None] = {}


def of_function(kind: Any, args: tuple[Any, ...], returns: Any) -> Callable[..., Any] | None:
    """The Python function that a call of a function of Numba type `kind` runs; None where Numba has none."""
    if getattr(kind, "typing_key", None) is np.sum and len(args) == 1 and isinstance(args[0], types.Array):
        return _sum_of(returns)
    for template in getattr(kind, "templates", ()):
        chosen = compiled_overloads(template)
        if args in chosen:
            return type_inference.source_of(chosen[args])
    return None


def of_method(kind: Any, args: tuple[Any, ...], returns: Any) -> Callable[..., Any] | None:
    """The same for a bound method; its function takes the object first, and `args` begin with its type."""
    if kind.typing_key == "array.sum" and len(args) == 1:
        return _sum_of(returns)
    return _made_by(kind.template, args)


def of_attribute(home: Any, name: str) -> Callable[..., Any] | None:
    """The function behind an attribute that was made with `@overload_attribute`."""
    for template in type_inference.attribute_templates(home):
        if attribute_name(template) == name and not template.is_method:
            return _made_by(template, (home,))
    return None


def _made_by(template: Any, args: tuple[Any, ...]) -> Callable[..., Any] | None:
    overload = overload_function(template)
    if overload is None:
        return None
    key = (overload, args)
    if key not in _kept:
        made = overload(*args)
        if isinstance(made, tuple):
            _signature, made = made
        _kept[key] = made if isinstance(made, FunctionType) else None
    return _kept[key]


def _sum_of(returns: Any) -> Callable[..., Any]:
    """The sum of an array's elements, in the dtype that Numba gives it."""
    key = ("sum", (returns,))
    if key not in _kept:
        zero = type_inference.numpy_dtype(returns).type(0)

        def array_sum(array: Any) -> Any:
            total = zero
            for element in np.nditer(array):
                total += element.item()
            return total

        _kept[key] = array_sum
    return _kept[key]  # type: ignore[return-value]


def of_membership(home: Any) -> Callable[..., Any] | None:
    """The function behind `item in home`, which takes both; None for what it does not go over."""
    if isinstance(home, types.Array):
        return _in_array
    return _in_range if isinstance(home, types.RangeType) else None


def _in_array(array: Any, item: Any) -> bool:
    for element in np.nditer(array):  # noqa: SIM110 - a kernel has no generators
        if element.item() == item:
            return True
    return False


def _in_range(numbers: Any, item: Any) -> bool:
    for number in numbers:  # noqa: SIM110
        if number == item:
            return True
    return False


def of_unpacking(count: int) -> Callable[..., Any] | None:
    """The function behind `a, b = x` for an array: its elements, of which there must be `count`."""
    return {2: _two, 3: _three, 4: _four}.get(count)


def _two(array: Any) -> Any:
    if array.size != 2:
        raise ValueError("an array of another size does not fit 2 names")
    return array[0], array[1]


def _three(array: Any) -> Any:
    if array.size != 3:
        raise ValueError("an array of another size does not fit 3 names")
    return array[0], array[1], array[2]


def _four(array: Any) -> Any:
    if array.size != 4:
        raise ValueError("an array of another size does not fit 4 names")
    return array[0], array[1], array[2], array[3]
