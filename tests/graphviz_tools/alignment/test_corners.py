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
from graphviz_tools.analysis.op_vocabulary import meaning
from graphviz_tools.recording import Recording
from widgets import Duet

W, X = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), np.array([[1.0, -1.0]], np.float32)
FORWARD = {"matmul", "relu", "mul", "sum"}
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
    of_gradient = [p for p in found.pairs if p.reason.startswith("gradient of")]
    forward = [p for p in found.pairs if p not in of_gradient and "same value" in p.reason]
    # A tf.function's sum of two gradients has no name of a gradient; only its like has the same.
    sums = {"add"} if one == other == "tensorflow function" else set()
    assert {meaning(first.nodes[p.eager_node].op) for p in forward} - {"output"} == FORWARD | sums
    # A tf.function reshapes and tiles for the gradient of a sum, which no other corner does.
    backward = FORWARD - {"sum"} if "tensorflow function" in (one, other) else FORWARD
    assert {meaning(p.reason.removeprefix("gradient of ")) for p in of_gradient} == backward
    assert found.unmatched_eager == ()
    # torch.compile adds up gradients where tf.function multiplies by 2.
    assert len(found.unmatched_static) == ((one, other) == ("tensorflow function", "torch compiled"))


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(CORNERS, 2)))
def test_a_duet_takes_any_two_corners(one: str, other: str) -> None:
    duet = Duet(corner(one), corner(other), all_ops=True)
    last = duet.beats[-1]
    assert last == (len(corner(one).steps) - 1, len(corner(other).steps) - 1)
