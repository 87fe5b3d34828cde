"""Laws of collapsing, on any graph, and what a learner sees of a few known ones."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphviz_tools.recording import Edge, Node, Recording, Scope
from graphviz_tools.transforms.collapse import By, collapse, folding
from graphviz_tools.transforms.fold import Folding
from graphviz_tools.transforms.repeats import any_repeats
from graphviz_tools.transforms.scopes import opening
from tests.graphviz_tools.graphs import LINES, grown, law, layers, recordings

WAYS = st.sampled_from(get_args(By))


def folded(recording: Recording, by: By) -> tuple[Recording, list[int]]:
    plan: Folding = folding(recording, by)
    return collapse(recording, by), plan.places()


@law
@given(recordings(), WAYS)
def test_every_step_stays_in_its_place(recording: Recording, by: By):
    small, places = folded(recording, by)
    assert [s.index for s in small.steps] == [s.index for s in recording.steps]
    assert [s.op for s in small.steps] == [s.op for s in recording.steps]
    assert [s.node for s in small.steps] == [
        None if s.node is None else places[s.node] for s in recording.steps
    ]


@law
@given(recordings(), WAYS)
def test_every_node_goes_to_exactly_one_node_and_none_is_empty(recording: Recording, by: By):
    small, places = folded(recording, by)
    assert len(places) == len(recording.nodes)
    assert set(places) == set(range(len(small.nodes)))
    assert [n.id for n in small.nodes] == list(range(len(small.nodes)))


@law
@given(recordings(), WAYS)
def test_edges_go_where_their_ends_went_and_never_back_to_the_same_box(recording: Recording, by: By):
    small, places = folded(recording, by)
    moved = {(places[e.source], places[e.target], e.kind) for e in recording.edges}
    assert {(e.source, e.target, e.kind) for e in small.edges} == {m for m in moved if m[0] != m[1]}
    assert len(set(small.edges)) == len(small.edges)


@law
@given(recordings(), WAYS)
def test_steps_still_grow_the_whole_graph_in_order(recording: Recording, by: By):
    small = collapse(recording, by)
    assert [n for s in small.steps for n in s.nodes] == list(range(len(small.nodes)))
    assert sorted(e for s in small.steps for e in s.edges) == list(range(len(small.edges)))


@law
@given(recordings(), WAYS)
def test_autograd_nodes_stay_with_the_box_that_their_owner_went_to(recording: Recording, by: By):
    small, places = folded(recording, by)
    for node in recording.nodes:
        if node.owner is not None:
            assert small.nodes[places[node.id]].owner == places[node.owner]
            assert small.nodes[places[node.id]].kind == "autograd"


@law
@given(recordings(), WAYS)
def test_no_scope_is_left_without_content(recording: Recording, by: By):
    small = collapse(recording, by)
    inhabited = {n.scope[:depth] for n in small.nodes for depth in range(1, len(n.scope) + 1)}
    assert {s.path for s in small.scopes} <= inhabited


@law
@given(recordings())
def test_closing_nothing_changes_nothing(recording: Recording):
    everything = {n.scope for n in recording.nodes}
    opened = collapse(recording, open=everything - {()})
    assert opened == recording


@law
@given(recordings(), st.integers(1, 30))
def test_opening_stays_within_the_limit_unless_one_scope_is_all_there_is(recording: Recording, limit: int):
    closed = sum(n.kind != "autograd" for n in collapse(recording).nodes)
    shown = sum(n.kind != "autograd" for n in collapse(recording, open=opening(recording, limit)).nodes)
    assert closed <= shown <= max(limit, closed) or closed == 1


@law
@given(recordings())
def test_it_is_known_before_folding_whether_anything_repeats(recording: Recording):
    assert any_repeats(recording) == bool(folding(recording, "repeat").boxes)


@law
@given(st.integers(2, 40), st.booleans())
def test_equal_layers_roll_up_into_one_that_says_how_many(count: int, scoped: bool):
    small = collapse(layers(count, scoped), by="repeat")
    assert [(n.op, n.label) for n in small.nodes] == [
        ("input", "x"),
        ("parameter", f"layers.0.weight × {count}"),
        ("linear", f"h = linear(x, w) × {count}"),
        ("relu", f"x = relu(h) × {count}"),
        ("output", "y"),
    ]
    assert Edge(3, 2) in small.edges  # the way back from one layer to the next


def test_a_rolled_up_module_says_how_many_in_its_title():
    scopes = {s.path: s.label for s in collapse(layers(12), by="repeat").scopes}
    assert scopes == {("layers",): "layers", ("layers", "0"): "layers.0: Layer × 12"}


def test_a_rolled_up_module_can_be_closed():
    small = collapse(collapse(layers(12), by="repeat"), by="module", open={("layers",)})
    assert [n.label for n in small.nodes] == ["x", "layers.0: Layer × 12 (2 ops)", "y"]


def test_a_loop_in_a_loop_rolls_up_twice():
    nodes, edges = [Node(0, "input", "input", "x")], []
    for _ in range(4):
        for line, op in [(0, "add"), (1, "mul"), (1, "mul"), (1, "mul"), (2, "sub")]:
            edges.append(Edge(len(nodes) - 1, len(nodes)))
            nodes.append(Node(len(nodes), "op", op, op, line=LINES[line]))
    small = collapse(grown(nodes, edges), by="repeat")
    assert [n.label for n in small.nodes] == ["x", "add × 4", "mul × 12", "sub × 4"]


def test_modules_with_other_names_are_not_a_repetition():
    nodes = [Node(0, "input", "input", "x")]
    nodes += [Node(i, "op", "linear", scope=(name,)) for i, name in enumerate(["query", "key", "value"], 1)]
    recording = grown(nodes, [Edge(0, i) for i in (1, 2, 3)])
    assert collapse(recording, by="repeat") == recording


def test_equal_ops_with_other_inputs_are_not_a_repetition():
    ops = [Node(i, "op", "add" if i % 2 else "mul") for i in range(1, 5)]
    edges = [Edge(0, 1), Edge(1, 2), Edge(0, 3), Edge(0, 4)]  # add → mul, then both from x
    recording = grown([Node(0, "input", "input", "x"), *ops], edges)
    assert collapse(recording, by="repeat") == recording


def test_parameters_side_by_side_are_not_a_repetition():
    nodes = [Node(0, "parameter", "parameter", "w"), Node(1, "parameter", "parameter", "b")]
    nodes.append(Node(2, "op", "linear"))
    recording = grown(nodes, [Edge(0, 2), Edge(1, 2, 0, 1)])
    assert collapse(recording, by="repeat") == recording


def test_a_closed_scope_names_the_path_that_opens_it():
    small = collapse(layers(3))
    (box,) = [n for n in small.nodes if n.kind == "scope"]
    assert (*box.scope, box.name) == ("layers",)
    assert box.label == "layers (6 ops)"
    opened = collapse(layers(3), open={(*box.scope, box.name)})
    assert [n.label for n in opened.nodes if n.kind == "scope"] == [
        f"layers.{i}: Layer (2 ops)" for i in range(3)
    ]


def test_opening_a_scope_opens_the_ones_around_it():
    small = collapse(layers(3), open={("layers", "1")})
    assert [n.op for n in small.nodes] == [
        "input",
        "module",
        "parameter",
        "linear",
        "relu",
        "module",
        "output",
    ]


def test_a_line_of_code_becomes_one_node_however_often_it_ran():
    small = collapse(layers(5), by="line")
    assert [(n.op, n.label) for n in small.nodes] == [
        ("input", "x"),
        ("parameter", "layers.0.weight × 5"),
        ("linear", "line 1"),
        ("relu", "line 2"),
        ("output", "y"),
    ]


def test_two_parameters_of_one_line_stay_two():
    nodes = [Node(i, "parameter", "parameter", name) for i, name in enumerate("wb")]
    nodes += [Node(2, "op", "matmul", line=LINES[0]), Node(3, "op", "add", line=LINES[0])]
    small = collapse(grown(nodes, [Edge(0, 2), Edge(2, 3), Edge(1, 3, 0, 1)]), by="line")
    assert [n.label for n in small.nodes] == ["w", "b", "line 1"]
    assert small.nodes[2].op == "matmul, add"


def test_a_scope_that_is_not_there_cannot_be_opened():
    with pytest.raises(ValueError, match=r"no scope \('decoder',\); the scopes are \('layers',\)"):
        collapse(layers(2), open={("decoder",)})


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match='write by="module", by="line" or by="repeat"'):
        collapse(layers(2), by="block")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match='write by="module"'):
        collapse(layers(2), by="line", open={("layers",)})


def test_opening_shows_as_much_as_fits():
    recording = layers(3)
    assert opening(recording, 4) == frozenset()
    assert opening(recording, 5) == {("layers",)}
    assert opening(recording, 7) == {("layers",), ("layers", "0")}
    assert opening(recording, 11) == {("layers",), *(("layers", str(i)) for i in range(3))}


def test_the_only_scope_is_opened_in_any_case():
    nodes = [Node(i, "op", "add", scope=("net",)) for i in range(9)]
    assert opening(Recording("torch", nodes=tuple(nodes), scopes=(Scope(("net",), "module"),)), 3) == {
        ("net",)
    }
