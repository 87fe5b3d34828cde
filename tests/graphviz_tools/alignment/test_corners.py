"""The same program in four ways, PyTorch and TensorFlow, eager and as a graph: any two are stepped and paired."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import torch

from graphviz_tools import align, record_compiled, record_tensorflow, record_tensorflow_eager, record_torch
from graphviz_tools.recording import Recording
from widgets import Duet

W, X = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), np.array([[1.0, -1.0]], np.float32)
CORNERS = ("torch eager", "torch compiled", "tensorflow eager", "tensorflow function")


@cache
def corner(name: str) -> Recording:
    weight, variable = torch.tensor(W, requires_grad=True), tf.Variable(W)

    def in_torch(x: Any) -> Any:
        y = torch.relu(x @ weight)
        return (y * y).sum()

    def in_tensorflow(x: Any) -> Any:
        with tf.GradientTape() as tape:
            y = tf.nn.relu(x @ variable)
            loss = tf.reduce_sum(y * y)
        return loss, tape.gradient(loss, variable)

    return {
        "torch eager": lambda: record_torch(in_torch, torch.tensor(X)),
        "torch compiled": lambda: record_compiled(in_torch, torch.tensor(X)),
        "tensorflow eager": lambda: record_tensorflow_eager(in_tensorflow, tf.constant(X)),
        "tensorflow function": lambda: record_tensorflow(tf.function(in_tensorflow), tf.constant(X)),
    }[name]()


@pytest.mark.parametrize(("one", "other"), list(itertools.product(CORNERS, CORNERS)))
def test_any_two_corners_are_paired_forward_and_backward(one: str, other: str) -> None:
    first, second = corner(one), corner(other)
    found = align(first, second)
    forward = [p for p in found.pairs if not p.reason.startswith("gradient of")]
    assert len({p.eager_node for p in forward if "same value" in p.reason}) >= 4
    backward = {p.reason for p in found.pairs if p.reason.startswith("gradient of")}
    if one != other:
        assert len(backward) >= 3
    assert found.unmatched_eager == ()
    assert (
        len(found.unmatched_static) <= 1
    )  # torch.compile adds up gradients where tf.function multiplies by 2


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(CORNERS, 2)))
def test_a_duet_takes_any_two_corners(one: str, other: str) -> None:
    duet = Duet(corner(one), corner(other), all_ops=True)
    last = duet.beats[-1]
    assert last == (len(corner(one).steps) - 1, len(corner(other).steps) - 1)
