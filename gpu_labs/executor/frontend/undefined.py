"""Variables that have no value on some path: `if c: v = 1` and then `v`.

Numba gives them whatever is in the register, and says nothing. Here such a variable gets a second one beside
it, true where the first has a value, and a check before each operation that reads it; so both engines find
the thread that took the other path.
"""

from __future__ import annotations

import numpy as np

from gpu_labs.executor.frontend.lowering import BOOL, Lowering, plain_name
from gpu_labs.executor.ir.program import Block, Branch, Const, Op, Operand, Phi, Return, SliceOf, Var


def watch_undefined(
    low: Lowering, blocks: dict[int, Block], unset: dict[tuple[int, str], tuple[int, ...]]
) -> None:
    """Add the companions and checks. `unset` says, for the phi of a block and a Numba variable, from which
    blocks control comes without a value."""
    titles = {low.names[name]: plain_name(name) for (_, name) in unset}
    phis = [(block, phi) for block in blocks.values() for phi in block.phis]
    doubtful = {low.names[name] for (_, name), labels in unset.items() if labels}
    missing = {(label, low.names[name]): labels for (label, name), labels in unset.items()}
    grown = -1
    while grown != len(doubtful):
        grown = len(doubtful)
        for _, phi in phis:
            if any(isinstance(o, Var) and o.name in doubtful for o in phi.incoming.values()):
                doubtful.add(phi.dst.name)
    if not doubtful:
        return
    for block, phi in phis:
        if phi.dst.name in doubtful:
            incoming = {label: _known(operand, doubtful) for label, operand in phi.incoming.items()}
            for label in missing.get((block.label, phi.dst.name), ()):
                incoming[label] = Const(False, BOOL)
                if isinstance(phi.dst.type, np.dtype):
                    phi.incoming[label] = Const(0, phi.dst.type)
            block.phis.append(Phi(_companion(phi.dst.name), incoming))
    for block in blocks.values():
        _check(low, block, doubtful, titles)


def _companion(name: str) -> Var:
    return Var(f"{name}_known", BOOL)


def _known(operand: Operand, doubtful: set[str]) -> Operand:
    return (
        _companion(operand.name)
        if isinstance(operand, Var) and operand.name in doubtful
        else Const(True, BOOL)
    )


def _check(low: Lowering, block: Block, doubtful: set[str], titles: dict[str, str]) -> None:
    ops: list[Op] = []
    done: set[str] = set()

    def check(operand: object, line: int) -> None:
        if isinstance(operand, SliceOf):
            for part in (operand.start, operand.stop, operand.step):
                check(part, line)
        elif isinstance(operand, Var) and operand.name in doubtful and operand.name not in done:
            done.add(operand.name)
            low.line = line
            site = low.site("read")
            ops.append(Op("defined", None, (_companion(operand.name),), line, titles[operand.name], site))

    for op in block.ops:
        for operand in op.args:
            check(operand, op.line)
        ops.append(op)
    end = block.end
    line = end.site.line if isinstance(end, Branch) else ops[-1].line if ops else low.line
    if isinstance(end, Branch):
        check(end.condition, line)
    elif isinstance(end, Return):
        check(end.value, line)
    block.ops[:] = ops
