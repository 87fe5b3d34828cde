"""Pictures of programs of any length: a budget that always holds, iterations and equal layers put together."""

from __future__ import annotations

import itertools
import json

import pytest
import torch

from benchmarks.programs import PROGRAMS, loop, recurrent
from graphviz_tools import record_torch
from graphviz_tools.drawing.opening import ASKED, FIRST
from graphviz_tools.drawing.outline import outline
from graphviz_tools.drawing.scene import Scene, make_scene
from graphviz_tools.recording import Edge, Node, Recording, Scope, Step, Value


def titles(scene: Scene) -> list[str]:
    return [box.title for box in scene.outline.boxes]


def crossed(scene: Scene) -> int:
    """The rows of boxes that the arrows cross, where each box stands below what it has an arrow from, and below
    what the outline puts before it."""
    place = {box.key: i for i, box in enumerate(scene.outline.boxes)}
    holder = {box.key: box.holder or box.key for box in scene.outline.boxes}
    arrows = {tuple(sorted((place[link.source], place[link.target]))) for link in scene.outline.links}
    below = {(place[holder[first]], place[holder[then]]) for first, then in scene.outline.order}
    row = [0] * len(place)
    for first, then in sorted(arrows | below, key=lambda pair: pair[1]):
        row[then] = max(row[then], row[first] + 1)
    return sum(row[then] - row[first] for first, then in arrows)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("steps", [1_000, 3_000])
def test_a_picture_keeps_its_budget_for_any_program_and_any_opening(program, steps):
    scene = make_scene(program(steps))
    assert len(scene.outline.boxes) <= FIRST.boxes and crossed(scene) <= FIRST.rows
    assert {*scene.home} == {box.key for box in scene.outline.boxes}
    for _ in range(4):
        closed = [box.scope for box in scene.outline.boxes if box.scope is not None]
        if not closed:
            break
        scene = make_scene(scene.prepared, [*scene.opened, closed[len(closed) // 2]])
        assert len(scene.outline.boxes) <= ASKED.boxes and crossed(scene) <= ASKED.rows
        json.dumps(titles(scene))


def test_a_loop_of_many_iterations_shows_the_first_two_the_last_and_how_many_lie_between():
    scene = make_scene(loop(2_000))
    assert "iteration 3 … 199 × 197" in titles(scene)
    frames = [frame.label for frame in scene.outline.frames]
    assert {"iteration 1", "iteration 2", "iteration 200"} <= set(frames)


def test_iterations_that_are_not_alike_are_counted_in_brackets():
    def train(x):
        for i in range(9):
            x = x * 2
            if i == 5:
                x = x.sin()
        return x

    scene = make_scene(record_torch(train, torch.ones(2)))
    assert "iteration 3 … 8 (6)" in titles(scene)


def test_each_iteration_stands_below_the_one_before_or_in_the_next_column():
    scene = make_scene(loop(30))
    turns = [scene.layout.frames["for", f"iteration {n}"] for n in (1, 2, 3)]
    for before, after in itertools.pairwise(turns):
        assert after.top >= before.bottom or after.left >= before.right


def test_opening_the_iterations_between_reaches_every_one_of_them():
    scene = make_scene(recurrent(500))
    for _ in range(3):
        closed = [box.scope for box in scene.outline.boxes if box.scope and "…" in box.scope[-1]]
        if not closed:
            break
        scene = make_scene(scene.prepared, [*scene.opened, closed[0]])
    assert any(frame.path[-1] == "iteration 3" for frame in scene.outline.frames) or "iteration 3" in titles(
        scene
    )


def test_a_scope_is_opened_by_its_own_path_also_where_it_lies_among_many_alike():
    scene = make_scene(loop(2_000), [("for", "iteration 77")])
    assert any(frame.path[-1] == "iteration 77" for frame in scene.outline.frames)


def trained(turns: int) -> Recording:
    """`w` is read in each iteration and written in place by the optimizer."""
    nodes, edges, steps = [Node(0, "op", "ones", "w = ones(1)")], [], []
    steps.append(Step(0, "forward", "ones", 0, nodes=(0,), writes=(held(0),)))
    w = 0
    for turn in range(1, turns + 1):
        scope = ("for", f"iteration {turn}")
        loss, update = len(nodes), len(nodes) + 1
        nodes += [
            Node(loss, "op", "mul", "loss", scope=scope),
            Node(update, "op", "add_", "step", scope=scope),
        ]
        edges += [Edge(w, loss), Edge(w, update)]
        steps.append(
            Step(len(steps), "forward", "mul", loss, nodes=(loss,), edges=(len(edges) - 2,), scope=scope)
        )
        steps.append(
            Step(len(steps), "optimize", "add_", update, nodes=(update,), edges=(len(edges) - 1,), scope=scope,
                 reads=(held(turn - 1),), writes=(held(turn),))
        )  # fmt: skip
        w = update
    scopes = {node.scope[:d]: None for node in nodes for d in (1, 2) if node.scope}
    listed = tuple(Scope(p, "loop" if len(p) == 1 else "iteration", p[-1]) for p in scopes)
    return Recording("torch", "train", tuple(nodes), tuple(edges), tuple(steps), listed)


def held(version: int) -> Value:
    return Value((1,), "float32", name="w", numbers=(float(version),), storage=7, version=version)


def test_a_parameter_is_one_box_with_its_history_and_no_arrow_joins_iterations():
    scene = make_scene(trained(3))
    w = scene.home[0]
    assert [scene.at(w, step).subtitle for step in (0, 2, 4, 6)] == ["[0]", "[1]", "[2]", "[3]"]
    assert {link.source for link in scene.outline.links} == {w}


def test_an_optimizer_is_one_closed_box_in_each_iteration_below_what_it_follows():
    scene = make_scene(trained(3))
    frames = [box for box in scene.outline.boxes if box.scope and box.scope[-1] == "optimizer step"]
    assert [box.frame[-1] for box in frames] == ["iteration 1", "iteration 2", "iteration 3"]
    assert not {link.target for link in scene.outline.links} & {box.key for box in frames}
    for box, loss in zip(frames, (1, 3, 5), strict=True):
        assert scene.layout.boxes[box.key].top > scene.layout.boxes[scene.home[loss]].bottom
    opened = make_scene(trained(3), [("for", "iteration 2", "optimizer step")])
    assert "w: add_" in titles(opened)


def adam(turns: int) -> Recording:
    """A small net and the optimizer that has most to compute."""
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    x, y = torch.randn(16, 4), torch.randn(16, 1)

    def train() -> torch.Tensor:
        loss = x.sum()
        for _ in range(turns):
            optimizer.zero_grad()
            loss = ((net(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
        return loss

    return record_torch(train)


def test_a_training_loop_with_adam_reads_from_the_left_to_the_right():
    scene = make_scene(adam(20))
    titled = {box.title: scene.layout.boxes[box.key] for box in scene.outline.boxes}
    loop = next(frame.path for frame in scene.outline.frames if frame.kind == "loop")
    first, second, last = (scene.layout.frames[*loop, f"iteration {n}"] for n in (1, 2, 20))
    assert first.right < second.left and second.right < last.left
    between = next(place for title, place in titled.items() if "× 17" in title)
    assert (second.right < between.left and between.bottom < last.top) or between.right < last.left
    for name in ("0.weight", "0.bias", "2.weight", "2.bias", "x", "y"):
        assert titled[name].bottom < first.top
    assert titles(scene).count("optimizer.step()") == 3
    assert titled["output"].bottom < scene.layout.frames[loop].bottom + 60


def test_of_modules_of_one_class_all_are_open_or_none():
    class Block(torch.nn.Sequential):
        def __init__(self, size: int) -> None:
            super().__init__(
                *(layer for _ in range(size) for layer in (torch.nn.Linear(4, 4), torch.nn.Tanh()))
            )

    net = torch.nn.Sequential(*[Block(size) for size in (2, 14, 3, 15)])
    scene = make_scene(record_torch(net, torch.randn(2, 4)))
    blocks = [box.title for box in scene.outline.boxes if box.title.endswith(": Block")]
    assert blocks == ["0: Block", "1: Block", "2: Block", "3: Block"]


def test_a_weight_written_by_hand_is_one_box_too():
    w = torch.ones(3, requires_grad=True)

    def train() -> None:
        for _ in range(3):
            (w * w).sum().backward()
            assert w.grad is not None
            with torch.no_grad():
                w.sub_(0.1 * w.grad)
            w.grad = None

    recording = record_torch(train)
    scene = make_scene(recording)
    assert titles(scene).count("w") == 1
    turn = {box.key: box.frame for box in scene.outline.boxes}
    crossing = [link for link in scene.outline.links if turn[link.source] != turn[link.target]]
    assert {
        scene.outline.boxes[[b.key for b in scene.outline.boxes].index(k.source)].title for k in crossing
    } == {"w"}
    last = len(recording.steps) - 1
    assert scene.at(scene.home[0], last).subtitle == "[0.512, 0.512, 0.512]"


def test_what_a_module_writes_into_its_buffer_is_in_the_buffers_box():
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    recording = record_torch(net, torch.randn(2, 1, 5, 5))
    scene = make_scene(recording)
    [count] = [box for box in scene.outline.boxes if box.title == "1.num_batches_tracked"]
    assert "add_" not in titles(scene)
    assert count.frame == ("1",)
    assert scene.at(count.key, -1).subtitle != "1"
    assert scene.at(count.key, len(recording.steps) - 1).subtitle == "1"


def test_a_tall_thin_graph_is_broken_into_columns_and_every_arrow_still_ends_at_its_boxes():
    nodes = tuple(Node(n, "op", "mul", f"op {n}") for n in range(30))
    edges = (*(Edge(n, n + 1) for n in range(29)), Edge(2, 27))
    scene = make_scene(Recording("torch", "strip", nodes, edges))
    assert scene.layout.height < 2 * scene.layout.width
    for link, points in zip(scene.outline.links, scene.layout.links, strict=True):
        source, target = scene.layout.boxes[link.source], scene.layout.boxes[link.target]
        assert source.left - 1 <= points[0][0] <= source.right + 1
        assert target.left - 1 <= points[-1][0] <= target.right + 1
    drawn, _ = outline(scene.prepared, ())
    assert len(drawn.boxes) == 30


def test_the_text_of_a_recording_counts_each_phase_once():
    steps = tuple(Step(n, "forward" if n % 2 else "backward", "mul") for n in range(1_000))
    assert repr(Recording("torch", "train", steps=steps)) == (
        "<Recording train: 1000 steps (backward 500, forward 500), 0 nodes>"
    )


def test_a_tall_module_beside_others_in_one_is_wrapped_and_then_what_is_around_it():
    paths = [("net", "encoder")] * 30 + [("net", "head")] * 10
    nodes = tuple(Node(n, "op", "mul", f"op {n}", scope=path) for n, path in enumerate(paths))
    edges = tuple(Edge(n, n + 1) for n in range(39))
    scopes = tuple(
        Scope(path, "module", path[-1]) for path in (("net",), ("net", "encoder"), ("net", "head"))
    )
    scene = make_scene(
        Recording("torch", "net", nodes, edges, scopes=scopes), [scope.path for scope in scopes]
    )
    encoder, head = (scene.layout.frames[scope.path] for scope in scopes[1:])
    assert len({round(scene.layout.boxes[f"n{n}"].x) for n in range(30)}) > 1
    assert head.left > encoder.right or head.top > encoder.bottom
    assert scene.layout.height < 0.9 * scene.layout.width


def test_a_module_is_called_by_its_name_also_where_its_class_has_the_same_letters():
    q = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Conv2d(2, 2, 3))

    def program(x: torch.Tensor) -> torch.Tensor:
        return q(x)

    labels = [
        frame.label for frame in make_scene(record_torch(program, torch.ones(1, 1, 8, 8))).outline.frames
    ]
    assert {"q: Sequential", "0: Conv2d", "2: Conv2d"} <= set(labels)


def test_an_optimizer_is_called_by_its_statement_where_others_share_its_line():
    net = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        loss = net(torch.ones(3, 2)).sum()
        optimizer.zero_grad(); loss.backward(); optimizer.step()  # noqa: E702  # fmt: skip

    assert "optimizer.step()" in titles(make_scene(record_torch(train)))
