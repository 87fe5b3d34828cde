"""`memory`: what is alive at the peak agrees with PyTorch's profiler, and what a checkpoint saves with a checkpoint."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.profiler import profile
from torch.profiler._memory_profiler import Action, Category
from torch.utils.checkpoint import checkpoint

from graphviz_tools import Recording, load, memory, record_torch, save
from graphviz_tools.analysis.memory_table import MemoryTable
from graphviz_tools.errors import UserError


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(16, 64), nn.Linear(64, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(F.gelu(self.up(x)))


class Tower(nn.Module):
    def __init__(self, checkpointed: bool = False) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block() for _ in range(4))
        self.head = nn.Linear(16, 10)
        self.checkpointed = checkpointed

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False) if self.checkpointed else block(x)
        return self.head(x)


def train(net: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()


def trained(
    rows: int, kind: type[torch.optim.Optimizer] = torch.optim.Adam, checkpointed: bool = False
) -> MemoryTable:
    net = Tower(checkpointed)
    optimizer = kind(net.parameters(), lr=0.01)  # pyright: ignore[reportCallIssue]
    return memory(
        record_torch(train, net, optimizer, torch.randn(rows, 16), torch.zeros(rows, dtype=torch.long))
    )


def profiled(
    rows: int, kind: type[torch.optim.Optimizer] = torch.optim.Adam, checkpointed: bool = False
) -> tuple[int, Counter[Category | None]]:
    """The peak of the same training step by PyTorch's own memory profiler, and its categories."""
    net = Tower(checkpointed)
    optimizer = kind(net.parameters(), lr=0.01)  # pyright: ignore[reportCallIssue]
    x, y = torch.randn(rows, 16), torch.zeros(rows, dtype=torch.long)
    with profile(profile_memory=True, record_shapes=True, with_stack=True) as recorded:
        train(net, optimizer, x, y)
    seen = recorded._memory_profile()
    alive, peak = Counter[Category | None](), Counter[Category | None]()
    for _, action, (key, version), nbytes in seen.timeline:
        category = seen._categories.get(key, version)
        if action in (Action.PREEXISTING, Action.CREATE):
            alive[category] += nbytes
        elif action == Action.DESTROY:
            alive[category] -= nbytes
        if alive.total() > peak.total():
            peak = alive.copy()
    return peak.total(), peak


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.SGD])
@pytest.mark.parametrize("rows", [8, 2000])
def test_the_peak_is_that_of_pytorchs_profiler(rows: int, kind: type[torch.optim.Optimizer]) -> None:
    table = trained(rows, kind)
    peak, categories = profiled(rows, kind)
    assert table.peak == pytest.approx(peak, rel=0.02)
    kinds = table.by_kind()
    assert kinds["parameter"] == categories[Category.PARAMETER]
    if rows == 8 and kind is torch.optim.Adam:  # its step is the peak: no gradient of an activation is alive
        assert kinds["gradient"] == categories[Category.GRADIENT]


def test_the_peak_of_a_checkpointed_run_is_that_of_the_profiler() -> None:
    peak, _ = profiled(2000, checkpointed=True)
    assert trained(2000, checkpointed=True).peak == pytest.approx(peak, rel=0.02)


def test_what_a_checkpoint_computed_again_is_alive_while_its_node_runs() -> None:
    """ReLU saves its output: it unpacks it, and lets go of it, after the nodes behind it have run."""
    up = nn.Linear(8, 64)
    x = torch.randn(1000, 8)

    def train(up: nn.Linear, x: torch.Tensor) -> None:
        checkpoint(lambda x: F.relu(up(x)).cos(), x, use_reentrant=False).sum().backward()

    recording = record_torch(train, up, x)
    (relu,) = [step.index for step in recording.steps if step.op == "ReluBackward0"]
    wide = 1000 * 64 * 4
    given = x.nbytes + sum(parameter.nbytes for parameter in up.parameters())
    # Its saved output, the gradient that arrives, the one that leaves, and the output and the gradient of the sum.
    assert memory(recording).held[relu] == given + 3 * wide + 2 * 4


def test_rows_say_line_module_and_kind_and_add_up() -> None:
    table = trained(2000)
    assert sum(row.nbytes for row in table.rows) == table.peak == max(table.held)
    largest = table.rows[0]
    assert (largest.kind, largest.module[-1]) == ("saved activation", "blocks.0")
    assert largest.line is not None and "F.gelu" in largest.line.text
    (inputs,) = [row for row in table.rows if row.kind == "input" and row.names == ("x",)]
    assert inputs.nbytes == 2000 * 16 * 4


def test_the_table_is_text_html_and_a_frame() -> None:
    pytest.importorskip("pandas")
    table = trained(8)
    assert str(table).startswith(f"Peak: {table.peak:,} bytes at step {table.peak_step + 1}, optimize")
    assert "<td" in table._repr_html_() and "blocks.0.up.weight" in table._repr_html_()
    assert table.to_frame()["bytes"].sum() == table.peak


def test_what_a_checkpoint_would_save_is_what_it_saves() -> None:
    before = trained(2000)
    peak, _ = profiled(2000, checkpointed=True)
    (found,) = [one for one in before.checkpoints if one.kind == "Block"]
    assert found.modules == ("blocks.0", "blocks.1", "blocks.2", "blocks.3")
    assert found.flops == 4 * 2 * 2 * 2000 * 16 * 64
    assert before.peak - found.saves == pytest.approx(peak, rel=0.02)
    assert "A checkpoint of each Block (blocks.0, blocks.1, blocks.2, ...) would lower the peak by" in str(
        before
    )


def test_nothing_to_save_is_reported() -> None:
    assert trained(8).checkpoints == ()
    assert str(trained(8)).endswith("A checkpoint of a module would not lower the peak.")


def test_buffers_and_parameters_are_distinguished() -> None:
    table = memory(record_torch(nn.BatchNorm1d(64), torch.ones(2, 64)))
    kinds = {
        kind: {name for row in table.rows if row.kind == kind for name in row.names}
        for kind in table.by_kind()
    }
    assert kinds["buffer"] >= {"running_mean", "running_var"}
    assert kinds["parameter"] == {"weight", "bias"}


def test_a_saved_recording_has_the_same_table(tmp_path) -> None:
    recording = record_torch(Block(), torch.ones(2, 16))
    assert memory(load(save(recording, tmp_path / "run.json"))) == memory(recording)


def test_a_recording_without_memory_is_refused() -> None:
    with pytest.raises(UserError, match="measured no memory"):
        memory(Recording("tensorflow"))
