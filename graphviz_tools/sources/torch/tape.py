"""What is written down while the program runs: bare tuples and numbers, nothing that costs or keeps alive.

`assemble` in torch_assembly.py turns a Tape into a Recording when the program is done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, NamedTuple

from graphviz_tools.recording import Control, NodeKind, Phase


class Run:
    """One run of one function; `number` is its own, and `caller` is where it was called.

    It marks the function's frame and ends with it (the `id` of a frame is soon that of another). It lies where a
    debugger puts its trace function, and so can be called as one.
    """

    __slots__ = ("began", "caller", "number", "resumed")

    def __init__(
        self, number: int, caller: Site | None = None, *, resumed: bool = False, began: int = 0
    ) -> None:
        self.number, self.caller = number, caller
        self.resumed = resumed  # a generator or coroutine, whose caller changes
        self.began = began  # the line at which the recording began, where it began in this run

    def __call__(self, *event: Any) -> Run:
        return self


class Site(NamedTuple):
    """A call: the byte offset of an `instruction` in `code`, the `run` of the function around it, and the number
    of the run that it is calling (0: none that is written in Python)."""

    code: CodeType
    instruction: int
    run: Run
    callee: int


class ModuleCall(NamedTuple):
    """One call of a module: inside which other (its number), the `word` and `label` of its box, and where."""

    outer: int
    word: str
    label: str
    site: Site | None


class RawStep:
    """A step; values, nodes and edges by number. The graph had `nodes` nodes and `edges` edges after it.

    A plain class: of its many fields a step sets few, and the others cost nothing while they are the class's.
    """

    writes: tuple[int, ...] = ()
    saved: tuple[tuple[int, str, int], ...] = ()
    freed: tuple[int, ...] = ()
    grads_in: tuple[int | None, ...] = ()
    grads_out: tuple[int | None, ...] = ()
    control: Control | None = None
    error = ""
    note = ""
    nodes = 0
    edges = 0
    memory: tuple[int, int] = (0, 0)

    def __init__(
        self,
        phase: Phase,
        op: str,
        node: int | None,
        site: Site | None,
        scope: int = 0,
        reads: tuple[int, ...] = (),
        places: tuple[Any, ...] = (),
    ) -> None:
        self.phase: Phase = phase
        self.op, self.node, self.site, self.scope, self.reads, self.places = (
            op,
            node,
            site,
            scope,
            reads,
            places,
        )


@dataclass(slots=True)
class Tape:
    """`nodes` are (kind, op, label, name, scope, site, owner), `edges` (source, target, source slot, target
    slot, kind); `values` (shape, dtype, device, flags, version, storage, nbytes, ticket, name, node)."""

    nodes: list[tuple[NodeKind, str, str, str, int, Site | None, int | None]] = field(default_factory=list)
    edges: list[tuple[int, int, int, int, str]] = field(default_factory=list)
    steps: list[RawStep] = field(default_factory=list)
    values: list[tuple[Any, ...]] = field(default_factory=list)
    omitted: Counter[tuple[str, str]] = field(default_factory=Counter)
    groups: dict[int, int] = field(default_factory=dict)  # op nodes inside one call of a torch.nn module
    comparisons: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    outputs: list[int] = field(default_factory=list)
    error: str = ""

    def node(
        self,
        kind: NodeKind,
        op: str,
        label: str = "",
        name: str = "",
        scope: int = 0,
        site: Site | None = None,
        owner: int | None = None,
    ) -> int:
        self.nodes.append((kind, op, label, name, scope, site, owner))
        return len(self.nodes) - 1

    def edge(self, source: int, target: int, source_slot: int, target_slot: int, kind: str = "data") -> None:
        self.edges.append((source, target, source_slot, target_slot, kind))

    def step(self, step: RawStep) -> RawStep:
        step.nodes, step.edges = len(self.nodes), len(self.edges)
        self.steps.append(step)
        return step

    def grown(self) -> None:
        """Count what was added to the graph since the last step as that step's."""
        if self.steps:
            self.steps[-1].nodes, self.steps[-1].edges = len(self.nodes), len(self.edges)
