"""`memory`: what is alive at the peak agrees with PyTorch's profiler and TensorFlow's allocator, and what a checkpoint
saves with a checkpoint."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.profiler import profile
from torch.profiler._memory_profiler import Action, Category
from torch.utils.checkpoint import checkpoint

from graphviz_tools import Recording, load, memory, record_tensorflow_eager, record_torch, save
from graphviz_tools.analysis.memory_table import MemoryTable
from graphviz_tools.errors import UserError
from graphviz_tools.frameworks import import_tensorflow

tf = import_tensorflow()
keras = tf.keras


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


# --- TensorFlow, as it runs ---------------------------------------------------------------------------------

SIDE = 272  # every matrix is of one size: TensorFlow's allocator rounds, and does not count what is below 256 KiB
# Matrices that one step below adds at its peak, as `get_memory_info` printed it. TensorFlow 2.21 keeps count of the
# CPU's memory only with oneDNN, which we turn off.
ADDED = 8.087


def test_the_peak_of_eager_tensorflow_is_that_of_its_allocator() -> None:
    layers = [keras.layers.Dense(SIDE, "tanh", name="up"), keras.layers.Dense(SIDE, "relu", name="mid")]
    model = keras.Sequential(layers, name="net")
    model.build((None, SIDE))
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(model.trainable_variables)

    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            error = model(x, training=True) - y
            loss = tf.reduce_mean(error**2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    x, y = tf.random.normal((SIDE, SIDE), seed=1), tf.random.normal((SIDE, SIDE), seed=2)
    parameters, given = 2 * 4 * (SIDE + 1) * SIDE, 2 * 4 * SIDE * SIDE
    table = memory(record_tensorflow_eager(step, x, y))
    assert table.peak == pytest.approx(4 * ADDED * SIDE**2 + 3 * parameters + given, rel=0.01)  # Adam has two
    assert sum(row.nbytes for row in table.rows) == table.peak == max(table.held)
    kinds = table.by_kind()
    assert (kinds["parameter"], kinds["input"]) == (parameters, given)
    assert kinds["optimizer"] == pytest.approx(2 * parameters, abs=64)
    lines = {
        row.module[-1:]: row.line.text if row.line is not None else ""
        for row in table.rows
        if row.kind == "saved activation"
    }
    assert lines["up",] == lines["mid",] == "error = model(x, training=True) - y"


def test_memory_of_eager_tensorflow_counts_shared_buffers_once_and_says_what_was_let_go() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        flat = tf.reshape(y, [-1])
        del y
        z = flat + 1.0
        del flat
        return tf.reduce_sum(z)

    x = tf.ones((100, 100))
    recording = record_tensorflow_eager(f, x)
    steps = {step.op: step for step in recording.steps}
    assert steps["Reshape"].reads[0].storage == steps["Reshape"].writes[0].storage is not None
    assert steps["Mul"].writes[0].storage in steps["AddV2"].released
    assert memory(recording).peak == pytest.approx(3 * x.shape.num_elements() * 4, abs=64)


def test_a_variable_that_is_assigned_keeps_its_memory_and_a_tape_keeps_what_it_needs() -> None:
    w = tf.Variable(tf.ones((50, 50)))

    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.nn.relu(tf.nn.bias_add(x @ w, tf.ones(50))))
        w.assign_sub(tape.gradient(loss, w))

    recording = record_tensorflow_eager(f, tf.ones((50, 50)))
    steps = {step.op: step for step in recording.steps if step.phase != "backward"}
    assert [saved.name for saved in steps["Relu"].saved] == ["output"]
    assert [saved.name for saved in steps["MatMul"].saved] == ["input", "input 2"]
    assert not steps["BiasAdd"].saved
    assert memory(recording).by_kind()["parameter"] == 50 * 50 * 4
    assert all(
        step.memory is not None and 0 <= step.memory.saved <= step.memory.alive for step in recording.steps
    )
