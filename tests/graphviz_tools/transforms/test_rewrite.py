"""Laws of the one rewriter, on any graph."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphviz_tools.transforms as transforms
from graphviz_tools.recording import Edge, Recording
from graphviz_tools.transforms.rewrite import Draft, rewrite
from tests.graphviz_tools.graphs import law, recordings


def unchanged(recording: Recording) -> Draft:
    numbers = range(len(recording.nodes))
    return Draft(
        nodes=recording.nodes,
        becomes=dict(zip(numbers, numbers, strict=True)),
        edges=recording.edges,
        steps=recording.steps,
        scopes=recording.scopes,
    )


@st.composite
def merges(draw: st.DrawFn) -> tuple[Recording, list[int]]:
    """A graph, and for each node the node that it is merged into: one before it, or itself."""
    recording = draw(recordings())
    onto: list[int] = []
    for node in recording.nodes:
        free = node.kind != "autograd" and node.owner is None
        onto.append(draw(st.sampled_from([*dict.fromkeys(onto), node.id])) if free else node.id)
    return recording, onto


def merged(recording: Recording, onto: list[int]) -> Draft:
    """Every node merged into the one that `onto` gives, without the edges inside a group."""
    return replace(
        unchanged(recording),
        nodes=[node for node in recording.nodes if onto[node.id] == node.id],
        becomes=dict(enumerate(onto)),
        edges=[None if onto[e.source] == onto[e.target] else e for e in recording.edges],
    )


def pruned(recording: Recording, removed: set[int]) -> Draft:
    """`recording` without some nodes, all that is owned by them, and the steps that are about them."""
    owned = {n.id for n in recording.nodes if n.owner in removed}
    gone = removed | owned
    return Draft(
        nodes=[node for node in recording.nodes if node.id not in gone],
        becomes={node.id: node.id for node in recording.nodes if node.id not in gone},
        edges=[None if {e.source, e.target} & gone else e for e in recording.edges],
        steps=[step for step in recording.steps if step.node not in gone],
        scopes=recording.scopes,
    )


def is_sound(recording: Recording) -> bool:
    """Nodes and steps are numbered by place, what they name exists, and nothing is there twice."""
    nodes, edges = range(len(recording.nodes)), range(len(recording.edges))
    named = [e.source for e in recording.edges] + [e.target for e in recording.edges]
    named += [n.owner for n in recording.nodes if n.owner is not None]
    named += [s.node for s in recording.steps if s.node is not None]
    added = [n for s in recording.steps for n in s.nodes]
    drawn = [e for s in recording.steps for e in s.edges]
    return (
        [n.id for n in recording.nodes] == list(nodes)
        and [s.index for s in recording.steps] == list(range(len(recording.steps)))
        and all(n in nodes for n in [*named, *added])
        and all(e in edges for e in drawn)
        and len(set(added)) == len(added)
        and len(set(drawn)) == len(drawn)
        and len(set(recording.edges)) == len(recording.edges)
    )


@law
@given(recordings())
def test_a_draft_without_changes_gives_the_same_recording(recording: Recording) -> None:
    assert rewrite(recording, unchanged(recording)) == recording


@law
@given(merges())
def test_merged_graphs_are_numbered_without_gaps_or_repeats(case: tuple[Recording, list[int]]) -> None:
    recording, onto = case
    assert is_sound(rewrite(recording, merged(recording, onto)))


@law
@given(recordings(), st.sets(st.integers(0, 11)))
def test_pruned_graphs_are_numbered_without_gaps_or_repeats(recording: Recording, removed: set[int]) -> None:
    small = rewrite(recording, pruned(recording, removed))
    assert is_sound(small)
    assert len(small.nodes) <= len(recording.nodes)


@law
@given(merges())
def test_each_node_and_edge_is_added_by_the_first_step_that_adds_a_part_of_it(
    case: tuple[Recording, list[int]],
) -> None:
    recording, onto = case
    small = rewrite(recording, merged(recording, onto))
    place = {node: i for i, node in enumerate(dict.fromkeys(onto))}
    first: dict[int, int] = {}
    for step in recording.steps:
        for node in step.nodes:
            first.setdefault(place[onto[node]], step.index)
    assert {n: step.index for step in small.steps for n in step.nodes} == first
    assert {e for step in small.steps for e in step.edges} == set(range(len(small.edges)))


@law
@given(merges(), st.data())
def test_merging_twice_is_merging_once_by_both(
    case: tuple[Recording, list[int]], data: st.DataObject
) -> None:
    recording, onto = case
    once = rewrite(recording, merged(recording, onto))
    heads = list(dict.fromkeys(onto))
    again: list[int] = []
    for node in once.nodes:
        free = node.kind != "autograd" and node.owner is None
        again.append(data.draw(st.sampled_from([*dict.fromkeys(again), node.id])) if free else node.id)
    both = [heads[again[heads.index(first)]] for first in onto]
    assert rewrite(once, merged(once, again)) == rewrite(recording, merged(recording, both))


@law
@given(recordings(), st.sets(st.integers(0, 11)))
def test_a_path_between_kept_nodes_that_passes_only_kept_nodes_stays(
    recording: Recording, removed: set[int]
) -> None:
    draft = pruned(recording, removed)
    place = {node.id: i for i, node in enumerate(draft.nodes)}
    kept = {
        Edge(place[e.source], place[e.target], e.source_slot, e.target_slot, e.kind)
        for e in draft.edges
        if e is not None
    }
    assert set(rewrite(recording, draft).edges) == kept


@law
@given(recordings(), st.sets(st.integers(0, 11)))
def test_a_scope_stays_as_long_as_a_node_is_in_it(recording: Recording, removed: set[int]) -> None:
    small = rewrite(recording, pruned(recording, removed))
    held = {n.scope[:depth] for n in small.nodes for depth in range(1, len(n.scope) + 1)}
    assert {s.path for s in small.scopes} == {s.path for s in recording.scopes} & held


@law
@given(recordings())
def test_a_step_about_a_removed_node_is_an_error(recording: Recording) -> None:
    stepped = [step.node for step in recording.steps if step.node is not None]
    if not stepped:
        return
    draft = replace(pruned(recording, {stepped[0]}), steps=recording.steps)
    with pytest.raises(KeyError):
        rewrite(recording, draft)


# Beside the frameworks' own names, those of ops that no two of them share.
FRAMEWORK_WORDS = ("tensorflow", "torch", "jax", "onnx", "IdentityN", "ReadVariableOp", "Placeholder", "NoOp")


@pytest.mark.parametrize("file", ["rewrite", "fold", "rewire", "diff", "simplify", "inline_constants"])
def test_transforms_name_no_framework_and_none_of_its_ops(file: str) -> None:
    source = (Path(transforms.__file__).parent / f"{file}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    documents = [
        ast.get_docstring(n, clean=False)
        for n in ast.walk(tree)
        if isinstance(n, (ast.Module, ast.FunctionDef, ast.ClassDef))
    ]
    code = [text for text in strings if text not in documents]
    assert [text for text in code if any(word in text for word in FRAMEWORK_WORDS)] == []


def test_only_the_rewriter_numbers_nodes_and_edges() -> None:
    for path in sorted(Path(transforms.__file__).parent.glob("*.py")):
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("replace", "Recording")
            and {keyword.arg for keyword in node.keywords} >= {"nodes", "edges", "scopes"}
        ]
        assert len(calls) == (path.name == "rewrite.py"), path.name
