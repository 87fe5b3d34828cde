"""From which step to which each piece of tensor memory lives, what it is for, and where it was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphviz_tools.recording import Node, Recording, SourceLine, Step, Value

MemoryKind = Literal["parameter", "buffer", "input", "gradient", "optimizer", "saved activation", "other"]
Path = tuple[str, ...]


@dataclass(slots=True)
class Lifetime:
    """One storage: `nbytes` alive from step `born` on, and until step `dies` has ended (None: to the end).

    `scope` and `line` are where it was made; those of a parameter are where it is read first, and those of a gradient
    where its value was computed. `saved` are (node, first step, last step): autograd holds it from the one and
    releases it in the other."""

    storage: int
    nbytes: int
    born: int
    dies: int | None
    kind: MemoryKind
    scope: Path
    line: SourceLine | None
    name: str
    saved: list[tuple[int, int, int]]  # (node, from step, until step)

    def is_saved(self, step: int) -> bool:
        """Whether autograd holds it for the backward pass at `step`."""
        return any(first <= step <= until for _, first, until in self.saved)


def lifetimes(recording: Recording) -> list[Lifetime]:
    """The storages of the Recording's values, in order of appearance."""
    walk = _Walk(recording)
    for step in recording.steps:
        walk.visit(step)
    return list(walk.found.values())


class _Walk:
    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._sources = {(e.target, e.target_slot): e.source for e in recording.edges if e.kind == "data"}
        self._dies = {storage: step.index for step in recording.steps for storage in step.released}
        self._freed = {node: step.index for step in recording.steps for node in step.freed}
        self.found: dict[int, Lifetime] = {}

    def visit(self, step: Step) -> None:
        gradient = step.phase == "backward" and step.node is not None
        for slot, value in enumerate(step.reads):
            source = None if step.node is None else self._sources.get((step.node, slot))
            node = None if source is None else self._recording.nodes[source]
            self._see(value, step, self._kind_read(value, node, step), self._existed(node))
        for value in step.writes:
            made: MemoryKind = (
                "gradient" if gradient else "optimizer" if step.phase == "optimize" else "other"
            )
            self._see(value, step, made)
        for value in (*step.grads_in, *step.grads_out):
            if value is not None:
                self._see(value, step, "gradient")
        for saved in step.saved:
            self._see(saved.value, step, "other")
            lifetime = self.found.get(-1 if saved.value.storage is None else saved.value.storage)
            if lifetime is not None:
                lifetime.saved.append(
                    (saved.node, step.index, self._freed.get(saved.node, len(self._recording)))
                )

    def _existed(self, node: Node | None) -> bool:
        """Whether what `node` holds counts as alive before the first step: inputs do, and TensorFlow's variables."""
        if node is None or node.kind == "input":
            return node is not None
        return node.kind in ("parameter", "variable") and self._recording.framework == "tensorflow.eager"

    def _kind_read(self, value: Value, node: Node | None, step: Step) -> MemoryKind:
        kind = node.kind if node is not None else ""
        if kind == "parameter":
            return "parameter"
        if kind == "variable":
            return "optimizer" if step.phase == "optimize" else "buffer"
        if kind == "input":
            return "input"
        if {"leaf", "requires_grad"} <= set(value.flags):
            return "parameter"  # one that was made, and initialized in place, while recording
        return "other"

    def _see(self, value: Value, step: Step, kind: MemoryKind, existed: bool = False) -> None:
        storage = value.storage
        if storage is None or storage >= len(self._recording.storages):
            return
        known = self.found.get(storage)
        if known is None:
            known = self.found[storage] = Lifetime(
                storage=storage,
                nbytes=self._recording.storages[storage],
                born=0 if existed else step.index,
                dies=self._dies.get(storage),
                kind=kind,
                scope=step.scope,
                line=step.line,
                name=value.name,
                saved=[],
            )
        elif kind == "parameter" and known.kind in ("other", "input"):
            known.kind = kind
            known.scope, known.line = step.scope, step.line
        known.name = known.name or value.name
