"""A Recording with the facts that every search for faults needs, looked up once."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from graphviz_tools.recording import Edge, Recording, Step, Value


@dataclass(frozen=True, slots=True)
class Loss:
    """One backward pass: it began at step `began`, at output of op node `node`, and ended before step `ended`."""

    began: int
    ended: int
    node: int | None
    value: Value | None


@dataclass(slots=True)
class Leaf:
    """A parameter (`is_parameter`: of class `torch.nn.Parameter`), or another leaf that requires a gradient.

    It is identified by its memory (`storage`), since each in-place write makes another node; `nodes` are all of them.
    `reads` are the steps that compute with it, and `gradients` those that add to its `.grad`.
    """

    storage: int
    value: Value
    name: str = ""
    is_parameter: bool = False
    nodes: list[int] = field(default_factory=list[int])
    reads: list[Step] = field(default_factory=list[Step])
    gradients: list[Step] = field(default_factory=list[Step])


class Program:
    """The data edges, the parameters and the backward passes of one PyTorch Recording."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.nodes, self.steps = recording.nodes, recording.steps
        self.into: defaultdict[int, list[Edge]] = defaultdict(list)
        self.out_of: defaultdict[int, list[Edge]] = defaultdict(list)
        for edge in recording.edges:
            # What one pass leaves in running statistics for the next is state, not data that flows between them.
            if edge.kind == "data" and not (self.nodes[edge.source].op == "batch_norm" and edge.source_slot):
                self.into[edge.target].append(edge)
                self.out_of[edge.source].append(edge)

    @cached_property
    def made(self) -> dict[int, Step]:
        """For each op node, the step that made it."""
        found: dict[int, Step] = {}
        for step in self.steps:
            if step.node is not None and step.phase != "backward":
                found.setdefault(step.node, step)
        return found

    @cached_property
    def makers(self) -> dict[int, list[int]]:
        """For each memory, the op nodes that wrote it first, in place, or gave a view of it."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for node, step in self.made.items():
            for storage in {value.storage for value in step.writes if value.storage is not None}:
                found[storage].append(node)
        return found

    @cached_property
    def behind(self) -> dict[int, list[int]]:
        """For each op node, the autograd nodes that it made."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for node in self.nodes:
            if node.kind == "autograd" and node.owner is not None:
                found[node.owner].append(node.id)
        return found

    def read(self, edge: Edge) -> Value | None:
        """The value that an edge brings to the op at its end."""
        step = self.made.get(edge.target)
        return step.reads[edge.target_slot] if step and edge.target_slot < len(step.reads) else None

    def written(self, node: int, slot: int = 0) -> Value | None:
        """The value that an op writes at an output slot."""
        step = self.made.get(node)
        return step.writes[slot] if step and slot < len(step.writes) else None

    @cached_property
    def losses(self) -> list[Loss]:
        """The backward passes, in order; `torch.autograd.grad` is one too."""
        found: list[Loss] = []
        begins = [s.index for s in self.steps if s.phase == "backward" and s.node is None and not s.error]
        for began, following in zip(begins, [*begins[1:], len(self.steps)], strict=False):
            ended = began + 1
            while ended < following and self.steps[ended].phase == "backward":
                ended += 1
            first = self.steps[began + 1].node if ended > began + 1 else None
            value = self.steps[began].reads[0] if self.steps[began].reads else None
            node = self._written_before(began, value) if first is None else self.recording.seen(first)
            found.append(Loss(began, ended, node, value))
        return found

    def _written_before(self, began: int, value: Value | None) -> int | None:
        """The node that wrote `value` last, for a pass that ran no autograd node: what it began at has no history."""
        steps = reversed(self.steps[:began])
        return next((step.node for step in steps if any(value is written for written in step.writes)), None)

    @cached_property
    def leaves(self) -> list[Leaf]:
        """The parameters (and other leaves that require a gradient) that the program read, in that order."""
        found: dict[int, Leaf] = {}
        at_home: set[int] = set()  # those that a module has read: what initializes one reads it too, outside
        for step in self.steps:
            if step.node is None or step.phase == "backward":
                continue
            edges = {edge.target_slot: edge.source for edge in self.into[step.node]}
            for slot, value in enumerate(step.reads):
                if value.storage is not None and set(value.flags) >= {"leaf", "requires_grad"}:
                    leaf = found.get(value.storage)
                    if leaf is None:
                        leaf = found[value.storage] = Leaf(value.storage, value)
                    if slot in edges:
                        leaf.nodes.append(edges[slot])
                        leaf.is_parameter |= self.nodes[edges[slot]].kind == "parameter"
                    if self._sets(step, value.storage):
                        continue
                    inside = bool(self.module(step.scope))
                    first = not leaf.reads or (inside and leaf.storage not in at_home)
                    if first and step.phase == "forward":
                        self._name(leaf, value, step)
                        at_home.update([leaf.storage] if inside else [])
                    leaf.reads.append(step)
        for step in self.steps:
            storage = self._accumulates_in(step)
            if storage in found:
                found[storage].gradients.append(step)
        return list(found.values())

    def _name(self, leaf: Leaf, value: Value, step: Step) -> None:
        """`encoder.weight`: the module that reads the leaf first, and the leaf's own name in it."""
        leaf.value = value
        node = leaf.nodes[-1] if leaf.nodes else None
        name = value.name or (self.nodes[node].label if node is not None else "")
        path = [word for word in self.module(step.scope) if word]
        leaf.name = ".".join([*path, name.rpartition(".")[2]]) if path else name

    @staticmethod
    def _sets(step: Step, storage: int) -> bool:
        """Whether the step writes the leaf, as initialization or an optimizer does; then it is not a use of it."""
        return any(value.storage == storage for value in step.writes)

    def _accumulates_in(self, step: Step) -> int | None:
        """The storage of the leaf to whose `.grad` a backward step adds."""
        if step.phase != "backward" or step.node is None or self.nodes[step.node].op != "AccumulateGrad":
            return None
        node = self.nodes[step.node]
        if node.owner is None:
            return None
        value = self.written(node.owner, node.first_output or 0)
        value = value if value is not None else self.value_of(node.owner)
        return value.storage if value is not None else None

    def value_of(self, node: int) -> Value | None:
        """The value that the first op to read a leaf's node found there."""
        return next((value for edge in self.out_of[node] if (value := self.read(edge)) is not None), None)

    @cached_property
    def settings(self) -> set[int]:
        """The nodes that set a leaf: they initialize it, copy another model's into it, or update it."""
        storages = {leaf.storage for leaf in self.leaves}
        return {
            step.node
            for step in self.steps
            if step.node is not None and step.phase != "backward"
            if step.phase == "optimize" or any(value.storage in storages for value in step.writes)
        }

    @cached_property
    def updated(self) -> dict[int, list[Step]]:
        """For each storage, the steps of an optimizer (or an update by hand) that wrote it."""
        found: defaultdict[int, list[Step]] = defaultdict(list)
        for step in self.steps:
            if step.phase == "optimize":
                for value in step.writes:
                    if value.storage is not None:
                        found[value.storage].append(step)
        return found

    def before(self, starts: Iterable[int]) -> set[int]:
        """The nodes whose data reach `starts`, themselves included; what sets a leaf is not followed."""
        found, waiting = set(starts), deque(starts)
        while waiting:
            for edge in self.into[waiting.popleft()]:
                if edge.source not in found and edge.source not in self.settings:
                    found.add(edge.source)
                    waiting.append(edge.source)
        return found

    def after(self, node: int) -> set[int]:
        """The nodes that the data of `node` reach; what sets a leaf is not followed."""
        found: set[int] = set()
        waiting = [node]
        while waiting:
            for edge in self.out_of[waiting.pop()]:
                if edge.target not in found and edge.target not in self.settings:
                    found.add(edge.target)
                    waiting.append(edge.target)
        return found

    @cached_property
    def scope_kinds(self) -> dict[tuple[str, ...], str]:
        return {scope.path: scope.kind for scope in self.recording.scopes}

    def module(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """The path without the loops and their turns."""
        kinds = self.scope_kinds
        return tuple(
            word for i, word in enumerate(path) if kinds.get(path[: i + 1]) not in ("loop", "iteration")
        )


def is_float(value: Value) -> bool:
    """True for a dtype that can require a gradient."""
    return value.dtype.startswith(("float", "bfloat", "complex"))


def magnitude(value: Value | None) -> float:
    """The largest absolute element; NaN where it is not known."""
    if value is None or value.summary is None or value.summary.min is None or value.summary.max is None:
        return math.nan
    return max(abs(value.summary.min), abs(value.summary.max))


def is_bad(value: Value | None) -> bool:
    """True when an element is NaN or infinite."""
    return value is not None and value.summary is not None and value.summary.nonfinite > 0


def is_zero(value: Value | None) -> bool:
    """True when every element is zero (of a large value, every one that was read)."""
    return value is not None and magnitude(value) == 0 and not is_bad(value)


def words(text: str) -> frozenset[str]:
    """The names of ops in `text`, between spaces."""
    return frozenset(text.split())
