"""Read a TensorFlow graph into a Recording: each op one node, each function that an op calls one scope.

An edge to the `k`-th argument of a function, and the control edge from its `k`-th result back to the op that
calls it, have `k` as their target slot. The source slot says which output of the op inside that result is.

TensorFlow keeps ops in the order in which Python made them, and finishes a branch, a loop body or an inner
function before it makes the op that calls it. Reading the graph therefore retells the trace, op by op,
without a hook in the user's program.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.recording import (
    Edge,
    EdgeKind,
    Node,
    NodeKind,
    Omission,
    Scope,
    ScopeKind,
    SourceLine,
    Step,
    Value,
)
from graphviz_tools.sources.tensorflow.op_line import op_line
from graphviz_tools.sources.tensorflow.private_names import (
    FUNCTION_TO_GRAPH,
    eager_definition,
    library_function,
)

Path = tuple[str, ...]

IF_OPS = ("If", "StatelessIf")
CASE_OPS = ("Case", "StatelessCase")
WHILE_OPS = ("While", "StatelessWhile")
CALL_OPS = ("PartitionedCall", "StatefulPartitionedCall")
DECIDING = (*IF_OPS, *CASE_OPS, *WHILE_OPS)
RUN_HERE = (*DECIDING, *CALL_OPS)  # their functions' arguments and results are the op's own
VARIABLE_OPS = ("VarHandleOp", "VariableV2", "Variable")

_ROLES: dict[str, tuple[str, ScopeKind]] = {
    "then_branch": ("then", "branch"),
    "else_branch": ("else", "branch"),
    "cond": ("cond", "cond"),
    "body": ("body", "body"),
}
_NOTES = {
    **dict.fromkeys(
        IF_OPS, _("Both branches are in the graph: which one runs is decided later, when it runs.")
    ),
    **dict.fromkeys(CASE_OPS, _("Every branch is in the graph: one of them is chosen when it runs.")),
    **dict.fromkeys(WHILE_OPS, _("One copy of the loop's body is in the graph, however often it will run.")),
}


@dataclass(frozen=True)
class Body:
    """A graph at its place: the whole program's, or that of a function that some op calls.

    If TensorFlow has changed the function's graph since, `graph` is built from the function's definition, and
    `changed` is the changed graph: its ops of the same names know the user's lines.
    """

    key: str
    graph: Any
    path: Path
    prefix: str = ""
    line: SourceLine | None = None  # for an op that TensorFlow added itself
    changed: Any | None = None

    def line_of(self, op: Any) -> SourceLine | None:
        """The user's line that made `op`, or the one that made what calls this body."""
        known = op_line(op)
        if known is None and self.changed is not None and op.name in self.changed_ops:
            known = op_line(self.changed_ops[op.name])
        return known or self.line

    @cached_property
    def changed_ops(self) -> dict[str, Any]:
        return {op.name: op for op in self.changed.get_operations()} if self.changed is not None else {}


@dataclass(frozen=True)
class Role:
    """What an op is, besides its type: an argument, a variable, a result."""

    kind: NodeKind
    label: str
    line: SourceLine | None = None


@dataclass
class GraphReader:
    """Reads graphs into nodes, edges, scopes and `trace` steps; `find` gives an op's node afterwards."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    scopes: dict[Path, Scope] = field(default_factory=dict)
    omitted: list[Omission] = field(default_factory=list)
    bodies: dict[str, Body] = field(default_factory=dict)
    _ids: dict[tuple[str, str], int] = field(default_factory=dict)
    _read: Counter[str] = field(default_factory=Counter)
    _waiting: dict[tuple[str, str], list[Edge]] = field(default_factory=dict)
    _claimed: int = 0  # edges that some step has added

    def find(self, body: Body, op: Any) -> int:
        """The node of `op`, which is in `body`."""
        return self._ids[body.key, op.name]

    def called(self, op: Any, attribute: str, index: int = 0) -> Body | None:
        """The body that `op` runs for a function attribute such as "then_branch"; None when unknown."""
        value = op.get_attr(attribute)
        return self.bodies.get((value[index] if isinstance(value, list) else value).name)

    def read(self, body: Body, roles: dict[str, Role], until: int | None = None) -> None:
        """Add what `body.graph` has grown since it was last read, up to its op number `until` (all, if None).

        `roles` are those of some ops, by name.
        """
        self.bodies.setdefault(body.key, body)
        operations = body.graph.get_operations()
        modules = _module_paths(operations, body.prefix)
        if body.prefix:  # a function's arguments are directly in its box, whatever their names say
            modules |= {argument.op.name: () for argument in body.graph.inputs}
        until = len(operations) if until is None else until
        for op in operations[self._read[body.key] : until]:
            returned = [
                result
                for role, name in called_functions(op)
                for result in self._call(body, op, modules[op.name], role, name)
            ]
            self._add(body, op, modules[op.name], roles.get(op.name), returned)
        self._read[body.key] = max(until, self._read[body.key])

    def _call(self, caller: Body, op: Any, module: Path, role: str, name: str) -> Iterator[Edge]:
        """Read the function `name` (once), join its arguments to the caller, and give an edge from each result, which
        has no target yet: `op` gets its node after its functions."""
        if name not in self.bodies:
            graph = graph_of(caller.graph, name, caller.changed)
            changed = graph if graph is not None and _has_grown(graph, op, role) else None
            graph = graph if changed is None else graph_of_definition(name)
            if graph is None:
                self.omitted.append(
                    Omission("function", 1, _("TensorFlow did not give the graph of {name}", name=name))
                )
                return
            path = self._place((*caller.path, *module, _short(op.name)), op, role, name)
            body = Body(name, graph, path, f"{op.name}/", caller.line_of(op), changed)
            self.read(body, self._argument_roles(caller, op, graph))
        body = self.bodies[name]
        for place, (outer, inner) in enumerate(zip(passed_inputs(op), body.graph.inputs, strict=False)):
            self._join(caller, outer.op, self.find(body, inner.op), outer.value_index, place)
        for place, out in enumerate(body.graph.outputs):
            yield Edge(self.find(body, out.op), -1, out.value_index, place, "control")

    def _argument_roles(self, caller: Body, op: Any, graph: Any) -> dict[str, Role]:
        """A loop's arguments are named `Placeholder_1`; the label of what is passed in says more."""
        roles = {}
        for outer, inner in zip(passed_inputs(op), graph.inputs, strict=False):
            source = self._ids.get((caller.key, outer.op.name))
            if source is not None and re.search(
                r"(^|/)Placeholder|redundant_placeholder|/\d+$", inner.op.name
            ):
                roles[inner.op.name] = Role("input", self.nodes[source].label)
        return roles

    def _place(self, box: Path, op: Any, role: str, name: str) -> Path:
        """The path of the scope of a called function: a box for the op, and in it one for each branch or loop part."""
        word, kind = _ROLES.get(role, (role, "branch")) if op.type in DECIDING else ("", "function")
        if word:
            around: ScopeKind = "loop" if op.type in WHILE_OPS else "branch"
            self.scopes.setdefault(box, Scope(box, around, _short(op.name)))
            path = (*box, word)
            self.scopes[path] = Scope(path, kind, word)
        else:
            path = box if box not in self.scopes else (*box, role)
            self.scopes[path] = Scope(path, kind, function_label(name))
        return path

    def _add(self, body: Body, op: Any, module: Path, role: Role | None, returned: list[Edge]) -> None:
        node = len(self.nodes)
        path = (*body.path, *module)
        for depth in range(len(body.path) + 1, len(path) + 1):
            self.scopes.setdefault(path[:depth], Scope(path[:depth], "module", path[depth - 1]))
        role = role or _usual_role(op)
        line = role.line or body.line_of(op)
        self.nodes.append(
            Node(node, role.kind, op.type, label=role.label, name=op.name, scope=path, line=line)
        )
        self._ids[body.key, op.name] = node
        for slot, tensor in enumerate(op.inputs):
            self._join(body, tensor.op, node, tensor.value_index, slot)
        for before in op.control_inputs:
            self._join(body, before, node, kind="control")
        self.edges += [replace(edge, source=node) for edge in self._waiting.pop((body.key, op.name), ())]
        self.edges += [replace(edge, target=node) for edge in returned]
        self.steps.append(
            Step(
                index=len(self.steps),
                phase="trace",
                op=op.type,
                node=node,
                line=line,
                nodes=(node,),
                edges=tuple(range(self._claimed, len(self.edges))),
                reads=tuple(handle(tensor) for tensor in op.inputs),
                writes=tuple(handle(tensor) for tensor in op.outputs),
                scope=path,
                note=_NOTES.get(op.type, ""),
            )
        )
        self._claimed = len(self.edges)

    def _join(
        self,
        body: Body,
        source: Any,
        target: int,
        slot: int = 0,
        target_slot: int = 0,
        kind: EdgeKind = "data",
    ) -> None:
        """Add an edge from the op `source`, as soon as that is read.

        Some ops get inputs and control inputs that are made later: a gradient makes its loop keep every iterate.
        """
        key = (body.key, source.name)
        if key in self._ids:
            self.edges.append(Edge(self._ids[key], target, slot, target_slot, kind))
        else:
            later = Edge(-1, target, slot, target_slot, kind)
            self._waiting.setdefault(key, []).append(later)


def called_functions(op: Any) -> list[tuple[str, str]]:
    """(role, function name) of every function attribute of `op`, in the order of its definition."""
    found: list[tuple[str, str]] = []
    for attribute in op.op_def.attr:
        if attribute.type == "func":
            found.append((attribute.name, op.get_attr(attribute.name).name))
        elif attribute.type == "list(func)":
            found += [(f"case {i}", value.name) for i, value in enumerate(op.get_attr(attribute.name))]
    return [(role, name) for role, name in found if name]


def graph_of(graph: Any, name: str, changed: Any | None = None) -> Any | None:
    """The graph of the function `name`, which an op of `graph` calls; None when this TensorFlow does not give it.

    `changed` is another graph whose library may hold it.
    """
    function = library_function(graph, name) or (changed and library_function(changed, name))
    if function is not None and hasattr(function, "graph"):
        return function.graph
    library = () if function is None else graph.as_graph_def().library.function
    return graph_of_definition(name, library)


def graph_of_definition(name: str, library: Iterable[Any] = ()) -> Any | None:
    """A graph made from the definition of the function `name`, in `library` or known to eager TensorFlow."""
    to_graph = FUNCTION_TO_GRAPH.find()
    if to_graph is None:
        return None
    definition = next((f for f in library if f.signature.name == name), None) or eager_definition(name)
    try:
        return None if definition is None else to_graph(definition)
    except ValueError:  # it has an op that this TensorFlow does not know
        return None


def _has_grown(graph: Any, op: Any, role: str) -> bool:
    """Whether a gradient has given the function's graph more arguments or results than `op` has, which calls it.

    TensorFlow then calls that graph by a new name; this name's function is still as it was.
    """
    results = 1 if role == "cond" else len(op.outputs)
    here = len(passed_inputs(op)), results
    return op.type in RUN_HERE and (len(graph.inputs), len(graph.outputs)) != here


def is_fused(call: Any) -> bool:
    """True for a call of a function that XLA compiles as a whole."""
    return call.node_def.attr["_XlaMustCompile"].b


def passed_inputs(op: Any) -> list[Any]:
    """The inputs that a calling op passes to its function, one an argument; [] when they do not pair."""
    if op.type in IF_OPS or op.type in CASE_OPS:
        return list(op.inputs)[1:]
    return list(op.inputs) if op.type in RUN_HERE else []


def handle(tensor: Any) -> Value:
    """A symbolic tensor, by name: it has a shape and a dtype, but no number."""
    rank_known = tensor.shape.rank is not None
    shape = tuple(tensor.shape.as_list()) if rank_known else None
    return Value(shape=shape, dtype=tensor.dtype.name, name=tensor.name, text=str(tensor))


def function_label(name: str) -> str:
    """The label of `__inference_step_52`: "step"; of its gradient: "backward of step"."""
    match = re.fullmatch(r"__(?P<role>inference|forward|backward)_+(?P<name>.+?)(_\d+)*", name)
    if match is None:
        return re.sub(r"_\d+$", "", name)
    return f"backward of {match['name']}" if match["role"] == "backward" else match["name"]


def _short(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _usual_role(op: Any) -> Role:
    short = _short(op.name)
    if op.type in DECIDING:
        return Role("branch", short)
    if op.type == "Const":
        return Role("constant", constant_text(op))
    if op.type in VARIABLE_OPS:
        return Role("variable", short)
    if op.type in ("Placeholder", "PlaceholderWithDefault", "_Arg"):
        return Role("input", short)
    if op.type == "_Retval":
        return Role("output", short)
    return Role("op", short)


def constant_text(op: Any) -> str:
    """The value of a Const op when it is short, else its shape."""
    array = import_tensorflow().make_ndarray(op.get_attr("value"))
    if array.dtype in (np.float16, np.float32):  # 0.1 with the digits of its own dtype
        array = array.astype(str).astype(np.float64)
    text = str(array.tolist()) if array.size <= 8 else ""
    return text if 0 < len(text) <= 24 else f"constant {list(array.shape)}"


def _module_paths(operations: list[Any], prefix: str) -> dict[str, Path]:
    """The name scopes around each op, without those that only decorate one op (`add/y` belongs to `add`)."""
    names = {op.name for op in operations}
    split = {name: tuple(name.removeprefix(prefix).split("/")[:-1]) for name in names}
    sizes = Counter(path[:depth] for path in split.values() for depth in range(1, len(path) + 1))

    def kept(path: Path, depth: int) -> bool:
        own = "/".join(path[: depth + 1])
        lonely = path[depth][:1].isupper() and sizes[path[: depth + 1]] == 1
        return own not in names and prefix + own not in names and not lonely

    return {name: tuple(path[d] for d in range(len(path)) if kept(path, d)) for name, path in split.items()}
