"""Which variables of Numba's IR are read where their only assignment has not run on some path."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gpu_labs.executor.frontend.private_names import ir
from gpu_labs.executor.ir.control_flow import dominators


def read_before_a_value(blocks: dict[int, Any]) -> set[str]:
    """Names of the kernel's own variables (not Numba's temporary ones, which are read at once)."""
    above = dominators(min(blocks), {label: blocks[label].terminator.get_targets() for label in blocks})
    homes: dict[str, tuple[int, int]] = {}
    for label, block in blocks.items():
        for at, statement in enumerate(block.body):
            if isinstance(statement, ir.Assign) and not statement.target.name.startswith("$"):
                homes[statement.target.name] = (label, at)
    early = set()
    for label in above:
        for at, statement in enumerate(blocks[label].body):
            for name, place, when in _reads(statement, label, at):
                home, since = homes.get(name, (place, -1))
                if not (since < when if home == place else home in above.get(place, ())):
                    early.add(name)
    return early


def _reads(statement: Any, label: int, at: int) -> Iterator[tuple[str, int, float]]:
    """Name, block and place of each variable that a statement reads; a phi reads at the end of the blocks that
    control comes from."""
    if isinstance(statement, ir.Del):
        return
    if isinstance(statement, ir.Assign):
        value = statement.value
        if isinstance(value, ir.Expr) and value.op == "phi":
            for source, variable in zip(value.incoming_blocks, value.incoming_values, strict=True):
                if variable is not ir.UNDEFINED:
                    yield variable.name, source, float("inf")
            return
        read = (
            [value] if isinstance(value, ir.Var) else value.list_vars() if isinstance(value, ir.Expr) else []
        )
    else:
        read = statement.list_vars()
    for variable in read:
        yield variable.name, label, at
