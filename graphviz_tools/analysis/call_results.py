"""What comes out of an op that calls functions: for each of its outputs, what makes that inside."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from graphviz_tools.recording import Recording, Scope

Path = tuple[str, ...]
_CALLED = ("function", "branch")


class Output(NamedTuple):
    """Output `slot` of `node`."""

    node: int
    slot: int


def call_results(recording: Recording) -> dict[tuple[int, int], list[Output]]:
    """For output `slot` of `node`, a call or a branch: the outputs in its function, or in each branch, that give it.

    A function that is called twice is in the scope of its first call only. So a control edge carries a result when it
    leaves a function's graph, and only orders when both its ends are in one graph.
    """
    scopes = {scope.path: scope for scope in recording.scopes}
    found: dict[tuple[int, int], list[Output]] = defaultdict(list)
    for edge in recording.edges:
        if edge.kind == "control":
            inside = _graph(recording.nodes[edge.source].scope, scopes)
            outside = _graph(recording.nodes[edge.target].scope, scopes)
            if inside != outside and inside in scopes and scopes[inside].kind in _CALLED:
                found[edge.target, edge.target_slot].append(Output(edge.source, edge.source_slot))
    return dict(found)


def _graph(scope: Path, scopes: dict[Path, Scope]) -> Path:
    """The innermost function, branch or part of a loop around `scope`; () for the program's own graph."""
    while scope and scope in scopes and scopes[scope].kind == "module":
        scope = scope[:-1]
    return scope
