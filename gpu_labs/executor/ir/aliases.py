"""Which arrays a kernel may write: the others cannot be raced for and need no watching."""

from __future__ import annotations

from gpu_labs.executor.ir.program import ArrayType, Const, Function, Program, SliceOf, TupleType, Var

_WRITES = ("store", "atomic", "setfield")
_PASSES_ON = ("copy", "view", "iter", "next", "item", "tuple", "enumerate", "zip", "attribute", "field")


class Roots:
    """Where each array variable of a program comes from, and which origins a store or an atomic may reach,
    through rows, slices, records, tuples, iterators and device functions.

    Origins are the kernel's parameters by name and "local" or "shared" with a number for its own arrays."""

    def __init__(self, program: Program) -> None:
        self.of: dict[tuple[int, str], set[str]] = {
            (id(program.kernel), p.name): {p.name}
            for p in program.kernel.parameters
            if isinstance(p.type, (ArrayType, TupleType))
        }
        self.written: set[str] = set()
        changed = True
        while changed:
            before = sum(map(len, self.of.values())) + len(self.written)
            for function in (program.kernel, *program.functions):
                _pass_on(function, self.of, self.written)
            changed = sum(map(len, self.of.values())) + len(self.written) != before

    def steady(self, function: Function, operand: object) -> bool:
        """True for an array that no other thread changes: never written, or the thread's own."""
        found = self.of.get((id(function), operand.name), set()) if isinstance(operand, Var) else set()
        return all(origin.startswith("local ") or origin not in self.written for origin in found)


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
                written |= of(op.args[0])
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
