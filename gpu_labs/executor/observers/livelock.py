"""Loops without an end, and what a learner should know about waiting on a GPU."""

from __future__ import annotations

from typing import NamedTuple

from gpu_labs.executor.findings import Dim3, Finding
from gpu_labs.executor.ir.program import Site
from graphviz_tools.language import _

_WAITS = {"load", "field", "add", "sub", "max", "min", "and_", "or_", "xor", "inc", "dec", "call"}


class Stuck(Exception):
    """Ends a launch that would never end; the finding is in the report."""


class LongLoop(NamedTuple):
    """A loop that went round `turns` times.

    `spinning`: a whole turn changed nothing, so that no further turn can end the loop. `kinds` say what
    the loop's condition depends on: cas or exch mean a lock, a load or another atomic a flag."""

    site: Site
    turns: int
    kinds: list[str]
    spinning: bool


def explain(loop: LongLoop, block: Dim3, thread: Dim3, budget: int) -> Finding:
    """The finding for a loop of one thread, in a launch that allows `budget` turns."""
    site, turns, kinds, spinning = loop
    if spinning and {"cas", "exch"} & set(kinds):
        return Finding(
            "spin-lock",
            _(
                "The loop waits for a lock that is never released. Either its holder never releases it, or a thread "
                "of the same warp has it: the threads of a warp run together, so that one waits for the others to "
                "leave the loop, and they wait for the lock. After {turns} turns nothing changes any more.",
                turns=turns,
            ),
            _(
                "do without a lock: let an atomic (cuda.atomic.add, max, cas) do the update itself, or give each "
                "thread its own place and add up at the end."
            ),
            site.line,
            site.text,
            block=block,
            thread=thread,
        )
    if spinning and _WAITS & set(kinds):
        return Finding(
            "inter-block-wait",
            _(
                "The loop waits for a value that another thread should write. After {turns} turns nothing changes any "
                "more. Blocks run in any order, and a waiting block can keep the other one from ever starting.",
                turns=turns,
            ),
            _(
                "split the work into two kernel launches: the end of a launch is the barrier for the whole grid (or "
                "use cooperative groups' grid.sync())."
            ),
            site.line,
            site.text,
            block=block,
            thread=thread,
        )
    if spinning:
        sentence = _(
            "The loop never ends: after {turns} turns nothing that its condition uses changes any more.",
            turns=turns,
        )
    else:
        sentence = _("The loop went round {turns:,} times and was stopped.", turns=turns)
    return Finding(
        "endless-loop",
        sentence,
        _("check that every path through the loop brings its condition closer to False")
        + (
            "." if spinning else _(", or allow more turns with step_budget= (now {budget:,}).", budget=budget)
        ),
        site.line,
        site.text,
        block=block,
        thread=thread,
    )
