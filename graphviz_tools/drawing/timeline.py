"""What each box and each arrow of an outline says as the steps go by.

Everything that changes in a picture is worked out here, once, as lists of moments in step order; a picture of
step k shows, for each box, its last moment at or before k.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from graphviz_tools.drawing.outline import Box, Outline
from graphviz_tools.drawing.text import brief_text, shorten, type_text, value_text
from graphviz_tools.recording import Edge, Node, Recording, Step, Value

Status = Literal["ghost", "handle", "done", "failed"]
LEAVES = ("input", "parameter", "variable", "constant")
WIDEST = 30  # characters of a line under a box's title
HELD = 20  # and of one in a box that lies inside another


@dataclass(frozen=True, slots=True)
class Moment:
    """What a box shows from `step` on. A "ghost" is not there yet, a "handle" has no number yet, "failed" raised an
    error; `freed` says that what autograd saved for it is gone."""

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


def moments(recording: Recording, outline: Outline, home: Sequence[str]) -> dict[str, tuple[Moment, ...]]:
    """For every box, in step order, the moments at which its look changes; the first is at step -1.

    `home[n]` is the key of the box that stands for node `n` of `recording`.
    """
    told = {box.key: [Moment(-1, "ghost", _before(box))] for box in outline.boxes}
    closed = {box.key for box in outline.boxes if box.scope is not None}
    short = {box.key for box in outline.boxes if box.holder}
    written: dict[int, tuple[Value, ...]] = {}
    shown: dict[str, int] = {}  # by box, the node whose value it shows
    slots: dict[int, int] = {}  # by node, the result whose gradient its box shows
    arriving: defaultdict[int, list[Arrival]] = defaultdict(list)
    for arrival in arrivals(recording):
        arriving[arrival.step].append(arrival)
    for step in recording.steps:
        here = None if step.node is None else home[step.node]
        for node in step.nodes:
            if recording.nodes[node].owner is None:
                _tell(told[home[node]], step, status="handle" if step.phase == "trace" else "done")
        for node, value in _carried(recording, step, written):
            if home[node] not in closed:
                shown[home[node]] = node
                _tell(told[home[node]], step, **_made(value, step, False, home[node] in short))
        if step.node is not None and here is not None:
            if step.phase == "backward":
                node, found = recording.seen(step.node), recording.output_gradient(step)
                if found and shown.get(here, node) == node and found[0] <= slots.setdefault(node, found[0]):
                    slots[node] = found[0]
                    _tell(told[here], step, gradient=_gradient_text(*found, here in short))
            else:
                shown[here] = step.node
                look = _node(recording.nodes[step.node], step, here in closed, here in short)
                _tell(told[here], step, **look)
            written[step.node] = step.writes or written.get(step.node, ())
        for node in step.freed:
            _tell(told[home[node]], step, freed=True)
        for arrival in arriving.get(step.index, ()):
            node = recording.nodes[arrival.node]
            if home[arrival.node] != here and _is_for(node, shown.get(home[arrival.node])):
                _tell(
                    told[home[arrival.node]],
                    step,
                    gradient=_arrival_text(arrival, home[arrival.node] in short),
                )
    return {box.key: _unrepeated(box, told[box.key]) for box in outline.boxes}


def _unrepeated(box: Box, past: Sequence[Moment]) -> tuple[Moment, ...]:
    """A constant's title is its number: inside another box that is said once."""
    if not box.holder:
        return tuple(past)
    return tuple(replace(m, subtitle="") if m.subtitle == box.title else m for m in past)


def flows(recording: Recording, outline: Outline, home: Sequence[str]) -> tuple[Flow, ...]:
    """Every gradient that runs back over a link, in step order."""
    over: dict[tuple[str, str], int] = {}
    for number, link in enumerate(outline.links):
        if link.kind == "autograd":
            over[link.source, link.target] = number
        elif link.gradients:
            over[link.target, link.source] = number
    leaving: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for edge in recording.edges:
        link = over.get((home[edge.source], home[edge.target]))
        if edge.kind == "autograd" and link is not None:
            leaving[edge.source].append((edge.source_slot, link))
    found = []
    for step in recording.steps:
        if step.phase != "backward" or step.node is None:
            continue
        for slot, link in leaving.get(step.node, ()):
            gradient = _gradient(step, slot)
            if gradient is not None:
                found.append(Flow(step.index, link, shorten(value_text(gradient), WIDEST)))
    return tuple(found)


def _tell(
    past: list[Moment],
    step: Step,
    status: Status | None = None,
    subtitle: str | None = None,
    gradient: str | None = None,
    freed: bool | None = None,
) -> None:
    """Add the moment at which something becomes different, if it does."""
    last = past[-1]
    now = (
        last.status if status is None else status,
        last.subtitle if subtitle is None else subtitle,
        last.gradient if gradient is None else gradient,
        last.freed if freed is None else freed,
    )
    if now == (last.status, last.subtitle, last.gradient, last.freed):
        return
    if last.step == step.index:
        past.pop()
    past.append(Moment(step.index, *now))


def _before(box: Box) -> str:
    return shorten(box.op if box.op and box.op != box.title else box.kind, WIDEST)


def _node(node: Node, step: Step, closed: bool, short: bool) -> dict[str, Any]:
    if step.error:
        return {
            "status": "failed",
            "subtitle": shorten(step.error.partition(":")[0], HELD if short else WIDEST),
        }
    status = "handle" if step.phase == "trace" else "done"
    if step.control is not None and node.kind == "branch" and not closed:
        return {"status": status, "subtitle": shorten(_decision(step), WIDEST)}
    value = next(iter(step.writes or step.reads), None)
    return {"status": status} if value is None else _made(value, step, closed, short)


def _made(value: Value, step: Step, closed: bool, short: bool) -> dict[str, Any]:
    """What a box says once it has `value`; a closed scope says only of what type."""
    status = "handle" if step.phase == "trace" or value.is_handle else "done"
    said = type_text(value) if closed and not value.is_handle else _words(value, short)
    return {"status": status, "subtitle": shorten(said, HELD if short else WIDEST)}


def _words(value: Value, short: bool) -> str:
    return brief_text(value) if short else value_text(value)


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
        elif target.kind == "output":
            made = step.writes if edge.source == step.node else written.get(edge.source, ())
            if edge.source_slot < len(made):
                yield edge.target, made[edge.source_slot]


def _decision(step: Step) -> str:
    control = step.control
    assert control is not None
    turn = f", turn {control.iteration}" if control.iteration is not None and control.taken != "False" else ""
    return ": ".join(part for part in (control.decided, control.taken) if part) + turn


def _is_for(node: Node, shown: int | None) -> bool:
    """Whether a gradient at autograd node `node` is that of the value that its box shows."""
    return node.owner is None or (node.first_output is not None and node.owner == shown)


def _gradient_text(slot: int, gradient: Value, short: bool) -> str:
    """The gradient of the op's result number `slot`; it says which, unless it is the first, whose value is shown."""
    which = f"grad of result {slot + 1}" if slot else "grad"
    return shorten(f"{which} {_words(gradient, short)}", HELD if short else WIDEST)


def _gradient(step: Step, slot: int) -> Value | None:
    return step.grads_out[slot] if slot < len(step.grads_out) else None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Gradients meeting at slot `slot` of autograd node `node`: `came` are those there after `step`, of `expected`
    in all. `summed` is the step that adds them up and runs the node, if it ran."""

    node: int
    slot: int
    step: int
    came: tuple[Value, ...]
    expected: int
    summed: int | None


def arrivals(recording: Recording) -> tuple[Arrival, ...]:
    """Every arrival of a gradient at an autograd node, by node and then in step order."""
    leaving: defaultdict[int, list[Edge]] = defaultdict(list)
    for edge in recording.edges:
        if edge.kind == "autograd":
            leaving[edge.source].append(edge)
    waiting: defaultdict[int, defaultdict[int, list[tuple[int, Value]]]]
    waiting = defaultdict(lambda: defaultdict(list))
    found: list[Arrival] = []

    def settle(node: int, summed: int | None) -> None:
        for slot, came in waiting.pop(node, {}).items():
            values = tuple(value for _, value in came)
            for place, (step, _) in enumerate(came, 1):
                found.append(Arrival(node, slot, step, values[:place], len(came), summed))

    for step in recording.steps:
        if step.phase != "backward" or step.node is None:
            continue
        settle(step.node, step.index)
        for edge in leaving[step.node]:
            gradient = _gradient(step, edge.source_slot)
            if gradient is not None:
                waiting[edge.target][edge.target_slot].append((step.index, gradient))
    for node in list(waiting):
        settle(node, None)
    return tuple(found)


def _arrival_text(arrival: Arrival, short: bool) -> str:
    """What has arrived so far, of the sum being made."""
    came = [_words(value, short) for value in arrival.came]
    if arrival.expected == 1:
        return shorten(f"{came[0]} arrives", HELD if short else WIDEST)
    if len(came) < arrival.expected:
        return shorten(f"{came[-1]} waits: {len(came)} of {arrival.expected}", WIDEST)
    whole = " + ".join(came)
    return whole if len(whole) <= WIDEST else shorten(f"+ {came[-1]}: {len(came)} of {len(came)}", WIDEST)
