"""Every value, shape and gradient that a picture prints is the one that PyTorch has."""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

from graphviz_tools import draw, record_torch
from graphviz_tools.drawing.opening import Budget
from graphviz_tools.drawing.parts import LEAF_KINDS
from graphviz_tools.drawing.prepared import prepare
from graphviz_tools.drawing.scene import Scene, make_scene
from graphviz_tools.drawing.text import shorten, value_text
from graphviz_tools.drawing.timeline import WIDEST
from graphviz_tools.recording import Recording, Value
from graphviz_tools.sources.torch.classify import classify
from graphviz_tools.sources.torch.tensor_registry import tensors_in
from graphviz_tools.transforms.collapse import By, collapse
from tests.graphviz_tools.sources.torch.torch_zoo import ZOO


def printed(tensor: torch.Tensor) -> str:
    """What a box has to say about a tensor, from PyTorch's own numbers."""
    numbers = None
    if tensor.numel() <= 4 and tensor.layout is torch.strided and not tensor.is_nested:
        numbers = tuple(tensor.detach().resolve_conj().resolve_neg().flatten().tolist())
    shape = tuple(size if type(size) is int else None for size in tensor.shape)  # a ragged one is a symbol
    return value_text(Value(shape, str(tensor.dtype).removeprefix("torch."), numbers=numbers))


def gradient_text(said: str) -> str:
    """The line of a box for a gradient, without the dtype where that has no room."""
    whole = f"grad {said}"
    return whole if len(whole) <= WIDEST else shorten(re.sub(r"\) \w+$", ")", whole), WIDEST)


@dataclass
class Result:
    """The first result of one call: what it was ("": one of many at once, under vmap), and the gradients that
    PyTorch gave it."""

    op: str
    value: str
    gradients: list[str]


class Truth(TorchFunctionMode):
    """Notes the results of every call on its own. Entered before the recorder, it is called by it."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[Result] = []
        self.gradients: list[str] = []  # of everything that was read
        self._known: dict[int, torch.Tensor] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kind, op = classify(func)
        if kind == "operation" and torch.is_grad_enabled():
            self.watch(tensors_in((args, kwargs)))
        made = func(*args, **(kwargs or {}))
        if kind == "operation":
            self._note(op, made, tensors_in((args, kwargs)))
        return made

    def watch(self, operands: list[torch.Tensor]) -> None:
        with torch._C.DisableTorchFunction():
            for tensor in operands:
                known = id(tensor) in self._known or not tensor.requires_grad
                if known or torch._C._functorch.is_functorch_wrapped_tensor(tensor):
                    continue
                self._known[id(tensor)] = tensor
                if tensor.is_leaf:
                    tensor.register_post_accumulate_grad_hook(
                        lambda t: self.gradients.append(printed(t.grad))
                    )
                else:
                    tensor.register_hook(lambda gradient: self.gradients.append(printed(gradient)))

    def _note(self, op: str, made: Any, operands: list[torch.Tensor]) -> None:
        with torch._C.DisableTorchFunction():
            outputs = tensors_in(made)
            if not outputs:
                return
            first = outputs[0]
            if torch._C._functorch.is_functorch_wrapped_tensor(first):
                self.results.append(Result(op, "", []))
                return
            result = Result(op, printed(first), [])
            unchanged = any(first is operand for operand in operands)  # its gradient is in its maker's box
            if (
                torch.is_grad_enabled()
                and first.requires_grad
                and not unchanged
                and not first.is_leaf
                and not first.is_inference()
            ):
                first.register_hook(lambda gradient: result.gradients.append(printed(gradient)))
            self.results.append(result)


def forward_boxes(recording: Recording, scene: Scene) -> list[tuple[str, str, str]]:
    """(op, value, gradient) of each box that an op of the forward pass has."""
    found = []
    shared = {*scene.prepared.homes.updates.values()}  # their boxes show what was written into them last
    for step in recording.steps:
        if (
            step.phase == "backward"
            or step.node is None
            or not step.writes
            or step.note.startswith("Computed")
            or step.node in shared
        ):
            continue
        if recording.nodes[step.node].kind == "op":
            moment = scene.at(scene.home[step.node], len(recording.steps) - 1)
            found.append((step.op, moment.subtitle, moment.gradient))
    return found


def leaf_gradients(recording: Recording, scene: Scene) -> list[tuple[str, str]]:
    """(name, gradient) of each input and parameter that has a box of its own, in full width, and a gradient."""
    held = {box.key for box in scene.outline.boxes if box.holder}
    leaves = [n for n in recording.nodes if n.kind in LEAF_KINDS[:-1] and scene.home[n.id] not in held]
    said = [(n.label, scene.at(scene.home[n.id], len(recording.steps) - 1).gradient) for n in leaves]
    return [(label, gradient) for label, gradient in said if gradient.startswith("grad ")]


# Their hooks change the gradients after our look at them: other tests say what is recorded there.
HOOKED = {"hooks_on_tensors", "hooks_on_modules", "hooks_on_autograd_nodes"}
# "threads" calls backward in a thread that nobody records; the other's input is wrapped by two transforms.
UNSEEN = {"threads", "func_grad_over_vmap"}


@pytest.mark.parametrize("name", ZOO)
def test_every_box_prints_the_value_and_the_gradient_that_pytorch_has(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Everything is open, and nothing is asked about places: to lay it out takes most of the time.
    monkeypatch.setattr("graphviz_tools.drawing.scene.lay_out", lambda *_: None)
    program, state = ZOO[name]()
    truth = Truth()
    truth.watch(state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with truth:
            recording = record_torch(program)
    prepared = prepare(recording)
    scene = make_scene(prepared, [*prepared.parts], budget=Budget(100_000, 10**9))
    boxes = forward_boxes(recording, scene)
    place = 0
    for op, value, gradient in boxes:
        there = next((i for i in range(place, len(truth.results)) if truth.results[i].op == op), None)
        if there is None:
            continue  # a step that is not a call of the program's own: compiled, scripted, or a custom Function
        result, place = truth.results[there], there + 1
        said = (result.value, f"{result.value}, no_grad")
        assert not result.value or value in [shorten(text, WIDEST) for text in said], op
        if name not in HOOKED | UNSEEN and len(result.gradients) == 1:
            assert gradient.endswith("arrives") or gradient == gradient_text(result.gradients[0]), op
    for label, gradient in leaf_gradients(recording, scene) if name not in HOOKED | UNSEEN else ():
        assert gradient in {gradient_text(said) for said in truth.gradients}, label


def test_a_line_with_no_room_loses_the_dtype_and_not_its_end() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        loss = (y.exp() + y.sin()).sum()
        loss.backward()
        return loss

    scene = make_scene(record_torch(program, torch.zeros(1, 16, 16, 16, requires_grad=True)))
    said = {moment.gradient for past in scene.moments.values() for moment in past}
    assert "(1, 16, 16, 16) waits: 1 of 2" in said and "(1, 16, 16, 16) float32 arrives" not in said
    assert {"(1, 16, 16, 16) arrives", "grad (1, 16, 16, 16) float32"} <= said
    assert not any("…" in text for text in said)


def box_texts(recording: Recording, title: str) -> list[str]:
    """The lines under the box called `title`, as they stand in the SVG."""
    texts = [
        re.sub("<[^>]+>", "", text) for text in re.findall(r"<text[^>]*>(.*?)</text>", draw(recording).svg)
    ]
    at = texts.index(title)
    return texts[at + 1 : at + 3]


def test_the_box_of_a_linear_layer_shows_the_gradient_of_its_result_not_of_its_weight() -> None:
    layer = torch.nn.Linear(4, 3)

    def program(x: torch.Tensor) -> torch.Tensor:
        y = layer(x)
        return (y * y).sum()

    recording = record_torch(program, torch.randn(5, 4, requires_grad=True))
    assert box_texts(recording, "y = layer(x)") == ["(5, 3) float32", "grad (5, 3) float32"]


def test_the_box_of_an_op_with_inner_pieces_shows_the_gradient_of_its_result() -> None:
    def program(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        y = a @ b
        return (y * y).sum()

    a, b = torch.randn(2, 3, 4, requires_grad=True), torch.randn(2, 4, 5, requires_grad=True)
    assert box_texts(record_torch(program, a, b), "y = a @ b")[1] == "grad (2, 3, 5) float32"


def test_a_closed_module_shows_the_gradient_of_its_result_not_of_its_last_parameter() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))

    def program(x: torch.Tensor) -> torch.Tensor:
        return net(x).sum()

    recording = record_torch(program, torch.randn(5, 4))
    scene = make_scene(recording, frozenset())
    (box,) = [box for box in scene.outline.boxes if box.kind == "scope"]
    moment = scene.at(box.key, len(recording.steps) - 1)
    assert (moment.subtitle, moment.gradient) == ("(5, 2) float32", "grad (5, 2) float32")


def test_a_box_says_where_no_grad_cut_the_gradients_off() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        y = x * x
        with torch.no_grad():
            z = y + 1.0
        return (y * z).sum()

    recording = record_torch(program, torch.randn(2, 3, requires_grad=True))
    assert box_texts(recording, "y = x * x") == ["(2, 3) float32", "grad (2, 3) float32"]
    assert box_texts(recording, "z = y + 1.0")[0] == "(2, 3) float32, no_grad"


def test_an_op_with_several_results_says_whose_gradient_it_shows() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        _, second = x.chunk(2)
        return second.sum()

    recording = record_torch(program, torch.randn(3, requires_grad=True))
    (box,) = [box for box in make_scene(recording, frozenset()).outline.boxes if "chunk" in box.title]
    moment = make_scene(recording, frozenset()).at(box.key, len(recording.steps) - 1)
    assert moment.gradient == "grad of result 2 1.0" or moment.gradient == "grad of result 2 [1]"


class _Exponential(torch.nn.Module):
    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return (x * w).exp()


@pytest.mark.parametrize(("by", "title"), [("line", "return (x * w).exp()"), ("module", "_Exponential")])
def test_a_box_of_several_ops_shows_the_gradient_of_its_own_output(by: By, title: str) -> None:
    inner = _Exponential()

    def program(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        a = inner(x, w)
        return (3 * (a + x).sin()).mean()

    x, w = (torch.ones(3, requires_grad=True) for _ in range(2))
    small = collapse(record_torch(program, x, w, backward=True), by=by)
    scene = make_scene(small)
    said = {box.title: scene.at(box.key, len(small) - 1).gradient for box in scene.outline.boxes}
    (grad,) = [text for name, text in said.items() if name.startswith(title)]
    assert grad.startswith(f"grad [{math.cos(math.e + 1):.4g}, ")  # d mean / d a, of three equal numbers
