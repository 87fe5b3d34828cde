"""What only counts the turns of a loop, or limits them: parts of its state that no user wrote."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from graphviz_tools.analysis.call_results import Output, call_results
from graphviz_tools.analysis.while_loops import LoopVariable
from graphviz_tools.op_roles import OpRoles, roles_of
from graphviz_tools.recording import Edge, Node, Recording


def mark_counters(recording: Recording, state: list[LoopVariable], pops: dict[int, Edge]) -> None:
    """Set the `counts` of each part of the loops' `state`: by its name, or because it begins with a counter or with
    another loop's count, as in the loop of a gradient. `pops` are those of `gradient_accumulators.popped`."""
    roles, beginnings = roles_of(recording.framework), _Beginnings(recording, pops)
    counts: set[tuple[int, int]] = set()
    for part in sorted(state, key=lambda part: part.loop):
        outputs = [output for argument in part.arguments for output in beginnings.of(argument)]
        part.counts = any(
            _is_named_counter(recording.nodes[output.node], roles) or output in counts for output in outputs
        )
        if part.counts:
            counts.add((part.loop, part.slot))


class _Beginnings:
    """Finds what an argument may hold at first: past ops that only pass it on, out of functions and branches, and
    through the lists that a loop keeps for its gradient."""

    def __init__(self, recording: Recording, pops: dict[int, Edge]) -> None:
        roles = roles_of(recording.framework)
        self._passes_on = roles.pass_on | roles.getters
        self._nodes = recording.nodes
        self._results = call_results(recording)
        self._pops = pops
        self._inputs: dict[int, list[Edge]] = defaultdict(list)
        for edge in recording.edges:
            if edge.kind == "data":
                self._inputs[edge.target].append(edge)

    def of(self, argument: int) -> Iterator[Output]:
        """The argument, and each output on the way to those that made its first value."""
        waiting, seen = [Output(argument, 0)], set()
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                yield here
                waiting += self._before(here)

    def _before(self, here: Output) -> list[Output]:
        node = self._nodes[here.node]
        if here in self._results:
            return self._results[here]
        if node.id in self._pops:
            edges = [self._pops[node.id]]
        else:
            edges = self._inputs[node.id] if node.kind == "input" or node.op in self._passes_on else []
        return [Output(edge.source, edge.source_slot) for edge in edges]


def _is_named_counter(node: Node, roles: OpRoles) -> bool:
    if roles.loop_counters is None or node.kind not in ("input", "constant"):
        return False
    return re.fullmatch(roles.loop_counters, node.name.rsplit("/", 1)[-1]) is not None


def counters(recording: Recording, state: Iterable[LoopVariable] = ()) -> set[int]:
    """The arguments of loops that count their turns or limit them: by their names, and by the `state` known."""
    roles = roles_of(recording.framework)
    named = {node.id for node in recording.nodes if node.kind == "input" and _is_named_counter(node, roles)}
    return named.union(*(part.arguments for part in state if part.counts))


def counting(recording: Recording, counters: Iterable[int]) -> set[int]:
    """The nodes inside loops that only count turns: all that the counters flow into, up to a decision."""
    fed: dict[int, list[int]] = defaultdict(list)
    for edge in recording.edges:
        if edge.kind == "data":
            fed[edge.source].append(edge.target)
    waiting = list(counters)
    found: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node not in found and recording.nodes[node].kind != "branch":
            found.add(node)
            waiting += fed[node]
    return found
