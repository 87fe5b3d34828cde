"""What other nodes' steps say about nodes without steps of their own: leaves and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphviz_tools.drawing.parts import LEAF_KINDS
from graphviz_tools.recording import Recording, Step, Value


class Carried(NamedTuple):
    """`value` of `node`, as it shows on an edge that a step adds."""

    node: int
    value: Value


def carried(recording: Recording) -> dict[int, tuple[Carried, ...]]:
    """By the index of a step: what it reads from an input or a parameter, and what an output was given."""
    written: dict[int, tuple[Value, ...]] = {}
    sources = [node.kind in LEAF_KINDS and node.kind != "output" for node in recording.nodes]
    outputs = [node.kind == "output" for node in recording.nodes]
    found: dict[int, tuple[Carried, ...]] = {}
    for step in recording.steps:
        if there := tuple(_on_edges(recording, step, sources, outputs, written)):
            found[step.index] = there
        if step.node is not None and step.phase != "backward" and step.writes:
            written[step.node] = step.writes
    return found


def _on_edges(
    recording: Recording,
    step: Step,
    sources: list[bool],
    outputs: list[bool],
    written: dict[int, tuple[Value, ...]],
) -> Iterator[Carried]:
    for number in step.edges:
        edge = recording.edges[number]
        if edge.kind != "data":
            continue
        if sources[edge.source] and edge.target == step.node and edge.target_slot < len(step.reads):
            yield Carried(edge.source, step.reads[edge.target_slot])
        elif outputs[edge.target]:
            made = step.writes if edge.source == step.node else written.get(edge.source, ())
            if edge.source_slot < len(made):
                yield Carried(edge.target, made[edge.source_slot])
