"""Write a value, a shape or a number of bytes in a few characters."""

from __future__ import annotations

from graphviz_tools.drawing.appearance import BYTE_UNITS
from graphviz_tools.language import _
from graphviz_tools.recording import Number, Value

FEW = 4  # numbers that still fit on one line of a box
DIGITS = 3  # of a number of bytes


def number_text(number: Number) -> str:
    """A number with at most four significant digits, as inside a list: `2` for the float 2.0."""
    if isinstance(number, complex):
        return f"{number_text(number.real)}{'+' if number.imag >= 0 else '-'}{number_text(abs(number.imag))}j"
    return f"{number:.4g}" if isinstance(number, float) else str(number)


def scalar_text(number: Number) -> str:
    """A number on its own; a float shows that it is one: `2.0`."""
    text = number_text(number)
    whole = isinstance(number, float) and text.lstrip("-").isdigit()
    return f"{text}.0" if whole else text


def shape_text(shape: tuple[int | None, ...] | None) -> str:
    """`(2, ?)`; `(?…)` for an unknown rank."""
    if shape is None:
        return "(?…)"
    inner = ", ".join("?" if size is None else str(size) for size in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def type_text(value: Value) -> str:
    """Shape and dtype: `(3, 4) float32`; a scalar is its dtype alone."""
    dtype = value.dtype.removeprefix("torch.")
    if value.shape is None:
        return value.text or dtype or "object"
    return (
        _("scalar {dtype}", dtype=dtype).strip()
        if value.shape == ()
        else f"{shape_text(value.shape)} {dtype}".strip()
    )


def value_text(value: Value) -> str:
    """The numbers when they are few, else shape and dtype; a handle says that it has no number."""
    if value.is_handle:
        return _("{shape_text} no value yet", shape_text=shape_text(value.shape))
    if value.numbers is None or value.grid is not None or len(value.numbers) > FEW:
        return type_text(value)
    return nested(value.numbers, value.shape or ())


def brief_text(value: Value) -> str:
    """`value_text` without the dtype, for narrow places."""
    dtype = value.dtype.removeprefix("torch.")
    return value_text(value).removesuffix(dtype).rstrip() or dtype


def nested(numbers: tuple[Number, ...], shape: tuple[int | None, ...]) -> str:
    """Row-major `numbers` in brackets by `shape`: `[[1, 2], [3, 4]]`."""
    if not shape:
        return scalar_text(numbers[0]) if numbers else "empty"
    rows = shape[0] or 0
    if len(shape) == 1 or not numbers:
        return f"[{', '.join(map(number_text, numbers))}]"
    stride = len(numbers) // max(rows, 1)
    inside = (nested(numbers[i * stride : (i + 1) * stride], shape[1:]) for i in range(rows))
    return f"[{', '.join(inside)}]"


def bytes_text(count: int) -> str:
    """`36 B`, `1.2 kB`, `3.4 MB` (powers of 1000). It counts with whole numbers only, as the front end's `bytes`
    does, because `round` and JavaScript's `toPrecision` treat a half differently."""
    unit = 10 ** max(len(str(count)) - DIGITS, 0)
    rounded = (count + unit // 2) // unit * unit
    power = min((len(str(rounded)) - 1) // 3, len(BYTE_UNITS) - 1)
    return f"{rounded / 1000**power:g} {BYTE_UNITS[power]}"


def shorten(text: str, limit: int) -> str:
    """`text` on one line, cut to `limit` characters with an ellipsis."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
