"""PyTorch's private names for compiled graphs: each is there in this version, and a Recording says what it lacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

import graphviz_tools as gt
from graphviz_tools.private_name import PrivateName
from graphviz_tools.recording import Recording
from graphviz_tools.sources.compiled import private_names
from graphviz_tools.sources.compiled.private_names import (
    ATTRIBUTES,
    CACHE_NAMES,
    JIT_OPERATION,
    NAMES,
    OTHER_NAMES,
    TREE_LEAVES,
    TREE_MAP,
    map_tensors,
    missing,
    tree_leaves,
)


def program(x: torch.Tensor) -> torch.Tensor:
    return (x * 2).exp().sum()


def recorded() -> Recording:
    return gt.record_compiled(program, torch.ones(2, requires_grad=True))


@pytest.fixture
def cold() -> Iterator[None]:
    """No answer of an earlier look-up is left, before and after."""
    missing.cache_clear()
    private_names._fake_tensor.cache_clear()
    yield
    missing.cache_clear()
    private_names._fake_tensor.cache_clear()


@pytest.mark.parametrize("name", [*NAMES, *CACHE_NAMES, *OTHER_NAMES], ids=lambda name: name.name)
def test_this_pytorch_has_the_name(name: PrivateName) -> None:
    assert name.is_there(), (
        f"torch {torch.__version__} has no {name.module}.{name.name}: lost is {name.loses}"
    )


def test_compiled_functions_have_the_attributes() -> None:
    module, function = torch.compile(torch.nn.ReLU()), torch.compile(program)
    assert hasattr(module, "_orig_mod") and hasattr(function, "_torchdynamo_orig_callable")
    assert ATTRIBUTES.keys() == {"_orig_mod", "_torchdynamo_orig_callable", "_torchdynamo_orig_backend"}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.name)
def test_without_a_private_name_a_recording_has_less_and_says_so(
    name: PrivateName, cold: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = recorded()
    is_there, find = PrivateName.is_there, PrivateName.find
    monkeypatch.setattr(PrivateName, "is_there", lambda self: self != name and is_there(self))
    monkeypatch.setattr(PrivateName, "find", lambda self: None if self == name else find(self))
    missing.cache_clear()
    lacking = recorded()
    assert lacking.error == ""
    assert lacking.outputs[0].numbers == whole.outputs[0].numbers
    assert [left.why for left in lacking.omitted] == [f"this PyTorch hides {name.loses}"]


def test_a_cache_without_its_private_names_still_counts_calls(
    cold: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PrivateName, "find", lambda self: None)
    monkeypatch.setattr(PrivateName, "is_there", lambda self: False)
    cache = gt.trace_cache(torch.compile(program, backend="eager"))
    assert cache(torch.zeros(2)).item() == 2.0
    assert len(cache.history.calls) == 1
    assert cache.history.entries == ()


def test_a_torchscript_graph_that_cannot_run_is_still_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    find = PrivateName.find
    monkeypatch.setattr(PrivateName, "find", lambda self: None if self == JIT_OPERATION else find(self))
    recording = gt.record_compiled(program, torch.ones(2), how="trace")
    assert {"aten::mul", "aten::exp", "aten::sum"} <= {node.op for node in recording.nodes}
    assert "can be shown but not run here" in recording.error


def test_containers_open_the_same_with_and_without_the_private_names(monkeypatch: pytest.MonkeyPatch) -> None:
    nested = {"a": [torch.ones(1), 2], "b": (torch.zeros(1),)}
    leaves, doubled = tree_leaves(nested), map_tensors(lambda t: t + t, nested)
    find = PrivateName.find
    monkeypatch.setattr(
        PrivateName, "find", lambda self: None if self in (TREE_LEAVES, TREE_MAP) else find(self)
    )
    assert tree_leaves(nested) == leaves
    assert map_tensors(lambda t: t + t, nested) == doubled
