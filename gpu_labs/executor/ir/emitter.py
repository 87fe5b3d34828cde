"""What both engines' compilers share: lines of Python, written operation by operation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gpu_labs.executor.ir.aliases import Roots
from gpu_labs.executor.ir.constants import Constants
from gpu_labs.executor.ir.program import Const, Function, Op, Operand, Program, Var

INT64 = np.dtype(np.int64)


@dataclass(frozen=True, slots=True)
class ProgramCode:
    """What the functions of one program have in common when they are written: the name of each (by `id`), which
    of them wait for other threads and which raise, the arrays behind each value, and the constants so far."""

    names: dict[int, str]
    waiting: set[int]
    raising: set[int]
    roots: Roots
    constants: Constants = field(default_factory=Constants)

    @classmethod
    def of(cls, program: Program, roots: Roots) -> ProgramCode:
        """Before anything is written."""
        names = {id(f): f"device{at}" for at, f in enumerate(program.functions)}
        return cls(
            names | {id(program.kernel): "kernel"},
            program.functions_with("barrier", "warp", "gridsync"),
            program.functions_with("raise"),
            roots,
        )


class Writer(ABC):
    """Writes the operations of one function. `runtime` is what generated code calls for what is not a plain
    Python: the lock-step engine's `run`, the serial engine's thread `T`."""

    runtime: str

    def __init__(self, function: Function, program: ProgramCode) -> None:
        self.function = function
        self.program = program
        self.constants = program.constants
        self.name = program.names[id(function)]
        self.is_kernel = self.name == "kernel"
        self.lines: list[str] = []
        self.depth = 0

    @abstractmethod
    def _operand(self, operand: Operand | None) -> str:
        """The text that reads an operand."""

    @abstractmethod
    def _set(self, dst: Var | None, value: str) -> None:
        """Write an assignment."""

    @abstractmethod
    def _signed(self, index: str) -> str:
        """A 64-bit unsigned index as a signed one, in which what wrapped round below 0 is seen."""

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def _op(self, op: Op) -> None:
        getattr(self, f"_op_{op.kind}")(op, [self._operand(a) for a in op.args])

    def _site(self, op: Op) -> str:
        assert op.site is not None
        return self.constants.name(op.site, ("site", op.site.id), "S")

    def _dtype(self, kind: np.dtype[Any] | None) -> str:
        return self.constants.name(kind, ("dtype", str(kind)), "D")

    def _function(self, function: Any, key: str) -> str:
        return self.constants.name(function, ("function", key), "F")

    def _unset(self, op: Op) -> str:
        """What to call the variable that an operation finds without a value."""
        return self.constants.name(op.info, ("unset", op.info), "U")

    def _indices(self, operands: tuple[Operand, ...], array: str) -> list[str]:
        parts = []
        for axis, index in enumerate(operands):
            text = self._operand(index)
            if isinstance(index, Const) and isinstance(index.value, int) and index.value < 0:
                # A negative constant is Python's way to count from the end, and Numba compiles it so.
                text = f"{array}.shape[{axis}] + {text}"
            elif isinstance(index, Var) and index.type == np.uint64:
                text = self._signed(text)
            parts.append(text)
        return parts

    def _atomic_parts(self, op: Op, args: list[str]) -> tuple[str, str]:
        """The index and the operands of an atomic, each as a tuple."""
        count = len(op.args) - 1 - (2 if op.info == "cas" else 1)
        return _tuple(self._indices(op.args[1 : 1 + count], args[0])), _tuple(args[1 + count :])

    def _op_tuple(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, _tuple(args))

    def _op_alloc(self, op: Op, args: list[str]) -> None:
        alloc = self.constants.name(op.info, ("alloc", op.info.id), "A")
        self._set(op.dst, f"{self.runtime}.allocate({alloc})")


def _tuple(parts: list[str]) -> str:
    return f"({''.join(part + ', ' for part in parts)})"
