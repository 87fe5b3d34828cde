"""Names for the constants of generated code."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import Const, TupleType
from gpu_labs.executor.ir.whole_numbers import whole_number


class Constants:
    """The names that generated code refers to, and their values."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self._keys: dict[Any, str] = {}

    def name(self, value: Any, key: Any, stem: str) -> str:
        """A global name for `value`; equal keys share one."""
        if key not in self._keys:
            self._keys[key] = f"{stem}{len(self._keys)}"
            self.names[self._keys[key]] = value
        return self._keys[key]

    def operand(self, constant: Const) -> str:
        """A global name for a constant, as a scalar of its dtype."""
        value, kind = constant.value, constant.type
        if isinstance(kind, np.dtype) and kind.names is None:
            typed = np.array(value).astype(kind)[()]
            if kind == np.int64:
                typed = whole_number(int(typed))
            return self.name(typed, (str(kind), repr(typed)), "c")
        if isinstance(kind, TupleType) and isinstance(value, tuple):
            items = zip(value, kind.items, strict=True)
            return f"({''.join(self.operand(Const(item, of)) + ', ' for item, of in items)})"
        return self.name(value, id(value), "o")
