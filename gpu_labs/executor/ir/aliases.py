"""Which arrays a kernel may write: the others cannot be raced for, need no watching, and are not waited for."""

from __future__ import annotations

import numpy as np

from gpu_labs.executor.ir.origins import Origins
from gpu_labs.executor.ir.program import (
    ArrayType,
    Const,
    Function,
    Op,
    Operand,
    Program,
    SliceOf,
    TupleType,
    Type,
    Var,
)

_WRITES = ("store", "atomic", "setfield", "fill", "each")
_LOOKS = ("load", "field", "atomic", "call")
_PASSES_ON = (
    "copy",
    "view",
    "iter",
    "next",
    "item",
    "tuple",
    "enumerate",
    "zip",
    "attribute",
    "field",
    "part",
    "reshape",
    "flat",
)


class Roots:
    """Where each array variable of a program comes from, and which origins a store or an atomic may reach,
    through rows, slices, records, tuples, iterators and device functions.

    Origins are the kernel's parameters by name and "local" or "shared" with a number for its own arrays."""

    def __init__(self, program: Program) -> None:
        self.of: dict[tuple[int, str], set[str]] = {
            (id(program.kernel), p.name): {p.name}
            for p in program.kernel.parameters
            if isinstance(p.type, (ArrayType, TupleType)) or _is_record(p.type)
        }
        self.written: set[str] = set()
        changed = True
        while changed:
            before = sum(map(len, self.of.values())) + len(self.written)
            for function in (program.kernel, *program.functions):
                _pass_on(function, self.of, self.written)
            changed = sum(map(len, self.of.values())) + len(self.written) != before

        self._program = program
        self._origins = {id(f): Origins(f) for f in (program.kernel, *program.functions)}

    def steady(self, function: Function, op: Op) -> bool:
        """True for a load, a call or the like whose result no other thread changes: of an array that nobody
        writes or that is the thread's own, or of a cell that only its own thread writes."""
        if op.kind == "call":
            callee: Function = op.info
            inner = [each for block in callee.blocks.values() for each in block.ops]
            return all(self.steady(callee, each) for each in inner if each.kind in _LOOKS)
        if op.kind == "atomic":
            return False
        array = op.args[0]
        roots = self.of.get((id(function), array.name), set()) if isinstance(array, Var) else set()
        shared = {origin for origin in roots if not origin.startswith("local ") and origin in self.written}
        return not shared or self._only_its_own_cell(function, op, shared)

    def _only_its_own_cell(self, function: Function, load: Op, roots: set[str]) -> bool:
        """Whether every write to these arrays goes to the cell that the load reads, one for each thread."""
        origins = self._origins[id(function)]
        if load.kind != "load" or not any(map(origins.own_number, load.args[1:])):
            return False
        for each in (self._program.kernel, *self._program.functions):
            for op in (op for block in each.blocks.values() for op in block.ops if op.kind in _WRITES):
                names = [target.name for target in _targets(op) if isinstance(target, Var)]
                if not any(self.of.get((id(each), name), set()) & roots for name in names):
                    continue
                if each is not function or op.kind != "store" or origins.place(op) != origins.place(load):
                    return False
        return True


def _is_record(kind: Type) -> bool:
    return isinstance(kind, np.dtype) and kind.names is not None


def _targets(op: Op) -> tuple[Operand, ...]:
    """The arrays that one of `_WRITES` writes to."""
    return op.args[: op.info.outputs] if op.kind == "each" else op.args[:1]


def _pass_on(function: Function, roots: dict[tuple[int, str], set[str]], written: set[str]) -> None:
    def of(operand: object) -> set[str]:
        if isinstance(operand, Var):
            return roots.get((id(function), operand.name), set())
        return set()

    def give(owner: Function, name: str, what: set[str]) -> None:
        if what:
            roots.setdefault((id(owner), name), set()).update(what)

    for block in function.blocks.values():
        for phi in block.phis:
            for operand in phi.incoming.values():
                give(function, phi.dst.name, of(operand))
        for op in block.ops:
            if op.kind in _WRITES:
                written |= {origin for target in _targets(op) for origin in of(target)}
            elif op.kind == "alloc" and op.dst is not None:
                give(function, op.dst.name, {f"{op.info.space} {op.info.id}"})
            elif op.kind == "call":
                for parameter, operand in zip(op.info.parameters, op.args, strict=True):
                    give(op.info, parameter.name, of(operand))
                    if op.dst is not None:
                        give(function, op.dst.name, of(operand))
            elif op.kind in _PASSES_ON and op.dst is not None:
                for operand in op.args:
                    if not isinstance(operand, (Const, SliceOf)):
                        give(function, op.dst.name, of(operand))
