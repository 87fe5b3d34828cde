"""Arguments and results of the kernels in `correct_algorithms.py` and `buggy_algorithms.py`, and what they call."""

import itertools

import numpy as np
from numba import uint32, uint64

from gpu_labs import cuda

from .samples import floats, integers, zeros


def graph(r):
    n = 40
    adj = r.random((n, n)) < 0.08
    ptr = np.concatenate([[0], np.cumsum(adj.sum(1))]).astype(np.int32)
    col = np.nonzero(adj)[1].astype(np.int32)
    level = np.full(n, -1, np.int32)
    level[0] = 0
    return ptr, col, level


def whole_graph(r):
    ptr, col, level = graph(r)
    return ptr, col, level, np.zeros(1, np.int32)


def levels(ptr, col, level, changed):
    out = level.copy()
    d = 0
    while (out == d).any():
        for v in np.flatnonzero(out == d):
            for w in col[ptr[v] : ptr[v + 1]]:
                if out[w] < 0:
                    out[w] = d + 1
        d += 1
    return {"level": out}


def edges(r):
    return integers(r, 60, 2, below=48), np.arange(48, dtype=np.int32)


def components(edges, parent):
    root = list(range(48))

    def find(a):
        while root[a] != a:
            a = root[a]
        return a

    for a, b in edges:
        a, b = find(a), find(b)
        root[max(a, b)] = min(a, b)
    return {"parent": np.array([find(i) for i in range(48)])}


@cuda.jit(device=True)
def hook(parent, a, b):
    while True:
        while a != cuda.atomic.cas(parent, a, -1, -1):
            a = cuda.atomic.cas(parent, a, -1, -1)
        while b != cuda.atomic.cas(parent, b, -1, -1):
            b = cuda.atomic.cas(parent, b, -1, -1)
        if a == b:
            return
        if a < b:
            a, b = b, a
        if cuda.atomic.cas(parent, a, a, b) == a:
            return


def segments(r):
    return (integers(r, 64), integers(r, 64, below=4) // 3, zeros(64, dtype=np.int32))


def sums_of_segments(x, flag, y):
    out = []
    run = 0
    for a, b in zip(x, flag, strict=True):
        run = a if b else run + a
        out.append(run)
    return {"y": np.array(out)}


def rows(r):
    return (integers(r, 8, 32), zeros(8, 32, dtype=np.int32))


def boxes(r):
    return (
        integers(r, 4),
        zeros(4, dtype=np.int32),
        zeros(4, dtype=np.int32),
        zeros(4, dtype=np.int32),
    )


def key(r):
    return (np.uint32(1234567), zeros(70, dtype=np.uint32))


MASK = (1 << 32) - 1


def numbers(key, n):
    out = []
    for i in range(n):
        left, right = i, 0
        k = key
        for _ in range(6):
            p = 0xD256D193 * left
            left, right = ((p >> 32) ^ k ^ right) & MASK, p & MASK
            k = (k + 0x9E3779B9) & MASK
        out.append(left)
    return np.array(out, np.uint32)


@cuda.jit(device=True)
def bump(left, right, k):
    p = uint64(0xD256D193) * uint64(left)
    return uint32((p >> uint64(32)) ^ uint64(k) ^ uint64(right)), uint32(p)


def permuted(r):
    return (r.permutation(64).astype(np.int32), zeros(5, dtype=np.int32))


def table(r):
    return (floats(r, 6, 50), zeros(6, 50))


def softmax(x, y):
    e = np.exp(x - x.max(1, keepdims=True))
    return {"y": e / e.sum(1, keepdims=True)}


def octets(r):
    return (integers(r, 64, below=256), zeros(64, dtype=np.int32))


def split(x, y):
    return {"y": np.concatenate([x[x & 1 == 0], x[x & 1 == 1]])}


def runs(r):
    return (np.sort(integers(r, 64, below=9)), zeros(64, dtype=np.int32), zeros(1, dtype=np.int32))


def picture(r):
    return (floats(r, 20, 20), zeros(20, 20))


def nine_points(a, b):
    p = np.pad(a, 1)
    return {"b": sum(p[i : i + 20, j : j + 20] for i in range(3) for j in range(3))}


def sparse(r):
    d = (r.random((40, 30)) < 0.2) * r.integers(1, 9, (40, 30))
    ptr = np.concatenate([[0], np.cumsum((d != 0).sum(1))]).astype(np.int32)
    return ptr, np.nonzero(d)[1].astype(np.int32), d[d != 0].astype(np.float32), floats(r, 30), zeros(40)


def product(ptr, col, val, x, y):
    return {"y": np.array([(val[a:b] * x[col[a:b]]).sum() for a, b in itertools.pairwise(ptr)], np.float32)}


def row_of_blocks(r):
    return (
        integers(r, 96),
        zeros(96, dtype=np.int32),
        zeros(3, dtype=np.int32),
        zeros(3, dtype=np.int32),
    )


def row_and_ticket(r):
    return (
        integers(r, 96),
        zeros(96, dtype=np.int32),
        zeros(3, dtype=np.int32),
        zeros(3, dtype=np.int32),
        zeros(1, dtype=np.int32),
    )


def lock(r):
    return (zeros(1, dtype=np.int32), zeros(1), np.ones(16, np.float32))


def unsorted(r):
    return (integers(r, 64, below=1000),)
