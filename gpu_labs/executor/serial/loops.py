"""Loads that walk along an array as a `for` loop counts: `x[j]`, `x[i, j]`, `x[j + k]`.

Whether all of a loop's turns stay inside the array is then known when it starts, so the serial engine asks
once, and reads without a test in each turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gpu_labs.executor.ir.control_flow import Loop
from gpu_labs.executor.ir.program import Branch, Const, Function, Op, Operand, Return, SliceOf, Var

INT64 = np.dtype(np.int64)


@dataclass(frozen=True, slots=True)
class Walk:
    """A load whose index along `axis` is the loop's number plus `offset`; the other indices stay as they are."""

    load: Op
    axis: int
    offset: Operand


@dataclass(frozen=True, slots=True)
class Walks:
    """The walks of a loop over the range `numbers`. `alone`: every turn does all of them, and nothing else
    uses the number, so that the loop may go over the values instead."""

    numbers: Operand
    walks: list[Walk]
    alone: bool


def walks(function: Function, loop: Loop, leaders: Collection[int]) -> Walks | None:
    """What an innermost loop without joins reads as it counts; None where there is nothing."""
    if any(label in leaders for label in loop.body if label != loop.header):
        return None
    made = {op.dst.name: op for block in function.blocks.values() for op in block.ops if op.dst is not None}
    inside = {op.dst.name for op in _ops(function, loop) if op.dst is not None}
    inside |= {phi.dst.name for label in loop.body for phi in function.blocks[label].phis}
    step = function.blocks[loop.header].ops[0]
    assert step.dst is not None
    numbers = _origin(step.args[0], made)
    if isinstance(numbers, Var) and made.get(numbers.name) and made[numbers.name].kind == "iter":
        numbers = _origin(made[numbers.name].args[0], made)
    if not isinstance(numbers, Var) or numbers.name not in made or made[numbers.name].kind != "range":
        return None

    def stays(operand: Operand) -> bool:
        fixed = isinstance(operand, Const) and isinstance(operand.value, int) and operand.value >= 0
        return fixed or (isinstance(operand, Var) and operand.name not in inside and operand.type == INT64)

    found = []
    for op in _ops(function, loop):
        if op.kind != "load" or not isinstance(op.args[0], Var) or op.args[0].name in inside:
            continue
        offsets = [_offset(index, step.dst.name, made, stays) for index in op.args[1:]]
        moving = [axis for axis, offset in enumerate(offsets) if offset is not None]
        others = [index for index, offset in zip(op.args[1:], offsets, strict=True) if offset is None]
        if len(moving) == 1 and all(map(stays, others)):
            offset = offsets[moving[0]]
            assert offset is not None
            found.append(Walk(op, moving[0], offset))
    if not found:
        return None
    straight = not any(isinstance(function.blocks[n].end, Branch) for n in loop.body if n != loop.header)
    return Walks(numbers, found, straight and _only_used_by(step.dst.name, found, function))


def _only_used_by(number: str, found: list[Walk], function: Function) -> bool:
    """Whether nothing but copies and these loads reads the loop's number, and the loads read it as it is."""
    names = {number}
    loads = {id(walk.load) for walk in found}
    if any(not isinstance(walk.offset, Const) or walk.offset.value for walk in found):
        return False
    for block in function.blocks.values():
        operands = [o for phi in block.phis for o in phi.incoming.values()]
        end = block.end
        operands += (
            [end.condition] if isinstance(end, Branch) else [end.value] if isinstance(end, Return) else []
        )
        for op in block.ops:
            if op.kind == "copy" and op.dst is not None and _reads(op.args, names) and op.dst.type == INT64:
                names.add(op.dst.name)
            elif id(op) not in loads:
                operands += op.args
        if _reads(operands, names):
            return False
    return True


def _reads(operands: Iterable[object], names: set[str]) -> bool:
    return any(
        (isinstance(o, Var) and o.name in names)
        or (isinstance(o, SliceOf) and _reads((o.start, o.stop, o.step), names))
        for o in operands
    )


def _ops(function: Function, loop: Loop) -> Iterator[Op]:
    for label in sorted(loop.body):
        yield from function.blocks[label].ops


def _origin(operand: Operand, made: dict[str, Op]) -> Operand:
    """What an operand is a plain copy of."""
    while isinstance(operand, Var) and operand.name in made:
        op = made[operand.name]
        source = op.args[0] if op.kind == "copy" else None
        if not isinstance(source, Var) or source.type != operand.type:
            return operand
        operand = source
    return operand


def _offset(index: Operand, number: str, made: dict[str, Op], stays) -> Operand | None:  # type: ignore[no-untyped-def]
    """k of an index `number + k`; None for any other index."""
    index = _origin(index, made)
    if not isinstance(index, Var) or index.type != INT64:
        return None
    if index.name == number:
        return Const(0, INT64)
    op = made.get(index.name)
    if op is None or op.kind != "binary" or op.info != "+":
        return None
    for a, b in (op.args, op.args[::-1]):
        origin = _origin(a, made)
        if isinstance(origin, Var) and origin.name == number and stays(b):
            return b
    return None
