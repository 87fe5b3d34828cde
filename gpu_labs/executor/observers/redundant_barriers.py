"""Barriers that order nothing: no thread uses after one what another touched before it.

A barrier is needed when some cell is touched on both sides of it by two threads, one of them writing. That
is looked at while the first stretch of blocks runs, until the barrier has been needed once. A barrier in a
loop counts only when it ran at least twice in a block: with a single turn it may be idle by chance.
"""

from __future__ import annotations

from typing import NamedTuple

from gpu_labs.executor.findings import Finding
from gpu_labs.executor.ir.control_flow import analyse
from gpu_labs.executor.ir.program import Program, Site
from gpu_labs.executor.observers.messages import Report
from gpu_labs.executor.observers.races import Entry, suspects
from gpu_labs.executor.runtime.lanes import Lanes
from gpu_labs.executor.runtime.windows import Memory
from graphviz_tools.language import _

MANY = 256


class _Log(NamedTuple):
    """What was done to a memory."""

    memory: Memory
    entries: list[Entry]


class _Passed(NamedTuple):
    """A barrier, and how often it was passed."""

    site: Site
    times: int


_Logs = dict[int, _Log]


class Usefulness:
    """Follows the barriers of one stretch. `needed` holds the sites that were of use in any launch."""

    def __init__(self, needed: set[int], looped: set[int]) -> None:
        self.needed = needed
        self.looped = looped
        self.watching = True
        self._ran: dict[int, _Passed] = {}
        self._waiting: Site | None = None
        self._before: _Logs = {}

    def barrier(self, site: Site, excused: bool, memories: list[Memory], lanes: Lanes) -> None:
        """A barrier is passed; the memories' logs hold the epoch that it ends."""
        self.close(memories, lanes)
        self._ran[site.id] = _Passed(site, self._ran.get(site.id, _Passed(site, 0)).times + 1)
        if excused:
            self.needed.add(site.id)
        if self._waiting is None:
            self._waiting = site

    def close(self, memories: list[Memory], lanes: Lanes) -> None:
        """An epoch is over: was the barrier before it of use?"""
        epoch: _Logs = {id(m): _Log(m, m.log) for m in memories if m.log}
        if not epoch and self._waiting is not None:
            return
        if self._waiting is None:
            self._before = _merged(self._before, epoch)
            return
        both = _merged(self._before, epoch)
        if self._waiting.id in self.needed or _conflict(both, lanes):
            self.needed.add(self._waiting.id)
            self._before = epoch
        else:
            self._before = both
        self._waiting = None

    def report(self, report: Report) -> None:
        """The findings, after the stretch."""
        for site, count in self._ran.values():
            if site.id not in self.needed and not (site.id in self.looped and count < 2):
                report.add(
                    Finding(
                        "useless-barrier",
                        _(
                            "No thread uses after this barrier what another thread wrote before it, or the other way "
                            "round, so nothing has to wait here."
                        ),
                        _("leave it out: each barrier makes the whole block wait for its slowest warp."),
                        site.line,
                        site.text,
                    )
                )
        self.watching = False


def _merged(a: _Logs, b: _Logs) -> _Logs:
    merged = {**a, **b}
    for key in a.keys() & b.keys():
        merged[key] = _Log(a[key].memory, [*a[key].entries, *b[key].entries])
    return merged


def _conflict(logs: _Logs, lanes: Lanes) -> bool:
    for memory, log in logs.values():
        if len(log) > MANY:
            return True
        if any(e.kind != "read" for e in log) and suspects(log, lanes, memory.state.scratch).size:
            return True
    return False


def barrier_sites(program: Program) -> set[int]:
    """Numbers of the `syncthreads` sites."""
    return {op.site.id for op in program.ops() if op.kind == "barrier" and op.site is not None}


def looped_sites(program: Program) -> set[int]:
    """The barrier sites that lie in a loop, or in a device function (which may be called in one)."""
    inner = analyse(program.kernel)
    found = {
        op.site.id
        for loop in inner.loops.values()
        for label in loop.body
        for op in program.kernel.blocks[label].ops
        if op.site is not None
    }
    return found | {
        op.site.id
        for f in program.functions
        for b in f.blocks.values()
        for op in b.ops
        if op.site is not None
    }
