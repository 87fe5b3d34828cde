"""The same program in PyTorch and in TensorFlow, and which op of one does the work of which op of the other.

`expected` was checked by hand against both programs: a line for every op of the PyTorch program that computes,
in the order in which they run, with the TensorFlow op's name after the arrow; several names where several ops
share its work.
"""

# ruff: noqa: SIM108, E501
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from graphviz_tools.frameworks import import_tensorflow

tf = import_tensorflow()


@dataclass(frozen=True)
class Twins:
    eager: Callable[..., Any]
    static: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]
    expected: str


def array(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


TWINS: dict[str, Twins] = {}


def twins(name: str, eager: Any, static: Any, arrays: Any, expected: str) -> None:
    TWINS[name] = Twins(eager, static, arrays, expected)


# L01: the sum of two numbers, eager and in a TF1 session


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


def reductions_torch(x):
    return x.sum(dim=0), x.mean(), x.max(), x.min(dim=1).values, x.prod(), x.argmax(dim=1), x.cumsum(dim=0)


def reductions_tf(x):
    return (
        tf.reduce_sum(x, axis=0),
        tf.reduce_mean(x),
        tf.reduce_max(x),
        tf.reduce_min(x, axis=1),
        tf.reduce_prod(x),
        tf.argmax(x, axis=1),
        tf.cumsum(x, axis=0),
    )


twins(
    "reductions",
    reductions_torch,
    reductions_tf,
    (array(3, 4),),
    """
    sum -> Sum
    mean -> Mean
    max -> Max
    min -> Min
    prod -> Prod
    argmax -> ArgMax
    cumsum -> Cumsum
    """,
)


def softmax_torch(x):
    shifted = x - x.max()
    e = torch.exp(shifted)
    return e / e.sum(), F.softmax(x, dim=0), F.log_softmax(x, dim=0)


def softmax_tf(x):
    shifted = x - tf.reduce_max(x)
    e = tf.exp(shifted)
    return e / tf.reduce_sum(e), tf.nn.softmax(x), tf.nn.log_softmax(x)


twins(
    "softmax",
    softmax_torch,
    softmax_tf,
    (array(5),),
    """
    max -> Max
    sub -> sub
    exp -> Exp
    sum -> Sum
    div -> truediv
    softmax -> Softmax
    log_softmax -> LogSoftmax
    """,
)


def chain_torch(a, b, c):
    left = (a @ b) @ c
    right = a @ (b @ c)
    return (left - right).abs().max()


def chain_tf(a, b, c):
    left = (a @ b) @ c
    right = a @ (b @ c)
    return tf.reduce_max(tf.abs(left - right))


twins(
    "matmul chain",
    chain_torch,
    chain_tf,
    (array(2, 3), array(3, 4, seed=1), array(4, 2, seed=2)),
    """
    matmul -> matmul
    matmul -> matmul_1
    matmul -> matmul_2
    matmul -> matmul_3
    sub -> sub
    abs -> Abs
    max -> Max
    """,
)


# A multi-layer perceptron, by hand, with its gradients


def mlp_torch(x, w1, b1, w2, b2):
    for p in (w1, b1, w2, b2):
        p.requires_grad_()
    h = torch.relu(x @ w1 + b1)
    out = torch.sigmoid(h @ w2 + b2)
    loss = ((out - 0.5) ** 2).mean()
    loss.backward()
    return loss, w1.grad, b1.grad, w2.grad, b2.grad


def mlp_tf(x, w1, b1, w2, b2):
    with tf.GradientTape() as tape:
        tape.watch([w1, b1, w2, b2])
        h = tf.nn.relu(x @ w1 + b1)
        out = tf.sigmoid(h @ w2 + b2)
        loss = tf.reduce_mean((out - 0.5) ** 2)
    return (loss, *tape.gradient(loss, [w1, b1, w2, b2]))


MLP = (array(4, 3), array(3, 5, seed=1), array(5, seed=2), array(5, 1, seed=3), array(1, seed=4))
twins(
    "mlp",
    mlp_torch,
    mlp_tf,
    MLP,
    """
    matmul -> matmul
    add -> add
    relu -> Relu
    matmul -> matmul_1
    add -> add_1
    sigmoid -> Sigmoid
    sub -> sub
    pow -> pow
    mean -> Mean
    PowBackward0 -> gradient_tape/pow/mul gradient_tape/pow/sub gradient_tape/pow/Pow gradient_tape/pow/mul_1
    SigmoidBackward0 -> gradient_tape/Sigmoid/SigmoidGrad
    AddBackward0 -> gradient_tape/add_1/Sum
    MmBackward0 -> gradient_tape/matmul_1/MatMul gradient_tape/matmul_1/MatMul_1
    ReluBackward0 -> gradient_tape/ReluGrad
    AddBackward0 -> gradient_tape/add/Sum
    MmBackward0 -> gradient_tape/matmul/MatMul
    """,
)


# nn.Linear beside MatMul and BiasAdd; a loss that is one op here and two there


def linear_torch(x, w, b, y):
    h = torch.tanh(F.linear(x, w, b))
    return F.mse_loss(h, y)


def linear_tf(x, w, b, y):
    h = tf.tanh(tf.nn.bias_add(tf.matmul(x, w, transpose_b=True), b))
    return tf.reduce_mean(tf.math.squared_difference(h, y))


LINEAR = (array(4, 3), array(2, 3, seed=1), array(2, seed=2), array(4, 2, seed=3))
twins(
    "linear and mse",
    linear_torch,
    linear_tf,
    LINEAR,
    """
    linear -> MatMul BiasAdd
    tanh -> Tanh
    mse_loss -> SquaredDifference Mean
    """,
)


def cross_entropy_torch(x, w):
    logits = x @ w
    return F.cross_entropy(logits, torch.tensor([0, 2, 1, 1]))


def cross_entropy_tf(x, w):
    logits = x @ w
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.constant([0, 2, 1, 1]), logits)
    return tf.reduce_mean(losses)


twins(
    "cross entropy",
    cross_entropy_torch,
    cross_entropy_tf,
    (array(4, 3), array(3, 3, seed=1)),
    """
    matmul -> matmul
    cross_entropy -> SparseSoftmaxCrossEntropyWithLogits/SparseSoftmaxCrossEntropyWithLogits Mean
    """,
)


# A Keras model beside the same layers in torch.nn


def layers_torch(w1, b1, w2, b2):
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), (w1.T, b1, w2.T, b2), strict=True):
            parameter.copy_(torch.tensor(value))
    return model


def layers_keras(w1, b1, w2, b2):
    import keras

    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(5, activation="relu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.set_weights([w1, b1, w2, b2])
    return model


twins(
    "keras layers",
    layers_torch(*MLP[1:]),
    layers_keras(*MLP[1:]),
    MLP[:1],
    """
    linear -> functional_1/dense_1/MatMul functional_1/dense_1/BiasAdd
    relu -> functional_1/dense_1/Relu
    linear -> functional_1/dense_1_2/MatMul functional_1/dense_1_2/Add
    """,
)


# L06: state


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
