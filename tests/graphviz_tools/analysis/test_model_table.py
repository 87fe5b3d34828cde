"""The table of a model says what PyTorch itself says: parameters, shapes, and FLOPs by its own counter."""

from __future__ import annotations

import sys
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

from graphviz_tools import record_tensorflow_eager, record_torch, summary
from graphviz_tools.analysis.model_table import ModelTable, ModuleRow
from graphviz_tools.errors import NotInstalledError


def row(table: ModelTable, *path: str) -> ModuleRow:
    return next(r for r in table.rows if r.path == path)


class Net(nn.Module):
    """Nested, shared and looped modules, buffers, and a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(4, 8, 3, groups=2, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.shared = nn.Linear(4, 4)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.up(self.stem(x)).flatten(2).transpose(1, 2)
        for _ in range(2):
            h = self.shared(h) * self.scale
        h, _ = self.attention(h, h, h)
        return self.shared(h)


def test_parameters_calls_and_shapes_are_those_of_torch() -> None:
    torch.manual_seed(0)
    model, x = Net(), torch.randn(2, 4, 4, 4)
    seen: dict[str, list[tuple[torch.Size, torch.Size]]] = {}

    def note(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, arguments: Any, result: Any) -> None:
            result = result[0] if isinstance(result, tuple) else result
            seen.setdefault(name, []).append((arguments[0].shape, result.shape))

        return hook

    handles = [m.register_forward_hook(note(name)) for name, m in model.named_modules()]
    model(x)
    for handle in handles:
        handle.remove()
    table = summary(record_torch(model, x))
    rows = {".".join(r.path): r for r in table.rows}
    assert set(rows) == set(seen)
    for name, module in model.named_modules():
        if name == "shared" or name not in seen:  # attention uses its out_proj's weights and never calls it
            continue
        assert rows[name].calls == len(seen[name])
        assert rows[name].parameters == sum(p.numel() for p in module.parameters()), name
        assert rows[name].parameter_bytes == sum(p.nbytes for p in module.parameters()), name
        assert (rows[name].inputs, rows[name].outputs) == ((seen[name][0][0],), (seen[name][0][1],)), name
    assert rows["shared"].calls == 3 and rows["shared"].parameters == 20
    assert rows[""].parameters == sum(p.numel() for p in model.parameters())


def _attention(x: torch.Tensor) -> torch.Tensor:
    with sdpa_kernel(SDPBackend.MATH):
        return scaled_dot_product_attention(x, x[:, :, :3], x[:, :, :3])


_PROGRAMS: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], tuple[int, ...]]] = {
    "matmul": (lambda x: x @ torch.ones(5, 2), (3, 5)),
    "matmul of stacks": (lambda x: x @ torch.ones(2, 1, 5, 3), (4, 7, 5)),
    "bmm": (lambda x: torch.bmm(x, x.transpose(1, 2)), (4, 3, 5)),
    "addmm": (lambda x: torch.addmm(torch.zeros(2), x, torch.ones(5, 2)), (3, 5)),
    "baddbmm": (lambda x: torch.baddbmm(torch.zeros(1), x, torch.ones(4, 5, 2)), (4, 3, 5)),
    "tensordot": (lambda x: torch.tensordot(x, torch.ones(3, 5, 2), 2), (4, 3, 5)),
    "einsum": (lambda x: torch.einsum("bij,bkj->bik", x, x), (4, 3, 5)),
    "linear": (nn.Linear(5, 7), (2, 3, 5)),
    "conv1d": (nn.Conv1d(4, 6, 3, stride=2, dilation=2), (2, 4, 9)),
    "conv2d in groups": (nn.Conv2d(4, 8, (3, 2), groups=2, padding=1), (2, 4, 5, 6)),
    "depthwise": (nn.Conv2d(4, 4, 3, groups=4), (1, 4, 5, 5)),
    "conv3d": (nn.Conv3d(2, 3, 2), (1, 2, 4, 4, 4)),
    "transposed": (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), (2, 4, 5, 5)),
    "attention": (_attention, (2, 3, 5, 4)),
    "sums": (lambda x: (x * x + 1).sum().exp(), (3, 5)),
}


@pytest.mark.parametrize("name", _PROGRAMS)
def test_flops_are_those_of_torch_s_own_counter(name: str) -> None:
    program, shape = _PROGRAMS[name]
    x = torch.randn(shape)
    with FlopCounterMode(display=False) as counter:
        program(x)
    whole = summary(record_torch(program, x, backward=False)).rows[0]
    assert whole.flops == counter.get_total_flops()
    assert whole.uncounted == ()


def test_multi_head_attention_counts_its_projections_too() -> None:
    module = nn.MultiheadAttention(6, 2, batch_first=True)
    x = torch.randn(2, 5, 6)
    with FlopCounterMode(display=False) as counter:
        module(x, x, x)
    assert summary(record_torch(module, x, x, x, backward=False)).rows[0].flops == counter.get_total_flops()


def test_a_training_loop_counts_forward_only_and_each_parameter_once() -> None:
    model, x = Net(), torch.randn(2, 4, 4, 4)
    optimizer = torch.optim.Adam(model.parameters())

    def train() -> None:
        for _ in range(3):
            optimizer.zero_grad()
            model(x).sum().backward()
            optimizer.step()

    once, table = summary(record_torch(model, x)), summary(record_torch(train))
    loop = row(table, "model")
    assert (loop.calls, loop.flops) == (3, 3 * once.rows[0].flops)
    assert loop.parameters == sum(p.numel() for p in model.parameters())
    assert loop.outputs == ((2, 64, 4),)


def test_an_op_whose_flops_are_not_recorded_is_named() -> None:
    equation = "ij,kj->ik"
    table = summary(record_torch(lambda x: torch.einsum(equation, x, x), torch.ones(2, 3), backward=False))
    assert table.rows[0].uncounted == ("einsum",)
    assert "FLOPs of einsum are not counted" in str(table)


def test_an_inner_product_with_a_scalar_is_not_counted() -> None:
    program = lambda x: torch.inner(torch.tensor(2.0), x)  # noqa: E731
    table = summary(record_torch(program, torch.ones(3), backward=False))
    assert table.rows[0].uncounted == ("inner",)


def test_views_and_in_place_writes_add_no_bytes() -> None:
    table = summary(record_torch(lambda x: (x * 2).view(-1).add_(1).exp(), torch.ones(2, 3), backward=False))
    assert table.rows[0].output_bytes == 2 * 6 * 4


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []

    def handle_data(self, data: str) -> None:
        self.cells.append(data.strip())


def test_text_and_html_show_the_same_cells() -> None:
    table = summary(record_torch(nn.Sequential(nn.Linear(500, 3), nn.ReLU()), torch.ones(2, 500)))
    parser = _Cells()
    parser.feed(table._repr_html_())
    for text in (
        "(program)",
        "Linear",
        "2×500",
        "1,503",
        "6,000",
        "6,012",
        "Time: a Recording holds no times.",
    ):
        assert text in parser.cells and text in str(table), text
    assert (
        "<script>" not in ModelTable((ModuleRow(("<script>",), "", 1, (), (), 0, 0, 0, 0),), ())._repr_html_()
    )


def test_the_frame_has_a_row_for_each_module() -> None:
    pytest.importorskip("pandas", reason="pandas is optional; the extra `test` installs it")
    frame = summary(record_torch(nn.Sequential(nn.Linear(5, 3), nn.ReLU()), torch.ones(2, 5))).to_frame()
    assert list(frame["module"]) == ["", "0", "1"]
    assert list(frame["parameters"]) == [18, 18, 0]
    assert frame["input"][1] == ((2, 5),)


def test_without_pandas_the_command_to_install_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(NotInstalledError, match="pip install pandas"):
        summary(record_torch(nn.ReLU(), torch.ones(1))).to_frame()


def test_a_keras_model_has_its_layers_and_parameters() -> None:
    import tensorflow as tf

    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Conv2D(3, 2), layers.Flatten(), layers.Dense(5)])
    x = tf.ones((2, 4, 4, 2))
    model(x)
    table = summary(record_tensorflow_eager(model, x))
    rows = {r.kind: r for r in table.rows}
    assert rows["Sequential"].parameters == model.count_params()
    assert rows["Conv2D"].flops == 2 * (2 * 3 * 3 * 3) * (2 * 2 * 2)
    assert rows["Dense"].flops == 2 * 2 * 5 * 27
    assert (rows["Dense"].inputs, rows["Dense"].outputs) == (((2, 27),), ((2, 5),))
