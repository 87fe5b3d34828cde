"""What a line of the program calls what it computed: the label of its op, and the names of its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import FrameType

from graphviz_tools.recording import Step, Value
from graphviz_tools.sources.common.call_sites import CallSite
from graphviz_tools.sources.common.static_graph import StaticGraph
from graphviz_tools.sources.tensorflow.eager.line_names import only_number
from graphviz_tools.sources.tensorflow.eager.stack import Place

_SIGNS = {
    "Less": "<",
    "LessEqual": "<=",
    "Greater": ">",
    "GreaterEqual": ">=",
    "Equal": "==",
    "NotEqual": "!=",
}
# Ops that TensorFlow runs in addition to the op that a line asks for.
_QUIET = frozenset({"ReadVariableOp", "Identity", "Cast", "VarHandleOp"})


@dataclass
class _Call:
    """One call in the user's code: its place, the ops that it ran and what the last of them gave."""

    site: CallSite | None = None
    callee: FrameType | None = None
    nodes: list[int] = field(default_factory=list)
    outputs: tuple[Value, ...] = ()


@dataclass
class LineWords:
    """Collects the words for the ops of `graph`, one of the user's calls after the other."""

    graph: StaticGraph
    _names: dict[int, str] = field(default_factory=dict)  # by id of a Value
    _call: _Call = field(default_factory=_Call)

    def begin(self, place: Place) -> None:
        """What comes next belongs to the call at `place`, which may be the one that is open."""
        if place.callee is None or place.callee is not self._call.callee:
            self.end()
            self._call = _Call(place.site, place.callee)

    def leave_ended(self, running: set[int]) -> None:
        """Release the open call's frame if it is not among those that run."""
        if self._call.callee is not None and id(self._call.callee) not in running:
            self._call.callee = None

    def computed(self, values: Sequence[Value], node: int | None = None) -> None:
        """The open call has computed these, with the op `node`."""
        if node is not None:
            self._call.nodes.append(node)
        self._call.outputs = tuple(values)

    def end(self) -> None:
        """Give the open call's op its label, `h = x @ w` when it is a single op, and its values their names."""
        call, site = self._call, self._call.site
        self._call = _Call()
        if site is None:
            return
        nodes = self.graph.nodes
        asked = [n for n in call.nodes if nodes[n].op not in _QUIET] or call.nodes[-1:]
        if len(asked) == 1 and site.label and nodes[asked[0]].kind == "op":
            nodes[asked[0]] = replace(nodes[asked[0]], label=site.label)
        for name, value in zip(site.targets, call.outputs, strict=False):
            self.name(value, name)

    def name(self, value: Value, name: str) -> None:
        """Give a value this name; "" keeps the one that it has."""
        if name:
            self._names[id(value)] = name

    def bind(self, place: Place, values: Sequence[Value]) -> None:
        """Give `values` the names that the line assigns them to: `dw, db = ...`."""
        targets = place.site.targets if place.site is not None else ()
        if len(targets) == len(values):
            for target, value in zip(targets, values, strict=True):
                self.name(value, target)

    def named_steps(self) -> list[Step]:
        """The steps, with each value named as on the line that made it."""
        new: dict[int, Value] = {}

        def named(values: tuple[Value, ...]) -> tuple[Value, ...]:
            return tuple(
                new.setdefault(id(v), replace(v, name=self._names[id(v)])) if id(v) in self._names else v
                for v in values
            )

        return [
            replace(step, reads=named(step.reads), writes=named(step.writes)) for step in self.graph.steps
        ]

    def compared(self, node: int) -> str:
        """`12.0 < 30` where a comparison of two numbers decided."""
        sign = _SIGNS.get(self.graph.nodes[node].op)
        step = next((s for s in reversed(self.graph.steps) if s.node == node), None)
        if sign is None or step is None or len(step.reads) != 2:
            return ""
        left, right = map(only_number, step.reads)
        return f"{left} {sign} {right}" if left and right else ""
