"""Does a value that was read come to matter?

A tile may be filled for fewer threads than read it: those beyond the edge add up what was never written, and
throw the sum away. That is harmless, and many published kernels do it. So a read of a shared
cell that nothing was written to becomes a finding only where its value decides something or is stored.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gpu_labs.executor.findings import Finding
from gpu_labs.executor.ir.program import Branch, Function, Op, Program, Return, Var
from gpu_labs.executor.observers.messages import Report
from gpu_labs.executor.observers.races import Entry, expand
from gpu_labs.executor.runtime.lanes import Lanes
from gpu_labs.executor.runtime.windows import Memory

_PASSING = {
    "copy",
    "binary",
    "unary",
    "math",
    "tuple",
    "item",
}  # what makes values of values and nothing else


class _Doubt(NamedTuple):
    """A finding that counts once one of `lanes` runs one of the stores."""

    finding: Finding
    lanes: np.ndarray
    stores: frozenset[int]


class Consequences:
    """Reads of uninitialised shared memory whose values may yet come to nothing."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._stores: dict[int, frozenset[int] | None] = {}
        self._doubts: list[_Doubt] = []

    def add(self, finding: Finding, site: int, lanes: np.ndarray, report: Report) -> None:
        """A read at `site` by `lanes` that found nothing."""
        if site not in self._stores:
            self._stores[site] = stores_of(self._program, site)
        stores = self._stores[site]
        if stores is None:
            report.add(finding)
        elif stores:
            self._doubts.append(_Doubt(finding, lanes, stores))

    def look(self, logs: list[tuple[Memory, list[Entry]]], lanes: Lanes, report: Report) -> None:
        """Report what the stores of an epoch make certain."""
        if not self._doubts:
            return
        stored: dict[int, list[np.ndarray]] = {}
        for _, log in logs:
            for entry in log:
                if entry.kind == "write":
                    stored.setdefault(entry.site.id, []).append(expand(entry, lanes).lanes)
        left = []
        for doubt in self._doubts:
            ran = [who for site in doubt.stores for who in stored.get(site, ())]
            if any(np.isin(doubt.lanes, who).any() for who in ran):
                report.add(doubt.finding)
            else:
                left.append(doubt)
        self._doubts = left

    def forget(self) -> None:
        """The threads are done: what was not stored by now never is."""
        self._doubts = []


def stores_of(program: Program, site: int) -> frozenset[int] | None:
    """The sites of the stores that a value loaded at `site` may go to; None where it decides something."""
    for function in (program.kernel, *program.functions):
        for block in function.blocks.values():
            for op in block.ops:
                if op.kind == "load" and op.site is not None and op.site.id == site and op.dst is not None:
                    return _reached(function, op.dst.name)
    return None


def _reached(function: Function, name: str) -> frozenset[int] | None:
    stores: set[int] = set()
    tainted = {name}
    grown = True
    while grown:
        size = len(tainted)
        for block in function.blocks.values():
            tainted |= {p.dst.name for p in block.phis if any(_is(o, tainted) for o in p.incoming.values())}
            for op in block.ops:
                if not any(_is(operand, tainted) for operand in op.args):
                    continue
                if op.kind in _PASSING and op.dst is not None:
                    tainted.add(op.dst.name)
                elif op.kind == "store" and op.site is not None and _is_plain_store(function, op, tainted):
                    stores.add(op.site.id)
                else:
                    return None
            end = block.end
            got = end.condition if isinstance(end, Branch) else end.value if isinstance(end, Return) else None
            if _is(got, tainted):
                return None
        grown = len(tainted) > size
    return frozenset(stores)


def _is_plain_store(function: Function, op: Op, tainted: set[str]) -> bool:
    """Whether the value is what is tainted, and not the place; and the array one whose stores are logged."""
    array = op.args[0]
    local = {
        made.dst.name
        for block in function.blocks.values()
        for made in block.ops
        if made.kind == "alloc" and made.dst is not None and made.info.space == "local"
    }
    plain = isinstance(array, Var) and array.name not in local and not local
    return plain and not any(_is(operand, tainted) for operand in op.args[:-1])


def _is(operand: object, tainted: set[str]) -> bool:
    if isinstance(operand, Var):
        return operand.name in tainted
    parts = (getattr(operand, part, None) for part in ("start", "stop", "step"))
    return any(isinstance(part, Var) and part.name in tainted for part in parts)
