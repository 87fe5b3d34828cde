"""Record torch.compile: each segment between graph breaks, with its forward and backward aten graph.

Dynamo reads the function's bytecode and hands over one FX graph at a time; AOT autograd traces that into a
forward and a backward graph of aten ops. Both are kept as they are, and run by an interpreter that looks at
every value; no compiler is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from functorch.compile import make_boxed_func  # pyright: ignore[reportPrivateImportUsage]
from torch.fx import GraphModule
from torch.fx import Node as FxNode

from graphviz_tools.cache_history import Break
from graphviz_tools.language import _
from graphviz_tools.own_bugs import runs_the_program
from graphviz_tools.recording import Edge, Omission, Recording
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import StaticGraph
from graphviz_tools.sources.common.user_code import caller_line, definition_line
from graphviz_tools.sources.compiled.dynamo_state import (
    borrowed_dynamo,
    codes_of,
    ending_break,
    forget_skips,
    watching_breaks,
)
from graphviz_tools.sources.compiled.errors import error_text
from graphviz_tools.sources.compiled.fx_graph import FxGraph, Role
from graphviz_tools.sources.compiled.fx_run import GraphRun
from graphviz_tools.sources.compiled.guards import user_name
from graphviz_tools.sources.compiled.private_names import AOT, given_to_compile, missing
from graphviz_tools.sources.compiled.values import leaves, values_in
from graphviz_tools.sources.torch.recorder import losses_in

NO_GRAPH = _(
    "torch.compile made no graph: the function computes nothing with tensors that it could compile, or it is one "
    "that Dynamo leaves alone (a generator, a function of a library). It ran as plain Python."
)


def record_dynamo(
    fn: Callable[..., Any],
    args: Any,
    kwargs: Any,
    *,
    backward: bool,
    dynamic: bool | None,
    title: str,
    max_steps: int,
) -> Recording:
    """Compile and call `fn`, and run the backward pass of what it returns."""
    compilation = _Compilation(Budget(max_steps), StaticGraph(caller_line()))
    result, error = None, ""
    backend = compilation.compile  # one object: Dynamo compiles again for every other one
    codes = codes_of(fn)
    forget_skips(codes)
    with borrowed_dynamo(backend), watching_breaks(compilation.broke):
        try:
            result = _call(torch.compile(fn, backend=backend, dynamic=dynamic), args, kwargs)
            if backward and not compilation.ran_backward:
                run_backward(result)
        except BaseException as raised:  # the stop button too: what was recorded up to there is kept
            compilation.tell_breaks()
            error = compilation.graph.failed(raised, error_text(raised))
        compilation.tell_breaks()
    forget_skips(codes)
    if not compilation.graph.steps:
        compilation.graph.step(
            "trace", None, op=_("no graph"), line=definition_line(python_of(fn)), note=NO_GRAPH
        )
    compilation.graph.omitted += compilation.budget.omission()
    compilation.graph.omitted += [
        Omission("details", 1, _("this PyTorch hides {lost}", lost=lost)) for lost in missing()
    ]
    return compilation.graph.recording(
        "torch.compile",
        title,
        fn=python_of(fn),
        outputs=values_in(result),
        versions={"torch": torch.__version__},
        error=error,
    )


@runs_the_program
def _call(compiled: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    return compiled(*args, **kwargs)


def python_function(fn: Any) -> Any:
    """The function that was given to torch.compile, when `fn` is its result."""
    given = given_to_compile(fn)
    return fn if given is None else given


@runs_the_program
def run_backward(result: Any) -> None:
    """Call backward on the losses in `result`, with gradients of ones where they are not scalars."""
    found = losses_in(result)
    if found:
        torch.autograd.backward(found, [torch.ones_like(loss) for loss in found])


def python_of(fn: Any) -> Any:
    """The Python function that runs when `fn`, a function or a module, is called."""
    return fn.forward if isinstance(fn, torch.nn.Module) else fn


@dataclass
class _Segment:
    """One part of the program between breaks, as it becomes graphs."""

    number: int
    roles: list[Role]
    first_with: dict[int, int] = field(default_factory=dict)  # sequence number → its first forward node
    forward: FxGraph | None = None

    @property
    def word(self) -> str:
        return f"segment {self.number}"


@dataclass
class _Compilation:
    """A torch.compile backend that writes down what it is asked to compile, and what then runs."""

    budget: Budget
    graph: StaticGraph = field(default_factory=StaticGraph)
    segments: list[_Segment] = field(default_factory=list)
    ran_backward: bool = False
    _breaks: list[Break] = field(default_factory=list)
    _made: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _alive: list[torch.Tensor] = field(default_factory=list)  # so that no address in `_made` is used again

    # --- tracing --------------------------------------------------------------------------------------------

    def broke(self, found: Break) -> None:
        """Dynamo has met what it cannot trace; the segment before it is compiled next, if it holds any op."""
        self._breaks.append(found)

    def tell_breaks(self, keep: int = 0) -> None:
        """Write a step for each break so far, except the last `keep`."""
        reported = len(self._breaks) - keep
        for found in self._breaks[:reported]:
            self.graph.step("trace", None, op=_("graph break"), line=found.line, note=found.reason)
        del self._breaks[:reported]

    def compile(self, module: GraphModule, examples: list[Any]) -> Callable[..., Any]:
        """The backend: called by Dynamo with each segment's graph."""
        ending = ending_break(module)
        if (
            ending is not None and not self._breaks
        ):  # Dynamo's log has said nothing: its words may have changed
            self._breaks.append(ending)
        self.tell_breaks(keep=int(ending is not None))
        placeholders = module.graph.find_nodes(op="placeholder")
        segment = _Segment(len(self.segments) + 1, [_dynamo_role(node) for node in placeholders])
        self.segments.append(segment)
        self.graph.scope((segment.word,), "segment", segment.word)
        aot_autograd = AOT.find()
        if aot_autograd is None:  # PyTorch's own ops then, and no backward graph
            read = FxGraph(
                self.graph, module, (segment.word,), lambda node, i: _given(segment, node, i)
            ).read()
            return lambda *args: self._run(read, args)
        return aot_autograd(
            fw_compiler=lambda inner, _: self._forward(segment, inner, "forward"),
            bw_compiler=lambda inner, _: self._backward(segment, inner),
            inference_compiler=lambda inner, _: self._forward(segment, inner, ""),
        )(module, examples)

    def _forward(self, segment: _Segment, module: GraphModule, word: str) -> Callable[..., Any]:
        path = (segment.word, word) if word else (segment.word,)
        if word:
            self.graph.scope(path, "function", word)
        read = FxGraph(self.graph, module, path, lambda node, index: _given(segment, node, index)).read()
        self.tell_breaks()
        segment.forward = read
        for node in module.graph.nodes:
            if (sequence := node.meta.get("seq_nr")) is not None and node.name in read.ids:
                segment.first_with.setdefault(sequence, read.ids[node.name])
        return make_boxed_func(lambda *args: self._run(read, args))

    def _backward(self, segment: _Segment, module: GraphModule) -> Callable[..., Any]:
        path = self.graph.scope((segment.word, "backward"), "function", "backward")

        def roles(node: FxNode, _index: int) -> Role | None:
            return _backward_role(segment, self.graph, node)

        read = FxGraph(self.graph, module, path, roles, self._joins(segment)).read()
        return make_boxed_func(lambda *args: self._run_backward(read, args))

    def _joins(self, segment: _Segment) -> Callable[[FxNode, int], list[Edge]]:
        """Edges from the forward graph to the backward one: what was saved for it, and which op undoes which."""

        def edges(node: FxNode, number: int) -> list[Edge]:
            saved = (
                segment.forward.ids.get(node.name) if segment.forward and node.op == "placeholder" else None
            )
            if saved is not None:
                return [Edge(saved, number)]
            undone = segment.first_with.get(node.meta.get("seq_nr", -1)) if node.op != "placeholder" else None
            return [] if undone is None else [Edge(undone, number, kind="autograd")]

        return edges

    # --- running --------------------------------------------------------------------------------------------

    def _run(self, read: FxGraph, args: tuple[Any, ...]) -> Any:
        """Run a graph; when an argument is a result of an earlier segment, an edge says so."""
        for argument, node in zip(args, read.module.graph.find_nodes(op="placeholder"), strict=False):
            if (maker := self._made.get(_address(argument))) is not None:
                self.graph.edge(Edge(maker, read.ids[node.name]))
        result = GraphRun(read, self.budget).run(*args)
        (output,) = read.module.graph.find_nodes(op="output")
        for value, node in zip(leaves(result), leaves(output.args[0]), strict=False):
            if isinstance(value, torch.Tensor) and isinstance(node, FxNode) and value.numel():
                self._alive.append(value)
                self._made[_address(value)] = read.ids[node.name]
        return result

    def _run_backward(self, read: FxGraph, args: tuple[Any, ...]) -> Any:
        self.ran_backward = True
        return self._run(read, args)


def _address(thing: Any) -> tuple[Any, ...]:
    """Which memory a tensor shows, and how: a key that no other live tensor shares by chance."""
    if not isinstance(thing, torch.Tensor) or thing.layout is not torch.strided:
        return ()
    return thing.data_ptr(), thing.shape, thing.stride(), thing.dtype


# --- what inputs are to the user --------------------------------------------------------------------------


def _dynamo_role(node: FxNode) -> Role:
    """What an input of a segment is to the user, from where Dynamo found it."""
    argument = node.meta.get("grapharg")
    source = getattr(argument, "source", None)
    if source is None:
        return Role("input", node.name)
    name = str(source.name() if callable(source.name) else source.name)
    kind = "parameter" if "._parameters[" in name else "variable" if "._buffers[" in name else "input"
    return Role(kind, user_name(name))


def _given(segment: _Segment, node: FxNode, index: int) -> Role | None:
    """The role of an input of the forward graph; AOT autograd numbers inputs as Dynamo does."""
    if node.op != "placeholder":
        return None
    place = getattr(node.meta.get("desc"), "idx", index)
    return segment.roles[place] if place < len(segment.roles) else None


def _backward_role(segment: _Segment, graph: StaticGraph, node: FxNode) -> Role | None:
    """Inputs of a backward graph are what the forward saved, under its name, and gradients of its outputs."""
    if node.op == "output":
        return Role("output", "gradients")
    if node.op != "placeholder":
        return None
    if segment.forward and node.name in segment.forward.ids:
        return Role("input", graph.nodes[segment.forward.ids[node.name]].label)
    return Role("input", re.sub(r"^tangents_", "gradient of output ", node.name))
