"""Where gradients meet: what has arrived at each autograd node, step by step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from graphviz_tools.recording import Recording, Step, Value
from graphviz_tools.transforms.fold import BACKWARD


@dataclass(frozen=True, slots=True)
class Arrival:
    """Gradients of output `slot` meeting at autograd node `node`: `came` are those that have arrived after `step`, of
    `expected` in all. `summed` is the step that adds them up and runs the node, if it ran."""

    node: int
    slot: int
    step: int
    came: tuple[Value, ...]
    expected: int
    summed: int | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    step: int
    slot: int
    value: Value


def gradient_leaving(recording: Recording, step: Step, slot: int) -> Value | None:
    """The gradient that leaves along edge `slot` in a backward step.

    None for a step of a node that represents several, because its edges do not say to which of its steps they belong.
    """
    if step.node is None or recording.nodes[step.node].op == BACKWARD:
        return None
    return step.grads_out[slot] if slot < len(step.grads_out) else None


def arrivals(recording: Recording) -> tuple[Arrival, ...]:
    """Every arrival of a gradient at an output of an autograd node, by node and then in step order."""
    leaving: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for edge in recording.edges:
        if edge.kind == "autograd":
            leaving[edge.source].append((edge.source_slot, edge.target, edge.target_slot))
    waiting: defaultdict[int, list[_Waiting]] = defaultdict(list)
    found: list[Arrival] = []

    def settle(node: int, summed: int | None) -> None:
        came = waiting.pop(node, [])
        for slot in dict.fromkeys(each.slot for each in came):
            here = [each for each in came if each.slot == slot]
            values = tuple(each.value for each in here)
            for place, each in enumerate(here, 1):
                found.append(Arrival(node, slot, each.step, values[:place], len(here), summed))

    for step in recording.steps:
        if step.phase != "backward" or step.node is None:
            continue
        settle(step.node, step.index)
        for slot, target, target_slot in leaving[step.node]:
            gradient = gradient_leaving(recording, step, slot)
            if gradient is not None:
                waiting[target].append(_Waiting(step.index, target_slot, gradient))
    for node in list(waiting):
        settle(node, None)
    return tuple(found)
