"""Which turn of which loop a step belongs to, told from where the steps stand in the source.

Inside one loop the program moves down the page; when it stands at or above a place that it has passed, the
innermost loop around both places has begun another turn.
"""

from __future__ import annotations

from graphviz_tools.recording import Scope
from graphviz_tools.sources.call_sites import CallSite, Loop
from graphviz_tools.sources.torch_tape import Site


class _Frame:
    """What is known of one run of one function."""

    def __init__(self) -> None:
        self.last: CallSite | None = None
        self.what: tuple[str, int] = ("", -1)
        self.turns: dict[Loop, int] = {}


class LoopCounter:
    """`place` is called for every step in order."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self._known: set[tuple[str, ...]] = set()
        self._frames: dict[tuple[int, int], _Frame] = {}

    def place(
        self, path: tuple[str, ...], op: str, site: Site | None, words: CallSite | None
    ) -> tuple[tuple[str, ...], int | None]:
        """`path` with the loops and turns around the call, and the innermost turn (None outside loops)."""
        if site is None or words is None or not words.end[0]:
            return path, None
        key = id(site[0]), site[2]
        frame = self._frames.get(key)
        if frame is None:
            if not words.loops:
                return path, None
            frame = self._frames[key] = _Frame()
        self._advance(frame, words, (op, site[1]))
        turn = None
        for loop in words.loops:
            turn = frame.turns[loop]
            path = self._scope((*path, loop.text), "loop", loop.text)
            path = self._scope((*path, f"iteration {turn}"), "iteration", f"iteration {turn}")
        return path, turn

    def _advance(self, frame: _Frame, words: CallSite, what: tuple[str, int]) -> None:
        last, (op, instruction) = frame.last, frame.what
        again = what[0] == op or what[1] <= instruction  # a comparison and its decision end at one place
        frame.last, frame.what = words, what
        common = [loop for loop in words.loops if last is not None and loop in last.loops]
        if last is not None and (words.end < last.end or (words.end == last.end and again)):
            if common:
                frame.turns[common[-1]] += 1
            else:
                frame.turns.clear()
        for loop in words.loops:
            if loop not in common:
                frame.turns[loop] = 1

    def _scope(self, path: tuple[str, ...], kind: str, label: str) -> tuple[str, ...]:
        if path not in self._known:
            self._known.add(path)
            self.scopes.append(Scope(path, kind, label))  # pyright: ignore[reportArgumentType]
        return path
