"""Correct kernels: pieces of models and of numerical algebra."""

import math

import numpy as np
from numba import float32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros


def ln_ref(x, g, b, y):
    m = x.mean(1, keepdims=True)
    v = ((x - m) ** 2).mean(1, keepdims=True)
    return {"y": (x - m) / np.sqrt(v + 1e-05) * g + b}


@correct(
    6, 32, lambda r: (floats(r, 6, 50), floats(r, 50), floats(r, 50), zeros(6, 50)), ln_ref, tolerance=0.0001
)
@cuda.jit
def layernorm_welford_warp(x, g, b, y):
    row = cuda.blockIdx.x
    t = cuda.threadIdx.x
    s = float32(0)
    s2 = float32(0)
    for j in range(t, x.shape[1], 32):
        v = x[row, j]
        s += v
        s2 += v * v
    o = 16
    while o:
        s += cuda.shfl_xor_sync(4294967295, s, o)
        s2 += cuda.shfl_xor_sync(-1, s2, o)
        o //= 2
    m = s / x.shape[1]
    var = s2 / x.shape[1] - m * m
    inv = 1 / math.sqrt(var + 1e-05)
    for j in range(t, x.shape[1], 32):
        y[row, j] = (x[row, j] - m) * inv * g[j] + b[j]


def att(q, k, v, o):
    s = q @ k.T / np.sqrt(np.float32(8))
    s = np.exp(s - s.max(1, keepdims=True))
    return {"o": s / s.sum(1, keepdims=True) @ v}


@correct(
    4, 8, lambda r: (floats(r, 4, 8), floats(r, 12, 8), floats(r, 12, 8), zeros(4, 8)), att, tolerance=0.0001
)
@cuda.jit
def attention_online(q, k, v, o):
    i = cuda.blockIdx.x
    d = cuda.threadIdx.x
    part = cuda.shared.array(8, float32)
    m = -math.inf
    weight = 0.0
    acc = 0.0
    for j in range(k.shape[0]):
        part[d] = q[i, d] * k[j, d]
        cuda.syncthreads()
        s = 0.0
        for e in range(8):
            s += part[e]
        s /= math.sqrt(8.0)
        cuda.syncthreads()
        nm = max(m, s)
        c = math.exp(m - nm)
        p = math.exp(s - nm)
        weight = weight * c + p
        acc = acc * c + p * v[j, d]
        m = nm
    o[i, d] = acc / weight


@correct(
    3,
    32,
    lambda r: (integers(r, 80, below=10, dtype=np.int64), floats(r, 80, 4), zeros(10, 4)),
    lambda idx, g, w: {"w": np.array([[g[idx == k, j].sum() for j in range(4)] for k in range(10)])},
    tolerance=0.0001,
)
@cuda.jit
def embedding_backward(idx, g, w):
    i = cuda.grid(1)
    if i < idx.shape[0]:
        for j in range(g.shape[1]):
            cuda.atomic.add(w, (idx[i], j), g[i, j])


def lu(a):
    a = a.copy().astype(np.float64)
    n = len(a)
    for k in range(n):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return {"a": a}


@correct(1, (8, 8), lambda r: (floats(r, 8, 8, dtype=np.float64) + 8 * np.eye(8),), lu)
@cuda.jit
def lu_block(a):
    i, j = (cuda.threadIdx.y, cuda.threadIdx.x)
    n = a.shape[0]
    for k in range(n - 1):
        if j == k and i > k:
            a[i, k] /= a[k, k]
        cuda.syncthreads()
        if i > k and j > k:
            a[i, j] -= a[i, k] * a[k, j]
        cuda.syncthreads()


def km(x, c, lab):
    return {"lab": np.array([np.argmin(((c - p) ** 2).sum(1)) for p in x])}


@correct(2, 32, lambda r: (floats(r, 50, 3), floats(r, 4, 3), zeros(50, dtype=np.int32)), km)
@cuda.jit
def kmeans_assign(x, c, lab):
    sc = cuda.shared.array((4, 3), float32)
    t = cuda.threadIdx.x
    if t < 12:
        sc[t // 3, t % 3] = c[t // 3, t % 3]
    cuda.syncthreads()
    i = cuda.grid(1)
    if i >= x.shape[0]:
        return
    best = 0
    bd = math.inf
    for k in range(4):
        d = 0.0
        for e in range(3):
            d += (x[i, e] - sc[k, e]) ** 2
        if d < bd:
            bd = d
            best = k
    lab[i] = best
