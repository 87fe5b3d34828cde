"""Pair the backward steps of an eager program with the gradient ops of a static graph.

TensorFlow names a gradient op after the op that it differentiates: `gradient_tape/mul/Mul_1` for a
`GradientTape`, `gradients/mul_grad/Mul_1` for `tf.gradients`. PyTorch's autograd node has the forward op as
its owner. So a pair of forward ops gives the pairs of their gradients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from graphviz_tools.analysis.gradients import GRADIENT_PARTS, is_gradient
from graphviz_tools.analysis.op_vocabulary import computes, is_optional
from graphviz_tools.recording import Node, Recording

Pairing = tuple[int, int, int | None, str]  # eager step, static node, static step, forward op


def gradient_nodes(static: Recording) -> dict[int, Node]:
    """The gradient ops that compute and did run (all of them, where nothing ran), with the op each came from.

    What only steers a gradient (its own branches, loops and counters) is left out.
    """
    ran = {step.node for step in static.steps if step.phase == "run"}
    forward = [node for node in static.nodes if not is_gradient(node)]
    named = {node.name: node for node in forward}
    found: dict[int, Node] = {}
    for node in static.nodes:
        if is_gradient(node) and node.kind == "op" and computes(node.op) and not is_optional(node.op):
            source = _differentiated(node, named) or _of_that_kind(node, forward, static)
            if source is not None and source.kind == "op" and (not ran or node.id in ran):
                found[node.id] = source
    return found


def gradient_pairs(eager: Recording, static: Recording, forward: dict[int, list[int]]) -> Iterator[Pairing]:
    """Pairs of a backward step and a gradient op.

    `forward[n]` are the eager nodes paired with static node `n`.
    """
    steps: dict[int, list[int]] = defaultdict(list)
    for step in eager.steps:
        if step.phase == "backward" and step.node is not None and eager.nodes[step.node].kind == "autograd":
            steps[eager.seen(step.node)].append(step.index)
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


def _differentiated(node: Node, named: dict[str, Node]) -> Node | None:
    """The forward op that a gradient op is named after."""
    parts = [part.removesuffix("_grad") for part in node.name.split("/")]
    marks = [i for i, part in enumerate(parts) if part.startswith(GRADIENT_PARTS)]
    for mark in reversed(marks):
        before, after = parts[: marks[0]], parts[mark + 1 : -1]
        for length in range(len(after), 0, -1):
            for path in (after[:length], [*before, *after[:length]]):
                if (found := named.get("/".join(path))) is not None:
                    return found
    return None


def _of_that_kind(node: Node, forward: list[Node], static: Recording) -> Node | None:
    """The forward op of a gradient op such as ReluGrad, which reads what Relu has written."""
    if not node.op.endswith("Grad"):
        return None
    kind = node.op.removesuffix("Grad")
    alike = [other for other in forward if other.op == kind]
    read = {edge.source for edge in static.edges if edge.target == node.id and edge.kind == "data"}
    reading = [other for other in alike if other.id in read]
    return reading[0] if reading else alike[0] if len(alike) == 1 else None
