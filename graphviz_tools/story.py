"""What each box and each arrow of an outline says as the steps go by.

Everything that changes in a picture is worked out here, once, as lists of moments in step order; a picture of
step k shows, for each box, its last moment at or before k.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from graphviz_tools.outline import Box, Outline, first_steps
from graphviz_tools.recording import Node, Recording, Step, Value
from graphviz_tools.wording import shorten, type_text, value_text

Status = Literal["ghost", "handle", "done"]
LEAVES = ("input", "parameter", "variable", "constant")
WIDEST = 30  # characters of a line under a box's title


@dataclass(frozen=True, slots=True)
class Moment:
    """What a box shows from `step` on. A "ghost" is not there yet, a "handle" has no number yet; `freed` says
    that what autograd saved for it is gone."""

    step: int
    status: Status
    subtitle: str
    gradient: str = ""
    freed: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """A gradient that ran back over link number `link` during `step`."""

    step: int
    link: int
    text: str


def moments(recording: Recording, outline: Outline) -> dict[str, tuple[Moment, ...]]:
    """For every box, in step order, the moments at which its look changes; the first is at step -1."""
    home = outline.box_of()
    added = first_steps(recording)
    told = {box.key: [Moment(-1, "ghost", _before(recording, box))] for box in outline.boxes}
    by_step: defaultdict[int, list[str]] = defaultdict(list)
    for box in outline.boxes:
        by_step[min((added.get(m, 0) for m in box.members), default=0)].append(box.key)
    written: dict[int, tuple[Value, ...]] = {}
    arriving: defaultdict[int, list[Arrival]] = defaultdict(list)
    for arrival in arrivals(recording):
        arriving[arrival.step].append(arrival)
    for step in recording.steps:
        for key in by_step[step.index]:
            _tell(told[key], step, status="handle" if step.phase == "trace" else "done")
        for node, value in _carried(recording, step, written):
            _tell(told[home[node]], step, **_made(recording.nodes[node], step, value))
        if step.node is not None:
            _tell(told[home[step.node]], step, **_node(recording.nodes[step.node], step))
            written[step.node] = step.writes or written.get(step.node, ())
        for node in step.freed:
            _tell(told[home[node]], step, freed=True)
        for arrival in arriving.get(step.index, ()):
            if step.node is None or home[arrival.node] != home[step.node]:
                _tell(told[home[arrival.node]], step, gradient=_arrival_text(arrival))
    return {key: tuple(past) for key, past in told.items()}


def flows(recording: Recording, outline: Outline) -> tuple[Flow, ...]:
    """Every gradient that runs back over a link, in step order."""
    over = {edge: number for number, link in enumerate(outline.links) for edge in link.gradients}
    leaving: defaultdict[int, list[int]] = defaultdict(list)
    for number, edge in enumerate(recording.edges):
        if edge.kind == "autograd" and number in over:
            leaving[edge.source].append(number)
    found = []
    for step in recording.steps:
        if step.phase != "backward" or step.node is None:
            continue
        for number in leaving[step.node]:
            gradient = _gradient(step, recording.edges[number].source_slot)
            if gradient is not None:
                found.append(Flow(step.index, over[number], shorten(value_text(gradient), WIDEST)))
    return tuple(found)


def _tell(past: list[Moment], step: Step, **changes: object) -> None:
    new = replace(past[-1], step=step.index, **changes)
    if past[-1].step == step.index:
        past[-1] = new
    elif new != replace(past[-1], step=step.index):
        past.append(new)


def _before(recording: Recording, box: Box) -> str:
    node = recording.nodes[box.members[0]]
    named = node.op if node.op != box.title else node.kind
    return shorten(named or node.kind, WIDEST)


def _node(node: Node, step: Step) -> dict[str, object]:
    if step.phase == "backward":
        return _backward(step)
    status = "handle" if step.phase == "trace" else "done"
    if step.control is not None and node.kind == "branch":
        return {"status": status, "subtitle": shorten(_decision(step), WIDEST)}
    value = next(iter(step.writes or step.reads), None)
    return {"status": status} if value is None else _made(node, step, value)


def _made(node: Node, step: Step, value: Value) -> dict[str, object]:
    """What a box says once it has `value`."""
    status = "handle" if step.phase == "trace" or value.is_handle else "done"
    said = type_text(value) if node.kind == "scope" and not value.is_handle else value_text(value)
    return {"status": status, "subtitle": shorten(said, WIDEST)}


def _carried(
    recording: Recording, step: Step, written: Mapping[int, tuple[Value, ...]]
) -> Iterator[tuple[int, Value]]:
    """Nodes with no step of their own, whose values show on the edges that `step` adds: what it reads from an
    input or a parameter, and what an output was given."""
    for number in step.edges:
        edge = recording.edges[number]
        source, target = recording.nodes[edge.source], recording.nodes[edge.target]
        if edge.kind != "data":
            continue
        if source.kind in LEAVES and edge.target == step.node and edge.target_slot < len(step.reads):
            yield edge.source, step.reads[edge.target_slot]
        elif target.kind == "output" and edge.source_slot < len(written.get(edge.source, ())):
            yield edge.target, written[edge.source][edge.source_slot]


def _decision(step: Step) -> str:
    control = step.control
    assert control is not None
    turn = f", turn {control.iteration}" if control.iteration is not None and control.taken != "False" else ""
    return ": ".join(part for part in (control.decided, control.taken) if part) + turn


def _backward(step: Step) -> dict[str, object]:
    gradient = next((g for g in (*step.writes, *step.grads_in) if g is not None), None)
    return {"gradient": shorten(f"grad {value_text(gradient)}", WIDEST) if gradient else ""}


def _gradient(step: Step, slot: int) -> Value | None:
    return step.grads_out[slot] if slot < len(step.grads_out) else None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Gradients meeting at autograd node `node`: `came` are those there after `step`, of `expected` in all.
    `summed` is the step that adds them up and runs the node, if it ran."""

    node: int
    step: int
    came: tuple[Value, ...]
    expected: int
    summed: int | None


def arrivals(recording: Recording) -> tuple[Arrival, ...]:
    """Every arrival of a gradient at an autograd node, by node and then in step order."""
    leaving: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for edge in recording.edges:
        if edge.kind == "autograd":
            leaving[edge.source].append((edge.source_slot, edge.target))
    waiting: defaultdict[int, list[tuple[int, Value]]] = defaultdict(list)
    found: list[Arrival] = []

    def settle(node: int, summed: int | None) -> None:
        came = waiting.pop(node, [])
        values = tuple(value for _, value in came)
        for place, (step, _) in enumerate(came, 1):
            found.append(Arrival(node, step, values[:place], len(came), summed))

    for step in recording.steps:
        if step.phase != "backward" or step.node is None:
            continue
        settle(step.node, step.index)
        for slot, target in leaving[step.node]:
            gradient = _gradient(step, slot)
            if gradient is not None:
                waiting[target].append((step.index, gradient))
    for node in list(waiting):
        settle(node, None)
    return tuple(found)


def _arrival_text(arrival: Arrival) -> str:
    """What has arrived so far, of the sum being made."""
    came = [value_text(value) for value in arrival.came]
    if arrival.expected == 1:
        return shorten(f"{came[0]} arrives", WIDEST)
    if len(came) < arrival.expected:
        return shorten(f"{came[-1]} waits: {len(came)} of {arrival.expected}", WIDEST)
    whole = " + ".join(came)
    return whole if len(whole) <= WIDEST else shorten(f"+ {came[-1]}: {len(came)} of {len(came)}", WIDEST)
