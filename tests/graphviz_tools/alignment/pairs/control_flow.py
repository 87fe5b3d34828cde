"""Twins of expressions, tapes, branches and loops."""

# ruff: noqa: SIM108
# ruff: noqa: SIM108
from __future__ import annotations

import numpy as np
import torch

from tests.graphviz_tools.alignment.pairs.twins import array, tf, twins


def sum_torch(x, y):
    return x + y


def sum_session():
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32)
        y = tf.compat.v1.placeholder(tf.float32)
        z = x + y
        with tf.compat.v1.Session() as session:
            return session.run(z, {x: 2.0, y: 4.0})


twins(
    "session",
    lambda: sum_torch(torch.tensor(2.0), torch.tensor(4.0)),
    sum_session,
    (),
    "add -> add",
)


# An expression


def expression_torch(x, y):
    z = (x + y) * (x - y)
    return z / (y * y + 1.0)


def expression_tf(x, y):
    z = (x + y) * (x - y)
    return z / (y * y + 1.0)


twins(
    "expression",
    expression_torch,
    expression_tf,
    (array(3), array(3, seed=1)),
    """
    add -> add
    sub -> sub
    mul -> mul
    mul -> mul_1
    add -> add_1
    div -> truediv
    """,
)


# L02: the tape


def tape_torch(x, w):
    w.requires_grad_()
    h = x * w
    y = h * h + torch.sin(h)
    loss = y.sum()
    loss.backward()
    return loss, w.grad


def tape_tf(x, w):
    with tf.GradientTape() as tape:
        tape.watch(w)
        h = x * w
        y = h * h + tf.sin(h)
        loss = tf.reduce_sum(y)
    return loss, tape.gradient(loss, w)


twins(
    "tape",
    tape_torch,
    tape_tf,
    (array(3), array(3, seed=1)),
    """
    mul -> mul
    mul -> mul_1
    sin -> Sin
    add -> add
    sum -> Sum
    MulBackward0 -> gradient_tape/mul_1/Mul gradient_tape/mul_1/Mul_1
    MulBackward0 -> gradient_tape/mul/Mul_1
    """,
)


# L03: a vector output, with a gradient argument


def vector_torch(x):
    x.requires_grad_()
    y = x * x
    y.backward(torch.tensor([1.0, 10.0, 100.0]))
    return x.grad


def vector_tf(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape.gradient(y, x, output_gradients=tf.constant([1.0, 10.0, 100.0]))


twins(
    "vector gradient",
    vector_torch,
    vector_tf,
    (array(3),),
    """
    mul -> mul
    MulBackward0 -> gradient_tape/mul/Mul gradient_tape/mul/Mul_1
    """,
)


# L04: control flow


def branch_torch(x):
    if x.sum() > 0:
        y = x * 2
    else:
        y = x - 1
    return y.mean()


def branch_tf(x):
    if tf.reduce_sum(x) > 0:
        y = x * 2
    else:
        y = x - 1
    return tf.reduce_mean(y)


twins(
    "branch taken",
    branch_torch,
    branch_tf,
    (np.abs(array(4)),),
    """
    sum -> Sum
    gt -> Greater
    __bool__ -> cond
    mul -> cond/mul
    mean -> Mean
    """,
)


twins(
    "branch not taken",
    branch_torch,
    branch_tf,
    (-np.abs(array(4)),),
    """
    sum -> Sum
    gt -> Greater
    __bool__ -> cond
    sub -> cond/sub
    mean -> Mean
    """,
)


def cond_tf(x):
    y = tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2, lambda: x - 1)
    return tf.reduce_mean(y)


twins(
    "branch as tf.cond",
    branch_torch,
    cond_tf,
    (np.abs(array(4)),),
    """
    sum -> Sum
    gt -> Greater
    __bool__ -> cond
    mul -> cond/mul
    mean -> Mean
    """,
)


def while_torch(x):
    while x.sum() < 100:
        x = x * 2 + 1
    return x


def while_tf(x):
    while tf.reduce_sum(x) < 100:
        x = x * 2 + 1
    return x


twins(
    "while",
    while_torch,
    while_tf,
    (np.abs(array(3)) * 60,),
    """
    sum -> while/Sum
    lt -> while/Less
    __bool__ -> while
    mul -> while/mul
    add -> while/add
    sum -> while/Sum
    lt -> while/Less
    __bool__ -> while
    """,
)


def while_loop_tf(x):
    (x,) = tf.while_loop(lambda x: tf.reduce_sum(x) < 100, lambda x: (x * 2 + 1,), (x,))
    return x


twins(
    "while as tf.while_loop",
    while_torch,
    while_loop_tf,
    (np.abs(array(3)) * 60,),
    """
    sum -> while/Sum
    lt -> while/Less
    __bool__ -> while
    mul -> while/mul
    add -> while/add
    sum -> while/Sum
    lt -> while/Less
    __bool__ -> while
    """,
)


def for_torch(x):
    total = torch.zeros(())
    for i in range(3):
        total = total + x[i] * x[i]
    return torch.sqrt(total)


def for_tf(x):
    total = tf.zeros(())
    for i in tf.range(3):
        total = total + x[i] * x[i]
    return tf.sqrt(total)


twins(
    "for",
    for_torch,
    for_tf,
    (array(3),),
    """
    getitem -> while/strided_slice
    getitem -> while/strided_slice_1
    mul -> while/mul
    add -> while/add_2
    getitem -> while/strided_slice
    getitem -> while/strided_slice_1
    mul -> while/mul
    add -> while/add_2
    getitem -> while/strided_slice
    getitem -> while/strided_slice_1
    mul -> while/mul
    add -> while/add_2
    sqrt -> Sqrt
    """,
)


# Reductions, softmax, a chain of products
