"""Twins of shapes, convolutions, attention, calls and maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from tests.graphviz_tools.alignment.pairs.twins import array, tf, twins


def shapes_torch(x):
    a = x.reshape(2, 6).T
    b = torch.cat([a, a * 2], dim=1)
    c = torch.where(b > 0, b, torch.zeros_like(b))
    return torch.stack([c[0], c[1]]).clamp(0.0, 1.0)


def shapes_tf(x):
    a = tf.transpose(tf.reshape(x, (2, 6)))
    b = tf.concat([a, a * 2], axis=1)
    c = tf.where(b > 0, b, tf.zeros_like(b))
    return tf.clip_by_value(tf.stack([c[0], c[1]]), 0.0, 1.0)


twins(
    "shapes",
    shapes_torch,
    shapes_tf,
    (array(3, 4),),
    """
    reshape -> Reshape
    T -> transpose
    mul -> mul
    cat -> concat
    gt -> Greater
    where -> SelectV2
    getitem -> strided_slice
    getitem -> strided_slice_1
    stack -> stack
    clamp -> clip_by_value/Minimum clip_by_value
    """,
)


def convolution_torch(image, kernel):
    out = F.conv2d(image.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1))
    return F.max_pool2d(torch.relu(out), 2).permute(0, 2, 3, 1)


def convolution_tf(image, kernel):
    out = tf.nn.conv2d(image, kernel, 1, "VALID")
    return tf.nn.max_pool2d(tf.nn.relu(out), 2, 2, "VALID")


twins(
    "convolution",
    convolution_torch,
    convolution_tf,
    (array(1, 5, 5, 2), array(2, 2, 2, 3, seed=1)),
    """
    conv2d -> Conv2D
    relu -> Relu
    max_pool2d -> MaxPool2d
    """,
)


def attention_torch(q, k, v):
    scores = q @ k.transpose(1, 2) / 2.0
    weights = F.softmax(scores, dim=-1)
    return weights @ v


def attention_tf(q, k, v):
    scores = tf.matmul(q, k, transpose_b=True) / 2.0
    weights = tf.nn.softmax(scores)
    return weights @ v


QKV = tuple(array(2, 3, 4, seed=s) for s in range(3))


twins(
    "attention",
    attention_torch,
    attention_tf,
    QKV,
    """
    matmul -> MatMul
    div -> truediv
    softmax -> Softmax
    matmul -> matmul_1
    """,
)


def calls_torch(x):
    def block(v):
        return torch.tanh(v) + v

    return block(block(x))


@tf.function
def block_tf(v):
    return tf.tanh(v) + v


def calls_tf(x):
    return block_tf(block_tf(x))


twins(
    "nested function",
    calls_torch,
    calls_tf,
    (array(3),),
    """
    tanh -> Tanh
    add -> add
    tanh -> Tanh
    add -> add
    """,
)


def map_torch(rows):
    return torch.stack([torch.sum(row * row) for row in rows])


def map_tf(rows):
    return tf.map_fn(lambda row: tf.reduce_sum(row * row), rows)


twins(
    "loop as map_fn",
    map_torch,
    map_tf,
    (array(3, 2),),
    """
    mul -> map/while/mul
    sum -> map/while/Sum
    mul -> map/while/mul
    sum -> map/while/Sum
    mul -> map/while/mul
    sum -> map/while/Sum
    """,
)
