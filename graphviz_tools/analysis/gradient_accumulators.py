"""What a loop keeps for its gradient: lists that are filled on the way forward and emptied on the way back.

One op pushes a value of each turn onto an accumulator, which is part of the loop's state; in the gradient's own loop
another op pops them (`OpRoles.pushes`, `OpRoles.pops`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from graphviz_tools.analysis.call_results import Output, call_results
from graphviz_tools.analysis.while_loops import LoopVariable
from graphviz_tools.op_roles import OpRoles, roles_of
from graphviz_tools.recording import Edge, Node, Recording


def is_accumulator(recording: Recording, variable: LoopVariable, roles: OpRoles) -> bool:
    """True for a part of a loop's state that carries a list for a gradient, and nothing of the user's."""
    ops = {recording.nodes[maker].op for maker in variable.makers}
    return bool(ops) and ops <= roles.pushes | roles.pops


def popped(recording: Recording, state: Iterable[LoopVariable]) -> dict[int, Edge]:
    """For each op that pops, the edge over which its value was pushed, if that can be found."""
    chase = _Chase(recording, state)
    found = ((node.id, chase.pushed(node.id)) for node in recording.nodes if node.op in chase.roles.pops)
    return {pop: edge for pop, edge in found if edge is not None}


class _Chase:
    """Follows an accumulator back, out of the gradient's loop and into the one that filled it, also in a function."""

    def __init__(self, recording: Recording, state: Iterable[LoopVariable]) -> None:
        self.roles = roles_of(recording.framework)
        self._nodes = recording.nodes
        self._results = call_results(recording)
        for part in state:
            if part.result is not None:
                self._results[part.loop, part.slot] = [Output(part.result, part.result_slot)]
        self._inputs: dict[int, dict[int, Edge]] = defaultdict(dict)
        for edge in recording.edges:
            if edge.kind == "data":
                self._inputs[edge.target].setdefault(edge.target_slot, edge)

    def pushed(self, pop: int, depth: int = 0) -> Edge | None:
        """The edge that brings its value to the push which `pop` undoes."""
        here, slot = pop, 0
        seen: set[tuple[int, int]] = set()
        while (here, slot) not in seen and depth < 20:
            seen.add((here, slot))
            node: Node = self._nodes[here]
            if node.op in self.roles.pushes:
                return self._inputs[here].get(1)
            if results := self._results.get((here, slot)):
                here, slot = results[0]
                continue
            if node.op in self.roles.loops:
                return None
            if node.op in self.roles.pops and slot == 1:  # a list of lists: what was pushed is itself a list
                edge = self.pushed(here, depth + 1)
            else:
                edge = next(iter(self._inputs[here].values()), None)
            if edge is None:
                return None
            here, slot = edge.source, edge.source_slot
        return None
