"""The gradient tapes of an eager program: what each watches and records, and its backward pass.

TensorFlow keeps its tapes in C++. They follow one rule, which is applied here in parallel: a tape records an op
when it watches one of the op's inputs, and from then on it watches the op's outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphviz_tools.sources.tensorflow.private_names import tensor_number


@dataclass(eq=False, slots=True)
class Record:
    """One operation on a tape. `node` is its autograd node and `ran` the node of the op; `inputs` and `outputs` are
    numbers of tensors. A leaf, which the tape watches and did not see being made, has no inputs."""

    tape: Tape
    node: int
    ran: int
    op: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def is_leaf(self) -> bool:
        return self.op == "watch"


@dataclass(eq=False, slots=True)
class Tape:
    """What a `GradientTape` of the program holds. The tape itself is not kept alive."""

    name: str
    records: list[Record] = field(default_factory=list)
    maker: dict[int, Record] = field(default_factory=dict)  # by the number of the tensor that it watches

    def watches(self, tensors: Sequence[Any]) -> bool:
        """Whether an op with these inputs is recorded."""
        return any(tensor_number(t) in self.maker and is_differentiable(t.dtype) for t in tensors)

    def add(self, node: int, ran: int, op: str, inputs: Sequence[int], outputs: Sequence[int]) -> Record:
        record = Record(self, node, ran, op, tuple(inputs), tuple(outputs))
        self.records.append(record)
        for number in outputs:
            self.maker[number] = record
        return record

    def clear(self) -> None:
        self.records.clear()
        self.maker.clear()


class Walk:
    """One backward pass over a tape from `targets` (numbers of tensors): finds the record to which each call of a
    gradient function belongs. TensorFlow does not say; the tensors that the function is given tell."""

    def __init__(self, tape: Tape, of: Any, targets: Sequence[int]) -> None:
        self.tape, self.of = tape, of
        self.left = list(tape.records)
        self._came: dict[int, list[int]] = {number: [] for number in targets}  # gradients, by tensor
        self._sums: dict[int, list[int]] = {}  # the gradients that an AddN has added up

    def find(self, op: str, inputs: Any, outputs: Any, gradients: Any) -> Record | None:
        """The latest record of this op with these inputs and outputs (None: not kept by the tape) whose outputs have
        received these gradients."""
        alike = [
            record
            for record in reversed(self.left)
            if record.op == op and _fits(record.inputs, inputs) and _fits(record.outputs, outputs)
        ]
        fitting = [record for record in alike if self._has_come(record, gradients)]
        found = next(iter(fitting or alike), None)
        if found is not None:
            self.left.remove(found)
        return found

    def take(self, record: Record) -> bool:
        """Count a record as done; False when it belongs to another tape."""
        if record in self.left:
            self.left.remove(record)
        return record.tape is self.tape

    def came(self, record: Record, gradients: Sequence[Any]) -> None:
        """A record's gradient function has returned these, one an input."""
        for number, gradient in zip(record.inputs, gradients, strict=False):
            if gradient is not None:
                self._came.setdefault(number, []).append(gradient_number(gradient))

    def added(self, inputs: Sequence[Any], output: Any) -> None:
        """Gradients of one tensor, which flows to several ops, were added up."""
        self._sums[tensor_number(output)] = sorted(map(tensor_number, inputs))

    def _has_come(self, record: Record, gradients: Any) -> bool:
        for number, gradient in zip(record.outputs, gradients or (), strict=False):
            came = self._came.get(number)
            if gradient is None or came is None:
                continue
            here = gradient_number(gradient)
            if came and came != [here] and self._sums.get(here) != sorted(came):
                return False
        return any(number in self._came for number in record.outputs)


def gradient_number(gradient: Any) -> int:
    """The number of a gradient; of `IndexedSlices`, that of its values."""
    return tensor_number(gradient if not hasattr(gradient, "indices") else gradient.values)


def _fits(numbers: Sequence[int], kept: Any) -> bool:
    tensors = [] if kept is None else list(kept)
    return all(
        tensor is None or not hasattr(tensor, "dtype") or tensor_number(tensor) == number
        for number, tensor in zip(numbers, tensors, strict=False)
    )


def is_differentiable(dtype: Any) -> bool:
    """Whether a tape follows tensors of this dtype; a variable is reached through its `resource` handle."""
    return dtype.is_floating or dtype.is_complex or dtype.name in ("resource", "variant")
