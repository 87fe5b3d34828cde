"""A saved Recording loads as what it was, and an unusable file is refused in one sentence."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

from graphviz_tools import load, record_torch, save
from graphviz_tools.recording import (
    Control,
    Edge,
    EdgeKind,
    Memory,
    Node,
    NodeKind,
    Omission,
    Phase,
    Recording,
    Saved,
    Scope,
    ScopeKind,
    Source,
    SourceLine,
    Step,
    Summary,
    Value,
)
from graphviz_tools.serialization import VERSION, from_json, to_json
from tests.graphviz_tools.sources.torch.torch_zoo import ZOO

text = st.text(max_size=8)
small = st.integers(0, 1000)
path = st.lists(text, max_size=3).map(tuple)
number = st.one_of(st.booleans(), st.integers(), st.floats(), st.complex_numbers())


def some(strategy: st.SearchStrategy[Any], size: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=size).map(tuple)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


line = st.builds(SourceLine, text, small, text, text)
summary = st.builds(Summary, *[maybe(st.floats())] * 3, small, maybe(small))
value = st.builds(
    Value,
    shape=maybe(some(maybe(small))),
    dtype=st.sampled_from(["", "float32", "bfloat16", "complex64", "bool"]),
    device=text,
    name=text,
    text=text,
    summary=maybe(summary),
    numbers=maybe(some(number, 6)),
    grid=maybe(st.tuples(small, small)),
    flags=path,
    version=maybe(small),
    storage=maybe(small),
    nbytes=small,
)
node = st.builds(
    Node, small, st.sampled_from(get_args(NodeKind)), text, text, text, path, maybe(line), maybe(small)
)
edge = st.builds(Edge, small, small, small, small, st.sampled_from(get_args(EdgeKind)))
control = st.builds(Control, st.sampled_from(["branch", "loop", "item"]), text, text, maybe(small))
step = st.builds(
    Step,
    index=small,
    phase=st.sampled_from(get_args(Phase)),
    op=text,
    node=maybe(small),
    line=maybe(line),
    nodes=some(small),
    edges=some(small),
    reads=some(value),
    writes=some(value),
    saved=some(st.builds(Saved, small, text, value)),
    freed=some(small),
    grads_in=some(maybe(value)),
    grads_out=some(maybe(value)),
    control=maybe(control),
    memory=maybe(st.builds(Memory, small, small)),
    scope=path,
    error=text,
    note=text,
)
recordings = st.builds(
    Recording,
    framework=text,
    title=text,
    nodes=some(node),
    edges=some(edge),
    steps=some(step),
    scopes=some(st.builds(Scope, path, st.sampled_from(get_args(ScopeKind)), text)),
    sources=some(st.builds(Source, text, small, text)),
    outputs=some(value),
    omitted=some(st.builds(Omission, text, small, text)),
    versions=st.dictionaries(text, text, max_size=3),
    error=text,
)


@settings(max_examples=60, deadline=None)
@given(recordings)
def test_every_recording_comes_back_from_json_as_it_was(recording: Recording) -> None:
    written = json.dumps(to_json(recording), allow_nan=False)
    # repr tells NaN from nothing, -0.0 from 0.0 and True from 1, where == does not.
    assert repr(list(vars_of(from_json(json.loads(written))))) == repr(list(vars_of(recording)))


def vars_of(recording: Recording) -> Any:
    return (getattr(recording, name) for name in Recording.__dataclass_fields__)


SPECIAL = {
    "NaN and infinities": torch.tensor([math.nan, math.inf, -math.inf, -0.0]),
    "bfloat16": torch.tensor([1.0, 3.140625], dtype=torch.bfloat16),
    "complex": torch.tensor([1 + 2j, complex(math.nan, math.inf)]),
    "no dimension": torch.tensor(7),
    "no element": torch.zeros(0, 3),
    "large": torch.randn(200, 300),
    "bool": torch.tensor([True, False]),
}


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("name", ["r.json", "r.json.gz"])
def test_special_numbers_survive_a_file(kind: str, name: str, tmp_path: Path) -> None:
    recording = record_torch(lambda: SPECIAL[kind].clone(), backward=False)
    loaded = load(save(recording, tmp_path / name))
    assert repr(loaded.steps) == repr(recording.steps)
    assert loaded.outputs[0].dtype == str(SPECIAL[kind].dtype).removeprefix("torch.")


@pytest.mark.parametrize("name", ["custom_function", "checkpointed", "second_backward_fails", "func_vmap"])
def test_a_recorded_program_survives_a_file(name: str, tmp_path: Path) -> None:
    recording = record_torch(ZOO[name]()[0])
    assert load(save(recording, tmp_path / "r.json.gz")) == recording
    assert [p.name for p in tmp_path.iterdir()] == ["r.json.gz"]


def test_a_name_that_ends_in_gz_is_compressed_and_the_same_recording_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    recording = record_torch(ZOO["lstm"]()[0])
    plain, packed = save(recording, tmp_path / "r.json"), save(recording, tmp_path / "r.json.gz")
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    again = save(recording, tmp_path / "again.json.gz")
    assert again.read_bytes() == packed.read_bytes()


def test_the_recording_of_gpt2_stays_below_five_megabytes(tmp_path: Path) -> None:
    config = GPT2Config(n_layer=12, n_embd=64, n_head=4, n_positions=32, vocab_size=500)
    ids = torch.randint(0, 500, (1, 16))
    recording = record_torch(GPT2LMHeadModel(config), ids, labels=ids)
    assert len(recording) > 1000 and recording.error == ""
    assert save(recording, tmp_path / "gpt2.json.gz").stat().st_size < 5_000_000


@pytest.fixture
def written() -> dict[str, Any]:
    return to_json(record_torch(lambda x: (x * 2).sum(), torch.ones(2, requires_grad=True)))


def test_a_file_of_a_later_version_says_that_a_newer_program_is_needed(
    written: dict[str, Any], tmp_path: Path
) -> None:
    written["version"] = VERSION + 1
    file = tmp_path / "future.json"
    file.write_text(json.dumps(written))
    with pytest.raises(ValueError, match=rf"future.json: .* format {VERSION + 1}.*install a newer one"):
        load(file)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other", "prose"])
def test_a_damaged_file_is_refused_in_one_line(damage: str, written: dict[str, Any], tmp_path: Path) -> None:
    whole = gzip.compress(json.dumps(written).encode())
    middle = len(whole) // 2
    content = {
        "cut": whole[:middle],
        "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
        "empty": b"",
        "other": b'{"cells": []}',
        "prose": b"not a recording",
    }[damage]
    file = tmp_path / "bad.json.gz"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.json\.gz") as refusal:
        load(file)
    assert "\n" not in str(refusal.value) and "recording" in str(refusal.value)


DAMAGES: dict[str, Any] = {
    "a node without its op": lambda w: w["nodes"][0].pop("op"),
    "a field that nobody knows": lambda w: w["steps"][0].update(colour="red"),
    "a value that is not there": lambda w: w["steps"][0].update(reads=[10_000]),
    "a phase that does not exist": lambda w: w["steps"][0].update(phase="sideways"),
    "text for a number": lambda w: w["edges"][0].update(source="one"),
    "a step that is not a dict": lambda w: w.update(steps=["step"]),
    "steps that are not a list": lambda w: w.update(steps=3),
    "a strange number": lambda w: w["values"][0].update(numbers=["many"]),
    "a version that is not a number": lambda w: w.update(version="new"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_inside_is_named(damage: str, written: dict[str, Any]) -> None:
    DAMAGES[damage](written)
    with pytest.raises(ValueError, match="the recording is damaged: ") as refusal:
        from_json(written)
    assert "\n" not in str(refusal.value)


@settings(max_examples=50, deadline=None)
@given(st.recursive(st.none() | st.integers() | text, lambda x: st.lists(x) | st.dictionaries(text, x)))
def test_any_json_is_read_or_refused(content: Any) -> None:
    with pytest.raises(ValueError):
        from_json(content)
    with pytest.raises(ValueError):
        from_json({"format": "graph-duet recording", "version": 1, "steps": content, "values": content})


def test_a_place_that_cannot_be_written_leaves_no_half_file(tmp_path: Path) -> None:
    recording = record_torch(lambda: torch.ones(1) * 2, backward=False)
    with pytest.raises(OSError):
        save(recording, tmp_path / "no such folder" / "r.json")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        save(recording, tmp_path / "taken")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
