"""Which turn of which loop a step belongs to, told from where the steps stand in the source.

Inside one turn the program runs each expression once (`execution_order`); when it is at one that it has passed,
the innermost loop around both has begun another turn. So the inner of two loops, of which the outer does nothing
else, seems to go on.
"""

from __future__ import annotations

from graphviz_tools.recording import Scope
from graphviz_tools.sources.common.call_sites import CallSite
from graphviz_tools.sources.common.evaluation_order import Loop, Moment
from graphviz_tools.sources.torch.tape import Site


class _Run:
    """What is known of one run of one function."""

    def __init__(self) -> None:
        self.last: tuple[str, Site, Moment] | None = None
        self.turns: dict[Loop, int] = {}


class LoopCounter:
    """`place` is called for every step in order."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self._known: set[tuple[str, ...]] = set()
        self._runs: dict[int, _Run] = {}

    def place(
        self, path: tuple[str, ...], op: str, site: Site | None, words: CallSite | None
    ) -> tuple[tuple[str, ...], int | None]:
        """`path` with the loops and turns around the call, and the innermost turn (None outside loops)."""
        moment = words.moment if words is not None else None
        if site is None or moment is None:
            return path, None
        run = self._runs.get(site[2])
        if run is None:
            if not moment.loops:
                return path, None
            run = self._runs[site[2]] = _Run()
        self._advance(run, op, site, moment)
        turn = None
        for loop in moment.loops:
            turn = run.turns[loop]
            path = self._scope((*path, loop.text), "loop", loop.text)
            path = self._scope((*path, f"iteration {turn}"), "iteration", f"iteration {turn}")
        return path, turn

    def _advance(self, run: _Run, op: str, site: Site, moment: Moment) -> None:
        last = run.last
        run.last = op, site, moment
        common = [loop for loop in moment.loops if last is not None and loop in last[2].loops]
        if last is not None and _is_passed(last, op, site, moment):
            if common:
                run.turns[common[-1]] += 1
            else:
                run.turns.clear()
        for loop in moment.loops:
            if loop not in common:
                run.turns[loop] = 1

    def _scope(self, path: tuple[str, ...], kind: str, label: str) -> tuple[str, ...]:
        if path not in self._known:
            self._known.add(path)
            self.scopes.append(Scope(path, kind, label))  # pyright: ignore[reportArgumentType]
        return path


def _is_passed(last: tuple[str, Site, Moment], op: str, site: Site, moment: Moment) -> bool:
    """Whether the program, after its step `last`, is at an expression that it has passed, or at the same again."""
    last_op, last_site, last_moment = last
    if moment.order != last_moment.order:
        return moment.order < last_moment.order
    if site[3] and site[3] == last_site[3]:
        return False  # steps inside one call of a module or function
    if moment.repeats and not site[3]:
        return False
    # A comparison and the decision on it are at one place, by two instructions or, from Python 3.13 on, by one.
    if site[1] == last_site[1] and op == "__bool__" != last_op:
        return False
    return site[1] <= last_site[1] or (moment.tests_loop and last_op == "__bool__")
