"""Where parameters, variables and constants are drawn: beside what reads them.

A picture that gives each weight a box of its own is mostly weights. Here a leaf lies in the innermost scope
around all its readers, so that a closed module holds its parameters, and a leaf with one reader lies in that
reader's box.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from graphviz_tools.recording import Recording
from graphviz_tools.transforms.scopes import around

HELD = ("parameter", "variable", "constant")


def beside_readers(recording: Recording) -> Recording:
    """`recording` with each leaf in the innermost scope around all that read it, never further out than now."""
    nodes = list(recording.nodes)
    for leaf, targets in _readers(recording).items():
        scopes = [nodes[target].scope for target in targets]
        inner, now = around(scopes), nodes[leaf].scope
        if inner[: len(now)] == now != inner:
            nodes[leaf] = replace(nodes[leaf], scope=inner)
    return replace(recording, nodes=tuple(nodes))


def holders(recording: Recording) -> dict[int, int]:
    """For each leaf with a single reader, that reader: an op or a decision of the same scope."""
    found = {}
    for leaf, targets in _readers(recording).items():
        reader = recording.nodes[min(targets)]
        same = reader.scope == recording.nodes[leaf].scope
        if len(targets) == 1 and reader.kind in ("op", "branch") and same:
            found[leaf] = reader.id
    return found


def _readers(recording: Recording) -> dict[int, set[int]]:
    """The nodes that read each leaf, or its gradient; a leaf that something is fed into is not one."""
    readers: defaultdict[int, set[int]] = defaultdict(set)
    fed: set[int] = set()
    for edge in recording.edges:
        if edge.kind != "autograd":
            fed.add(edge.target)
            source = recording.seen(edge.source)
            if recording.nodes[source].kind in HELD:
                readers[source].add(edge.target)
    return {leaf: targets for leaf, targets in readers.items() if leaf not in fed}
