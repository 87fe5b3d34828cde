"""Variables that have no value on some path, and what a shuffle took from a lane that was not there.

Numba gives such a variable whatever is in the register, and says nothing. Here it gets a second one beside it,
true where the first has a value, and a check before each operation that reads it; so both engines find the
thread that took the other path. A thread that would go on without an array or a tuple ends, as nothing can be
made up for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from gpu_labs.executor.frontend.lowering import BOOL, Lowering, plain_name
from gpu_labs.executor.ir.control_flow import dominators, successors
from gpu_labs.executor.ir.program import (
    SHUFFLES,
    Block,
    Branch,
    Const,
    Function,
    Jump,
    Op,
    Operand,
    Phi,
    Return,
    Site,
    SliceOf,
    Unset,
    Var,
    companion,
)

Unsets = dict[tuple[int, str], tuple[int, ...]]


def watch_undefined(low: Lowering, function: Function, unset: Unsets) -> None:
    """Add the companions and checks. `unset` says, for the phi of a block and a Numba variable, from which
    blocks control comes without a value."""
    doubts = _Doubts({ours: plain_name(numbas) for numbas, ours in low.names.items()})
    for (label, name), labels in unset.items():
        doubts.missing.setdefault((label, low.names[name]), set()).update(labels)
    _find_reads_without_a_value(function, doubts)
    _follow_shuffles(function, doubts)
    _follow_phis(function, doubts)
    if doubts.names or doubts.valueless:
        _add_companions(function, doubts)
        for block in list(function.blocks.values()):
            _add_checks(low, function, block, doubts)


@dataclass(slots=True)
class _Doubts:
    """What may lack a value: `names` of variables, `valueless` operands as (id of their operation, name), the
    blocks from which a phi gets nothing, and the shuffle that a variable's value comes from."""

    titles: dict[str, str]
    names: set[str] = field(default_factory=set)
    valueless: set[tuple[int, str]] = field(default_factory=set)
    missing: dict[tuple[int, str], set[int]] = field(default_factory=dict)
    shuffled: dict[str, Site] = field(default_factory=dict)

    def title(self, name: str) -> str:
        """What the kernel calls a variable."""
        title = self.titles.get(name, "")
        return "a value" if not title or title.startswith("$") else title


def _find_reads_without_a_value(function: Function, doubts: _Doubts) -> None:
    """Reads that no assignment comes before on any path: those that the assignment does not dominate. (Where it
    comes before on some path, Numba's SSA form has a phi.)"""
    targets = {label: successors(function, label) for label in function.blocks}
    above = dominators(function.entry, targets)
    places: dict[str, tuple[int, int]] = {p.name: (function.entry, -1) for p in function.parameters}
    for label, block in function.blocks.items():
        places.update({phi.dst.name: (label, -1) for phi in block.phis})
        for at, op in enumerate(block.ops):
            if op.dst is not None:
                places[op.dst.name] = (label, at)
            if op.kind == "next":
                places[op.info] = (label, at)

    def has_value(name: str, label: int, at: int) -> bool:
        home, since = places.get(name, (label, -1))
        return since < at if home == label else home in above[label]

    for label in above:
        block = function.blocks[label]
        for at, op in enumerate(block.ops):
            for var in _variables(op.args):
                if not has_value(var.name, label, at):
                    doubts.valueless.add((id(op), var.name))
        for phi in block.phis:
            for source, operand in list(phi.incoming.items()):
                if not isinstance(operand, Var) or source not in above:
                    continue
                if not has_value(operand.name, source, len(function.blocks[source].ops)):
                    del phi.incoming[source]
                    doubts.missing.setdefault((label, phi.dst.name), set()).add(source)
        for var in _variables(_read_by_end(block)):
            if not has_value(var.name, label, len(block.ops)):
                doubts.valueless.add((id(block.end), var.name))


def _follow_shuffles(function: Function, doubts: _Doubts) -> None:
    """Results of shuffles and their plain copies."""
    copies = [op for block in function.blocks.values() for op in block.ops if op.kind == "copy"]
    for block in function.blocks.values():
        for op in block.ops:
            if op.kind == "warp" and op.info in SHUFFLES and op.dst is not None and op.site is not None:
                doubts.shuffled[op.dst.name] = op.site
    grown = -1
    while grown != len(doubts.shuffled):
        grown = len(doubts.shuffled)
        for op in copies:
            source = op.args[0]
            if isinstance(source, Var) and source.name in doubts.shuffled and op.dst is not None:
                doubts.shuffled[op.dst.name] = doubts.shuffled[source.name]
    doubts.names |= set(doubts.shuffled)


def _follow_phis(function: Function, doubts: _Doubts) -> None:
    doubts.names |= {name for (_, name), labels in doubts.missing.items() if labels}
    grown = -1
    while grown != len(doubts.names):
        grown = len(doubts.names)
        for block in function.blocks.values():
            for phi in block.phis:
                doubtful = [
                    v.name for v in _variables(tuple(phi.incoming.values())) if v.name in doubts.names
                ]
                if doubtful:
                    doubts.names.add(phi.dst.name)
                    if doubtful[0] in doubts.shuffled and not doubts.missing.get((block.label, phi.dst.name)):
                        doubts.shuffled.setdefault(phi.dst.name, doubts.shuffled[doubtful[0]])


def _add_companions(function: Function, doubts: _Doubts) -> None:
    for block in function.blocks.values():
        for phi in list(block.phis):
            if phi.dst.name not in doubts.names:
                continue
            incoming = {label: _known(operand, doubts) for label, operand in phi.incoming.items()}
            for label in doubts.missing.get((block.label, phi.dst.name), ()):
                incoming[label] = Const(False, BOOL)
                if isinstance(phi.dst.type, np.dtype) and not phi.dst.type.names:
                    phi.incoming[label] = Const(0, phi.dst.type)
            block.phis.append(Phi(companion(phi.dst), incoming))


def _known(operand: Operand, doubts: _Doubts) -> Operand:
    doubtful = isinstance(operand, Var) and operand.name in doubts.names
    return companion(operand) if doubtful else Const(True, BOOL)  # type: ignore[arg-type]


def _add_checks(low: Lowering, function: Function, block: Block, doubts: _Doubts) -> None:
    """Check what the operations of a block read. From an array or a tuple that may be missing on, the rest of
    the block is one of its own, which only threads that have it come to."""
    ops, block.ops = block.ops, []
    checked: set[str] = set()
    line = ops[0].line if ops else low.line
    for op in (*ops, None):
        reads = _read_by_end(block) if op is None else op.args
        line = line if op is None else op.line
        for var in _variables(reads):
            if (id(op or block.end), var.name) in doubts.valueless:
                known: Operand = Const(False, BOOL)
            elif var.name in doubts.names and var.name not in checked:
                if op is not None and op.kind == "copy" and var.name in doubts.shuffled:
                    continue  # looked at where the copy is used
                known = companion(var)
                checked.add(var.name)
            else:
                continue
            low.line = line
            site = doubts.shuffled.get(var.name) if isinstance(known, Var) else None
            unset = Unset(doubts.title(var.name), shuffled=site is not None)
            site = site or low.site("read")
            if isinstance(var.type, np.dtype) and not var.type.names:
                block.ops.append(Op("defined", None, (known,), line, unset, site))
                if isinstance(known, Const):
                    _replace(op or block.end, var, Const(0, var.type))
            elif isinstance(known, Const):
                block.ops.append(Op("raise", None, (), line, unset, site))
                block.end = Return(None)
                return
            else:
                block = _split(function, block, known, Op("raise", None, (), line, unset, site))
        if op is not None:
            block.ops.append(op)
            source = op.args[0] if op.kind == "copy" else None
            if isinstance(source, Var) and source.name in doubts.shuffled and op.dst is not None:
                block.ops.append(Op("copy", companion(op.dst), (companion(source),), op.line))


def _split(function: Function, block: Block, known: Var, stop: Op) -> Block:
    """End `block` with a branch: on where `known` holds, else to the operation `stop`. Returns the rest."""
    rest, dead = max(function.blocks) + 1, max(function.blocks) + 2
    function.blocks[rest] = Block(rest, end=block.end)
    function.blocks[dead] = Block(dead, ops=[stop])
    assert stop.site is not None
    block.end = Branch(known, rest, dead, stop.site)
    for each in function.blocks.values():
        for phi in each.phis:
            if block.label in phi.incoming:
                phi.incoming[rest] = phi.incoming.pop(block.label)
    return function.blocks[rest]


def _replace(user: Op | Jump | Branch | Return, var: Var, value: Const) -> None:
    """Let an operation or the end of a block read `value` in place of `var`."""
    if isinstance(user, Op):
        user.args = tuple(_instead(operand, var, value) for operand in user.args)
    elif isinstance(user, Branch):
        user.condition = value
    elif isinstance(user, Return):
        user.value = value


def _instead(operand: Operand, var: Var, value: Const) -> Operand:
    if isinstance(operand, SliceOf):
        parts = (operand.start, operand.stop, operand.step)
        return SliceOf(*(None if p is None else _instead(p, var, value) for p in parts))
    return value if isinstance(operand, Var) and operand.name == var.name else operand


def _variables(operands: tuple[Operand | None, ...]) -> Iterator[Var]:
    for operand in operands:
        if isinstance(operand, SliceOf):
            yield from _variables((operand.start, operand.stop, operand.step))
        elif isinstance(operand, Var):
            yield operand


def _read_by_end(block: Block) -> tuple[Operand | None, ...]:
    end = block.end
    if isinstance(end, Branch):
        return (end.condition,)
    return (end.value,) if isinstance(end, Return) else ()
