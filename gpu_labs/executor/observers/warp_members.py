"""Warp functions: do all lanes that a member mask names take part?

Every lane that calls one must be in its own mask, and all other lanes of that mask which have not returned
must call the same function with the same mask; else the result is undefined (CUDA C++ Programming Guide,
"Warp Shuffle Functions", "Warp Vote Functions").
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gpu_labs.executor.findings import Finding
from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.launch_record import WARP
from gpu_labs.executor.observers.messages import thread_in_words
from gpu_labs.executor.runtime.lanes import Mask
from gpu_labs.executor.runtime.warp import Warps, ballot
from graphviz_tools.language import _

EVERYONE = np.int64(0xFFFFFFFF)


class _Problem(NamedTuple):
    """A lane of a warp that calls with a wrong mask: its block and thread number, the mask, and the lane that
    is missing (itself where it is not in its own mask)."""

    block: int
    thread: int
    members: int
    missing: int
    row: int


def missing_lanes(site: Site, name: str, warps: Warps, mask: Mask, members: Any) -> Finding | None:
    """The finding for a call by the lanes of `mask`, each with its member mask (None: all 32), or None."""
    lanes = warps.lanes
    active = warps.out(lanes.full_mask(mask), False)
    named = np.full(1, EVERYONE) if members is None else np.asarray(members).astype(np.int64) & EVERYONE
    named = warps.out(np.broadcast_to(named.reshape(-1), lanes.shape) if named.size == 1 else named)
    gone = warps.out(np.broadcast_to(lanes.left, lanes.shape), True)
    there = ballot(active | gone).astype(np.int64) & EVERYONE
    first = np.take_along_axis(named, active.argmax(-1)[..., None], -1)
    one_mask = (~active | (named == first)).all(-1)
    own = ((named >> np.arange(WARP)) & 1 == 1) | ~active
    fine = one_mask & own.all(-1) & (first & there == first)[..., 0]
    suspicious = active.any(-1) & ~fine
    if not suspicious.any():
        return None
    problems = [
        problem
        for row, warp in zip(*np.nonzero(suspicious), strict=True)
        for problem in _problems_of(
            active[row, warp], gone[row, warp], named[row, warp], int(row), int(warp), lanes
        )
    ]
    if not problems:
        return None
    return _finding(site, name, min(problems), int(active[min(problems).row].sum()), len(problems), lanes)


def _problems_of(
    active: np.ndarray, gone: np.ndarray, named: np.ndarray, row: int, warp: int, lanes: Any
) -> list[_Problem]:
    """The problems of one warp, one for each of its lanes."""
    found = []
    block = int(lanes.blocks[row])
    for lane in np.flatnonzero(active):
        bits = (named[lane] >> np.arange(WARP)) & 1 == 1
        absent = np.flatnonzero(bits & ~gone & ~(active & (named == named[lane])))
        missing = int(lane) if not bits[lane] else int(absent[0]) if absent.size else None
        if missing is not None:
            thread, other = warp * WARP + int(lane), warp * WARP + missing
            found.append(_Problem(block, thread, int(named[lane]), other, row))
    return found


def _finding(site: Site, name: str, problem: _Problem, come: int, count: int, lanes: Any) -> Finding:
    first = problem.row * lanes.per_block
    thread = lanes.thread_of(first + problem.thread)
    other = lanes.thread_of(first + problem.missing)
    home = lanes.block_of(first)
    who = thread_in_words(lanes.block, lanes.grid, block=home, thread=thread)
    call = f"cuda.{name}"
    if problem.missing == problem.thread:
        sentence = _(
            "{who} calls {call} with the mask {members:#010x}, which does not name its own lane "
            "({thread}). CUDA does not define the result.",
            who=who,
            call=call,
            members=problem.members,
            thread=problem.thread % WARP,
        )
        hint = _("let only the lanes that the mask names come here, or set their bits in the mask.")
    else:
        absent = thread_in_words(lanes.block, lanes.grid, block=home, thread=other)
        sentence = _(
            "{who} calls {call} with the mask {members:#010x}, which names lane {missing}, and "
            "{absent} does not come to this call with that mask: it takes another path. The "
            "result is undefined, and a GPU can hang.",
            who=who,
            call=call,
            members=problem.members,
            missing=problem.missing % WARP,
            absent=absent[0].lower() + absent[1:],
        )
        hint = _(
            "call {call} where every lane that the mask names comes, outside the `if` or loop; or make the mask "
            "of the lanes that do: cuda.ballot_sync(0xffffffff, condition) before the `if`.",
            call=call,
        )
    return Finding(
        "divergent-warp",
        sentence,
        hint,
        site.line,
        site.text,
        block=home,
        thread=thread,
        other_block=home,
        other_thread=other,
        places=count,
    )
