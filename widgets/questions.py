"""Questions to predict a Recording: one before a step, three answers, the wrong ones known misconceptions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from graphviz_tools.drawing.arrivals import Arrival, arrivals
from graphviz_tools.drawing.text import number_text, shape_text, value_text
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Recording, Step, Value

Kind = Literal["node", "edge", "shape", "gradient", "value"]
NEAR = 12  # steps from which wrong nodes are taken
MOST = 60  # questions of one recording; a longer one is asked about evenly


@dataclass(frozen=True, slots=True)
class Question:
    """Asked before `step` is shown. `answers[correct]` is right; `why` is said afterwards."""

    step: int
    kind: Kind
    prompt: str
    answers: tuple[str, ...]
    correct: int
    why: str

    def json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A question before its answers are shuffled: the right one, then wrong ones, the likeliest first."""

    kind: Kind
    prompt: str
    right: str
    wrong: tuple[str, ...]
    why: str


def questions(
    recording: Recording, seed: int = 0, came: Iterable[Arrival] | None = None
) -> tuple[Question, ...]:
    """At most one question a step, in step order; the same `seed` gives the same questions and answers.
    `came` are the arrivals of `recording`, where they are known already.

    A question is asked only where two wrong answers differ from the right one.
    """
    if not isinstance(seed, int):
        raise UserError(_("seed must be an int, got {kind}", kind=type(seed).__name__))
    sums = {
        found.summed: found
        for found in (arrivals(recording) if came is None else came)
        if len(found.came) == found.expected and not found.slot
    }
    dice = random.Random(seed)
    found = []
    stride = -(-len(recording.steps) // MOST) or 1
    for step in recording.steps[1::stride]:
        drafts = [draft for make in _MAKERS for draft in make(recording, step, sums) if _distinct(draft)]
        if drafts:
            found.append(_shuffled(step.index, dice.choice(drafts), dice))
    return tuple(found)


def _distinct(draft: _Draft) -> bool:
    return len({draft.right, *draft.wrong}) >= 3


def _shuffled(step: int, draft: _Draft, dice: random.Random) -> Question:
    wrong = [answer for answer in dict.fromkeys(draft.wrong) if answer != draft.right][:2]
    answers = [draft.right, *wrong]
    dice.shuffle(answers)
    return Question(step, draft.kind, draft.prompt, tuple(answers), answers.index(draft.right), draft.why)


def _name(recording: Recording, node: int) -> str:
    seen = recording.nodes[recording.seen(node)]
    return seen.label or seen.name or seen.op


def _next_node(recording: Recording, step: Step, sums: dict[int | None, Arrival]) -> Iterator[_Draft]:
    """Which node comes next? Wrong: another node of the program, and in backward the forward order."""
    if step.node is None or step.phase == "optimize":
        return
    right = _name(recording, step.node)
    near = recording.steps[max(step.index - NEAR, 0) : step.index + NEAR]
    free = _might_run_now(recording, step, near) if step.phase == "run" else set[int]()
    others = [
        _name(recording, s.node)
        for s in sorted(near, key=lambda s: abs(s.index - step.index))
        if s.node is not None and recording.seen(s.node) != recording.seen(step.node)
        if recording.seen(s.node) not in free
    ]
    if step.phase == "backward":
        start = recording.steps[:NEAR]
        first = [_name(recording, s.node) for s in start if s.phase == "forward" and s.node is not None]
        why = _(
            "Backward runs from the result to the inputs: the gradient has just reached {right}.", right=right
        )
        yield _Draft("node", _("which node does the gradient reach next?"), right, (*first[:1], *others), why)
        return
    verb = {"trace": _("is added to the graph"), "run": _("does the graph run")}.get(step.phase, "runs")
    line = (
        _(" It comes from line {line}: {code}", line=step.line.line, code=step.line.text.strip())
        if step.line
        else ""
    )
    prompt = _("which node {verb} next?", verb=verb)
    yield _Draft("node", prompt, right, tuple(others), _("{right} is next.{line}", right=right, line=line))


def _might_run_now(recording: Recording, now: Step, near: Sequence[Step]) -> set[int]:
    """Nodes of later steps that read nothing made from `now` on: a graph is free to run any of them next."""
    later = [(s.index, s.node) for s in near if s.index > now.index and s.node is not None]
    read: dict[int, set[int]] = {node: set() for _, node in later}
    for edge in recording.edges:
        if edge.target in read:
            read[edge.target].add(recording.seen(edge.source))
    steps = recording.steps
    return {
        recording.seen(node)
        for index, node in later
        if not any(
            s.node is not None and recording.seen(s.node) in read[node] for s in steps[now.index : index]
        )
    }


def _edges(recording: Recording, step: Step, sums: dict[int | None, Arrival]) -> Iterator[_Draft]:
    """Where does a new node's input come from? Wrong: nodes that were there but are not read."""
    if step.node is None or step.phase == "backward":
        return
    into = [e for e in (recording.edges[n] for n in step.edges) if e.kind == "data" and e.target == step.node]
    sources = {recording.seen(edge.source) for edge in into}
    if len(sources) != 1:
        return
    before = recording.steps[max(step.index - NEAR, 0) : step.index]
    there = [n for s in before for n in s.nodes if recording.nodes[n].owner is None]
    wrong = [_name(recording, n) for n in reversed(there) if n not in sources and n != step.node]
    right, label = _name(recording, sources.pop()), _name(recording, step.node)
    yield _Draft(
        "edge",
        _("the next node is {label}: from where does an edge lead to it?", label=label),
        right,
        tuple(wrong),
        _(
            "{label} reads what {right} made; an edge is data that is read, not the order of the lines.",
            label=label,
            right=right,
        ),
    )


def _shape(recording: Recording, step: Step, sums: dict[int | None, Arrival]) -> Iterator[_Draft]:
    """Which shape has the result? Wrong: an input's shape, its transpose, the axis forgotten."""
    made = next(iter(step.writes), None)
    if made is None or made.shape is None or step.node is None or step.phase not in ("forward", "trace"):
        return
    if recording.nodes[step.node].kind != "op":
        return
    shape = made.shape
    guesses = [value.shape for value in step.reads if value.shape is not None]
    guesses += [shape[::-1], shape[1:], (1, *shape), shape[:-1], (*shape, 1)]
    reads = ", ".join(shape_text(v.shape) for v in step.reads if v.shape is not None) or _("its inputs")
    yield _Draft(
        "shape",
        _("{name} runs next: which shape does it make?", name=_name(recording, step.node))
        if step.phase == "forward"
        else _("{name} is traced next: which shape will it have?", name=_name(recording, step.node)),
        shape_text(shape),
        tuple(shape_text(guess) for guess in guesses),
        _("{op} makes {shape_text} from {reads}.", op=step.op, shape_text=shape_text(shape), reads=reads),
    )


def _gradient(recording: Recording, step: Step, sums: dict[int | None, Arrival]) -> Iterator[_Draft]:
    """Which gradient arrives? Wrong: the last part instead of the sum, ones, the forward value."""
    found = recording.output_gradient(
        replace(step, writes=())
    )  # of a leaf: what arrives, not its sum in .grad
    if found is None or step.node is None:
        return
    slot, right = found
    if slot or not _small(right):
        return
    name = _name(recording, step.node)
    parts = sums[step.index].came if step.index in sums else ()
    wrong = [value_text(part) for part in parts] if len(parts) > 1 else []
    forward = [
        v for s in recording.history(recording.seen(step.node)) if s.phase == "forward" for v in s.writes
    ]
    numbers = right.numbers or ()
    wrong += [value_text(_filled(right, 1.0)), *(value_text(v) for v in forward if _small(v))]
    wrong += [value_text(_scaled(right, factor)) for factor in (2.0, -1.0, 0.0)]
    why = _("Each number says how much the result moves when that element of {name} moves.", name=name)
    if len(parts) > 1:
        whole = " + ".join(map(value_text, parts))
        why = _(
            "{name} is used {count} times, so its gradients are added: {whole}.",
            name=name,
            count=len(parts),
            whole=whole,
        )
    elif all(n == 1 for n in numbers):
        why = _("The result moves exactly as much as {name} does, so its gradient is 1.", name=name)
    yield _Draft(
        "gradient", _("which gradient arrives at {name}?", name=name), value_text(right), tuple(wrong), why
    )


def _printed(recording: Recording, step: Step, sums: dict[int | None, Arrival]) -> Iterator[_Draft]:
    """What would print show? Wrong: numbers while tracing, and None."""
    made = next(iter(step.writes), None)
    if made is None or step.node is None or step.phase != "trace" or not made.is_handle:
        return
    later = [v for s in recording.history(step.node) if s.phase == "run" for v in s.writes]
    numbers = value_text(later[0]) if later else _("its numbers")
    yield _Draft(
        "value",
        _("Python adds {name} now: what would print show for it?", name=_name(recording, step.node)),
        made.text,
        (numbers, "None", _("an error")),
        _(
            "While tracing there is only a handle: a name, a shape, a dtype. Numbers exist when the graph runs."
        ),
    )


def _decision(recording: Recording, step: Step, sums: dict[int | None, Arrival]) -> Iterator[_Draft]:
    """Which way does a branch go? Wrong: the other way, and that both run."""
    if step.control is None or step.control.kind == "item" or step.control.taken not in ("True", "False"):
        return
    other = "False" if step.control.taken == "True" else "True"
    yield _Draft(
        "value",
        _("the program decides next: {name}?", name=_name(recording, step.node))
        if step.node is not None
        else _("which way?"),
        step.control.taken,
        (other, _("both ways run")),
        _(
            "It is decided by a value, now: {decided}. One way is taken, and only it is recorded.",
            decided=step.control.decided,
        ),
    )


_MAKERS: tuple[Callable[[Recording, Step, dict[int | None, Arrival]], Iterator[_Draft]], ...] = (
    _next_node,
    _edges,
    _shape,
    _gradient,
    _printed,
    _decision,
)


def _small(value: Value) -> bool:
    return value.numbers is not None and value.grid is None and 0 < len(value.numbers) <= 4


def _filled(value: Value, number: float) -> Value:
    return _with(value, tuple(number for _ in value.numbers or ()))


def _scaled(value: Value, factor: float) -> Value:
    return _with(value, tuple(n * factor for n in value.numbers or () if not isinstance(n, complex)))


def _with(value: Value, numbers: tuple[float, ...]) -> Value:
    return Value(value.shape, value.dtype, text=number_text(numbers[0]) if numbers else "", numbers=numbers)
