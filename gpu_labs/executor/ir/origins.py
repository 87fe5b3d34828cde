"""Where the values of one function come from: one place twice, an update in place, a thread's own number."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

import numpy as np

from gpu_labs.executor.ir.program import Const, Function, Op, Operand, Program, SliceOf, Var

_PURE = {"binary", "unary", "math", "special", "attribute", "item", "view", "tuple"}
_PASSING = {"copy", "binary", "unary", "math"}
_ONE_TO_ONE = {"+", "-", "*"}


@dataclass(frozen=True, slots=True)
class ConstantKey:
    """A constant, by its text and the id of its type: 1, 1.0 and True are three."""

    text: str
    type_id: int


@dataclass(frozen=True, slots=True)
class SliceKey:
    """A slice, by the keys of its bounds."""

    start: Hashable
    stop: Hashable
    step: Hashable


@dataclass(frozen=True, slots=True)
class OpKey:
    """The result of an operation that gives the same for the same arguments."""

    kind: str
    info: Hashable
    args: tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """A field of a record."""

    field: Hashable
    record: Hashable


class Origins:
    """Answers about the operands of one function; operations are looked up by what they assign. `steady` says of
    which loads the value stays, so that two of them from one place are equal."""

    def __init__(self, function: Function, steady: Callable[[Op], bool] = lambda op: False) -> None:
        self.steady = steady
        self.made = {
            op.dst.name: op for block in function.blocks.values() for op in block.ops if op.dst is not None
        }
        self.phis = {phi.dst.name: phi for block in function.blocks.values() for phi in block.phis}

    def key(self, operand: Operand | None) -> Hashable:
        """Equal for two operands that have the same value whenever both are read in one turn."""
        if operand is None or isinstance(operand, Const):
            return None if operand is None else ConstantKey(str(operand.value), id(type(operand.value)))
        if isinstance(operand, SliceOf):
            return SliceKey(self.key(operand.start), self.key(operand.stop), self.key(operand.step))
        op = self.made.get(operand.name)
        if op is not None and op.kind == "copy" and _keeps_its_value(op):
            return self.key(op.args[0])
        if op is not None and (op.kind in _PURE or (op.kind == "load" and self.steady(op))):
            return OpKey(op.kind, op.info, tuple(map(self.key, op.args)))
        return operand.name

    def place(self, op: Op) -> Hashable:
        """Which cell a load, store, atomic or access to a field reaches."""
        if op.kind in ("field", "setfield"):
            return FieldPlace(op.info, self.key(op.args[0]))
        operands = {"store": 1, "atomic": 2 if op.info == "cas" else 1}.get(op.kind, 0)
        return tuple(map(self.key, op.args[: len(op.args) - operands]))

    def comes_from(self, operand: Operand | None, names: set[str]) -> bool:
        """Whether a value is computed from one of the variables `names`, without going through memory."""
        work, seen = [operand], set[str]()
        while work:
            each = work.pop()
            if not isinstance(each, Var) or each.name in seen:
                continue
            if each.name in names:
                return True
            seen.add(each.name)
            op, phi = self.made.get(each.name), self.phis.get(each.name)
            if op is not None and op.kind in _PASSING:
                work += op.args
            if phi is not None:
                work += phi.incoming.values()
        return False

    def own_number(self, operand: Operand) -> bool:
        """Whether each thread has an index of its own: its number in the grid, shifted or multiplied."""
        if not isinstance(operand, Var):
            return False
        op = self.made.get(operand.name)
        if op is None:
            return False
        if op.kind == "special":
            return op.info.startswith(("grid.", "tid."))
        if op.kind == "binary" and op.info in _ONE_TO_ONE:
            return any(map(self.own_number, op.args))
        return op.kind in ("copy", "item") and self.own_number(op.args[0])


def _keeps_its_value(op: Op) -> bool:
    """Whether a copy is not a cast that may change the value: indices are widened now and then."""
    source = op.args[0]
    if op.dst is None or isinstance(source, SliceOf):
        return False
    both = (op.dst.type, source.type)
    return both[0] == both[1] or all(isinstance(kind, np.dtype) and kind.kind in "iu" for kind in both)


def updates(program: Program, steady: Callable[[Function, Op], bool]) -> dict[int, set[int]]:
    """For the site of each store that updates in place, as `x[i] += 1` does, the sites of the loads whose value
    it changes and writes back. `steady` tells loads of what no other thread changes."""
    found: dict[int, set[int]] = {}
    for function in (program.kernel, *program.functions):
        origins = Origins(function, partial(steady, function))
        ops = [op for block in function.blocks.values() for op in block.ops]
        loads = [op for op in ops if op.kind in ("load", "field") and op.dst is not None]
        for store in ops:
            if store.kind not in ("store", "setfield") or store.site is None:
                continue
            place = origins.place(store)
            for load in loads:
                assert load.dst is not None and load.site is not None
                if origins.place(load) == place and origins.comes_from(store.args[-1], {load.dst.name}):
                    found.setdefault(store.site.id, set()).add(load.site.id)
    return found
