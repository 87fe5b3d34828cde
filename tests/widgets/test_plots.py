"""The plots say what the Recording says."""

from __future__ import annotations

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pytest
import torch

from tests.widgets.recordings import eager_loop, static_loop
from widgets.plots import plot_losses, plot_memory, plot_ops, plot_times


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_memory_is_drawn_over_steps_with_the_phases_named():
    ax = plot_memory(eager_loop())
    line = ax.get_lines()[0]
    assert list(line.get_ydata()) == [step.memory.alive for step in eager_loop().steps if step.memory]
    assert {text.get_text() for text in ax.texts} == {"forward", "backward"}
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"alive", "saved by autograd"}


def test_ops_are_counted_and_backward_kept_apart():
    ax = plot_ops(eager_loop())
    counts = {
        label.get_text(): bar.get_width() for label, bar in zip(ax.get_yticklabels(), ax.patches, strict=True)
    }
    assert counts["mul"] == 2 and counts["MulBackward0 (backward)"] == 2


def test_times_are_those_of_the_profile_with_the_slowest_on_top():
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        for _ in range(3):
            torch.ones(60, 60) @ torch.ones(60, 60)
    durations = {op.key: op.self_cpu_time_total / 1000 for op in profile.key_averages()}
    ax = plot_times(profile, top=3)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert [bar.get_width() for bar in ax.patches] == [durations[name] for name in names]
    assert durations[names[-1]] == max(durations.values()) and len(names) == 3
    counts = {op.key: f"{op.count}×" for op in profile.key_averages()}
    assert [text.get_text() for text in ax.texts] == [counts[name] for name in names]


def test_loss_curves_lie_side_by_side_with_their_difference():
    ax = plot_losses({"PyTorch": [1.0, 0.5], "Keras": [1.0, 0.25]})
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["PyTorch", "Keras"]
    assert ax.get_title(loc="left") == "largest difference 0.25"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: plot_memory(static_loop()), ValueError, "holds no memory"),
        (lambda: plot_memory(None), TypeError, "expected a Recording, got NoneType"),
        (lambda: plot_ops(eager_loop(), top=0), ValueError, "at least 1"),
        (
            lambda: plot_times(eager_loop()),
            TypeError,
            r"expected a torch.profiler.profile\(\), got Recording",
        ),
        (lambda: plot_losses({}), ValueError, "no curve"),
    ],
)
def test_a_wrong_argument_gives_one_clear_line(call, error, words):
    with pytest.raises(error, match=words):
        call()
