"""Correct kernels: graphs, sorting, blocks that wait for blocks, and other algorithms of libraries."""

import math

import numpy as np
from numba import float32, int32, int64, uint32

from gpu_labs import cuda

from .algorithms import (
    boxes,
    bump,
    components,
    edges,
    hook,
    key,
    levels,
    nine_points,
    numbers,
    octets,
    permuted,
    picture,
    product,
    rows,
    runs,
    segments,
    softmax,
    sparse,
    split,
    sums_of_segments,
    table,
    whole_graph,
)
from .samples import correct, floats, zeros


@correct(2, 20, whole_graph, levels)
@cuda.jit
def breadth_first_levels_with_a_grid_barrier(ptr, col, level, changed):
    v = cuda.grid(1)
    g = cuda.cg.this_grid()
    for d in range(12):
        here = level[v] == d
        g.sync()
        if here:
            for e in range(ptr[v], ptr[v + 1]):
                cuda.atomic.cas(level, col[e], -1, d + 1)
        g.sync()


@correct(1, 64, edges, components)
@cuda.jit
def components_by_hooking(edges, parent):
    i = cuda.threadIdx.x
    r = int32(0)
    if i < edges.shape[0]:
        hook(parent, edges[i, 0], edges[i, 1])
    cuda.syncthreads()
    if i < parent.size:
        r = parent[i]
        while r != parent[r]:
            r = parent[r]
    cuda.syncthreads()
    if i < parent.size:
        parent[i] = r


@correct(1, 64, segments, sums_of_segments)
@cuda.jit
def segmented_scan(x, flag, y):
    v = cuda.shared.array(64, int32)
    h = cuda.shared.array(64, int32)
    t = cuda.threadIdx.x
    v[t] = x[t]
    h[t] = flag[t]
    cuda.syncthreads()
    d = 1
    while d < 64:
        add = v[t - d] if t >= d and h[t] == 0 else 0
        head = h[t - d] if t >= d else 0
        cuda.syncthreads()
        v[t] += add
        h[t] |= head
        cuda.syncthreads()
        d *= 2
    y[t] = v[t]


@correct(1, 64, rows, lambda x, y: {"y": x * 2})
@cuda.jit
def ring_of_two_slots(x, y):
    slots = cuda.shared.array((2, 32), int32)
    t, lane = cuda.threadIdx.x, cuda.threadIdx.x % 32
    for turn in range(x.shape[0] + 1):
        if t < 32:
            if turn < x.shape[0]:
                slots[turn % 2, lane] = x[turn, lane]
        elif turn > 0:
            y[turn - 1, lane] = slots[(turn - 1) % 2, lane] * 2
        cuda.syncthreads()


@correct(2, 1, boxes, lambda x, box, full, y: {"box": x, "full": np.ones(4), "y": x + 1})
@cuda.jit
def mailboxes_with_flags(x, box, full, y):
    for k in range(4):
        if cuda.blockIdx.x == 0:
            box[k] = x[k]
            cuda.threadfence()
            cuda.atomic.exch(full, k, 1)
        else:
            while cuda.atomic.add(full, k, 0) == 0:
                pass
            cuda.threadfence()
            y[k] = box[k] + 1


@correct(
    3,
    32,
    lambda r: (
        np.ones(96, np.int32) * 3,
        zeros(96, dtype=np.int32),
        zeros(3, dtype=np.int32),
        zeros(3, dtype=np.int32),
        zeros(1, dtype=np.int32),
    ),
    lambda x, y, sums, ready, ticket: {
        "sums": [96, 192, 288],
        "ready": [1, 1, 1],
        "ticket": [3],
        "y": np.cumsum(x),
    },
)
@cuda.jit
def scan_that_looks_back(x, y, sums, ready, ticket):
    s = cuda.shared.array(3, int32)
    t = cuda.threadIdx.x
    if t == 0:
        s[2] = cuda.atomic.add(ticket, 0, 1)
    cuda.syncthreads()
    b = s[2]
    i = b * 32 + t
    v = x[i]
    for d in (1, 2, 4, 8, 16):
        up = cuda.shfl_up_sync(0xFFFFFFFF, v, d)
        if t >= d:
            v += up
    if t == 31:
        s[0] = v
    cuda.syncthreads()
    if t == 0:
        before = 0
        if b > 0:
            while cuda.atomic.add(ready, b - 1, 0) == 0:
                pass
            cuda.threadfence()
            before = sums[b - 1]
        sums[b] = before + s[0]
        cuda.threadfence()
        cuda.atomic.exch(ready, b, 1)
        s[1] = before
    cuda.syncthreads()
    y[i] = v + s[1]


@correct(3, 32, key, lambda key, out: {"out": numbers(1234567, 70)})
@cuda.jit
def counter_based_numbers(key, out):
    i = cuda.grid(1)
    if i < out.size:
        left, right, k = uint32(i), uint32(0), key
        for _ in range(6):
            left, right = bump(left, right, k)
            k = uint32(k + uint32(0x9E3779B9))
        out[i] = left


@correct(1, 64, permuted, lambda x, best: {"best": np.sort(x)[::-1][:5]})
@cuda.jit
def top_five_by_repeated_maximum(x, best):
    v = cuda.shared.array(64, int32)
    w = cuda.shared.array(64, int32)
    t = cuda.threadIdx.x
    v[t] = x[t]
    for k in range(best.size):
        w[t] = v[t]
        cuda.syncthreads()
        d = 32
        while d > 0:
            if t < d:
                w[t] = max(w[t], w[t + d])
            cuda.syncthreads()
            d //= 2
        if v[t] == w[0]:
            best[k] = v[t]
            v[t] = -1
        cuda.syncthreads()


@correct(6, 32, table, softmax, tolerance=1e-5)
@cuda.jit
def online_softmax_of_a_row(x, y):
    top, total = float32(-math.inf), float32(0)
    t, row = cuda.threadIdx.x, cuda.blockIdx.x
    for c in range(t, x.shape[1], 32):
        higher = max(top, x[row, c])
        total = total * math.exp(top - higher) + math.exp(x[row, c] - higher)
        top = higher
    for d in (16, 8, 4, 2, 1):
        other, more = cuda.shfl_xor_sync(0xFFFFFFFF, top, d), cuda.shfl_xor_sync(0xFFFFFFFF, total, d)
        higher = max(top, other)
        total = total * math.exp(top - higher) + more * math.exp(other - higher)
        top = higher
    for c in range(t, x.shape[1], 32):
        y[row, c] = math.exp(x[row, c] - top) / total


@correct(1, 64, octets, split)
@cuda.jit
def split_by_a_bit(x, y):
    rank = cuda.shared.array(64, int32)
    t = cuda.threadIdx.x
    zero = 1 - (x[t] & 1)
    rank[t] = zero
    cuda.syncthreads()
    d = 1
    while d < 64:
        add = rank[t - d] if t >= d else 0
        cuda.syncthreads()
        rank[t] += add
        cuda.syncthreads()
        d *= 2
    zeros = rank[63]
    y[rank[t] - 1 if zero else zeros + t - rank[t]] = x[t]


@correct((2, 2), (8, 8), lambda r: (floats(r, 16, 16),), lambda a: {"a": a.T})
@cuda.jit
def square_transposed_in_place(a):
    one = cuda.shared.array((8, 9), float32)
    two = cuda.shared.array((8, 9), float32)
    bx, by, tx, ty = cuda.blockIdx.x, cuda.blockIdx.y, cuda.threadIdx.x, cuda.threadIdx.y
    if bx >= by:
        one[ty, tx] = a[by * 8 + ty, bx * 8 + tx]
        two[ty, tx] = a[bx * 8 + ty, by * 8 + tx]
        cuda.syncthreads()
        a[bx * 8 + ty, by * 8 + tx] = one[tx, ty]
        a[by * 8 + ty, bx * 8 + tx] = two[tx, ty]


@correct(
    1,
    64,
    runs,
    lambda x, start, n: {
        "start": np.concatenate(
            [np.flatnonzero(np.concatenate([[True], np.diff(x) != 0])), np.zeros(64 - len(np.unique(x)))]
        ),
        "n": np.array([len(np.unique(x))]),
    },
)
@cuda.jit
def starts_of_runs(x, start, n):
    t = cuda.threadIdx.x
    head = t == 0 or x[t] != x[t - 1]
    total = cuda.syncthreads_count(int32(head))
    low = cuda.ballot_sync(0xFFFFFFFF, head)
    s = cuda.shared.array(2, int32)
    if t % 32 == 0:
        s[t // 32] = cuda.popc(low)
    cuda.syncthreads()
    if head:
        start[cuda.popc(low & ((1 << (t % 32)) - 1)) + (s[0] if t >= 32 else 0)] = t
    if t == 0:
        n[0] = total


@correct((3, 3), (8, 8), picture, nine_points, tolerance=1e-4)
@cuda.jit
def nine_points_from_a_tile(a, b):
    s = cuda.shared.array((10, 10), float32)
    x, y = cuda.grid(2)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    for k in range(ty * 8 + tx, 100, 64):
        i, j = cuda.blockIdx.y * 8 + k // 10 - 1, cuda.blockIdx.x * 8 + k % 10 - 1
        inside = i >= 0 and j >= 0 and i < a.shape[0] and j < a.shape[1]
        s[k // 10, k % 10] = a[i, j] if inside else 0
    cuda.syncthreads()
    if y < b.shape[0] and x < b.shape[1]:
        acc = float32(0)
        for i in range(3):
            for j in range(3):
                acc += s[ty + i, tx + j]
        b[y, x] = acc


@correct(40, 32, sparse, product, tolerance=1e-4)
@cuda.jit
def sparse_row_for_each_warp(ptr, col, val, x, y):
    row = cuda.blockIdx.x
    lane = cuda.laneid
    acc = float32(0)
    for k in range(ptr[row] + lane, ptr[row + 1], 32):
        acc += val[k] * x[col[k]]
    for d in (16, 8, 4, 2, 1):
        acc += cuda.shfl_xor_sync(0xFFFFFFFF, acc, d)
    if lane == 0:
        y[row] = acc


@correct(
    1,
    40,
    lambda r: (zeros(40, dtype=np.int64),),
    lambda y: {"y": np.full(40, sum(range(2**62, 2**63 - 1, 2**60)) % 1000003)},
)
@cuda.jit
def range_up_to_the_largest_number(y):
    s = int64(0)
    for k in range(4611686018427387904, 9223372036854775807, 1152921504606846976):
        s += k % 1000003
    y[cuda.grid(1)] = s % 1000003


@correct(
    2,
    64,
    lambda r: (floats(r, 128), zeros(128)),
    lambda x, y: {"y": np.where(np.arange(128) % 2 == 0, 8 * x, 28)},
    tolerance=1e-5,
)
@cuda.jit
def local_array_in_two_branches(x, y):
    i = cuda.grid(1)
    a = cuda.local.array(8, float32)
    for k in range(8):
        a[k] = x[i] if i % 2 == 0 else k
    s = float32(0)
    for k in range(8):
        s += a[k]
    y[i] = s
