"""More twins, of what later lessons step side by side: normalisation, attention, recurrence, custom gradients."""

# ruff: noqa: SIM108, E501
from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from tests.graphviz_tools.alignment.pairs.twins import array, tf, twins


def bn_by_hand_torch(x, gamma, beta):
    mean = x.mean(dim=0)
    var = ((x - mean) ** 2).mean(dim=0)
    hat = (x - mean) / torch.sqrt(var + 1e-5)
    return hat * gamma + beta


def bn_by_hand_tf(x, gamma, beta):
    mean = tf.reduce_mean(x, axis=0)
    var = tf.reduce_mean((x - mean) ** 2, axis=0)
    hat = (x - mean) / tf.sqrt(var + 1e-5)
    return hat * gamma + beta


twins(
    "bn by hand",
    bn_by_hand_torch,
    bn_by_hand_tf,
    (array(6, 3), array(3, seed=1), array(3, seed=2)),
    """
    mean -> Mean
    sub -> sub
    pow -> pow
    mean -> Mean_1
    sub -> sub_1
    add -> add
    sqrt -> Sqrt
    div -> truediv
    mul -> mul
    add -> add_1
    """,
)


def batch_norm_torch(x, gamma, beta):
    return F.batch_norm(x, torch.zeros(3), torch.ones(3), gamma, beta, training=True)


def batch_norm_tf(x, gamma, beta):
    mean, var = tf.nn.moments(x, axes=[0])
    return tf.nn.batch_normalization(x, mean, var, beta, gamma, 1e-5)


twins(
    "batch norm",
    batch_norm_torch,
    batch_norm_tf,
    (array(6, 3), array(3, seed=1), array(3, seed=2)),
    """
    batch_norm -> moments/mean moments/SquaredDifference moments/variance batchnorm/add batchnorm/Rsqrt batchnorm/mul batchnorm/mul_1 batchnorm/mul_2 batchnorm/sub batchnorm/add_1
    """,
)


def layer_norm_torch(x, g):
    return F.layer_norm(x, (4,), g)


def layer_norm_tf(x, g):
    mean = tf.reduce_mean(x, axis=-1, keepdims=True)
    var = tf.math.reduce_variance(x, axis=-1, keepdims=True)
    return (x - mean) * tf.math.rsqrt(var + 1e-5) * g


twins(
    "layer norm",
    layer_norm_torch,
    layer_norm_tf,
    (array(2, 4), array(4, seed=1)),
    """
    layer_norm -> Mean reduce_variance/Mean reduce_variance/sub reduce_variance/Square reduce_variance/Mean_1 sub add Rsqrt mul mul_1
    """,
)


def masked_attention_torch(q, k, v):
    scores = q @ k.T
    mask = torch.tril(torch.ones(3, 3)) == 0
    scores = scores.masked_fill(mask, -1e9)
    return torch.softmax(scores, dim=-1) @ v


def masked_attention_tf(q, k, v):
    scores = q @ tf.transpose(k)
    mask = tf.linalg.band_part(tf.ones([3, 3]), -1, 0) == 0
    scores = tf.where(mask, -1e9, scores)
    return tf.nn.softmax(scores, axis=-1) @ v


twins(
    "masked attention",
    masked_attention_torch,
    masked_attention_tf,
    (array(3, 4), array(3, 4, seed=1), array(3, 4, seed=2)),
    """
    T -> transpose
    matmul -> matmul
    tril -> MatrixBandPart
    eq -> Equal
    masked_fill -> SelectV2
    softmax -> Softmax
    matmul -> matmul_1
    """,
)


def recurrent_torch(xs, w, u):
    h = torch.zeros(1, 3)
    for x in xs:
        h = torch.tanh(x @ w + h @ u)
    return h.sum()


def recurrent_tf(xs, w, u):
    h = tf.zeros([1, 3])
    for x in xs:
        h = tf.tanh(x @ w + h @ u)
    return tf.reduce_sum(h)


twins(
    "recurrent",
    recurrent_torch,
    recurrent_tf,
    (array(2, 1, 2), array(2, 3, seed=1), array(3, 3, seed=2)),
    """
    matmul -> while/matmul
    matmul -> while/matmul_1
    add -> while/add
    tanh -> while/Tanh
    matmul -> while/matmul
    matmul -> while/matmul_1
    add -> while/add
    tanh -> while/Tanh
    sum -> Sum
    """,
)


def embedding_torch(table):
    ids = torch.tensor([1, 3])
    rows = table[ids]
    return (rows * rows).sum(dim=1)


def embedding_tf(table):
    ids = tf.constant([1, 3])
    rows = tf.gather(table, ids)
    return tf.reduce_sum(rows * rows, axis=1)


twins(
    "embedding",
    embedding_torch,
    embedding_tf,
    (array(5, 2),),
    """
    getitem -> GatherV2
    mul -> mul
    sum -> Sum
    """,
)


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * 3.0 * x * x


def custom_gradient_torch(x):
    x.requires_grad_()
    y = Cube.apply(x)
    total = y.sum()
    total.backward()
    return y, x.grad


@tf.custom_gradient
def cube(x):
    def grad(upstream):
        return upstream * 3.0 * x * x

    return x * x * x, grad


def custom_gradient_tf(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = cube(x)
        total = tf.reduce_sum(y)
    return y, total, tape.gradient(total, x)


twins(
    "custom gradient",
    custom_gradient_torch,
    custom_gradient_tf,
    (array(3),),
    """
    mul -> mul
    mul -> mul_1
    sum -> Sum
    mul -> mul_2
    mul -> mul_3
    mul -> mul_4
    """,
)


def branches_in_a_loop_torch(x, n):
    total = torch.tensor(0.0)
    for i in range(2):
        if x[i] > 0:
            total = total + x[i]
        else:
            total = total - x[i] * 2
    return total / n


def branches_in_a_loop_tf(x, n):
    total = tf.constant(0.0)
    for i in tf.range(2):
        if x[i] > 0:
            total = total + x[i]
        else:
            total = total - x[i] * 2
    return total / n


twins(
    "branches in a loop",
    branches_in_a_loop_torch,
    branches_in_a_loop_tf,
    (array(2), np.float32(4)),
    """
    getitem -> while/strided_slice
    gt -> while/Greater
    __bool__ -> while/cond
    getitem -> while/cond/strided_slice
    add -> while/cond/add_1
    getitem -> while/strided_slice
    gt -> while/Greater
    __bool__ -> while/cond
    getitem -> while/cond/strided_slice
    mul -> while/cond/mul
    sub -> while/cond/sub
    div -> truediv
    """,
)


def momentum_torch(x, w):
    v = torch.zeros(2)
    for _ in range(2):
        g = 2 * x * (x * w - 1)
        v = 0.9 * v + g
        w = w - 0.1 * v
    return w


def momentum_tf(x, w):
    v = tf.zeros([2])
    for _ in tf.range(2):
        g = 2 * x * (x * w - 1)
        v = 0.9 * v + g
        w = w - 0.1 * v
    return w


twins(
    "momentum",
    momentum_torch,
    momentum_tf,
    (array(2), array(2, seed=1)),
    """
    mul -> while/mul
    mul -> while/mul_1
    sub -> while/sub
    mul -> while/mul_2
    mul -> while/mul_3
    add -> while/add
    mul -> while/mul_4
    sub -> while/sub_1
    mul -> while/mul
    mul -> while/mul_1
    sub -> while/sub
    mul -> while/mul_2
    mul -> while/mul_3
    add -> while/add
    mul -> while/mul_4
    sub -> while/sub_1
    """,
)
