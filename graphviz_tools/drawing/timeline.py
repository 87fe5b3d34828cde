"""What each box and each arrow of an outline says as the steps go by.

Everything that changes in a picture is worked out here, once, as lists of moments in step order; a picture of
step k shows, for each box, its last moment at or before k.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from graphviz_tools.drawing.arrivals import Arrival, gradient_leaving
from graphviz_tools.drawing.boxes import Box
from graphviz_tools.drawing.outline import Outline
from graphviz_tools.drawing.prepared import Prepared
from graphviz_tools.drawing.text import brief_text, shorten, type_text, value_text
from graphviz_tools.language import _
from graphviz_tools.recording import Step, Value

Status = Literal["ghost", "handle", "done", "failed"]
WIDEST = 30  # characters of a line under a box's title
HELD = 20  # and of one in a box inside another


@dataclass(frozen=True, slots=True)
class Moment:
    """What a box shows from `step` on. A "ghost" does not exist yet, a "handle" has no number yet, "failed" raised an
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


def moments(prepared: Prepared, outline: Outline, home: Sequence[str]) -> dict[str, tuple[Moment, ...]]:
    """For every box, in step order, the moments at which its look changes; the first is at step -1.

    `home[n]` is the key of the box that shows node `n` of the Recording.
    """
    return _Telling(prepared, outline, home).moments()


class _Telling:
    """Tells the steps of a Recording to the boxes of one outline."""

    def __init__(self, prepared: Prepared, outline: Outline, home: Sequence[str]) -> None:
        self._prepared, self._recording, self._home = prepared, prepared.recording, home
        self._boxes = {box.key: box for box in outline.boxes}
        self._past = {box.key: [Moment(-1, "ghost", _before(box))] for box in outline.boxes}
        self._short = {box.key for box in outline.boxes if box.holder}
        self._latest: dict[str, int] = {}  # of each box the node that its text is about
        self._slots: dict[int, int] = {}  # by node, the result whose gradient its box shows
        self._arriving: defaultdict[int, list[Arrival]] = defaultdict(list)
        for arrival in prepared.arrivals:
            self._arriving[arrival.step].append(arrival)

    def moments(self) -> dict[str, tuple[Moment, ...]]:
        for step in self._recording.steps:
            self._step(step)
        return {key: _unrepeated(self._boxes[key], past) for key, past in self._past.items()}

    def _step(self, step: Step) -> None:
        home = self._home
        for node in step.nodes:
            if self._recording.nodes[node].owner is None:
                self._tell(home[node], step, status=_status(step))
        for node, value in self._prepared.carried.get(step.index, ()):
            if self._boxes[home[node]].scope is None:
                self._made(home[node], node, step, value)
        if step.node is not None:
            if step.phase == "backward":
                self._backward(step, step.node)
            else:
                self._forward(step, step.node)
        for node in step.freed:
            self._tell(home[node], step, freed=True)
        for arrival in self._arriving.get(step.index, ()):
            there = home[arrival.node]
            if there != home[step.node or 0] and self._is_of_output(arrival.node):
                self._tell(there, step, gradient=_arrival_text(arrival, there in self._short))

    def _forward(self, step: Step, node: int) -> None:
        here = self._home[node]
        parameter = self._prepared.homes.updates.get(node)
        if parameter is not None:
            self._made(self._home[parameter], parameter, step, step.writes[0])
            if self._home[parameter] == here and not step.error:
                return
        if step.error:
            self._tell(here, step, status="failed", subtitle=self._cut(here, step.error.partition(":")[0]))
            return
        scope = self._boxes[here].scope
        closed = scope is not None
        value = next(iter(step.writes or step.reads), None)
        if step.control is not None and self._recording.nodes[node].kind == "branch" and not closed:
            self._tell(here, step, status=_status(step), subtitle=shorten(_decision(step), WIDEST))
        elif value is None or scope in self._prepared.homes.optimizers:
            self._tell(here, step, status=_status(step))
        else:
            self._made(here, node, step, value)

    def _made(self, here: str, node: int, step: Step, value: Value) -> None:
        """Say what a box has made; for a closed part, only the type."""
        self._latest[here] = node
        closed = self._boxes[here].scope is not None
        status = "handle" if value.is_handle else _status(step)
        said = type_text(value) if closed and not value.is_handle else self._words(here, value)
        if "no_grad" in value.flags and not closed and here not in self._short:
            said += ", no_grad"
        self._tell(here, step, status=status, subtitle=self._cut(here, said))

    def _backward(self, step: Step, node: int) -> None:
        """Say the gradient of what the box shows: of its own output, not of a piece inside it."""
        found, here = self._recording.output_gradient(step), self._home[node]
        seen = self._shown(self._recording.seen(node))
        if not found or self._latest.get(here, seen) != seen:
            return
        slot, gradient = found
        if slot > self._slots.setdefault(seen, slot):
            return
        self._slots[seen] = slot
        which = _("grad of result {slot}", slot=slot + 1) if slot else "grad"
        held = here in self._short
        said = _fitting(
            lambda words: _("{which} {words}", which=which, words=words),
            gradient,
            held,
            HELD if held else WIDEST,
        )
        self._tell(here, step, gradient=said)

    def _is_of_output(self, node: int) -> bool:
        """Whether a gradient at an autograd node belongs to the value that its box shows."""
        there = self._recording.nodes[node]
        shown = self._latest.get(self._home[node])
        if there.owner is None:
            return True
        return there.first_output is not None and self._shown(there.owner) == shown

    def _shown(self, node: int) -> int:
        """The node itself; for one that writes a parameter and is drawn in its box, the parameter."""
        parameter = self._prepared.homes.updates.get(node, node)
        return parameter if self._home[parameter] == self._home[node] else node

    def _words(self, here: str, value: Value) -> str:
        return brief_text(value) if here in self._short else value_text(value)

    def _cut(self, here: str, text: str) -> str:
        return shorten(text, HELD if here in self._short else WIDEST)

    def _tell(
        self,
        here: str,
        step: Step,
        status: Status | None = None,
        subtitle: str | None = None,
        gradient: str | None = None,
        freed: bool | None = None,
    ) -> None:
        """Add the moment at which something becomes different, if it does."""
        past = self._past[here]
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


def flows(prepared: Prepared, outline: Outline, home: Sequence[str]) -> tuple[Flow, ...]:
    """Every gradient that runs back over a link, in step order."""
    over: dict[tuple[str, str], int] = {}
    for number, link in enumerate(outline.links):
        if link.kind == "autograd":
            over[link.source, link.target] = number
        elif link.returns:
            over[link.target, link.source] = number
    leaving: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for edge in prepared.recording.edges:
        if edge.kind == "autograd":
            link = over.get((home[edge.source], home[edge.target]))
            if link is not None:
                leaving[edge.source].append((edge.source_slot, link))
    found = []
    for step in prepared.recording.steps:
        if step.phase != "backward" or step.node is None:
            continue
        for slot, link in leaving.get(step.node, ()):
            gradient = gradient_leaving(prepared.recording, step, slot)
            if gradient is not None:
                found.append(Flow(step.index, link, shorten(value_text(gradient), WIDEST)))
    return tuple(found)


def _unrepeated(box: Box, past: Sequence[Moment]) -> tuple[Moment, ...]:
    """A constant's title is its number: inside another box that is said once."""
    if not box.holder:
        return tuple(past)
    return tuple(replace(m, subtitle="") if m.subtitle == box.title else m for m in past)


def _before(box: Box) -> str:
    return shorten(box.op if box.op and box.op != box.title else box.kind, WIDEST)


def _status(step: Step) -> Status:
    return "handle" if step.phase == "trace" else "done"


def _decision(step: Step) -> str:
    control = step.control
    assert control is not None
    turn = (
        _(", turn {iteration}", iteration=control.iteration)
        if control.iteration is not None and control.taken != "False"
        else ""
    )
    return ": ".join(part for part in (control.decided, control.taken) if part) + turn


def _arrival_text(arrival: Arrival, short: bool) -> str:
    """What has arrived so far, of the sum being made."""
    count, last = len(arrival.came), arrival.came[-1]
    if arrival.expected == 1:
        return _fitting(lambda came: _("{came} arrives", came=came), last, short, HELD if short else WIDEST)
    if count < arrival.expected:
        return _fitting(
            lambda came: _(
                "{came} waits: {count} of {expected}", came=came, count=count, expected=arrival.expected
            ),
            last,
            True,
            WIDEST,
        )
    whole = " + ".join((brief_text if short else value_text)(value) for value in arrival.came)
    if len(whole) <= WIDEST:
        return whole
    return _fitting(
        lambda came: _("+ {came}: {count} of {count}", came=came, count=count), last, short, WIDEST
    )


def _fitting(sentence: Callable[[str], str], value: Value, short: bool, limit: int) -> str:
    """`sentence` about `value`, without its dtype when `short` or when the whole sentence would not fit."""
    said = sentence(brief_text(value) if short else value_text(value))
    return said if len(said) <= limit else shorten(sentence(brief_text(value)), limit)
