"""The Recording: an ordered list of steps that grow one graph.

Sources write Recordings, views read them, and nothing else passes between the two. Everything here is a
plain frozen dataclass with no framework object inside, so a Recording can be saved, compared, sent to a
browser and tested where no framework is installed.

How the parts refer to each other:

- a node's `id` is its place in `Recording.nodes`; an edge's number is its place in `Recording.edges`;
- `Step.reads[i]` is the value at input slot `i` of `Step.node`, `Step.writes[i]` the one at output slot `i`;
- an *autograd* node (PyTorch's `MulBackward0`) has as `owner` the op node whose forward made it. A backward
  step names the autograd node; `Recording.seen(node)` gives the node that a picture shows for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

Phase = Literal["forward", "backward", "trace", "run", "optimize"]
NodeKind = Literal[
    "input", "parameter", "variable", "constant", "op", "branch", "output", "autograd", "scope"
]
EdgeKind = Literal["data", "autograd", "control"]
ScopeKind = Literal["module", "function", "branch", "loop", "iteration", "cond", "body", "segment"]
Number = bool | int | float | complex


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of the user's own code. `line` counts from 1; `text` has no newline."""

    file: str
    line: int
    text: str
    function: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A stretch of the user's code, for the panel beside the graph."""

    file: str
    first_line: int
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Statistics over the finite elements; `None` where there are none. `sampled` is the number of elements
    that were read when that is fewer than all."""

    min: float | None
    max: float | None
    mean: float | None
    nonfinite: int
    sampled: int | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What was known about one tensor (or Python object) at one moment.

    A symbolic tensor is a *handle*: it has a `text` such as `Tensor("add:0", shape=(), dtype=int32)` and
    neither summary nor numbers. `shape` is None for an unknown rank and for what is not a tensor; a dimension
    is None when unknown.

    `numbers` are in row-major order: all elements when `grid` is None, else a strided sample that fills
    `grid` = (rows, columns), for a heat map. `flags` are words in the field's terms: "leaf",
    "requires_grad", "retains_grad", "view", "detached", "inference", "no_grad", "contiguous", ...
    `storage` is equal for two values that share memory; `version` is PyTorch's in-place write counter.
    """

    shape: tuple[int | None, ...] | None = None
    dtype: str = ""
    device: str = ""
    name: str = ""
    text: str = ""
    summary: Summary | None = None
    numbers: tuple[Number, ...] | None = None
    grid: tuple[int, int] | None = None
    flags: tuple[str, ...] = ()
    version: int | None = None
    storage: int | None = None
    nbytes: int = 0

    @property
    def is_handle(self) -> bool:
        """True when the value is a name for something that has no number yet."""
        return self.shape is not None and self.summary is None and self.numbers is None and bool(self.text)


@dataclass(frozen=True, slots=True)
class Node:
    """One box of the graph. `name` is the framework's own (`MulBackward0`, `while/mul_1`), `label` what a
    learner reads (`h = x * 2`), `scope` the path of modules or scopes that it lies in. A node of kind "scope"
    represents a whole closed scope, whose path is `(*scope, name)`.

    `first_output` is for an autograd node behind outputs of its owner: `Step.grads_in[i]` is the
    gradient of the owner's output `first_output + i`. It is None for a node inside the op, such as the
    `TBackward0` of a linear layer's weight.
    """

    id: int
    kind: NodeKind
    op: str
    label: str = ""
    name: str = ""
    scope: tuple[str, ...] = ()
    line: SourceLine | None = None
    owner: int | None = None
    first_output: int | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """From output `source_slot` of `source` to input `target_slot` of `target`.

    "data" edges carry values; "autograd" edges are `next_functions` and point the way gradients flow;
    "control" edges order without carrying."""

    source: int
    target: int
    source_slot: int = 0
    target_slot: int = 0
    kind: EdgeKind = "data"


@dataclass(frozen=True, slots=True)
class Scope:
    """A box around nodes: a module, a function, a branch, an iteration. `path` is unique."""

    path: tuple[str, ...]
    kind: ScopeKind
    label: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """A decision: `decided` is the value that decided (as text), `taken` the branch ("True", "then"),
    `iteration` counts from 1 in a loop."""

    kind: Literal["branch", "loop", "item"]
    decided: str = ""
    taken: str = ""
    iteration: int | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A tensor that autograd keeps for the backward pass of autograd node `node`, under its field `name`."""

    node: int
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of tensor storage alive after a step, and how many of them autograd's saved tensors hold. `most` is the
    largest number alive at once while the step ran, 0 when that was not measured."""

    alive: int = 0
    saved: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of the program.

    `nodes` and `edges` are what the step adds to the graph. In a backward step `node` is the autograd node
    that ran, `grads_in[i]` the gradient arriving for its slot `i` (None: no gradient there) and
    `grads_out[i]` the one leaving along `next_functions[i]`; `freed` are the autograd nodes whose saved
    tensors were freed. `scope` is where execution was (an iteration, a module). `error` is set on the step
    at which the program raised; `note` is a sentence for the learner. `released` are the storages (as in
    `Value.storage`) whose memory was freed between this step and the next.
    """

    index: int
    phase: Phase
    op: str
    node: int | None = None
    line: SourceLine | None = None
    nodes: tuple[int, ...] = ()
    edges: tuple[int, ...] = ()
    reads: tuple[Value, ...] = ()
    writes: tuple[Value, ...] = ()
    saved: tuple[Saved, ...] = ()
    freed: tuple[int, ...] = ()
    grads_in: tuple[Value | None, ...] = ()
    grads_out: tuple[Value | None, ...] = ()
    control: Control | None = None
    memory: Memory | None = None
    scope: tuple[str, ...] = ()
    error: str = ""
    note: str = ""
    released: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OptimizerCall:
    """A call of an optimizer's `step()` or `zero_grad()`, before step `before` of the Recording. `storages` are those
    of its parameters that the program has read."""

    name: str
    method: Literal["step", "zero_grad"]
    before: int
    storages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Omission:
    """What a budget left out: `count` of `what` (steps, values, ...), and `why`."""

    what: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Recording:
    """What a program did, step by step. `framework` is "torch", "tensorflow", "torch.compile", "torch.export",
    "torchscript", "jax" or "onnx"; `outputs` are the values the program returned; `error` is set when it
    raised (the steps up to then are kept). `storages` are the bytes of each piece of memory, by `Value.storage`."""

    framework: str
    title: str = ""
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    steps: tuple[Step, ...] = ()
    scopes: tuple[Scope, ...] = ()
    sources: tuple[Source, ...] = ()
    outputs: tuple[Value, ...] = ()
    omitted: tuple[Omission, ...] = ()
    versions: dict[str, str] = field(default_factory=dict[str, str])
    optimizer_calls: tuple[OptimizerCall, ...] = ()
    storages: tuple[int, ...] = ()
    error: str = ""

    def __len__(self) -> int:
        return len(self.steps)

    def __repr__(self) -> str:
        steps = Counter(step.phase for step in self.steps)
        phases = ", ".join(f"{name} {count}" for name, count in steps.items())
        name = self.title or self.framework
        return f"<Recording {name}: {len(self)} steps ({phases}), {len(self.nodes)} nodes>"

    def seen(self, node: int) -> int:
        """The node that a picture shows for `node`: the node itself, or an autograd node's owner."""
        owner = self.nodes[node].owner
        return node if owner is None else owner

    def output_gradient(self, step: Step) -> tuple[int, Value] | None:
        """The (output slot, gradient) of the node that a picture shows for a backward step, the first slot that
        has one; None for a step inside the op. For a leaf it is what its `.grad` holds now."""
        if step.phase != "backward" or step.node is None:
            return None
        node = self.nodes[step.node]
        if node.kind != "autograd" or node.owner is None:
            first = 0  # a box of its own
        elif node.first_output is None:
            return None
        else:
            first = node.first_output
        gradients = step.writes or step.grads_in
        return next(((i, g) for i, g in enumerate(gradients, first) if g is not None and i >= 0), None)

    def phases(self) -> Iterator[tuple[Phase, int, int]]:
        """Runs of equal phase as (phase, first step, one past the last)."""
        start = 0
        for i, step in enumerate(self.steps):
            if i + 1 == len(self.steps) or self.steps[i + 1].phase != step.phase:
                yield step.phase, start, i + 1
                start = i + 1

    def history(self, node: int) -> tuple[Step, ...]:
        """Every step that concerns `node` or an autograd node that it owns."""
        return tuple(s for s in self.steps if s.node is not None and node in (s.node, self.seen(s.node)))

    def until(self, step: int) -> Recording:
        """The Recording as it was after `step` (0-based), with the graph as far as it had grown.

        Node and edge numbers keep their meaning only because steps add them in order.
        Raises UserError when there is no such step.
        """
        if not 0 <= step < len(self.steps):
            raise UserError(
                _("step {step} of a recording with {count} steps", step=step, count=len(self.steps))
            )
        kept = self.steps[: step + 1]
        nodes = 1 + max((n for s in kept for n in s.nodes), default=-1)
        edges = 1 + max((e for s in kept for e in s.edges), default=-1)
        return replace(self, steps=kept, nodes=self.nodes[:nodes], edges=self.edges[:edges])
