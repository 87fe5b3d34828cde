"""What `quick` makes is indistinguishable from what the class itself makes."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields

import pytest

from graphviz_tools import recording
from graphviz_tools.recording import Edge
from graphviz_tools.sources.common.fast_init import quick

MADE_BY_THE_THOUSAND = [recording.Edge, recording.Node, recording.Saved, recording.Step, recording.Summary]


@pytest.mark.parametrize("cls", [*MADE_BY_THE_THOUSAND, recording.Value])
def test_it_is_equal_hashes_alike_and_copies(cls: type) -> None:
    contents = [f"content {i}" for i in range(len(fields(cls)))]
    ours, theirs = quick(cls)(*contents), cls(*contents)
    assert type(ours) is cls and ours == theirs and repr(ours) == repr(theirs) and hash(ours) == hash(theirs)
    assert copy.deepcopy(ours) == theirs == pickle.loads(pickle.dumps(ours))


def test_it_is_frozen() -> None:
    edge = quick(Edge)(0, 1, 0, 0, "data")
    with pytest.raises(FrozenInstanceError):
        edge.source = 3


def test_every_field_is_needed() -> None:
    with pytest.raises(TypeError, match="missing"):
        quick(Edge)(0, 1)
