"""A static graph is shown as its author thinks of it; one press, or `all_ops`, shows every op."""

from __future__ import annotations

import json

import pytest

from graphviz_tools.errors import UserError
from graphviz_tools.recording import Edge, Node, Recording, Step
from graphviz_tools.transforms.simplify import without_plumbing
from tests.widgets.recording_builder import RecordingBuilder, handle, vector
from tests.widgets.recordings import eager_loop
from widgets import Duet, Stepper


def plumbed() -> Recording:
    """`x * 2` as TensorFlow builds and runs it: Placeholder, Identity, Mul, Identity, Sum."""
    s = RecordingBuilder("tensorflow", "f", "def f(x):\n    return tf.reduce_sum(x * 2)\n")
    before = s.node("input", "Placeholder", "x", line=1)
    made = [before]
    for op in ("Identity", "Mul", "Identity", "Sum"):
        made.append(s.node("op", op, op, line=2))
    for phase in ("trace", "run"):
        for at, node in enumerate(made):
            building = phase == "trace"
            edges = (s.edge(made[at - 1], node),) if building and at else ()
            value = handle("t") if building else vector("t", 2.0, 4.0)
            s.step(phase, s.nodes[node].op, node, 2 if at else 1, nodes=(node,) if building else (),
                   edges=edges, reads=(value,) if at else (), writes=(value,))  # fmt: skip
    return s.recording()


def titles(view: Stepper) -> list[str]:
    return [box["title"] for box in view._data["scene"]["boxes"]]


def test_a_static_graph_leaves_its_plumbing_out_until_all_ops_are_asked_for():
    view = Stepper(plumbed())
    assert titles(view) == ["x", "Mul", "Sum"] and view._data["plumbing"]
    view.all_ops = True
    assert titles(view) == ["x", "Identity", "Mul", "Identity", "Sum"]
    assert titles(Stepper(plumbed(), all_ops=True)) == titles(view)
    assert not Stepper(eager_loop())._data["plumbing"]


@pytest.mark.parametrize(("few", "all_ops"), [(-1, -1), (0, 0), (1, 2), (2, 4), (3, 5), (5, 9)])
def test_the_place_in_the_program_is_kept_both_ways(few, all_ops):
    view = Stepper(plumbed(), step=few)
    view.all_ops = True
    assert view.step == all_ops
    view.all_ops = False
    assert view.step == few


def test_a_step_of_the_longer_view_can_be_asked_for_at_once():
    assert Stepper(plumbed(), step=9, all_ops=True).step == 9
    with pytest.raises(UserError, match="to 5"):
        Stepper(plumbed(), step=9)


def test_a_duet_keeps_its_place_on_both_sides():
    view = Duet(doubled(), plumbed(), step=2)
    before = view.beats[2]
    view.all_ops = True
    eager, static = view.beats[view.step]
    assert eager >= before[0] and static >= before[1] and len(view.beats) == 11
    assert view.recordings[1].steps[static].op == without_plumbing(plumbed()).steps[before[1]].op


def test_a_page_carries_both_views_and_the_way_between_them():
    data = Stepper(plumbed())._page_data()
    json.dumps(data, allow_nan=False)
    assert data["places"] == [0, 2, 4, 5, 7, 9] and len(data["other"]["scene"]["boxes"]) == 5


def doubled() -> Recording:
    x, two = Node(0, "input", "input", "x"), Node(1, "op", "mul", "x * 2")
    steps = tuple(
        Step(
            i,
            "forward",
            node.op,
            node.id,
            nodes=(node.id,),
            edges=((0,) if i else ()),
            writes=(vector("x", 2.0, 4.0),),
        )
        for i, node in enumerate((x, two))
    )
    return Recording("torch", "f", (x, two), (Edge(0, 1),), steps)
