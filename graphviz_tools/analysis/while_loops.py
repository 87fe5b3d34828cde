"""The loops of a static graph, and the state that they carry.

A loop op (`OpRoles.loops`) reads its state slot by slot; its `cond` and its `body` have one argument for each slot,
and the body one result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphviz_tools.op_roles import OpRoles, roles_of
from graphviz_tools.recording import Edge, Node, Recording

Path = tuple[str, ...]
_PARTS = (("cond",), ("body",))


@dataclass(slots=True)
class LoopVariable:
    """Part `slot` of the state of the loop op `loop`, in the box `scope`: the `arguments` that carry it
    into `cond` and `body`, the body's `result` for it (output `result_slot` of that node), and `makers`, the nodes that
    may make its next value.

    `counts` says that it is one of the loop's own counters (`loop_counters.py` finds out), `changes` that a turn may
    change it."""

    loop: int
    slot: int
    scope: Path
    arguments: list[int] = field(default_factory=list)
    result: int | None = None
    result_slot: int = 0
    makers: tuple[int, ...] = ()
    counts: bool = False

    @property
    def changes(self) -> bool:
        return not set(self.makers) <= set(self.arguments)


def loop_variables(recording: Recording) -> list[LoopVariable]:
    """The state of every loop op whose parts are known, part by part."""
    roles = roles_of(recording.framework)
    heads = {_box(node): node.id for node in recording.nodes if node.op in roles.loops}
    found: dict[tuple[Path, int], LoopVariable] = {}
    for edge in recording.edges:
        source, target = recording.nodes[edge.source], recording.nodes[edge.target]
        box = target.scope[:-1]
        if edge.kind == "data" and target.kind == "input" and target.scope[-1:] in _PARTS and box in heads:
            new = LoopVariable(heads[box], edge.target_slot, box)
            found.setdefault((box, edge.target_slot), new).arguments.append(target.id)
    for edge in recording.edges:  # a gradient may add to the state of a loop that was built before
        source, target = recording.nodes[edge.source], recording.nodes[edge.target]
        if edge.kind == "control" and target.op in roles.loops:
            box = _box(target)
            if source.scope[: len(box) + 1] == (*box, "body") and (box, edge.target_slot) in found:
                part = found[box, edge.target_slot]
                part.result, part.result_slot = source.id, edge.source_slot
    makers = _Makers(recording, roles)
    for variable in found.values():
        if variable.result is not None:
            variable.makers = tuple(makers.of(variable.result, variable.result_slot))
    return list(found.values())


def _box(op: Node) -> Path:
    """The scope of what a branch or a loop runs."""
    return (*op.scope, op.name.rsplit("/", 1)[-1])


class _Makers:
    """Finds the nodes that may make a value, past ops that only pass it on, and inside branches and loops."""

    def __init__(self, recording: Recording, roles: OpRoles) -> None:
        self._same = roles.same
        self._nodes = recording.nodes
        self._inputs: dict[int, list[Edge]] = defaultdict(list)
        for edge in recording.edges:
            self._inputs[edge.target].append(edge)

    def of(self, node: int, slot: int) -> Iterator[int]:
        """The makers of output `slot` of `node`, each once."""
        waiting, seen = [(node, slot)], set()
        while waiting:
            here = waiting.pop(0)
            if here in seen:
                continue
            seen.add(here)
            before = self._before(*here)
            waiting += before
            if not before:
                yield here[0]

    def _before(self, number: int, slot: int) -> list[tuple[int, int]]:
        node = self._nodes[number]
        if node.op in self._same:
            return [(e.source, e.source_slot) for e in self._inputs[number] if e.kind == "data"]
        if node.kind != "branch":
            return []
        box = _box(node)
        inside = (e for e in self._inputs[number] if e.kind == "control" and e.target_slot == slot)
        scopes = ((e, self._nodes[e.source].scope) for e in inside)
        return [
            (e.source, e.source_slot)
            for e, scope in scopes
            if scope[: len(box)] == box and scope[len(box)] != "cond"
        ]
