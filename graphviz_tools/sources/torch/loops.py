"""Where each step belongs: in which call of which module, and in which turn of which loop, from the outside in.

Turns are read from the source. Inside one turn the program runs each expression once (`evaluation_order`); when it
is at one that it has passed, the innermost loop around both has begun another turn. So the inner of two loops, of
which the outer does nothing else, seems to go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from graphviz_tools.recording import Scope, ScopeKind
from graphviz_tools.sources.common.call_sites import CallSite
from graphviz_tools.sources.common.evaluation_order import Loop, Moment
from graphviz_tools.sources.common.user_code import is_user_file
from graphviz_tools.sources.torch.tape import ModuleCall, Run, Site

Path = tuple[str, ...]


class _Last(NamedTuple):
    """The step that a run of a function did last."""

    op: str
    site: Site
    moment: Moment


class _Progress:
    """How far one run of one function has come."""

    def __init__(self) -> None:
        self.last: _Last | None = None
        self.turns: dict[Loop, int] = {}


class ScopePaths:
    """`place` is called for every step in order; `scopes` are those that it found, the outer ones first."""

    def __init__(
        self, calls: Sequence[ModuleCall], words_at: Callable[[Site | None], CallSite | None]
    ) -> None:
        self.scopes: list[Scope] = []
        self._calls, self._words_at = calls, words_at
        self._known: set[Path] = set()
        self._progress: dict[int, _Progress] = {}
        self._of_call: dict[int, Path] = {0: ()}  # by the number of a module's call
        self._of_run: dict[
            tuple[int, int], Path
        ] = {}  # by the numbers of a run and the module's call around it
        self._modules: dict[int, Path] = {0: ()}
        self._times: Counter[Path] = Counter()

    def place(self, call: int, op: str, site: Site | None) -> tuple[Path, int | None]:
        """The path of a step at `site` during module call `call`, and the innermost turn (None outside loops)."""
        caller = self._calls[call].site
        if site is None or (caller is not None and caller.run.number == site.run.number):
            return self.of_call(call), None  # a step of the module's own code, in PyTorch
        return self._turning(self._around(site.run, call), op, site)

    def after_loop(self, call: int, op: str, site: Site | None) -> tuple[Path, int | None]:
        """The path of a step that a `for` statement ran when its items had ended."""
        inner = site
        while inner is not None and not is_user_file(inner.code.co_filename):  # a generator around the loader
            inner = inner.run.caller
        words = self._words_at(inner)
        if inner is None or words is None or words.moment is None or not words.moment.asks_next:
            return self.place(call, op, site)
        progress = self._progress.get(inner.run.number)
        path, turn = self._around(inner.run, call), None
        for loop in words.moment.loops[:-1]:
            if (
                progress is not None
                and loop in progress.turns
                and not loop.line <= inner.run.began <= loop.last_line
            ):
                turn = progress.turns[loop]
                path = (*path, loop.text, f"iteration {turn}")
        return path, turn

    def of_call(self, call: int) -> Path:
        """The path of a module's call. Called again in the same turn it is another box."""
        path = self._of_call.get(call)
        if path is None:
            module = self._calls[call]
            around, _ = self.place(module.outer, "call", module.site)
            self._times[*around, module.word] += 1
            times = self._times[*around, module.word]
            word = module.word if times == 1 else f"{module.word} (call {times})"
            path = self._of_call[call] = self._scope((*around, word), "module", module.label)
        return path

    def modules(self, call: int) -> Path:
        """The modules around and of a module's call, equal for each of its calls."""
        path = self._modules.get(call)
        if path is None:
            module = self._calls[call]
            path = self._modules[call] = (*self.modules(module.outer), module.word)
        return path

    def _around(self, run: Run, call: int) -> Path:
        """The path around all that `run` does during `call`: the loops of its callers, down from the module."""
        site = self._calls[call].site
        home = site.run.number if site is not None else 0
        callers: list[tuple[Run, Site]] = []
        path = None
        while path is None:
            path = self._of_run.get((run.number, call)) if not run.resumed else None
            if path is not None or run.number == home:
                break
            if run.caller is None:
                if home:  # not below the module's caller: in a hook, or in a generator that another resumed
                    return self.of_call(call)
                break
            if run.caller.run.number == home:  # its turns are around the module's call already
                path = self._of_run[run.number, call] = self.of_call(call)
                break
            callers.append((run, run.caller))
            run = run.caller.run
        path = self.of_call(call) if path is None else path
        for inner, caller in reversed(callers):
            path, _ = self._turning(path, "call", caller)
            self._of_run[inner.number, call] = path
        return path

    def _turning(self, path: Path, op: str, site: Site) -> tuple[Path, int | None]:
        """`path` with the loops of the function around `site`, each at its turn."""
        words = self._words_at(site)
        moment = words.moment if words is not None else None
        if moment is None or not is_user_file(site.code.co_filename):
            return path, None
        progress = self._progress.get(site.run.number)
        if progress is None:
            if not moment.loops:
                return path, None
            progress = self._progress[site.run.number] = _Progress()
        _advance(progress, op, site, moment)
        turn, began = None, site.run.began
        for loop in moment.loops:
            if loop.line <= began <= loop.last_line:
                continue  # a loop around the recording
            turn = progress.turns[loop]
            path = self._scope((*path, loop.text), "loop", loop.text)
            path = self._scope((*path, f"iteration {turn}"), "iteration", f"iteration {turn}")
        return path, turn

    def _scope(self, path: Path, kind: ScopeKind, label: str) -> Path:
        if path not in self._known:
            self._known.add(path)
            self.scopes.append(Scope(path, kind, label))
        return path


def _advance(progress: _Progress, op: str, site: Site, moment: Moment) -> None:
    last, turns = progress.last, progress.turns
    progress.last = _Last(op, site, moment)
    common = [loop for loop in moment.loops if last is not None and loop in last.moment.loops]
    if last is not None and _is_passed(last, op, site, moment):
        if common:
            turns[common[-1]] += 1
        else:
            turns.clear()
    for loop in moment.loops:
        if loop not in common:
            turns[loop] = 1


def _is_passed(last: _Last, op: str, site: Site, moment: Moment) -> bool:
    """Whether the program, after its step `last`, is at an expression that it has passed, or at the same again."""
    if moment.order != last.moment.order:
        return moment.order < last.moment.order
    if site.callee and site.callee == last.site.callee:
        return False  # steps inside one call of a module or function
    if moment.repeats and not site.callee:
        return False
    # A comparison and the decision on it are at one place, by two instructions or, from Python 3.13 on, by one.
    if site.instruction == last.site.instruction and op == "__bool__" != last.op:
        return False
    return site.instruction <= last.site.instruction or (moment.tests_loop and last.op == "__bool__")
