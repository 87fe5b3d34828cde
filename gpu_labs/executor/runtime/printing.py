"""How a value is written by `print` in a kernel; both engines use this."""

from __future__ import annotations

from typing import Any


def printed_value(value: Any) -> str:
    """A value as Numba's `print` in a kernel writes it: floats by "%f", a tuple of texts in brackets."""
    if isinstance(value, float):
        return f"{value:f}"
    if isinstance(value, tuple):
        return f"({', '.join(value)}{',' if len(value) == 1 else ''})"
    return str(value)
