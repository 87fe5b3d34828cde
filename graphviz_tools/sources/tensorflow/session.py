"""Convert what a `Watch` saw of a TF1 program to steps: its graphs as they were built, and every `Session.run`.

The values come from the real session. Only the inside of a branch or a loop, which a session never shows, is
run again here on the values that the session passed in, with copies of its variables.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.recording import Omission, Step, Value
from graphviz_tools.sources.tensorflow.effects import acts, has_effect
from graphviz_tools.sources.tensorflow.errors import error_text
from graphviz_tools.sources.tensorflow.graph_reader import CALL_OPS, DECIDING, VARIABLE_OPS, Body
from graphviz_tools.sources.tensorflow.graph_runner import GraphRunner, OpFailed
from graphviz_tools.sources.tensorflow.session_watch import SessionRun, Watch, variable_op


def tell_sessions(watch: Watch, runner: GraphRunner) -> None:
    """Write the `trace` and `run` steps of all graphs and session runs, in their order."""
    reader = runner.reader
    graphs = [graph for graph in watch.graphs if not graph.building_function]
    bodies = [
        Body("" if i == 0 else f"graph {i + 1}", graph, () if len(graphs) == 1 else (f"graph {i + 1}",))
        for i, graph in enumerate(graphs)
    ]
    copies: dict[int, Copies] = {}
    for record in watch.runs:
        body = next(body for body in bodies if body.graph is record.graph)
        reader.read(body, {}, record.built)
        _Replay(runner, body, record, copies.setdefault(id(record.session), Copies(runner))).tell()
    for body in bodies:
        reader.read(body, {})


@dataclass
class Copies:
    """Eager variables that follow those of one session, by the name of their op."""

    runner: GraphRunner
    variables: dict[str, Any] = field(default_factory=dict)

    def follow(self, values: dict[str, Any]) -> None:
        tf = import_tensorflow()
        for name, value in values.items():
            if name not in self.variables or self.variables[name].shape != value.shape:
                variable = self.variables[name] = tf.Variable(value, name=name)
                self.runner.variables[id(variable.handle)] = variable
            self.variables[name].assign(value)

    def handle(self, name: str) -> Any | None:
        variable = self.variables.get(name)
        return None if variable is None else variable.handle


@dataclass
class _Replay:
    runner: GraphRunner
    body: Body
    record: SessionRun
    copies: Copies
    known: dict[str, Any] = field(default_factory=dict)  # concrete tensors by name; None: nobody saw it

    def tell(self) -> None:
        tf = import_tensorflow()
        self.copies.follow(self.record.before)
        self.known = {name: tf.constant(array) for name, array in self.record.seen.items()}
        failed = getattr(self.record.failed, "op", None)
        for op in self.record.ops:
            if failed is not None and op.name == failed.name:
                break
            if self.record.failed is None or all(t.name in self.known for t in op.outputs):
                self._tell_op(op)
        if self.record.failed is not None:
            self._tell_failure(failed)

    def _tell_op(self, op: Any) -> None:
        if op.type in VARIABLE_OPS:
            self.known[op.outputs[0].name] = self.copies.handle(op.name)
            self._show(op, [])
            return
        inputs = [self.known.get(tensor.name) for tensor in op.inputs]
        before = [self._value(tensor) for tensor in op.inputs]
        fed = bool(op.outputs) and all(tensor.name in self.record.fed for tensor in op.outputs)
        if not fed and all(value is not None for value in inputs):
            if op.type in (*DECIDING, *CALL_OPS):
                self._look_inside(op, inputs, before)
                return
            if not has_effect(op) and any(tensor.name not in self.known for tensor in op.outputs):
                self._keep(op, self.runner.kernel(self.body, op)(inputs))
        self._show(op, before, note=_("Fed from outside.") if fed else "")

    def _look_inside(self, op: Any, inputs: list[Any], before: list[Value]) -> None:
        """Run the functions of `op` again, unless they have an effect that must not happen twice."""
        if acts(self.runner.reader, [op], drawing=True):
            why = _("what a function prints, draws or asks of Python inside a session is not done twice")
            self.runner.reader.omitted.append(Omission(_("values inside a function"), 1, why))
            self._show(op, before)
            return
        with suppress(OpFailed):  # its step tells; the session's own error ends the program
            self._keep(op, self.runner.run_op(self.body, op, inputs, self.body.path))

    def _keep(self, op: Any, outputs: list[Any]) -> None:
        for tensor, value in zip(op.outputs, outputs, strict=True):
            self.known.setdefault(tensor.name, value)

    def _value(self, tensor: Any) -> Value:
        """What the session saw of a tensor, or its name when it saw nothing."""
        owner = variable_op(tensor)
        variable = self.copies.variables.get(owner.name) if owner is not None else None
        seen = variable if variable is not None else self.known.get(tensor.name)
        if seen is not None:
            return self.runner.value(seen)
        return Value(
            dtype=tensor.dtype.name, name=tensor.name, text=_("{tensor}, not looked at", tensor=tensor.name)
        )

    def _show(self, op: Any, before: list[Value], note: str = "") -> None:
        written = [owner.name for tensor in op.inputs if (owner := variable_op(tensor)) is not None]
        after = {name: self.record.after[name] for name in written if name in self.record.after}
        if has_effect(op):
            self.copies.follow(after)
        outputs = list(op.outputs)
        if not outputs and has_effect(op):
            outputs = [tensor for tensor in op.inputs if variable_op(tensor) is not None]
        writes = [self._value(tensor) for tensor in outputs]
        self.runner.show(self.body, op, [], [], self.body.path, reads=before, writes=writes, note=note)

    def _tell_failure(self, op: Any | None) -> None:
        text = error_text(self.record.failed) if self.record.failed is not None else ""
        if op is not None:
            before = [self._value(tensor) for tensor in op.inputs]
            self.runner.show(self.body, op, [], [], self.body.path, reads=before, error=text)
        else:
            self.runner.reader.steps.append(
                Step(len(self.runner.reader.steps), "run", "Session.run", error=text)
            )
