"""Fold groups of nodes into one node each.

`collapse.py`, `scopes.py` and `repeats.py` decide what to fold; here the decision becomes a new Recording, in time
linear in its size, so that a view can fold again at every click.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from graphviz_tools.recording import Edge, Node, Recording
from graphviz_tools.transforms.rewrite import Draft, Path, rewrite

BACKWARD = "backward"  # the op of an autograd node that stands for several


@dataclass(frozen=True, slots=True)
class Folding:
    """A decision about every node of a Recording.

    `leader[n]` is the smallest node of the group of node `n`; `boxes` holds, by leader, the node that
    replaces a group (a leader without a box stays as it is). `shown` gives the path where a scope's
    content is found afterwards, and `labels` new labels for scopes that stay. `alike` says that the members
    of a group have the same inputs and outputs, so that slots keep their meaning. `inner` are autograd nodes whose
    gradients do not belong to an output of a box.
    """

    leader: Sequence[int]
    boxes: dict[int, Node]
    shown: Callable[[Path], Path]
    labels: dict[Path, str] = field(default_factory=dict)
    alike: bool = False
    inner: frozenset[int] = frozenset()

    def places(self) -> list[int]:
        """For each node of the Recording, the place of its group's node in the folded one."""
        place = {node: i for i, node in enumerate(n for n, leader in enumerate(self.leader) if n == leader)}
        return [place[leader] for leader in self.leader]


def leaders(keys: Iterable[object]) -> list[int]:
    """The smallest node of each node's group, where nodes with equal keys form a group."""
    first: dict[object, int] = {}
    return [first.setdefault(key, node) for node, key in enumerate(keys)]


def members(leader: Sequence[int]) -> dict[int, list[int]]:
    """The groups, by leader."""
    groups: dict[int, list[int]] = {}
    for node, first in enumerate(leader):
        groups.setdefault(first, []).append(node)
    return groups


def follow_owners(recording: Recording, leader: list[int], boxes: dict[int, Node]) -> frozenset[int]:
    """Fold the autograd nodes of each box's members into one autograd node, which the box owns.

    The node behind the last op is not folded: its gradient is that of the value that the box shows. Returns the
    other nodes that are not folded.
    """
    last = {leader[node.id]: node.id for node in recording.nodes if node.kind in ("op", "branch")}
    first: dict[int, int] = {}
    for node in recording.nodes:
        if node.owner is None or (owner := leader[node.owner]) not in boxes:
            continue
        if node.owner == last.get(owner) and node.first_output is not None:
            continue
        leader[node.id] = there = first.setdefault(owner, node.id)
        if there != node.id:
            label = f"backward of {boxes[owner].label}"
            boxes[there] = Node(there, "autograd", BACKWARD, label, owner=owner, scope=boxes[owner].scope)
    return frozenset(node for owner, node in first.items() if owner in last and node not in boxes)


def fold(recording: Recording, folding: Folding) -> Recording:
    """`recording` with every group as one node: the same steps in the same order, no edge inside a group.

    Parallel edges that touch a box become one; edges between untouched nodes keep their slots.
    """
    shown, leader = folding.shown, folding.leader
    heads = (folding.boxes.get(n, recording.nodes[n]) for n, first in enumerate(leader) if n == first)
    draft = Draft(
        nodes=[
            replace(
                node,
                scope=shown(node.scope),
                first_output=None if node.id in folding.inner else node.first_output,
            )
            for node in heads
        ],
        becomes=dict(enumerate(leader)),
        edges=[_between(edge, folding) for edge in recording.edges],
        steps=[replace(step, scope=shown(step.scope)) for step in recording.steps],
        scopes=[
            replace(scope, label=folding.labels.get(scope.path, scope.label)) for scope in recording.scopes
        ],
    )
    return rewrite(recording, draft)


def _between(edge: Edge, folding: Folding) -> Edge | None:
    """`edge` without the slots of boxes whose members differ; None inside a group."""
    source, target = folding.leader[edge.source], folding.leader[edge.target]
    if source == target:
        return None
    if folding.alike:
        return edge
    return replace(
        edge,
        source_slot=0 if source in folding.boxes else edge.source_slot,
        target_slot=0 if target in folding.boxes else edge.target_slot,
    )
