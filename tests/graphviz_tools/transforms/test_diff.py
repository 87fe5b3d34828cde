"""Laws of comparing two Recordings, and what a learner reads of known differences."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from graphviz_tools.recording import Edge, Node, Recording
from graphviz_tools.transforms.diff import diff
from tests.graphviz_tools.graphs import grown, law, layers, recordings, value


@law
@given(recordings())
def test_a_recording_does_not_differ_from_itself(recording: Recording):
    same = diff(recording, recording)
    assert not same
    assert same.same == tuple((n.id, n.id) for n in recording.nodes)
    assert str(same) == f"no difference in {len(recording.nodes)} nodes"


@law
@given(recordings(), recordings())
def test_the_other_way_round_is_the_mirror_image(a: Recording, b: Recording):
    there, back = diff(a, b), diff(b, a)
    assert (there.added, there.removed) == (back.removed, back.added)
    assert {(c.before, c.after) for c in there.changed} == {(c.after, c.before) for c in back.changed}
    assert set(there.same) == {(y, x) for x, y in back.same}


@law
@given(recordings(), recordings())
def test_every_node_of_both_sides_is_accounted_for_once(a: Recording, b: Recording):
    found = diff(a, b)
    pairs = [*found.same, *((c.before, c.after) for c in found.changed)]
    assert sorted([x for x, _ in pairs] + list(found.removed)) == list(range(len(a.nodes)))
    assert sorted([y for _, y in pairs] + list(found.added)) == list(range(len(b.nodes)))


@law
@given(recordings(), recordings())
def test_the_union_holds_both_graphs_and_can_be_stepped_through(a: Recording, b: Recording):
    found = diff(a, b)
    union = found.union()
    assert len(union.nodes) == len(b.nodes) + len(found.removed)
    assert [n for s in union.steps for n in s.nodes] == list(range(len(union.nodes)))
    assert [e for s in union.steps for e in s.edges] == list(range(len(union.edges)))
    assert all(e.source < len(union.nodes) and e.target < len(union.nodes) for e in union.edges)


def optimised() -> tuple[Recording, Recording]:
    """What TensorFlow's Grappler does: pow becomes square under the same name, its exponent goes."""
    before = grown(
        [
            Node(0, "input", "Placeholder", "x", "x"),
            Node(1, "constant", "Const", "2.0", "pow/y"),
            Node(2, "op", "Pow", "x ** 2", "pow"),
            Node(3, "op", "AddV2", "x ** 2 + x", "add"),
        ],
        [Edge(0, 2), Edge(1, 2, 0, 1), Edge(2, 3), Edge(0, 3, 0, 1)],
    )
    after = grown(
        [
            Node(0, "input", "Placeholder", "x", "x"),
            Node(1, "op", "Square", "x ** 2", "pow"),
            Node(2, "op", "AddV2", "x ** 2 + x", "add"),
        ],
        [Edge(0, 1), Edge(1, 2), Edge(0, 2, 0, 1)],
    )
    return before, after


def test_an_optimiser_that_replaces_an_op_under_its_name_is_recognised():
    assert str(diff(*optimised())).splitlines() == [
        "- Const pow/y",
        "~ Square pow: Pow → Square; inputs x, pow/y → x",
        "  2 nodes are the same",
    ]


def test_the_union_marks_what_differs():
    assert [n.label for n in diff(*optimised()).union().nodes] == ["- 2.0", "x", "~ x ** 2", "x ** 2 + x"]


def test_a_layer_more_is_three_nodes_added():
    found = diff(layers(4), layers(5))
    assert [layers(5).nodes[n].op for n in found.added] == ["parameter", "linear", "relu"]
    assert not found.removed
    assert [c.what for c in found.changed] == [("inputs x = relu(h), but other ones",)]


def test_an_op_inserted_before_others_does_not_change_their_names():
    def chain(ops: list[str]) -> Recording:
        nodes = [Node(0, "input", "input", "x", "x")]
        nodes += [Node(i, "op", op, name=f"{op}_{ops[:i].count(op)}") for i, op in enumerate(ops, 1)]
        return grown(nodes, [Edge(i, i + 1) for i in range(len(ops))])

    found = diff(chain(["mul", "add", "mul"]), chain(["mul", "mul", "add", "mul"]))
    assert len(found.added) == 1
    assert not found.removed


def test_a_change_of_dtype_or_shape_is_seen_and_a_change_of_numbers_is_not():
    recording = layers(1)

    def writing(written):
        return replace(recording, steps=tuple(replace(s, writes=(written,)) for s in recording.steps))

    single, double = writing(value(2, 3)), writing(value(2, 3, dtype="float64"))
    assert {c.what for c in diff(single, double).changed} == {("float32 (2, 3) → float64 (2, 3)",)}
    assert not diff(single, writing(replace(value(2, 3), numbers=(0.0,) * 6)))


def test_a_node_in_another_scope_has_moved():
    (change, *_) = diff(layers(1), layers(1, scoped=False)).changed
    assert change.what == ("moved from layers/0 to the outermost scope",)
