"""Twins of reductions, perceptrons, layers and losses."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from tests.graphviz_tools.alignment.pairs.twins import array, tf, twins


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
