"""The edges of a Recording as arrays of their ends: 20,000 steps may have 600,000 edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from graphviz_tools.recording import EdgeKind, Recording

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Ends:
    """The edges of one kind, in the Recording's order: the nodes at their ends, and the slot at the target."""

    source: Ints
    target: Ints
    slot: Ints


def read_ends(recording: Recording) -> dict[EdgeKind, Ends]:
    """The ends of all edges, by kind."""
    found: dict[EdgeKind, Ends] = {}
    for kind in get_args(EdgeKind):
        edges = [edge for edge in recording.edges if edge.kind == kind]
        found[kind] = Ends(
            np.array([edge.source for edge in edges], np.int64),
            np.array([edge.target for edge in edges], np.int64),
            np.array([edge.target_slot for edge in edges], np.int64),
        )
    return found
