"""Where an eager TensorFlow program is: the user's line, the layers that are being called, the turns of its loops.

Python's own stack knows all three. It is walked at each op, from the op outward to the recorder. The loop inside
`tf.while_loop`, which Keras' recurrent layers run, counts as the program's own. Turns are worked out
from the source: inside one turn a function runs each expression once, so when it is at one that it has passed
already, the innermost loop around both has begun another turn.
"""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path as FilePath
from types import CodeType, FrameType
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.recording import ScopeKind
from graphviz_tools.sources.common.call_sites import CallSite, call_site
from graphviz_tools.sources.common.evaluation_order import Loop, Moment
from graphviz_tools.sources.common.local_names import local_names
from graphviz_tools.sources.common.static_graph import Path
from graphviz_tools.sources.common.user_code import is_user_file

_RECORDER = str(FilePath(__file__).with_name("recorder.py"))
_GENERATED = "__autograph_generated_file"
_COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
_UPDATES = frozenset({"apply", "apply_gradients"})  # how an optimizer of Keras is called


@dataclass(frozen=True, slots=True)
class Place:
    """Where an op ran. `callee` is the Python call of the user's line that led to it: ops with the same one belong
    to one call. `updates`: an optimizer is at its step."""

    site: CallSite | None
    frame: FrameType | None
    callee: FrameType | None
    path: Path
    turn: int | None
    updates: bool


@dataclass(frozen=True, slots=True)
class _Call:
    """A frame of interest: the user's own code, the call of a layer or an optimizer (`owner`), or TensorFlow's loop,
    which is shown by the name `loop`."""

    frame: FrameType
    callee: FrameType | None
    owner: Any = None
    loop: str = ""


@dataclass(slots=True)
class _Run:
    """One call in progress, with its place in its function."""

    frame: FrameType
    word: str = ""
    instruction: int = -1
    moment: Moment | None = None
    callee: FrameType | None = None
    op: str = ""
    turns: dict[Loop, int] = field(default_factory=dict)
    words: dict[Loop, str] = field(default_factory=dict)


class ProgramStack:
    """`place(op, frame)` for every op in order; `scope` is called with each new scope that it finds."""

    def __init__(self, scope: Callable[[Path, ScopeKind, str], Path]) -> None:
        self._scope = scope
        self._runs: list[_Run] = []
        self._times: Counter[Path] = Counter()
        self.outermost: FrameType | None = None  # the program begins here; its callers are not part of it

    def place(self, op: str, frame: FrameType | None, *, still: bool = False) -> Place:
        """Where `op` runs, which `frame` is about to return from.

        `still`: the program is at the start or the end of a `with`, for which Python knows only the line.
        """
        calls = _calls(frame, self.outermost)
        known = len(calls)
        for depth, call in enumerate(calls):
            if depth >= len(self._runs) or self._runs[depth].frame is not call.frame:
                known = depth
                break
        del self._runs[known:]
        self._runs += [_Run(call.frame) for call in calls[known:]]
        path: Path = ()
        turn, site, last, updates = None, None, None, False
        for call, run in zip(calls, self._runs, strict=True):
            if call.owner is not None:
                updates = updates or _is_optimizer(call.owner)
                path = self._enter(path, run, call.owner)
            elif call.loop:
                moment = call_site(call.frame.f_code, call.frame.f_lasti).moment
                path, _ = self._turning(path, run, call, moment, op)
            else:
                site = call_site(call.frame.f_code, call.frame.f_lasti)
                path, turn = self._turning(path, run, call, None if still else site.moment, op)
                last = call
        frame, callee = (None, None) if last is None else (last.frame, last.callee)
        if still and site is not None:
            site = CallSite(site.line)
        return Place(site, frame, callee, path, turn, updates)

    def leave_ended(self, frame: FrameType | None) -> set[int]:
        """Release calls that have ended since the last op, so that what only they held can be freed. `frame` is about
        to run the next op; returns the ids of the frames that run."""
        running: set[int] = set()
        while frame is not None:
            running.add(id(frame))
            frame = frame.f_back if frame is not self.outermost else None
        ended = (depth for depth, run in enumerate(self._runs) if id(run.frame) not in running)
        del self._runs[next(ended, len(self._runs)) :]
        for run in self._runs:
            if run.callee is not None and id(run.callee) not in running:
                run.callee = None
        return running

    def close(self) -> None:
        """Release the program's frames."""
        self._runs.clear()
        self.outermost = None

    def _enter(self, path: Path, run: _Run, owner: Any) -> Path:
        """The box of a layer's call; a second call from the same place gets another box."""
        if not run.word:
            name = type(owner).__name__ if _is_optimizer(owner) else str(getattr(owner, "name", ""))
            run.word = self._fresh(path, name or type(owner).__name__, "call")
        return self._scope((*path, run.word), "module", type(owner).__name__)

    def _fresh(self, path: Path, word: str, again: str) -> str:
        self._times[*path, word] += 1
        times = self._times[*path, word]
        return word if times == 1 else f"{word} ({again} {times})"

    def _turning(
        self, path: Path, run: _Run, call: _Call, moment: Moment | None, op: str
    ) -> tuple[Path, int | None]:
        """`path` with the loops around the call in its own function, each at its turn. Without a moment the function
        has come no further than before."""
        if call.frame.f_code.co_name in _COMPREHENSIONS:
            return path, None
        if moment is not None:
            _advance(run, call, moment, op)
        elif (moment := run.moment) is None:
            return path, None
        turn = None
        for loop in moment.loops:
            turn = run.turns[loop]
            text = call.loop or loop.text
            if loop not in run.words:
                run.words[loop] = self._fresh(path, text, "again")
            path = self._scope((*path, run.words[loop]), "loop", text)
            path = self._scope((*path, f"iteration {turn}"), "iteration", f"iteration {turn}")
        return path, turn


def _calls(frame: FrameType | None, outermost: FrameType | None) -> list[_Call]:
    """The calls from `outermost` in to `frame` that say where the program is."""
    found: list[_Call] = []
    callee: FrameType | None = None
    while frame is not None and frame.f_code.co_filename != _RECORDER:
        name = frame.f_code.co_name
        if is_users(frame):
            found.append(_Call(frame, callee))
        elif name == "while_loop" and frame.f_code is _while_loop():
            found.append(_Call(frame, callee, loop="tf.while_loop"))
        if name == "__call__" or name in _UPDATES:
            owner = local_names(frame).get("self")
            around = found[-1].owner if found else None
            if _is_named(owner, name) and owner is not around:
                found.append(_Call(frame, callee, owner))
        if frame is outermost:
            break
        callee, frame = frame, frame.f_back
    return found[::-1]


@cache
def _while_loop() -> CodeType:
    """The code with the Python loop that `tf.while_loop` is where nothing is traced."""
    return inspect.unwrap(import_tensorflow().compat.v1.while_loop).__code__


def is_users(frame: FrameType) -> bool:
    """Whether a frame runs the user's own code, and not what AutoGraph wrote from it."""
    file = frame.f_code.co_filename
    return is_user_file(file) and _GENERATED not in file


def _is_named(owner: Any, function: str) -> bool:
    """Whether a call of `owner` has a box of its own: a layer, a module, an optimizer."""
    if function in _UPDATES:
        return _is_optimizer(owner)
    keras = sys.modules.get("keras")  # nobody has a layer of Keras without it
    if isinstance(owner, import_tensorflow().Module):
        return True
    return keras is not None and isinstance(owner, keras.Layer)


def _is_optimizer(owner: Any) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(owner, keras.optimizers.Optimizer)


def _advance(run: _Run, call: _Call, moment: Moment, op: str) -> None:
    """Count the turns that have begun since the run's last op."""
    before = run.moment
    common = [loop for loop in moment.loops if before is not None and loop in before.loops]
    if before is not None and _has_passed(run, before, call, moment, op):
        if common:
            run.turns[common[-1]] += 1
        else:
            run.turns.clear()
            run.words.clear()
    for loop in moment.loops:
        if loop not in common:
            run.turns[loop] = 1
            run.words.pop(loop, None)
    run.instruction, run.moment, run.callee, run.op = call.frame.f_lasti, moment, call.callee, op


def _has_passed(run: _Run, before: Moment, call: _Call, moment: Moment, op: str) -> bool:
    """Whether the run is at an expression that it has passed, or at the same one again."""
    if moment.order != before.order:
        return moment.order < before.order
    if call.callee is not None and call.callee is run.callee:
        return False  # further ops of one call
    inner = call.callee
    if moment.repeats and (inner is None or inner.f_code.co_name not in _COMPREHENSIONS):
        return False
    instruction = call.frame.f_lasti
    # A comparison and the decision on it have the same place, by two instructions or by one.
    if instruction == run.instruction and op == "__bool__" != run.op:
        return False
    return instruction <= run.instruction or (moment.tests_loop and run.op == "__bool__")
