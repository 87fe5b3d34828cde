"""Write what tapes do as steps of a trace: watch, walk backward, keep and release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import FrameType
from typing import Any

from graphviz_tools.language import _
from graphviz_tools.recording import Saved, Value
from graphviz_tools.sources.common.static_graph import Maker
from graphviz_tools.sources.tensorflow.eager.stack import Place
from graphviz_tools.sources.tensorflow.eager.tape import Record
from graphviz_tools.sources.tensorflow.eager.trace import EagerTrace
from graphviz_tools.sources.tensorflow.private_names import is_eager, tensor_number


class TapeTrace:
    """Writes into `trace` what `TapeSteps` sees of the program's tapes."""

    def __init__(self, trace: EagerTrace) -> None:
        self._trace = trace

    def moment(self, op: str, frame: FrameType | None, note: str) -> None:
        """A step without a node."""
        if self._trace.begins(frame):
            place = self._trace.stack.place(op, frame, still=op != "reset")
            self._trace.words.begin(place)
            self._trace.graph.step(
                self._trace.phase, None, op=op, line=self._trace.line(place), scope=place.path, note=note
            )

    def on_watch(self, tensor: Any, frame: FrameType | None, note: str) -> None:
        self._trace.ended(frame)
        place = self._trace.stack.place("watch", frame)
        self._trace.words.begin(place)
        if tensor.dtype.name == "resource":
            self._trace.variables.look_for([tensor], frame)
        node, _ = self._trace.source(tensor, place)
        if self._trace.begins():
            read, line = [self._trace.value(tensor)], self._trace.line(place)
            self._trace.graph.step(
                self._trace.phase, node, op="watch", line=line, reads=read, scope=place.path, note=note
            )

    def began_backward(self, targets: Sequence[Any], frame: FrameType | None, note: str) -> Place:
        """The program asks a tape for gradients of these."""
        self._trace.ended(frame)
        place = self._trace.stack.place("gradient", frame)
        self._trace.words.begin(place)
        if self._trace.begins():
            reads = [self._trace.value(tensor) for tensor in targets]
            self._trace.graph.step(
                "backward",
                None,
                op="gradient",
                line=self._trace.line(place),
                reads=reads,
                scope=place.path,
                note=note,
            )
        return place

    def asked_gradient(self, node: int, value: Value, place: Place) -> None:
        """A gradient that the program asked for reaches what the tape watched."""
        if self._trace.begins():
            note = _("This gradient was asked for.")
            self._trace.graph.step(
                "backward", node, op="gradient", line=self._trace.line(place), scope=place.path, note=note
            )
            self._amend(grads_in=(value,))

    def backward(
        self,
        record: Record,
        arriving: tuple[Value | None, ...],
        leaving: tuple[Value | None, ...],
        freed: tuple[int, ...],
        note: str,
    ) -> None:
        """A tape's record was walked: the gradients that arrived at its outputs, and those for its inputs."""
        if not self._trace.begins():
            return
        about = self._trace.graph.nodes[record.ran]
        self._trace.graph.step(
            "backward", record.node, op=record.op, line=about.line, scope=about.scope, note=note
        )
        self._amend(grads_in=arriving, grads_out=leaving, freed=freed)

    def ran_inside(self, outputs: Sequence[Any]) -> None:
        """An op without a step of its own made these, inside a gradient function."""
        for tensor in outputs:
            self._trace.memory.storage(tensor)

    def kept(self, record: Record, inputs: Any, outputs: Any) -> None:
        """What a tape had kept of an op for its gradient: its inputs and outputs, None for one that it did not keep."""
        step = self._trace.step_of.get(record.ran)
        if step is None:
            return
        for word, tensors in (("input", inputs), ("output", outputs)):
            for place, tensor in enumerate(tensors or (), 1):
                value = self._trace.seen(tensor) if is_eager(tensor) else None
                if value is not None and value.storage is not None and tensor.dtype.name != "resource":
                    name = word if place == 1 else f"{word} {place}"
                    self._trace.memory.saves(step, Saved(record.node, name, value))

    def gradient_value(self, gradient: Any) -> Value:
        """A gradient's numbers; for one of a few rows (`IndexedSlices`), those of the rows."""
        if hasattr(gradient, "indices"):
            value = self._trace.value(gradient.values)
            return replace(value, text=f"rows {gradient.indices.numpy().tolist()[:8]}")
        return self._trace.value(gradient)

    def made_by(self, gradient: Any, node: int) -> None:
        """A gradient that no recorded op has made comes from a record of its tape."""
        tensor = gradient.values if hasattr(gradient, "indices") else gradient
        self._trace.graph.makers.setdefault(tensor_number(tensor), Maker(node, 0))

    def add_note(self, note: str) -> None:
        """One more sentence at the last step."""
        if self._trace.graph.steps:
            self._amend(note=f"{self._trace.graph.steps[-1].note} {note}".strip())

    def add_freed(self, nodes: Sequence[int]) -> None:
        """Add what else the last step released."""
        if self._trace.graph.steps:
            self._amend(freed=(*self._trace.graph.steps[-1].freed, *nodes))

    def _amend(self, **changes: Any) -> None:
        self._trace.graph.steps[-1] = replace(self._trace.graph.steps[-1], **changes)
