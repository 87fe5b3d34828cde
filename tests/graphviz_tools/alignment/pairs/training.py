"""Twins of state, recursion, second derivatives, custom gradients and a training loop."""

# ruff: noqa: E501
# ruff: noqa: E501
from __future__ import annotations

import torch

from tests.graphviz_tools.alignment.pairs.twins import array, tf, twins


def state_torch(x):
    count = torch.zeros(())
    scale = torch.ones(())
    count.add_(1.0)
    scale.mul_(x.mean())
    return x * scale + count


def state_tf(x):
    COUNT.assign_add(1.0)
    SCALE.assign(SCALE * tf.reduce_mean(x))
    return x * SCALE + COUNT


COUNT, SCALE = tf.Variable(0.0, name="count"), tf.Variable(1.0, name="scale")


twins(
    "state",
    state_torch,
    state_tf,
    (array(3),),
    """
    add_ -> AssignAddVariableOp
    mean -> Mean
    mul_ -> mul AssignVariableOp
    mul -> mul_1
    add -> add
    """,
)


# L09: recursion over a list beside a flattened loop


def fold_torch(x):
    def fold(i):
        return x[i] if i == 3 else torch.tanh(x[i] + fold(i + 1))

    return fold(0)


def fold_tf(x):
    total = x[3]
    for i in tf.range(2, -1, -1):
        total = tf.tanh(x[i] + total)
    return total


twins(
    "recursion",
    fold_torch,
    fold_tf,
    (array(4),),
    """
    getitem -> while/strided_slice
    getitem -> while/strided_slice
    getitem -> while/strided_slice
    getitem -> strided_slice
    add -> while/add_1
    tanh -> while/Tanh
    add -> while/add_1
    tanh -> while/Tanh
    add -> while/add_1
    tanh -> while/Tanh
    """,
)


# L11: a second derivative


def second_torch(x):
    x.requires_grad_()
    y = torch.exp(x)
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    return second


def second_tf(x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.exp(x)
        first = inner.gradient(y, x)
    return outer.gradient(first, x)


twins(
    "second derivative",
    second_torch,
    second_tf,
    (array(),),
    """
    exp -> Exp
    """,
)


# L12: a custom gradient


class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.log1p(torch.exp(x))

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream * torch.sigmoid(x)


def custom_torch(x):
    y = Softplus.apply(x) * 2.0
    return y.sum()


@tf.custom_gradient
def softplus_tf(x):
    return tf.math.log1p(tf.exp(x)), lambda upstream: upstream * tf.sigmoid(x)


def custom_tf(x):
    y = softplus_tf(x) * 2.0
    return tf.reduce_sum(y)


twins(
    "custom op",
    custom_torch,
    custom_tf,
    (array(3),),
    """
    exp -> Exp
    log1p -> Log1p
    mul -> mul
    sum -> Sum
    """,
)


# L14: a training loop


def training_torch(x, y, w):
    w.requires_grad_()
    for _ in range(2):
        loss = ((x @ w - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            w.grad = None
    return w


W = tf.Variable(array(3, 1, seed=2), name="w")


def training_tf(x, y, w):
    W.assign(w)
    for _ in tf.range(2):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((x @ W - y) ** 2)
        W.assign_sub(0.1 * tape.gradient(loss, W))
    return W.read_value()


twins(
    "training loop",
    training_torch,
    training_tf,
    (array(5, 3), array(5, 1, seed=1), array(3, 1, seed=2)),
    """
    matmul -> while/matmul
    sub -> while/sub
    pow -> while/pow
    mean -> while/Mean
    PowBackward0 -> gradient_tape/while/pow/mul gradient_tape/while/pow/sub gradient_tape/while/pow/Pow gradient_tape/while/pow/mul_1
    MmBackward0 -> gradient_tape/while/matmul/MatMul
    mul -> while/mul
    sub_ -> while/AssignSubVariableOp
    matmul -> while/matmul
    sub -> while/sub
    pow -> while/pow
    mean -> while/Mean
    PowBackward0 -> gradient_tape/while/pow/mul gradient_tape/while/pow/sub gradient_tape/while/pow/Pow gradient_tape/while/pow/mul_1
    MmBackward0 -> gradient_tape/while/matmul/MatMul
    mul -> while/mul
    sub_ -> while/AssignSubVariableOp
    """,
)


# Shapes, selections, comparisons
