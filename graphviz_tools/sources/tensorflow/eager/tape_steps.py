"""The steps of gradient tapes: what each watches and records, and its backward pass, record by record."""

from __future__ import annotations

import sys
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.recording import Edge, Value
from graphviz_tools.sources.tensorflow.eager.line_names import op_label
from graphviz_tools.sources.tensorflow.eager.stack import Place
from graphviz_tools.sources.tensorflow.eager.tape import Record, Tape, Walk, is_differentiable
from graphviz_tools.sources.tensorflow.eager.tape_trace import TapeTrace
from graphviz_tools.sources.tensorflow.eager.trace import EagerTrace
from graphviz_tools.sources.tensorflow.private_names import (
    is_eager,
    is_persistent,
    is_recording,
    recording_is_stopped,
    tensor_number,
    watches_variables,
)

_READS = frozenset({"ReadVariableOp", "ResourceGather", "ResourceGatherNd"})
_LISTED = 8  # kinds of operations that a sentence names


class TapeSteps:
    """Follows every `GradientTape` that is entered while the trace is written."""

    def __init__(self, trace: EagerTrace) -> None:
        self._trace, self._written = trace, TapeTrace(trace)
        self._tapes: weakref.WeakKeyDictionary[Any, Tape] = weakref.WeakKeyDictionary()
        self._walks: list[Walk] = []
        self._kernels: list[str] = []  # ops of the gradient function that runs now
        self._count = 0
        self._closed = False

    def close(self) -> None:
        self._closed = True
        self._tapes.clear()

    def _stands_aside(self) -> bool:
        """Whether what a tape does now is not a step: it comes from the recorder itself, or a graph is being traced."""
        return self._closed or self._trace.busy or not import_tensorflow().executing_eagerly()

    # --- ops ------------------------------------------------------------------------------------------------

    def ran(self, op: str, inputs: list[Any], outputs: list[Any], frame: FrameType) -> None:
        """An op has run. Those of a gradient function are steps only where another tape records them."""
        recording = self._recording(inputs)
        if self._walks:
            if op == "AddN":
                self._walks[-1].added(inputs, outputs[0])
            if not recording:
                self._kernels.append(op)
                self._written.ran_inside(outputs)
                return
        node = self._trace.op(op, inputs, outputs, frame)
        if node is None:
            return
        self._watch_variables(op, inputs)
        for tape in self._recording(inputs):
            read = op == "ReadVariableOp"
            owner = self._trace.source(inputs[0]).node if read else node
            self._record(tape, op_label(op), node, owner, inputs, outputs)

    def _open(self) -> list[Tape]:
        if not self._tapes or recording_is_stopped():
            return []
        return [tape for of, tape in list(self._tapes.items()) if is_recording(of)]

    def _recording(self, inputs: Sequence[Any]) -> list[Tape]:
        return [tape for tape in self._open() if tape.watches(inputs)]

    def _watch_variables(self, op: str, inputs: list[Any]) -> None:
        """Tapes begin to watch a trainable variable when it is read."""
        if op not in _READS:
            return
        known = self._trace.variables.find(inputs[0])
        if known is None or not known.variable.trainable:
            return
        for of, tape in list(self._tapes.items()):
            if tape in self._open() and watches_variables(of) and tensor_number(inputs[0]) not in tape.maker:
                self._leaf(tape, inputs[0])
                self._written.add_note(
                    _(
                        "{capital} watches this variable by itself: it is trainable.",
                        capital=_capital(tape.name),
                    )
                )

    def _record(
        self, tape: Tape, op: str, ran: int, owner: int, inputs: Sequence[Any], outputs: Sequence[Any]
    ) -> Record:
        """A new record on a tape: an autograd node of `owner` that leads to the records of the op's inputs."""
        graph = self._trace.graph
        node = graph.autograd_node(op, f"{op} on {tape.name}", owner)
        for slot, tensor in enumerate(inputs):
            before = tape.maker.get(tensor_number(tensor))
            if before is not None and is_differentiable(tensor.dtype):
                number = before.outputs.index(tensor_number(tensor))
                graph.edge(Edge(node, before.node, slot, number, "autograd"))
        self._trace.claim()
        return tape.add(node, ran, op, list(map(tensor_number, inputs)), list(map(tensor_number, outputs)))

    def _leaf(self, tape: Tape, tensor: Any) -> None:
        owner = self._trace.source(tensor).node
        node = self._trace.graph.autograd_node("watch", _("watched by {tape}", tape=tape.name), owner)
        self._trace.claim()
        tape.add(node, owner, "watch", (), [tensor_number(tensor)])

    def custom_record(
        self, original: Any, op: str, outputs: Any, inputs: Any, backward_function: Any, *more: Any, **kw: Any
    ) -> Any:
        """Python code puts an operation with its own backward function on the tapes."""
        if not self._stands_aside() and all(is_eager(t) for t in outputs):
            with self._trace.writing():
                backward_function = self._followed(op, inputs, outputs, backward_function)
        return original(op, outputs, inputs, backward_function, *more, **kw)

    def _followed(self, op: str, inputs: Any, outputs: Any, backward: Callable[..., Any]) -> Any:
        """`backward`, which says when it runs; of an operation that no tape records, `backward` itself."""
        tensors = [getattr(tensor, "handle", tensor) for tensor in inputs]
        made = [self._trace.graph.makers.get(tensor_number(tensor)) for tensor in outputs]
        owner = next((maker.node for maker in made if maker is not None), None)
        if owner is None:
            return backward
        records = [
            self._record(t, op_label(op), owner, owner, tensors, outputs) for t in self._recording(tensors)
        ]
        if not records:
            return backward
        here = weakref.ref(self)

        def followed(*gradients: Any) -> Any:
            steps = here()
            if steps is None or steps._closed:
                return backward(*gradients)
            return steps._through(lambda walk: _own(walk, records), gradients, lambda: backward(*gradients))

        return followed

    # --- the way back ---------------------------------------------------------------------------------------

    def op_gradient(
        self,
        original: Any,
        op: Any,
        attributes: Any,
        count: Any,
        inputs: Any,
        outputs: Any,
        gradients: Any,
        *more: Any,
    ) -> Any:
        """TensorFlow calls the gradient function of an op that a tape has recorded."""

        def run() -> Any:
            return original(op, attributes, count, inputs, outputs, gradients, *more)

        op_type = op.decode() if isinstance(op, bytes) else op

        def find(walk: Walk) -> Record | None:
            record = walk.find(op_label(op_type), inputs, outputs, gradients)
            if record is not None:
                self._written.kept(record, inputs, outputs)
            return record

        return self._through(find, gradients or (), run)

    def _through(
        self, find: Callable[[Walk], Record | None], gradients: Sequence[Any], run: Callable[[], Any]
    ) -> Any:
        if not self._walks or self._closed or not _are_eager(gradients):
            return run()
        walk, before, self._kernels = self._walks[-1], self._kernels, []
        record = None
        with self._trace.writing():
            record = find(walk)
            self._trace.ended()
        try:
            result = run()
        finally:
            kernels, self._kernels = self._kernels, before
        if record is not None:
            leaving = list(result) if isinstance(result, list | tuple) else [result]
            with self._trace.writing():
                walk.came(record, leaving)
                self._back(walk, record, gradients, leaving, kernels)
        return result

    def _back(
        self, walk: Walk, record: Record, arriving: Sequence[Any], leaving: Sequence[Any], kernels: list[str]
    ) -> None:
        note = _("Its gradient function ran {counted}.", counted=_counted(kernels)) if kernels else ""
        if record.op == "StopGradient":
            note = _("stop_gradient: nothing leaves here.")
        freed = (record.node,) if not is_persistent(walk.of) else ()
        self._written.backward(record, self._values(arriving), self._values(leaving), freed, note)

    def _values(self, gradients: Sequence[Any]) -> tuple[Value | None, ...]:
        return tuple(None if g is None else self._written.gradient_value(g) for g in gradients)

    def gradient(self, original: Any, of: Any, target: Any, sources: Any, *more: Any, **kw: Any) -> Any:
        """`tape.gradient(target, sources)`: the tape is walked from its end to its beginning."""
        tape = self._tapes.get(of)
        if tape is None or self._stands_aside():
            return original(of, target, sources, *more, **kw)
        trace, place, walk = self._trace, None, Walk(tape, of, [])
        with trace.writing():
            targets = [getattr(t, "handle", t) for t in _tensors(target)]
            walk = Walk(tape, of, [tensor_number(t) for t in targets])
            place = self._written.began_backward(targets, sys._getframe(1), _about(tape, is_persistent(of)))
        self._walks.append(walk)
        before, trace.phase = trace.phase, "backward"
        try:
            result = original(of, target, sources, *more, **kw)
        finally:
            trace.phase = before
            self._walks.pop()
        with trace.writing():
            if place is not None:
                self._arrived(tape, _tensors(sources), _tensors(result), place)
            if not is_persistent(of):
                self._written.add_freed([record.node for record in walk.left if not record.is_leaf])
                tape.clear()
        return result

    def _arrived(self, tape: Tape, sources: list[Any], gradients: list[Any], place: Place) -> None:
        """The gradients that were asked for."""
        trace, missing, values = self._trace, [], []
        for source, gradient in zip(sources, gradients, strict=False):
            tensor = getattr(source, "handle", source)
            record = tape.maker.get(tensor_number(tensor))
            if gradient is None or record is None:
                missing.append(trace.word(tensor))
                continue
            value = self._written.gradient_value(gradient)
            values.append(value)
            self._written.asked_gradient(record.node, value, place)
            self._written.made_by(gradient, record.node)
        trace.words.bind(place, values)
        if missing:
            why = _("nothing that the tape recorded leads from there to the target")
            self._written.add_note(
                _("The gradient for {missing} is None: {why}.", missing=", ".join(missing), why=why)
            )

    # --- what the program does with a tape ------------------------------------------------------------------

    def init(self, original: Any, of: Any, *args: Any, **kwargs: Any) -> None:
        original(of, *args, **kwargs)
        if not self._stands_aside():
            with self._trace.writing():  # of the `with` that follows only the line is known
                self._trace.stack.place("GradientTape", sys._getframe(1))

    def enter(self, original: Any, of: Any) -> Any:
        result = original(of)
        if not self._stands_aside():
            with self._trace.writing():
                self._began(of, sys._getframe(1))
        return result

    def _began(self, of: Any, frame: FrameType) -> None:
        words = _("records again")
        if of not in self._tapes:
            self._count += 1
            self._tapes[of] = Tape(f"tape {self._count}")
            words = _("begins to record")
        watched = "" if watches_variables(of) else _(", and watches only what `watch` names")
        kind = _(" It is persistent: it can be asked again and again.") if is_persistent(of) else ""
        note = f"{_capital(self._tapes[of].name)} {words}{watched}.{kind}"
        self._written.moment("GradientTape", frame, note)

    def exit(self, original: Any, of: Any, *error: Any) -> Any:
        result = original(of, *error)
        tape = self._tapes.get(of)
        if tape is not None and not self._stands_aside():
            with self._trace.writing():
                held = _counted([record.op for record in tape.records if not record.is_leaf]) or "nothing"
                watched = len([record for record in tape.records if record.is_leaf])
                note = _(
                    "{capital} stops. It holds {held}; it watches {watched} from outside.",
                    capital=_capital(tape.name),
                    held=held,
                    watched=watched,
                )
                self._written.moment("GradientTape ends", sys._getframe(1), note)
        return result

    def watch(self, original: Any, of: Any, tensor: Any) -> Any:
        result = original(of, tensor)
        tape = self._tapes.get(of)
        if tape is not None and not self._stands_aside():
            with self._trace.writing():
                for each in import_tensorflow().nest.flatten(tensor, expand_composites=True):
                    watched = getattr(each, "handle", each)
                    note = _("{capital} watches it from here on.", capital=_capital(tape.name))
                    self._written.on_watch(watched, sys._getframe(1), note)
                    self._leaf(tape, watched)
        return result

    def reset(self, original: Any, of: Any) -> Any:
        result = original(of)
        tape = self._tapes.get(of)
        if tape is not None and not self._stands_aside():
            tape.clear()
            self._moment(
                "reset",
                sys._getframe(1),
                _("{capital} forgets all that it held.", capital=_capital(tape.name)),
            )
        return result

    @contextmanager
    def stop_recording(self, original: Any, of: Any) -> Iterator[None]:
        tape = self._tapes.get(of)
        with original(of):
            if tape is not None:
                self._moment(
                    "stop_recording", sys._getframe(1), _("{capital} pauses.", capital=_capital(tape.name))
                )
            yield
        if tape is not None:
            self._moment(
                "stop_recording ends",
                sys._getframe(1),
                _("{capital} records again.", capital=_capital(tape.name)),
            )

    def _moment(self, op: str, frame: FrameType, note: str) -> None:
        """A step that is about a tape and no tensor."""
        if not self._stands_aside():
            with self._trace.writing():
                self._written.moment(op, frame, note)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _own(walk: Walk, records: list[Record]) -> Record | None:
    return next((record for record in records if walk.take(record)), None)


def _tensors(thing: Any) -> list[Any]:
    """The tensors and variables in a structure; a `None` in it stays."""
    return import_tensorflow().nest.flatten(thing)


def _are_eager(gradients: Sequence[Any]) -> bool:
    values = [getattr(g, "values", g) if hasattr(g, "indices") else g for g in gradients if g is not None]
    return all(is_eager(value) for value in values)


def _counted(ops: Sequence[str]) -> str:
    """`MatMul, Mul (2)`."""
    counts = Counter(ops)
    words = [op if count == 1 else f"{op} ({count})" for op, count in counts.items()]
    more = [_("and {count} kinds more", count=len(words) - _LISTED)] if len(words) > _LISTED else []
    return ", ".join([*words[:_LISTED], *more])


def _about(tape: Tape, persistent: bool) -> str:
    count = len([record for record in tape.records if not record.is_leaf])
    kept = _("keeps them: it is persistent") if persistent else _("lets go of them on the way")
    return _(
        "{capital} is walked backwards. It holds {count} operations and {kept}.",
        capital=_capital(tape.name),
        count=count,
        kept=kept,
    )
