"""What `torch.utils.checkpoint` would save: the peak without the activations that it would compute again."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from graphviz_tools.analysis.flops import flops
from graphviz_tools.analysis.lifetimes import Lifetime, Path
from graphviz_tools.recording import Recording

_CALL = re.compile(r" \(call \d+\)$")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Checkpointing every call of the modules of one class: the bytes that the peak would lose, and the floating-point
    operations that would run a second time."""

    kind: str
    modules: tuple[str, ...]
    saves: int
    flops: int


@dataclass(slots=True)
class _Call:
    """One call of a module: its last forward step, its first backward step, and what only it keeps between them."""

    kind: str
    name: str
    ended: int = -1
    backward: int | None = None
    flops: int = 0
    inside: list[Lifetime] = field(default_factory=list[Lifetime])


def checkpoints(recording: Recording, found: list[Lifetime], held: list[int]) -> list[Checkpoint]:
    """For each class of modules with something to save, the largest saving first. `held` are the bytes while each step
    runs. The inputs of a module stay; what its forward makes inside is made again when backward reaches it."""
    groups: defaultdict[str, list[_Call]] = defaultdict(list)
    for call in _calls(recording, found):
        if call.backward is not None and call.inside:
            groups[call.kind].append(call)
    peak = max(held, default=0)
    result = []
    for kind, calls in groups.items():
        less = list(held)
        for call in calls:
            _take(less, call)
        saves = peak - max(less)
        if saves > 0:
            names = tuple(dict.fromkeys(call.name for call in calls))
            result.append(Checkpoint(kind, names, saves, sum(call.flops for call in calls)))
    return sorted(result, key=lambda one: -one.saves)


def _take(held: list[int], call: _Call) -> None:
    """Subtract what a checkpoint drops after the call's forward and makes again for its backward."""
    for lifetime in call.inside:
        last = len(held) if lifetime.dies is None else lifetime.dies + 1
        for step in range(call.ended + 1, min(last, call.backward or 0)):
            held[step] -= lifetime.nbytes


def _calls(recording: Recording, found: list[Lifetime]) -> list[_Call]:
    """The calls of modules that are not inside another of their class."""
    calls: dict[Path, _Call] = {}
    for scope in recording.scopes:
        if scope.kind == "module":
            kinds = {calls[scope.path[:n]].kind for n in range(1, len(scope.path)) if scope.path[:n] in calls}
            if scope.label not in kinds:
                calls[scope.path] = _Call(scope.label, _CALL.sub("", scope.path[-1]))
    for step in recording.steps:
        for call in _around(step.scope, calls):
            if step.phase == "forward":
                call.ended = step.index
                if step.node is not None:
                    call.flops += flops(step, recording.nodes[step.node]) or 0
            elif step.phase == "backward" and call.backward is None:
                call.backward = step.index
    for lifetime in found:
        if lifetime.kind == "other" and lifetime.saved:
            for call in _around(_only_in(recording, lifetime), calls):
                call.inside.append(lifetime)
    return list(calls.values())


def _around(path: Path, calls: dict[Path, _Call]) -> list[_Call]:
    return [calls[path[:depth]] for depth in range(1, len(path) + 1) if path[:depth] in calls]


def _only_in(recording: Recording, lifetime: Lifetime) -> Path:
    """The innermost scope in which a storage is made and kept for ops."""
    inner = lifetime.scope
    for node, *_ in lifetime.saved:
        keeper = recording.nodes[recording.seen(node)].scope
        while keeper[: len(inner)] != inner:
            inner = inner[:-1]
    return inner
