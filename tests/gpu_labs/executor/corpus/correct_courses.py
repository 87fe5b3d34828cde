"""Correct kernels: of courses and of the documentation of Numba, in their own words."""

import math

import numpy as np
from numba import float32, float64, int32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros


@correct(
    3,
    8,
    lambda r: (floats(r, 20), floats(r, 4), zeros(20)),
    lambda a, b, out: {
        "out": np.array([sum(a[i + j] * b[j] for j in range(4) if i + j < 20) for i in range(20)], np.float32)
    },
)
@cuda.jit
def puzzle_conv_1d(a, b, out):
    sa = cuda.shared.array(8 + 4, float32)
    sb = cuda.shared.array(4, float32)
    i = cuda.grid(1)
    t = cuda.threadIdx.x
    n = a.size
    m = b.size
    if i < n:
        sa[t] = a[i]
    else:
        sa[t] = 0
    if t < m:
        sb[t] = b[t]
    elif t < 2 * m:
        s = i - m + 8
        sa[t - m + 8] = a[s] if s < n else 0
    cuda.syncthreads()
    if i < n:
        acc = float32(0)
        for j in range(m):
            acc += sa[t + j] * sb[j]
        out[i] = acc


@correct(
    (1, 4), (8, 1), lambda r: (floats(r, 4, 6), zeros(4, 1)), lambda a, out: {"out": a.sum(1, keepdims=True)}
)
@cuda.jit
def puzzle_axis_sum(a, out):
    cache = cuda.shared.array(8, float32)
    i = cuda.grid(1)
    t = cuda.threadIdx.x
    b = cuda.blockIdx.y
    cache[t] = 0
    if i < a.shape[1]:
        cache[t] = a[b, i]
    cuda.syncthreads()
    p = 2
    while p <= 8:
        if t % p == 0:
            cache[t] += cache[t + p // 2]
        cuda.syncthreads()
        p *= 2
    if t == 0:
        out[b, 0] = cache[0]


@correct(
    (3, 3),
    (3, 3),
    lambda r: (floats(r, 8, 8), floats(r, 8, 8), zeros(8, 8)),
    lambda a, b, out: {"out": a @ b},
    tolerance=0.0001,
)
@cuda.jit
def puzzle_matmul_any(a, b, out):
    sa = cuda.shared.array((3, 3), float32)
    sb = cuda.shared.array((3, 3), float32)
    i, j = cuda.grid(2)
    li = cuda.threadIdx.x
    lj = cuda.threadIdx.y
    n = a.shape[0]
    acc = float32(0.0)
    for k in range(0, n, 3):
        if i < n and k + lj < n:
            sa[li, lj] = a[i, k + lj]
        if j < n and k + li < n:
            sb[li, lj] = b[k + li, j]
        cuda.syncthreads()
        for q in range(min(3, n - k)):
            if i < n and j < n:
                acc += sa[li, q] * sb[q, lj]
        cuda.syncthreads()
    if i < n and j < n:
        out[i, j] = acc


def laplace_np(u, v, res):
    w = u.copy()
    w[1:-1, 1:-1] = (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) / 4
    return {"v": w, "res": None}


@correct(
    (3, 3),
    (8, 8),
    lambda r: (
        floats(r, 20, 20, dtype=np.float64),
        zeros(20, 20, dtype=np.float64),
        zeros(1, dtype=np.float64),
    ),
    laplace_np,
)
@cuda.jit
def laplace_docs(u, v, res):
    i, j = cuda.grid(2)
    err = cuda.shared.array((8, 8), float64)
    ty = cuda.threadIdx.x
    tx = cuda.threadIdx.y
    n, m = u.shape
    err[ty, tx] = 0
    if i >= 1 and i < n - 1 and (1 <= j < m - 1):
        v[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1])
        err[ty, tx] = v[i, j] - u[i, j]
    elif i < n and j < m:
        v[i, j] = u[i, j]
    cuda.syncthreads()
    t = 8 // 2
    while t > 0:
        if ty < t:
            err[ty, tx] = max(err[ty, tx], err[ty + t, tx])
        cuda.syncthreads()
        t //= 2
    t = 8 // 2
    while t > 0:
        if ty == 0 and tx < t:
            err[ty, tx] = max(err[ty, tx], err[ty, tx + t])
        cuda.syncthreads()
        t //= 2
    if ty == 0 and tx == 0:
        cuda.atomic.max(res, 0, err[0, 0])


def sess(uid, ts, out):
    o = np.zeros(len(uid), np.int64)
    c = 0
    for i in range(len(uid)):
        if i == 0 or uid[i] != uid[i - 1] or ts[i] - ts[i - 1] > 5:
            c = i
        o[i] = c
    return {"out": o}


@correct(
    2,
    32,
    lambda r: (
        np.sort(integers(r, 64, below=5, dtype=np.int64)),
        np.cumsum(integers(r, 64, below=9, dtype=np.int64)),
        zeros(64, dtype=np.int64),
    ),
    sess,
)
@cuda.jit
def sessionize_docs(uid, ts, out):
    gid = cuda.grid(1)
    size = len(uid)
    if gid >= size:
        return
    boundary = gid == 0 or uid[gid] != uid[gid - 1] or ts[gid] - ts[gid - 1] > 5
    if boundary:
        out[gid] = gid
        look = gid + 1
        while look < size:
            if uid[look] != uid[look - 1] or ts[look] - ts[look - 1] > 5:
                break
            out[look] = gid
            look += 1


@correct(
    2,
    40,
    lambda r: (integers(r, 300, below=256, dtype=np.uint8), zeros(16, dtype=np.int32)),
    lambda x, h: {"h": np.bincount(x >> 4, minlength=16)},
)
@cuda.jit
def privatised_hist(x, h):
    s = cuda.shared.array(16, int32)
    t = cuda.threadIdx.x
    for i in range(t, 16, cuda.blockDim.x):
        s[i] = 0
    cuda.syncthreads()
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        cuda.atomic.add(s, x[i] >> 4, 1)
    cuda.syncthreads()
    for i in range(t, 16, cuda.blockDim.x):
        cuda.atomic.add(h, i, s[i])


def fw(d):
    d = d.copy()
    for k in range(len(d)):
        d = np.minimum(d, d[:, k : k + 1] + d[k : k + 1])
    return {"d": d}


@correct(1, (16, 16), lambda r: (np.abs(floats(r, 16, 16)),), fw)
@cuda.jit
def floyd_block(d):
    i = cuda.threadIdx.y
    j = cuda.threadIdx.x
    for k in range(d.shape[0]):
        v = min(d[i, j], d[i, k] + d[k, j])
        cuda.syncthreads()
        d[i, j] = v
        cuda.syncthreads()


def radix(x, out, zeros_count):
    k = x >> 2 & 1
    return {"out": np.concatenate([x[k == 0], x[k == 1]]), "zeros_count": np.array([(k == 0).sum()])}


@correct(
    1,
    64,
    lambda r: (integers(r, 64, dtype=np.uint32), zeros(64, dtype=np.uint32), zeros(1, dtype=np.int32)),
    radix,
)
@cuda.jit
def radix_pass(x, out, zeros_count):
    s = cuda.shared.array(64, int32)
    t = cuda.threadIdx.x
    bit = x[t] >> 2 & 1
    s[t] = 1 - bit
    cuda.syncthreads()
    off = 1
    while off < 64:
        v = s[t - off] if t >= off else 0
        cuda.syncthreads()
        s[t] += v
        cuda.syncthreads()
        off <<= 1
    total = s[63]
    ex = s[t] - (1 - bit)
    if bit == 0:
        out[ex] = x[t]
    else:
        out[total + t - ex] = x[t]
    if t == 63:
        zeros_count[0] = total


def fftref(re, im):
    z = np.fft.fft(re + 1j * im)
    return {"re": z.real, "im": z.imag}


@correct(1, 32, lambda r: (floats(r, 64), floats(r, 64)), fftref, tolerance=0.001)
@cuda.jit
def fft_butterflies(re, im):
    sr = cuda.shared.array(64, float32)
    si = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    for q in range(t, 64, 32):
        rev = 0
        v = q
        for _ in range(6):
            rev = rev << 1 | v & 1
            v >>= 1
        sr[rev] = re[q]
        si[rev] = im[q]
    cuda.syncthreads()
    half = 1
    while half < 64:
        pos = t % half
        base = t // half * half * 2 + pos
        ang = -math.pi * pos / half
        c = math.cos(ang)
        s = math.sin(ang)
        br = sr[base + half] * c - si[base + half] * s
        bi = sr[base + half] * s + si[base + half] * c
        ar = sr[base]
        ai = si[base]
        sr[base] = ar + br
        si[base] = ai + bi
        sr[base + half] = ar - br
        si[base + half] = ai - bi
        cuda.syncthreads()
        half *= 2
    for q in range(t, 64, 32):
        re[q] = sr[q]
        im[q] = si[q]


def stencil3(x, y):
    e = np.zeros_like(x)
    e[1:-1, 1:-1, 1:-1] = (
        x[1:-1, 1:-1, 1:-1] * 6
        - x[2:, 1:-1, 1:-1]
        - x[:-2, 1:-1, 1:-1]
        - x[1:-1, 2:, 1:-1]
        - x[1:-1, :-2, 1:-1]
        - x[1:-1, 1:-1, 2:]
        - x[1:-1, 1:-1, :-2]
    )
    return {"y": e}


@correct((2, 2, 2), (4, 4, 4), lambda r: (floats(r, 7, 6, 5), zeros(7, 6, 5)), stencil3, tolerance=0.0001)
@cuda.jit
def stencil_3d(x, y):
    k, j, i = cuda.grid(3)
    a, b, c = x.shape
    if 0 < i < a - 1 and 0 < j < b - 1 and (0 < k < c - 1):
        y[i, j, k] = (
            6 * x[i, j, k]
            - x[i + 1, j, k]
            - x[i - 1, j, k]
            - x[i, j + 1, k]
            - x[i, j - 1, k]
            - x[i, j, k + 1]
            - x[i, j, k - 1]
        )
