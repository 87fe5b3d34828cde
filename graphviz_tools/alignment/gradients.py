"""Pair the backward steps of an eager program with the gradient ops of a static graph.

A framework may name a gradient op after the op that it differentiates, as in `gradients/mul_grad/Mul_1`
(`OpRoles.gradient_names`). An autograd node and a record on a tape have the forward op as their owner; other graphs
join a gradient op to the op that it undoes by an edge. So a pair of forward ops gives the pairs of their gradients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from graphviz_tools.analysis.gradients import is_gradient
from graphviz_tools.analysis.op_vocabulary import computes, is_optional
from graphviz_tools.op_roles import OpRoles, roles_of
from graphviz_tools.recording import Node, Recording

Pairing = tuple[int, int, int | None, str]  # eager step, static node, static step, forward op


def gradient_nodes(static: Recording) -> dict[int, Node]:
    """The computing gradient ops that ran (all of them when nothing ran), each with the op it came from.

    What only steers a gradient (its own branches, loops and counters) is left out.
    """
    ran = {step.node for step in static.steps if step.phase == "run"}
    roles = roles_of(static.framework)
    forward = [node for node in static.nodes if not is_gradient(node, roles)]
    named = {node.name: node for node in forward}
    undone = {e.target: static.nodes[e.source] for e in static.edges if e.kind == "autograd"}
    found: dict[int, Node] = {}
    for node in static.nodes:
        if is_gradient(node, roles) and node.kind == "op" and computes(node.op) and not is_optional(node.op):
            source = (
                undone.get(node.id)
                or _differentiated(node, named, roles)
                or _of_that_kind(node, forward, static, roles)
            )
            if source is not None and source.kind == "op" and (not ran or node.id in ran):
                found[node.id] = source
    return found


def gradient_pairs(eager: Recording, static: Recording, forward: dict[int, list[int]]) -> Iterator[Pairing]:
    """Pairs of a backward step and a gradient op.

    `forward[n]` are the eager nodes paired with static node `n`.
    """
    steps = _backward_steps(eager)
    runs: dict[int, list[int]] = defaultdict(list)
    for step in static.steps:
        if step.phase == "run" and step.node is not None:
            runs[step.node].append(step.index)
    for node, source in gradient_nodes(static).items():
        backward = sorted(index for owner in forward.get(source.id, ()) for index in steps[owner])
        # A loop runs its gradient in the order in which the engine walks back, too.
        turns: list[int | None] = list(runs[node]) if len(runs[node]) == len(backward) else []
        turns = turns or [runs[node][0] if runs[node] else None] * len(backward)
        for index, turn in zip(backward, turns, strict=True):
            yield index, node, turn, source.op


def all_gradient_pairs(
    first: Recording, second: Recording, forward: dict[int, list[int]]
) -> Iterator[Pairing]:
    """Pairs of the steps and ops that compute gradients, whichever kind of Recording each side is.

    `forward[n]` are the nodes of `first` paired with node `n` of `second`.
    """
    first_ran, second_ran = (any(s.phase == "backward" for s in side.steps) for side in (first, second))
    if first_ran and second_ran:
        yield from _paired(_backward_steps(first), _backward_steps(second), second, forward)
    elif second_ran:
        turned: dict[int, list[int]] = defaultdict(list)
        for node, partners in forward.items():
            for partner in partners:
                turned[partner].append(node)
        for step, _, turn, _ in gradient_pairs(second, first, turned):
            if turn is not None:
                made = second.steps[step].node or 0
                yield turn, second.seen(made), step, second.nodes[second.seen(made)].op
    elif first_ran:
        yield from gradient_pairs(first, second, forward)
    else:
        yield from _paired(_gradient_steps(first), _gradient_steps(second), second, forward)


def _paired(
    first: dict[int, list[int]], second: dict[int, list[int]], there: Recording, forward: dict[int, list[int]]
) -> Iterator[Pairing]:
    """The gradient steps of two partner nodes, paired in order; none when their numbers differ."""
    for node, partners in forward.items():
        here = sorted(step for partner in partners for step in first.get(partner, ()))
        others = second.get(node, [])
        if len(here) == len(others):
            for step, other in zip(here, others, strict=True):
                made = there.steps[other].node
                yield step, there.seen(node if made is None else made), other, there.nodes[node].op


def _backward_steps(recording: Recording) -> dict[int, list[int]]:
    steps: dict[int, list[int]] = defaultdict(list)
    for step in recording.steps:
        if (
            step.phase == "backward"
            and step.node is not None
            and recording.nodes[step.node].kind == "autograd"
        ):
            steps[recording.seen(step.node)].append(step.index)
    return steps


def _gradient_steps(recording: Recording) -> dict[int, list[int]]:
    """The run steps of a static graph's gradient ops, by the forward op that they differentiate."""
    sources = gradient_nodes(recording)
    steps: dict[int, list[int]] = defaultdict(list)
    for step in recording.steps:
        if step.phase == "run" and step.node in sources:
            steps[sources[step.node].id].append(step.index)
    return steps


def _differentiated(node: Node, named: dict[str, Node], roles: OpRoles) -> Node | None:
    """The forward op that a gradient op is named after."""
    parts = [part.removesuffix(roles.gradient_suffix) for part in node.name.split("/")]
    marks = [i for i, part in enumerate(parts) if part.startswith(roles.gradient_names)]
    for mark in reversed(marks):
        before, after = parts[: marks[0]], parts[mark + 1 : -1]
        for length in range(len(after), 0, -1):
            for path in (after[:length], [*before, *after[:length]]):
                if (found := named.get("/".join(path))) is not None:
                    return found
    return None


def _of_that_kind(node: Node, forward: list[Node], static: Recording, roles: OpRoles) -> Node | None:
    """The forward op of a gradient op that has its own name: `ReluGrad` reads what `Relu` wrote."""
    ending = roles.gradient_op_suffix
    if not ending or not node.op.endswith(ending):
        return None
    kind = node.op.removesuffix(ending)
    alike = [other for other in forward if other.op == kind]
    read = {edge.source for edge in static.edges if edge.target == node.id and edge.kind == "data"}
    reading = [other for other in alike if other.id in read]
    return reading[0] if reading else alike[0] if len(alike) == 1 else None
