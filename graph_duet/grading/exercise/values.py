"""Printing values in one stable form, whatever framework made them: what a check cell shows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from graphviz_tools.errors import UserError
from graphviz_tools.language import _


def show(value: Any, digits: int = 4) -> None:
    """Print `value` so that equal values print equally.

    Tensors of PyTorch and TensorFlow and NumPy arrays print as `float32[2, 3] [[...]]`: dtype, shape, then
    the elements with `digits` significant digits; numbers, text, None, and dicts, lists and tuples of all
    these print alike. Raises UserError for anything else, so that no address or other passing detail is
    printed.
    """
    print(text_of(value, digits))


def text_of(value: Any, digits: int = 4) -> str:
    """What `show` prints."""
    if value is None or isinstance(value, bool | str):
        return repr(value)
    if isinstance(value, int | float | complex) and type(value) in (int, float, complex):
        return _number(value, digits)
    if isinstance(value, Mapping):
        pairs = cast(Mapping[Any, Any], value).items()
        return "{" + ", ".join(f"{text_of(k, digits)}: {text_of(v, digits)}" for k, v in pairs) + "}"
    if isinstance(value, list | tuple):
        opening, closing = "()" if isinstance(value, tuple) else "[]"
        items = cast(list[Any], value)
        return opening + ", ".join(text_of(item, digits) for item in items) + closing
    array = _array(value)
    shape = ", ".join(str(size) for size in array.shape)
    return f"{_dtype(value)}[{shape}] {_elements(array.tolist(), digits)}"


def _array(value: Any) -> Any:
    """A NumPy array of the same elements. bfloat16, which NumPy lacks, goes through float32."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
        return value.resolve_conj().resolve_neg().numpy()
    if hasattr(value, "numpy"):
        return value.numpy()
    if hasattr(value, "shape") and hasattr(value, "tolist"):
        return value
    raise UserError(
        _(
            "show() prints tensors, arrays, numbers, text, lists and dicts, but got a {kind}",
            kind=type(value).__name__,
        )
    )


def _dtype(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return str(getattr(dtype, "name", dtype)).removeprefix("torch.")


def _elements(elements: Any, digits: int) -> str:
    if isinstance(elements, list):
        row = cast(list[Any], elements)
        return "[" + ", ".join(_elements(element, digits) for element in row) + "]"
    return _number(elements, digits) if not isinstance(elements, bool | bytes) else repr(elements)


def _number(number: complex, digits: int) -> str:
    if isinstance(number, int):
        return str(int(number))
    if isinstance(number, complex):
        return f"({_number(number.real, digits)} + {_number(number.imag, digits)}j)"
    number = float(number) + 0.0  # -0.0 becomes 0.0
    if not math.isfinite(number):
        return str(number)
    text = f"{number:.{digits}g}"
    # A number that was a float keeps a mark of it, so that it is compared within the tolerance.
    return text if any(mark in text for mark in ".e") else f"{text}.0"
