"""The static picture of a Recording: true, complete, and drawn with no `dot` program."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from PIL import Image

from graphviz_tools import draw
from graphviz_tools.drawing.graphviz import run_graphviz
from graphviz_tools.drawing.palette import PALETTE
from graphviz_tools.drawing.scene import make_scene
from graphviz_tools.errors import UserError
from graphviz_tools.recording import Edge, Node, Recording, Step
from tests.widgets.recording_builder import vector
from tests.widgets.recordings import eager_loop, perceptron, static_loop, tower

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> str:
    return " ".join(text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text"))


def test_a_picture_shows_every_op_value_and_gradient_but_no_autograd_node():
    said = words(draw(eager_loop()).svg)
    assert "h = h * h" in said and "[4, 16, 36]" in said and "while · iteration 1" in said
    assert "grad [8, 16, 24]" in said
    assert "MulBackward0" not in said


def test_autograd_nodes_are_drawn_when_asked_for():
    assert words(draw(eager_loop(), autograd=True).svg).count("MulBackward0") == 2


def test_an_earlier_step_keeps_every_place_and_hides_later_values():
    early, late = (ET.fromstring(draw(eager_loop(), step=step).svg) for step in (1, 10))

    def places(root: ET.Element) -> list[tuple]:
        return [(r.get("x"), r.get("y"), r.get("width")) for r in root.iter(f"{SVG}rect")]

    assert places(early) == places(late)
    assert "[2, 4, 6]" in words(draw(eager_loop(), step=1).svg)
    assert "[4, 16, 36]" not in words(draw(eager_loop(), step=1).svg)


def test_handles_say_that_they_have_no_value_until_the_graph_runs():
    assert "(3,) no value yet" in words(draw(static_loop(), step=5).svg)
    assert "no value yet" not in words(draw(static_loop()).svg)


def test_a_waiting_gradient_and_a_growing_sum_are_shown():
    assert "[2, 4, 6] + [2, 4, 6]" in words(draw(eager_loop(), step=8).svg)


def test_branch_nodes_are_dashed_and_yellow():
    scene = make_scene(eager_loop())
    branch = next(box for box in scene.outline.boxes if box.kind == "branch")
    group = next(
        g for g in ET.fromstring(draw(eager_loop()).svg).iter(f"{SVG}g") if g.get("data-box") == branch.key
    )
    rect = group.find(f"{SVG}rect")
    assert rect is not None and rect.get("stroke-dasharray") and rect.get("fill") == "#fff8c5"


def test_boxes_of_one_frame_lie_inside_it_and_none_overlap():
    scene = make_scene(perceptron())
    boxes = [(box, scene.layout.boxes[box.key]) for box in scene.outline.boxes]
    for box, place in boxes:
        if box.frame:
            frame = scene.layout.frames[box.frame]
            assert abs(place.x - frame.x) + place.width / 2 <= frame.width / 2 + 1
            assert abs(place.y - frame.y) + place.height / 2 <= frame.height / 2 + 1
    for i, (box, a) in enumerate(boxes):
        for other, b in boxes[:i]:
            assert (box.holder == other.key and a.y - a.height / 2 >= b.y + b.height / 2 - b.foot) or (
                abs(a.x - b.x) * 2 >= a.width + b.width - 1 or abs(a.y - b.y) * 2 >= a.height + b.height - 1
            )


def test_a_weight_lies_in_the_op_that_reads_it_and_a_closed_module_holds_its_own():
    drawing = make_scene(perceptron()).outline
    titles = {box.key: box.title for box in drawing.boxes}
    held = {box.title: titles[box.holder] for box in drawing.boxes if box.holder}
    assert held == {"first.weight": "linear(x, weight)", "second.weight": "linear(x, weight)"}
    closed = make_scene(outside(perceptron()), opened=()).outline
    assert not [box for box in closed.boxes if box.kind == "parameter"]


def test_a_weight_that_two_ops_read_stands_by_itself():
    tied = outside(perceptron())
    weight, last = tied.nodes[1], tied.nodes[-1]
    both = replace(tied, edges=(*tied.edges, Edge(weight.id, tied.seen(last.id), 0, 5)))
    assert weight.kind == "parameter"
    (box,) = [box for box in make_scene(both).outline.boxes if box.title == weight.label]
    assert box.holder == "" and box.frame == ()


def outside(recording):
    """The same, with the parameters in no module, as they are recorded."""
    nodes = tuple(replace(n, scope=()) if n.kind == "parameter" else n for n in recording.nodes)
    return replace(recording, nodes=nodes)


def test_a_png_leads_a_long_arrow_around_the_boxes_that_it_passes():
    recording = eager_loop()
    skip = Edge(0, recording.nodes[-1].id)
    picture = draw(replace(recording, edges=(*recording.edges, skip)))
    longest = max(picture.scene.layout.links, key=len)
    drawn = json.loads(run_graphviz(picture.dot, "nop2", "json0"))["edges"]
    assert len(longest) > 4
    assert len(longest) + 1 in [len(edge["pos"].split()) for edge in drawn]


def test_a_large_recording_is_drawn_collapsed_and_opens_by_scope():
    recording = tower(layers=60, ops=40)
    scene = make_scene(recording)
    assert len(scene.outline.boxes) <= 150
    opened = make_scene(recording, {*scene.opened, ("model", "layer7")})
    assert len(opened.outline.boxes) > len(scene.outline.boxes)


def test_svg_png_gif_and_dot_files_are_written_without_dot_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    picture = draw(eager_loop(), step=3)
    assert picture.to_svg(tmp_path / "a.svg").read_text().startswith("<svg")
    assert picture.to_dot(tmp_path / "a").read_text().startswith("digraph")
    assert "<svg" in picture.to_html(tmp_path / "a.html").read_text()
    image = Image.open(io.BytesIO(picture.to_png(tmp_path / "a.png").read_bytes()))
    assert len(image.convert("RGB").getcolors(100_000) or ()) > 10
    assert getattr(Image.open(picture.to_gif(tmp_path / "a.gif")), "n_frames", 1) == 4


def test_a_notebook_gets_svg_and_text():
    bundle = draw(eager_loop())._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg") and "11 steps" not in bundle["image/svg+xml"]
    assert "step 11 of 11" in bundle["text/plain"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"step": 99}, UserError, "steps are 0 to 10"),
        ({"theme": "blue"}, ValueError, "choose 'light' or 'dark'"),
        ({"open": [("nowhere",)]}, ValueError, "nowhere"),
        ({"open": "loop"}, UserError, r"open=\[\('loop',\)\], not a str"),
        ({"open": ["loop"]}, UserError, r"open=\[\('loop',\)\], not a str"),
    ],
)
def test_a_wrong_argument_gives_one_clear_line(arguments, error, words):
    with pytest.raises(error, match=words):
        draw(eager_loop(), **arguments)


def test_an_unknown_scope_is_answered_with_those_of_a_near_name():
    with pytest.raises(UserError, match=r"^no scope \('modle',\); the nearest: \('model',\)"):
        draw(tower(layers=2, ops=2), open=[("modle",)])


def test_a_non_recording_is_refused_with_advice():
    with pytest.raises(TypeError, match="record_torch"):
        draw(3)  # pyright: ignore[reportArgumentType]


def test_a_file_of_the_wrong_kind_or_place_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"should end in \.svg"):
        draw(eager_loop()).to_svg(tmp_path / "a.png")
    with pytest.raises(UserError, match="create it first"):
        draw(eager_loop()).to_svg(tmp_path / "missing" / "a.svg")


def test_an_output_shows_its_value_also_where_the_last_op_brings_it():
    x, double, out = (
        Node(0, "input", "x", "x"),
        Node(1, "op", "mul", "x * 2"),
        Node(2, "output", "output", "output"),
    )
    step = Step(
        0,
        "forward",
        "mul",
        1,
        nodes=(0, 1, 2),
        edges=(0, 1),
        reads=(vector("x", 1.0, 2.0),),
        writes=(vector("y", 2.0, 4.0),),
    )
    scene = make_scene(Recording("torch", "f", (x, double, out), (Edge(0, 1), Edge(1, 2)), (step,)))
    assert scene.at(scene.home[2], 0).subtitle == "[2, 4]"


def test_the_op_that_failed_is_red_in_every_picture():
    steps = [replace(s, error="ValueError: no", writes=()) if s.index == 1 else s for s in eager_loop().steps]
    failed = draw(replace(eager_loop(), steps=tuple(steps)))
    red = PALETTE["light"]["bad"]
    assert red in failed.svg and red in failed.dot
    assert red not in draw(eager_loop()).svg
