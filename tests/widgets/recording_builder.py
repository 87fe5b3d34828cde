"""Builds Recordings by hand, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphviz_tools.recording import (
    Edge,
    Node,
    Recording,
    Scope,
    Source,
    SourceLine,
    Step,
    Summary,
    Value,
)


def vector(name: str, *numbers: float, flags: tuple[str, ...] = ()) -> Value:
    """A float32 vector with its statistics."""
    summary = Summary(min(numbers), max(numbers), sum(numbers) / len(numbers), 0)
    return Value(
        (len(numbers),), "float32", "cpu", name, "", summary, numbers, flags=flags, nbytes=4 * len(numbers)
    )


def scalar(name: str, number: float) -> Value:
    return Value((), "float32", "cpu", name, "", Summary(number, number, number, 0), (number,), nbytes=4)


def matrix(name: str, rows: int, columns: int, scale: float = 1.0) -> Value:
    """A large matrix, kept as a 16 x 16 sample for a heat map."""
    numbers = tuple(scale * ((7 * i + 3 * (i // 16)) % 23 - 11) / 11 for i in range(256))
    summary = Summary(-scale, scale, 0.02 * scale, 0)
    return Value(
        (rows, columns), "float32", "cpu", name, "", summary, numbers, (16, 16), nbytes=4 * rows * columns
    )


def handle(name: str, shape: tuple[int | None, ...] = (3,)) -> Value:
    size = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    return Value(shape, "float32", name=name, text=f'Tensor("{name}:0", shape=({size}), dtype=float32)')


@dataclass
class RecordingBuilder:
    """Builds a Recording step by step, as a source does."""

    framework: str
    title: str
    code: str
    file: str = "lesson.py"
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)

    def line(self, number: int | None) -> SourceLine | None:
        if number is None:
            return None
        return SourceLine(self.file, number, self.code.splitlines()[number - 1], "f")

    def scope(self, *path: str, kind="module", label: str = "") -> None:
        self.scopes.append(Scope(path, kind, label))

    def node(
        self,
        kind,
        op: str,
        label: str = "",
        *,
        line: int | None = None,
        scope=(),
        owner=None,
        first_output=None,
    ) -> int:
        number = len(self.nodes)
        self.nodes.append(
            Node(number, kind, op, label, op, tuple(scope), self.line(line), owner, first_output)
        )
        return number

    def edge(self, source: int, target: int, slot: int = 0, kind="data", source_slot: int = 0) -> int:
        self.edges.append(Edge(source, target, source_slot, slot, kind))
        return len(self.edges) - 1

    def step(self, phase, op: str, node: int | None, line: int | None = None, **rest) -> Step:
        rest.setdefault("scope", self.nodes[node].scope if node is not None else ())
        step = Step(len(self.steps), phase, op, node, self.line(line), **rest)
        self.steps.append(step)
        return step

    def recording(self) -> Recording:
        return Recording(
            self.framework,
            self.title,
            tuple(self.nodes),
            tuple(self.edges),
            tuple(self.steps),
            tuple(self.scopes),
            (Source(self.file, 1, self.code),),
            versions={self.framework: "2"},
        )
