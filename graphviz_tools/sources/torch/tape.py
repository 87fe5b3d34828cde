"""What is written down while the program runs: plain records and numbers, nothing that costs or keeps alive.

`assemble` turns a Tape into a Recording when the program is done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, NamedTuple

from graphviz_tools.recording import Control, Edge, EdgeKind, NodeKind, OptimizerCall, Phase
from graphviz_tools.sources.common.fast_init import quick
from graphviz_tools.sources.torch.summaries import Form, Summaries


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
    """A step; values, nodes and edges by number. The graph had `nodes` nodes and `edges` edges after it, and of its
    memory `alive` bytes were alive, `held` of them by autograd.

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
    alive = 0
    held = 0
    released: tuple[int, ...] = ()

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


class RawNode(NamedTuple):
    """A node; of an autograd node, `owner` and `first_output` as in `recording.Node`."""

    kind: NodeKind
    op: str
    label: str = ""
    name: str = ""
    site: Site | None = None
    owner: int | None = None
    first_output: int | None = None


class RawValue(NamedTuple):
    """A tensor at one moment. `ticket` is for its numbers in `Summaries`, and `node` made it."""

    form: Form
    flags: tuple[str, ...]
    version: int | None
    storage: int | None
    nbytes: int
    ticket: int | None
    name: str
    node: int | None


new_tuple = tuple.__new__  # makes a named tuple without its Python `__new__`: some are made for every step


make_edge = quick(Edge)  # (source, target, source slot, target slot, kind)


@dataclass(slots=True)
class Tape:
    """Everything that was seen, in order; nodes, edges and values are known by their places here, `storages` (bytes)
    and calls of modules by theirs. Nothing in it keeps a tensor or a module alive."""

    storages: list[int]
    calls: list[ModuleCall]
    summaries: Summaries = field(default_factory=Summaries)
    nodes: list[RawNode] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    steps: list[RawStep] = field(default_factory=list)
    values: list[RawValue] = field(default_factory=list)
    omitted: Counter[tuple[str, str]] = field(default_factory=Counter)
    groups: dict[int, int] = field(default_factory=dict)  # op nodes inside one call of a torch.nn module
    comparisons: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    outputs: list[int] = field(default_factory=list)
    optimizer_calls: list[OptimizerCall] = field(default_factory=list)
    after_loops: set[int] = field(default_factory=set)  # steps of a DataLoader that found no further batch
    error: str = ""

    def node(self, node: RawNode) -> int:
        """Add `node`; returns its number."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def edge(
        self, source: int, target: int, source_slot: int, target_slot: int, kind: EdgeKind = "data"
    ) -> None:
        self.edges.append(make_edge(source, target, source_slot, target_slot, kind))

    def step(self, step: RawStep) -> RawStep:
        step.nodes, step.edges = len(self.nodes), len(self.edges)
        self.steps.append(step)
        return step

    def grown(self) -> None:
        """Count what was added to the graph since the last step as that step's."""
        if self.steps:
            self.steps[-1].nodes, self.steps[-1].edges = len(self.nodes), len(self.edges)
