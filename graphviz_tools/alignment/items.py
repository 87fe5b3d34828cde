"""The two programs as `align` compares them: what each executed, in order, without bookkeeping."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from graphviz_tools.analysis.gradients import is_gradient
from graphviz_tools.analysis.loop_counters import counters, counting
from graphviz_tools.analysis.op_vocabulary import computes, is_optional
from graphviz_tools.op_roles import roles_of
from graphviz_tools.recording import Node, Phase, Recording, Step, Value

_LIBRARY = "torch tf nn functional F math keras layers ops backend linalg self np v1 compat"
_LIBRARY_WORDS = frozenset(_LIBRARY.split())
_SAME_WORD = {
    "dim": "axis",
    "keepdim": "keepdims",
    "reduce_sum": "sum",
    "reduce_mean": "mean",
    "reduce_max": "max",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One op that ran: its node, its step (None when only the graph is known), what it read and wrote.

    `words` are those of its source line that both frameworks share; `optional` items need no partner.
    """

    node: int
    op: str
    step: int | None
    reads: tuple[Value, ...]
    written: Value | None
    words: tuple[str, ...]
    optional: bool


def executed(recording: Recording) -> list[Item]:
    """What a program executed, in order: the calls of an eager one, or the ops of a static graph."""
    is_static = any(step.phase in ("trace", "run") for step in recording.steps)
    return static_items(recording) if is_static else eager_items(recording)


def eager_items(recording: Recording) -> list[Item]:
    """The calls of an eager program that compute, decide, or update what it trains (phase "optimize").

    Calls in a backward pass are those of a custom gradient. The custom op around a custom gradient needs no
    partner: the ops inside it have theirs.
    """
    custom = {n.owner for n in recording.nodes if n.owner is not None and _is_custom(recording, n)}
    items = []
    for step in recording.steps:
        if (
            step.phase in ("forward", "optimize", "backward")
            and step.node is not None
            and not step.error
            and computes(step.op)
        ):
            node = recording.nodes[step.node]
            if node.kind in ("op", "branch", "output"):
                asked = step.reads[0] if step.control and step.reads else _first(step)
                item = _item(node, step, asked)
                items.append(replace(item, optional=True) if node.id in custom else item)
    return items


def _is_custom(recording: Recording, node: Node) -> bool:
    """True for the autograd node of a user's `autograd.Function`: PyTorch's own have a number at the end."""
    return node.owner is not None and node.op == f"{recording.nodes[node.owner].op}Backward"


def static_items(recording: Recording) -> list[Item]:
    """The ops of a static graph that ran, in that order, without its gradients."""
    roles = roles_of(recording.framework)
    hidden, loops = counting(recording, counters(recording)), _loops(recording)
    items = []
    for step, node in _computing(recording, "run", hidden):
        if node.kind != "branch":
            written = _first(step)
            counts = written is not None and _counts(written) and _is_inside(node, loops)
            items.append(_item(node, step, written, counts))
        elif step.control is not None:
            items.append(_item(node, step, _decision(step), counts=step.op in roles.loops))
    return items


def traced_items(recording: Recording) -> list[Item]:
    """The ops of a static graph that was built and never ran, without its gradients."""
    hidden = counting(recording, counters(recording))
    return [_item(node, step, None) for step, node in _computing(recording, "trace", hidden)]


def idle_items(recording: Recording) -> list[Item]:
    """The ops of a static graph that were built and did not run, without its gradients."""
    hidden = counting(recording, counters(recording))
    ran = {step.node for step in recording.steps if step.phase == "run"}
    return [
        replace(_item(node, step, None), step=None)
        for step, node in _computing(recording, "trace", hidden)
        if node.id not in ran
    ]


def _computing(recording: Recording, phase: Phase, hidden: set[int]) -> Iterator[tuple[Step, Node]]:
    roles = roles_of(recording.framework)
    for step in recording.steps:
        if step.phase == phase and step.node is not None and step.node not in hidden and not step.error:
            node = recording.nodes[step.node]
            if computes(step.op) and not is_gradient(node, roles):
                yield step, node


def _item(node: Node, step: Step, written: Value | None, counts: bool = False) -> Item:
    return Item(
        node=node.id,
        op=step.op,
        step=step.index,
        reads=step.reads,
        written=written,
        words=words_of(node.line.text if node.line else ""),
        optional=is_optional(step.op) or counts,
    )


def _first(step: Step) -> Value | None:
    return step.writes[0] if step.writes else None


def _decision(step: Step) -> Value | None:
    """What a branch or a loop decided, as the boolean tensor that an eager program would have asked."""
    if step.control is None or step.control.decided not in ("True", "False"):
        return None
    return Value(shape=(), dtype="bool", numbers=(step.control.decided == "True",))


def _counts(value: Value) -> bool:
    """True for a single integer or truth value: an index, or whether to go on."""
    return value.shape == () and value.dtype.startswith(("int", "uint", "bool"))


def _loops(recording: Recording) -> set[tuple[str, ...]]:
    return {scope.path for scope in recording.scopes if scope.kind == "loop"}


def _is_inside(node: Node, boxes: set[tuple[str, ...]]) -> bool:
    return any(node.scope[:depth] in boxes for depth in range(1, len(node.scope) + 1))


@lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """The names, numbers and signs of a line of code, without the libraries' names."""
    found: list[str] = re.findall(r"[A-Za-z_]\w*|\d+\.?\d*(?:e-?\d+)?|[^\s\w.]", text)
    plain: Iterator[str] = (
        word.removesuffix(".0").removesuffix(".") for word in found if word not in _LIBRARY_WORDS
    )
    return tuple(_SAME_WORD.get(word, word) for word in plain)


def same_numbers(a: Value | None, b: Value | None) -> bool | None:
    """True when two values hold the same numbers up to rounding and layout; None when that is not known.

    The frameworks round float32 differently: a relative 1e-4 (of the larger magnitude) is allowed.
    """
    if a is None or b is None or a.numbers is None or b.numbers is None:
        return None
    if a.grid is None and b.grid is None:
        if len(a.numbers) != len(b.numbers):
            return False
        left, right = (list(a.numbers), list(b.numbers))
        if a.shape != b.shape or not _close(left, right):
            left, right = (sorted(side, key=_order) for side in (left, right))
        return _close(left, right)
    if a.summary is None or b.summary is None or math.prod(_sizes(a)) != math.prod(_sizes(b)):
        return False
    pairs = ((a.summary.min, b.summary.min), (a.summary.max, b.summary.max), (a.summary.mean, b.summary.mean))
    known = [(x, y) for x, y in pairs if x is not None and y is not None]
    return bool(known) and _close([x for x, _ in known], [y for _, y in known])


def _sizes(value: Value) -> Iterator[int]:
    return (size or 0 for size in value.shape or ())


def _order(number: complex) -> tuple[float, float]:
    return (number.real, number.imag) if isinstance(number, complex) else (float(number), 0.0)


def _close(left: list, right: list) -> bool:
    finite = [abs(x) for x in (*left, *right) if not (isinstance(x, float) and not math.isfinite(x))]
    scale = max(finite, default=0.0)
    return all(_near(x, y, 1e-4 * scale) for x, y in zip(left, right, strict=True))


def _near(x: complex, y: complex, tolerance: float) -> bool:
    if x == y:
        return True
    if x != x or y != y:  # NaN
        return x != x and y != y
    return abs(x - y) <= tolerance
