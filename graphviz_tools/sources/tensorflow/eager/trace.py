"""An eager TensorFlow program as it becomes a Recording: each op a node and a step, each tape record an autograd
node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from graphviz_tools.language import _
from graphviz_tools.own_bugs import is_mistake
from graphviz_tools.recording import Control, Edge, NodeKind, Omission, Phase, SourceLine, Step, Value
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import Maker, StaticGraph
from graphviz_tools.sources.tensorflow.eager.line_names import (
    constant_label,
    name_on_line,
    only_number,
    op_label,
    op_note,
    variable_label,
)
from graphviz_tools.sources.tensorflow.eager.line_words import LineWords
from graphviz_tools.sources.tensorflow.eager.stack import Place, ProgramStack
from graphviz_tools.sources.tensorflow.eager.tensor_memory import TensorMemory
from graphviz_tools.sources.tensorflow.eager.values import held_by, tensor_value, variable_value
from graphviz_tools.sources.tensorflow.eager.variables import Variables
from graphviz_tools.sources.tensorflow.error_meanings import explanation
from graphviz_tools.sources.tensorflow.errors import error_line
from graphviz_tools.sources.tensorflow.operands import operand_words, operands
from graphviz_tools.sources.tensorflow.private_names import is_eager, tensor_number

_FAILED = "not understood"


class _Answer(NamedTuple):
    """The number or array that a tensor gave, kept so that its id is not reused. `source` (node, slot) and `value` are
    the tensor's."""

    answer: Any
    source: Maker
    value: Value


@dataclass
class EagerTrace:
    """Everything known while the program runs. `phase` is that of ops outside an optimizer."""

    numbers: bool
    budget: Budget
    graph: StaticGraph = field(default_factory=StaticGraph)
    phase: Phase = "forward"
    names: dict[int, str] = field(default_factory=dict)  # of arguments, by number
    arrays: list[tuple[str, np.ndarray]] = field(default_factory=list)  # arguments, by name
    own_bug: Exception | None = None  # the first that was met
    busy: bool = False  # what runs now is the recorder's own
    variables: Variables = field(default_factory=Variables)
    memory: TensorMemory = field(default_factory=TensorMemory)
    _values: dict[int, Value] = field(default_factory=dict)
    _answers: dict[int, _Answer] = field(default_factory=dict)  # by id
    _inputs: dict[str, Maker] = field(
        default_factory=dict
    )  # by name; an array is made a tensor several times
    _failures: dict[str, int] = field(default_factory=dict)
    step_of: dict[int, int] = field(default_factory=dict)  # by node

    def __post_init__(self) -> None:
        self.stack = ProgramStack(self.graph.scope)
        self.words = LineWords(self.graph)

    def begins(self, frame: FrameType | None = None) -> bool:
        """A step is about to be written, at `frame`; False when the budget is spent."""
        if not self.budget.spend():
            return False
        self.ended(frame)
        return True

    def ended(self, frame: FrameType | None = None) -> None:
        """What the program has released by now, at `frame`, died after the last step."""
        if frame is not None:
            self.words.leave_ended(self.stack.leave_ended(frame))
        self.memory.begins(len(self.graph.steps))

    def steps(self) -> list[Step]:
        """The steps, with the names of their values and the memory after each."""
        self.memory.begins(len(self.graph.steps))
        return self.memory.steps(self.words.named_steps())

    # --- ops ------------------------------------------------------------------------------------------------

    def op(
        self, op: str, inputs: Sequence[Any], outputs: Sequence[Any], frame: FrameType | None
    ) -> int | None:
        """A step for an op that has run; its node, or None when the budget is spent."""
        if not self.begins(frame):
            return None
        place = self.stack.place(op, frame)
        self.words.begin(place)
        handles = [tensor for tensor in inputs if tensor.dtype.name == "resource"]
        if handles:
            self.variables.look_for(handles, frame)
        phase: Phase = "optimize" if place.updates and self.phase == "forward" else self.phase
        sources = [self.source(tensor, place) for tensor in inputs]
        reads = [self.value(tensor) for tensor in inputs]
        label, shown = op_label(op), ""
        if op == "ReadVariableOp":
            shown = f"read {self.graph.nodes[sources[0].node].label}"
        if op == "VarHandleOp":
            node = self.graph.node("variable", op, label="variable", scope=place.path, line=self.line(place))
        else:
            node = self.graph.node(
                "op", op, label=shown or label, name=label, scope=place.path, line=self.line(place)
            )
        for slot, (source, source_slot) in enumerate(sources):
            self.graph.edge(Edge(source, node, source_slot, slot))
        for slot, tensor in enumerate(outputs):
            self.graph.makers[tensor_number(tensor)] = Maker(node, slot)
        writes = [self.value(tensor) for tensor in outputs]
        if not outputs:
            writes = self._assigned(inputs)
        self.words.computed(writes, node)
        self.step_of[node] = len(self.graph.steps)
        self.graph.step(
            phase,
            node,
            op=label,
            line=self.line(place),
            reads=reads,
            writes=writes,
            scope=place.path,
            note=op_note(op),
        )
        return node

    def question(self, op: str, tensor: Any, answer: Any, frame: FrameType | None) -> int | None:
        """Python asked a tensor for its value: in an `if` or a `while`, or for a number. Returns the node, or None when
        the budget is spent."""
        if not self.begins(frame):
            return None
        place = self.stack.place(op, frame)
        self.words.begin(place)
        source, slot = self.source(tensor, place)
        asked = place.site.test if place.site is not None else ""
        decides = op == "__bool__"
        label = f"{asked} {place.site.label}".strip() if place.site is not None else op
        kind: NodeKind = "branch" if decides else "op"
        node = self.graph.node(kind, op, label=label, name=op, scope=place.path, line=self.line(place))
        self.graph.edge(Edge(source, node, slot, 0))
        value = self.value(tensor)
        control = Control(
            ("loop" if asked == "while" else "branch") if decides else "item",
            self.words.compared(source) or only_number(value),
            str(answer) if decides else "",
            place.turn,
        )
        self.graph.step(
            self.phase, node, op=op, line=self.line(place), reads=[value], control=control, scope=place.path
        )
        return node

    def answered(self, answer: Any, tensor: Any, node: int | None) -> None:
        """A tensor gave its value, at question `node` or to a library: the program may return that number."""
        source = Maker(node, 0) if node is not None else self.graph.makers.get(tensor_number(tensor))
        if source is not None and isinstance(
            answer, float | np.ndarray
        ):  # Python has one object for a small int
            self._answers[id(answer)] = _Answer(answer, source, self.value(tensor))

    def is_answer(self, thing: Any) -> bool:
        """Whether `thing` is the number or array that a tensor gave."""
        return id(thing) in self._answers

    def created(self, tensor: Any, frame: FrameType | None) -> None:
        """The user's line called `tf.constant`."""
        if not self.begins(frame):
            return
        place = self.stack.place("constant", frame)
        self.words.begin(place)
        value, site = self.value(tensor), place.site
        named = site.targets[0] if site is not None and site.targets else ""
        node = self.graph.node(
            "constant",
            "constant",
            label=named or constant_label(value),
            scope=place.path,
            line=self.line(place),
            makes=[tensor_number(tensor)],
        )
        self.words.computed([value])
        self.graph.step(
            self.phase, node, op="constant", line=self.line(place), writes=[value], scope=place.path
        )

    def claim(self) -> None:
        """Nodes and edges that are new since the last step are that step's."""
        self.graph.claim()

    def word(self, tensor: Any) -> str:
        """The name of a tensor in the picture."""
        return self.graph.nodes[self.source(tensor).node].label

    # --- tensors --------------------------------------------------------------------------------------------

    def source(self, tensor: Any, place: Place | None = None) -> Maker:
        """The node and output slot that made a tensor; a tensor of unknown origin gets a node."""
        number = tensor_number(tensor)
        found = self.graph.makers.get(number)
        if found is None:
            kind, label = self._origin(tensor, number, place)
            found = self._inputs.get(label) if kind == "input" else None
            if found is None:
                found = Maker(self.graph.node(kind, kind, label=label, name=label), 0)
            if kind == "input":
                self._inputs[label] = found
            self.graph.makers[number] = found
        return found

    def _origin(self, tensor: Any, number: int, place: Place | None) -> tuple[NodeKind, str]:
        if tensor.dtype.name == "resource":
            known = self.variables.find(tensor)
            if known is None:
                return "variable", "variable"
            self._existed(tensor)
            return ("parameter" if known.variable.trainable else "variable"), variable_label(known, place)
        if number in self.names:
            self.words.name(self.value(tensor), self.names[number])
            return "input", self.names[number]
        name = self._array_name(tensor)
        if name:
            self.words.name(self.value(tensor), name)
            return "input", name
        return "constant", name_on_line(tensor, place) or constant_label(self.value(tensor))

    def _array_name(self, tensor: Any) -> str:
        """The name of the argument, an array, from which `tensor` was made."""
        shape = tuple(tensor.shape.as_list())
        alike = [(name, array) for name, array in self.arrays if array.shape == shape and array.size > 1]
        if not alike:
            return ""
        held = tensor.numpy()
        return next((name for name, array in alike if np.array_equal(array.astype(held.dtype), held)), "")

    def _existed(self, handle: Any) -> None:
        """The program reads a variable that it did not make."""
        storage = self.value(handle).storage
        if storage is not None:
            self.memory.existed(storage, len(self.graph.steps))

    def value(self, tensor: Any) -> Value:
        """What a tensor holds; of a variable's handle, what the variable holds now."""
        number = tensor_number(tensor)
        known = self._values.get(number)
        if known is None:
            known = self._values[number] = self._look(tensor)
        return known

    def seen(self, tensor: Any) -> Value | None:
        """What a tensor held when it was looked at; None when it never was."""
        return self._values.get(tensor_number(tensor))

    def assigned(self, tensor: Any) -> Value:
        """What the variable behind the handle `tensor` holds after an assignment."""
        self._values.pop(tensor_number(tensor), None)
        return self.value(tensor)

    def _assigned(self, inputs: Sequence[Any]) -> list[Value]:
        return [self.assigned(tensor) for tensor in inputs if tensor.dtype.name == "resource"][:1]

    def _look(self, tensor: Any) -> Value:
        if tensor.dtype.name != "resource":
            value, storage = tensor_value(tensor, numbers=self.numbers), self.memory.storage(tensor)
            return value if storage is None else replace(value, storage=storage)
        with self.quiet():
            known = self.variables.find(tensor)
            held = held_by(tensor, known)
            storage = None if held is None else self.memory.storage(held, tensor)
            value = variable_value(held, known, numbers=self.numbers)
            return value if storage is None else replace(value, storage=storage)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """A block whose ops are the recorder's own."""
        before, self.busy = self.busy, True
        try:
            yield
        finally:
            self.busy = before

    def output(self, result: Any, name: str = "") -> Value:
        """The program returned this tensor or variable, or the number or array that a tensor gave, under `name`."""
        label = f"output {name}".strip()
        answer = self._answers.get(id(result))
        if answer is not None:
            node = self.graph.node("output", "output", label=label)
            self.graph.edge(Edge(answer.source.node, node, answer.source.slot, 0))
            return answer.value
        tensor = getattr(result, "handle", result)
        if tensor.dtype.name == "resource":
            self.variables.learn(result)
        source, slot = self.source(tensor)
        node = self.graph.node("output", "output", label=label)
        self.graph.edge(Edge(source, node, slot, 0))
        return self.value(tensor)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A block that writes the Recording. Where that fails the program goes on, and `omitted` says so."""
        with self.quiet():
            try:
                yield
            except Exception as problem:
                self.record_internal_error(problem)

    # --- what went wrong ------------------------------------------------------------------------------------

    def failed(self, error: BaseException, said: str) -> None:
        """The program's last step: the error, what it means, and what the op that raised it was given."""
        given = operands(error)
        note = f"{explanation(error)} {operand_words(given, self._described)}".strip()
        reads = [self.value(each.given) for each in given if is_eager(each.given)]
        line, op = error_line(error) or self.graph.line, type(error).__name__
        self.graph.step(self.phase, None, op=op, line=line, error=said, reads=reads, note=note)

    def _described(self, tensor: Any) -> str:
        """`float32 [2, 3], from y = x * 2.0, line 7.`"""
        node = self.graph.nodes[self.source(tensor).node]
        line = _(", line {line}", line=node.line.line) if node.line is not None else ""
        type = f"{tensor.dtype.name} {tensor.shape.as_list()}"
        label = node.line.text if node.line is not None else node.label
        return _("{type}, from {label}{line}.", type=type, label=label, line=line)

    def line(self, place: Place) -> SourceLine | None:
        """The line of a step: the user's, or the one that recorded."""
        return place.site.line if place.site is not None else self.graph.line

    def record_internal_error(self, problem: Exception) -> None:
        """The recorder itself failed on an op: the program goes on. The Recording says what it lacks; a bug of ours is
        raised when the program is over."""
        if self.own_bug is None and is_mistake(problem):
            self.own_bug = problem
        words = f"{_FAILED}: {type(problem).__name__}: {str(problem).partition(chr(10))[0]}"
        self._failures[words] = self._failures.get(words, 0) + 1

    def omissions(self) -> list[Omission]:
        failed = [Omission("steps", count, words) for words, count in self._failures.items()]
        return [*self.budget.omission(), *failed]
