"""Pictures of training loops with several modules: the arrows that a loop repeats do not bury the rest."""

import functools

import torch
from torch import nn

from graphviz_tools import draw, record_torch
from graphviz_tools.drawing.in_time import in_time
from graphviz_tools.drawing.scene import Scene, make_scene


@functools.cache
def gan() -> Scene:
    """Four iterations; D is called three times in each."""
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    critic = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    steps = [torch.optim.SGD(module.parameters(), 0.1) for module in (critic, generator)]
    data = [torch.randn(4, 2) for _ in range(4)]

    def train() -> torch.Tensor:
        G, D = generator, critic
        loss = torch.zeros(())
        for real in data:
            fake = G(torch.randn(4, 2))
            critic_loss = D(fake.detach()).mean() - D(real).mean()
            critic_loss.backward()
            steps[0].step()
            loss = -D(fake).mean()
            loss.backward()
            steps[1].step()
        return loss

    return make_scene(record_torch(train))


def test_the_weights_of_each_module_are_one_box_above_the_loop() -> None:
    scene = gan()
    groups = {
        box.title: scene.layout.boxes[box.key] for box in scene.outline.boxes if "parameters" in box.title
    }
    assert set(groups) == {"G: 4 parameters", "D: 4 parameters"}
    first = scene.layout.frames["for real in data", "iteration 1"]
    assert all(place.bottom <= first.top + 20 for place in groups.values())


def test_weights_of_one_name_are_told_apart_by_their_modules() -> None:
    scene = gan()
    loop = ("for real in data",)
    opened = make_scene(scene.prepared, [loop, (*loop, "G: 4 parameters"), (*loop, "D: 4 parameters")])
    titles = {box.title for box in opened.outline.boxes if box.kind == "parameter"}
    assert {"G.0.weight", "D.0.weight"} <= titles


def test_only_the_first_iteration_and_the_first_call_show_what_they_read() -> None:
    scene = gan()
    box = {box.key: box for box in scene.outline.boxes}
    loud, quiet = (
        [
            box[link.target].around
            for link in scene.outline.links
            if link.quiet is still and "D: 4" in box[link.source].title
        ]
        for still in (False, True)
    )
    assert loud
    assert all(path[1] == "iteration 1" for path in loud)
    assert len({path[2] for path in loud}) == 1
    assert {path[1] for path in quiet} >= {"iteration 1", "iteration 2", "iteration 4"}


def test_a_quiet_arrow_is_drawn_only_while_a_gradient_runs_over_it() -> None:
    scene = gan()
    quiet = {n for n, link in enumerate(scene.outline.links) if link.quiet}
    step, link = next(
        (step.index, n) for step in scene.recording.steps for n, _ in scene.flowing(step.index) if n in quiet
    )
    start = "M{:.1f} {:.1f}".format(*scene.layout.links[link][-1])
    recording = scene.recording
    assert start in draw(recording, step).svg
    idle = next(s.index for s in recording.steps if not any(n == link for n, _ in scene.flowing(s.index)))
    assert start not in draw(recording, idle).svg


def test_what_no_arrow_joins_stands_in_the_order_of_time() -> None:
    weights = [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))]

    def train() -> torch.Tensor:
        loss = other = torch.zeros(2)
        for _ in range(2):
            loss = (weights[0] * 2.0).sum()
            other = (weights[1] * 3.0).exp()
        return loss + other.sum()

    scene = make_scene(record_torch(train))
    places = {box.title: scene.layout.boxes[box.key] for box in scene.outline.boxes}
    assert places["loss = (weights[0] * 2.0).sum()"].bottom < places["weights[1] * 3.0"].top


def test_pieces_at_work_at_the_same_time_are_not_ordered() -> None:
    places = [(n,) for n in range(4)]
    assert list(in_time(places, [(0, 2), (1, 3)])) == []
    assert list(in_time(places, [(0, 1), (2, 3)])) == [(1, 2)]
    assert list(in_time([("a", 0), ("a", 1), ("b", 2)], [(0, 2)])) == [(0, 1)]


def test_the_ops_of_one_line_are_one_box_in_a_part_of_many() -> None:
    def many(x: torch.Tensor) -> torch.Tensor:
        y = x.exp() + x.sin() * x.cos() - x.tanh() + x.abs() * x.sqrt() - x.log()
        z = y.exp() + y.sin() * y.cos() - y.tanh() + y.abs() * y.sqrt() - y.log()
        return z.exp() + z.sin() * z.cos() - z.tanh()

    scene = make_scene(record_torch(many, torch.ones(2)))
    assert len([box for box in scene.outline.boxes if box.scope is not None]) == 3


def test_what_a_loop_reads_stands_above_it_and_what_reads_it_below() -> None:
    net = nn.Linear(3, 3)

    def unrolled(x: torch.Tensor) -> torch.Tensor:
        h = torch.zeros(3)
        for t in range(6):
            h = torch.tanh(net(h) + x[t])
        return h.sum()

    scene = make_scene(record_torch(unrolled, torch.ones(6, 3)))
    places = {box.title: scene.layout.boxes[box.key] for box in scene.outline.boxes}
    loop = scene.layout.frames["for t in range(6)",]
    first = scene.layout.frames["for t in range(6)", "iteration 1"]
    assert max(places["h = torch.zeros(3)"].bottom, places["x"].bottom) <= loop.top
    assert places["weight"].bottom <= first.top
    assert min(places["h.sum()"].top, places["output"].top) >= loop.bottom


def test_the_count_of_batches_is_drawn_with_the_buffers_of_its_module() -> None:
    net, x = nn.BatchNorm1d(3), torch.randn(4, 3)

    def train() -> torch.Tensor:
        y = x
        for _ in range(3):
            y = net(y)
        return y

    for program in (record_torch(net, x), record_torch(train)):
        boxes = make_scene(program).outline.boxes
        first = next(box for box in boxes if box.op == "batch_norm")
        holders = {box.title: box.holder for box in boxes if box.kind == "variable"}
        assert holders == dict.fromkeys(("num_batches_tracked", "running_mean", "running_var"), first.key)


def test_the_first_values_of_a_weight_are_shown_in_its_own_box() -> None:
    def train() -> torch.Tensor:
        net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
        nn.init.ones_(net[1].weight)
        nn.init.zeros_(
            nn.Parameter(torch.empty(1), requires_grad=False)
        )  # it is not learnt: a box of its own
        loss = net(torch.ones(1, 2)).sum()
        loss.backward()
        return loss

    recording = record_torch(train)
    scene = make_scene(recording)
    ops = [box.op for box in scene.outline.boxes]
    assert ops.count("empty") == 1 and not {"kaiming_uniform_", "uniform_", "ones_"} & {*ops}
    weight = next(box for box in scene.outline.boxes if box.title == "1.weight")
    ones = next(step.index for step in recording.steps if step.op in ("ones_", "fill_"))
    assert scene.current(ones) == weight.key and scene.at(weight.key, ones).subtitle == "[[1, 1]]"
    assert scene.at(weight.key, len(recording.steps) - 1).gradient.startswith("grad [[")


def test_what_one_input_feeds_is_no_matter_of_time_and_what_one_weight_feeds_is() -> None:
    loop = ("for", "iteration 1")
    boxes = [(), (*loop, 1), (*loop, 2), (*loop, 3)]
    arrows = [(0, 1), (1, 2), (0, 3)]
    assert list(in_time(boxes, arrows)) == []
    assert list(in_time([None, *boxes[1:]], arrows)) == [(2, 3)]
