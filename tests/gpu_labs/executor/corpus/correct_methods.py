"""Correct kernels: methods of parallel programs that are easily taken for races."""

import numpy as np
from numba import float32, int32, int64
from numba.cuda import cg
from numba.cuda.random import create_xoroshiro128p_states, xoroshiro128p_uniform_float32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros


@correct(1, 32, lambda r: (floats(r, 32), zeros(32)), lambda x, y: {"y": np.sort(x)})
@cuda.jit
def bitonic_warp_shuffle(x, y):
    t = cuda.laneid
    v = x[t]
    k = 2
    while k <= 32:
        j = k >> 1
        while j > 0:
            o = cuda.shfl_xor_sync(4294967295, v, j)
            up = t & k == 0
            lower = t & j == 0
            v = min(v, o) if up == lower else max(v, o)
            j >>= 1
        k <<= 1
    y[t] = v


@correct(1, (32, 8), lambda r: (floats(r, 64, 64),), lambda a: {"a": a.T})
@cuda.jit
def inplace_transpose_blocks(a):
    s = cuda.shared.array((2, 32, 33), float32)
    x, y = (cuda.threadIdx.x, cuda.threadIdx.y)
    for bi in range(2):
        for bj in range(bi + 1):
            for q in range(y, 32, 8):
                s[0, q, x] = a[bi * 32 + q, bj * 32 + x]
                s[1, q, x] = a[bj * 32 + q, bi * 32 + x]
            cuda.syncthreads()
            for q in range(y, 32, 8):
                a[bi * 32 + q, bj * 32 + x] = s[1, x, q]
                a[bj * 32 + q, bi * 32 + x] = s[0, x, q]
            cuda.syncthreads()


def conv2(x, k, y):
    h, w = x.shape
    p = np.pad(x, 1)
    e = np.zeros_like(x)
    for a in range(3):
        for b in range(3):
            e += p[a : a + h, b : b + w] * k[a, b]
    return {"y": e}


@correct(
    (3, 2), (8, 8), lambda r: (floats(r, 13, 20), floats(r, 3, 3), zeros(13, 20)), conv2, tolerance=0.0001
)
@cuda.jit
def conv2d_tile_loop(x, k, y):
    s = cuda.shared.array((10, 10), float32)
    tx, ty = (cuda.threadIdx.x, cuda.threadIdx.y)
    bx, by = (cuda.blockIdx.x * 8, cuda.blockIdx.y * 8)
    H, W = x.shape
    for n in range(ty * 8 + tx, 100, 64):
        r, c = (n // 10, n % 10)
        gy, gx = (by + r - 1, bx + c - 1)
        if gy >= 0 and gy < H and (gx >= 0) and (gx < W):
            s[r, c] = x[gy, gx]
        else:
            s[r, c] = 0.0
    cuda.syncthreads()
    if by + ty < H and bx + tx < W:
        acc = float32(0)
        for a in range(3):
            for b in range(3):
                acc += s[ty + a, tx + b] * k[a, b]
        y[by + ty, bx + tx] = acc


def scanblocks(x, y, sums):
    e = np.concatenate([np.cumsum(x[b * 64 : (b + 1) * 64]) for b in range(4)])
    return {"y": e, "sums": np.array([x[b * 64 : (b + 1) * 64].sum() for b in range(4)])}


@correct(
    4, 64, lambda r: (integers(r, 256), zeros(256, dtype=np.int32), zeros(4, dtype=np.int32)), scanblocks
)
@cuda.jit
def warp_scan_then_block(x, y, sums):
    w = cuda.shared.array(2, int32)
    i = cuda.grid(1)
    t = cuda.threadIdx.x
    lane = t % 32
    wid = t // 32
    v = x[i]
    d = 1
    while d < 32:
        n = cuda.shfl_up_sync(4294967295, v, d)
        if lane >= d:
            v += n
        d *= 2
    if lane == 31:
        w[wid] = v
    cuda.syncthreads()
    for k in range(wid):
        v += w[k]
    y[i] = v
    if t == 63:
        sums[cuda.blockIdx.x] = v


@correct(
    2,
    64,
    lambda r: (integers(r, 128, below=3), zeros(128, dtype=np.int32), zeros(1, dtype=np.int32)),
    lambda x, y, n: {"y": None, "n": np.array([(x > 0).sum()])},
)
@cuda.jit
def warp_aggregated_compaction(x, y, n):
    i = cuda.grid(1)
    lane = cuda.laneid
    keep = x[i] > 0
    m = cuda.ballot_sync(4294967295, keep)
    cnt = cuda.popc(m)
    base = 0
    if lane == 0:
        base = cuda.atomic.add(n, 0, cnt)
    base = cuda.shfl_sync(4294967295, base, 0)
    if keep:
        y[base + cuda.popc(m & (1 << lane) - 1)] = x[i]


@correct(
    3,
    16,
    lambda r: (create_xoroshiro128p_states(48, seed=3), zeros(48), 0.5),
    lambda s, y, p: {"s": None, "y": None},
)
@cuda.jit
def dropout(s, y, p):
    i = cuda.grid(1)
    if i < y.size:
        u = xoroshiro128p_uniform_float32(s, i)
        y[i] = 1 / (1 - p) if u > p else 0.0


@correct(
    2,
    16,
    lambda r: (floats(r, 32), zeros(32), zeros(2)),
    lambda x, y, part: {"y": np.full(32, x.sum()), "part": x.reshape(2, 16).sum(1)},
    tolerance=0.0001,
)
@cuda.jit
def coop_normalise(x, y, part):
    g = cg.this_grid()
    s = cuda.shared.array(16, float32)
    i = cuda.grid(1)
    t = cuda.threadIdx.x
    s[t] = x[i]
    cuda.syncthreads()
    h = 8
    while h:
        if t < h:
            s[t] += s[t + h]
        cuda.syncthreads()
        h >>= 1
    if t == 0:
        part[cuda.blockIdx.x] = s[0]
    g.sync()
    tot = float32(0)
    for k in range(part.size):
        tot += part[k]
    y[i] = tot


@correct(
    1,
    64,
    lambda r: (integers(r, 64, below=4), zeros(4, dtype=np.int32)),
    lambda x, h: {"h": np.bincount(x, minlength=4)},
)
@cuda.jit
def match_hist(x, h):
    i = cuda.threadIdx.x
    m = cuda.match_any_sync(4294967295, x[i])
    if cuda.ffs(m) - 1 == cuda.laneid:
        cuda.atomic.add(h, x[i], cuda.popc(m))


@correct(2, 32, lambda r: (zeros(1, dtype=np.int32),), lambda y: {"y": np.array([64])})
@cuda.jit
def cas_loop_add(y):
    old = y[0] if False else 0
    while True:
        seen = cuda.atomic.cas(y, 0, old, old + 1)
        if seen == old:
            break
        old = seen


@correct(
    4,
    8,
    lambda r: (zeros(1, dtype=np.int32), zeros(32, dtype=np.int32)),
    lambda c, y: {"c": np.array([32]), "y": None},
)
@cuda.jit
def work_queue(c, y):
    while True:
        k = cuda.atomic.add(c, 0, 1)
        if k >= 32:
            cuda.atomic.sub(c, 0, 1)
            break
        y[k] = k + 1


@correct(3, (8, 4), lambda r: (floats(r, 3, 8, 8), zeros(3, 8, 8)), lambda x, y: {"y": x.transpose(0, 2, 1)})
@cuda.jit
def batched_transpose(x, y):
    s = cuda.shared.array((8, 9), float32)
    b = cuda.blockIdx.x
    tx = cuda.threadIdx.x
    ty = cuda.threadIdx.y
    for k in range(0, 8, 4):
        s[ty + k, tx] = x[b, ty + k, tx]
    cuda.syncthreads()
    for k in range(0, 8, 4):
        y[b, ty + k, tx] = s[tx, ty + k]


@correct(2, 32, lambda r: (floats(r, 64), zeros(2)), lambda x, y: {"y": x.reshape(2, 32).max(1)})
@cuda.jit
def reduce_unrolled_warp(x, y):
    s = cuda.shared.array(32, float32)
    t = cuda.threadIdx.x
    s[t] = x[cuda.grid(1)]
    cuda.syncwarp()
    if t < 16:
        s[t] = max(s[t], s[t + 16])
    cuda.syncwarp()
    if t < 8:
        s[t] = max(s[t], s[t + 8])
    cuda.syncwarp()
    if t < 4:
        s[t] = max(s[t], s[t + 4])
    cuda.syncwarp()
    if t < 2:
        s[t] = max(s[t], s[t + 2])
    cuda.syncwarp()
    if t < 1:
        y[cuda.blockIdx.x] = max(s[0], s[1])


@correct(1, 64, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": np.cumsum(x)}, tolerance=0.001)
@cuda.jit
def double_buffer_views(x, y):
    a = cuda.shared.array(64, float32)
    b = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    a[t] = x[t]
    cuda.syncthreads()
    d = 1
    while d < 64:
        b[t] = a[t] + (a[t - d] if t >= d else float32(0))
        cuda.syncthreads()
        a, b = (b, a)
        d <<= 1
    y[t] = a[t]


@cuda.jit(device=True)
def block_sum(s, t):
    h = cuda.blockDim.x // 2
    while h > 0:
        if t < h:
            s[t] += s[t + h]
        cuda.syncthreads()
        h //= 2
    return s[0]


@correct(
    2,
    16,
    lambda r: (floats(r, 32), zeros(32)),
    lambda x, y: {"y": x - np.repeat(x.reshape(2, 16).mean(1), 16)},
    tolerance=0.0001,
)
@cuda.jit
def centre_blocks(x, y):
    s = cuda.shared.array(16, float32)
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    s[t] = x[i]
    cuda.syncthreads()
    y[i] = x[i] - block_sum(s, t) / 16


@correct(
    2,
    16,
    lambda r: (integers(r, 32, below=50), zeros(1, dtype=np.int64), zeros(1, dtype=np.int32)),
    lambda x, a, b: {"a": np.array([x.astype(np.int64).sum()]), "b": np.array([x.max()])},
)
@cuda.jit
def shared_then_global_atomics(x, a, b):
    s = cuda.shared.array(1, int64)
    m = cuda.shared.array(1, int32)
    t = cuda.threadIdx.x
    if t == 0:
        s[0] = 0
        m[0] = -1
    cuda.syncthreads()
    cuda.atomic.add(s, 0, x[cuda.grid(1)])
    cuda.atomic.max(m, 0, x[cuda.grid(1)])
    cuda.syncthreads()
    if t == 0:
        cuda.atomic.add(a, 0, s[0])
        cuda.atomic.max(b, 0, m[0])


@correct(
    2,
    16,
    lambda r: (floats(r, 32), zeros(32)),
    lambda x, y: {"y": np.concatenate([np.sort(x[:16]), np.sort(x[16:])])},
)
@cuda.jit
def bubble_shared_by_leader(x, y):
    s = cuda.shared.array(16, float32)
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    s[t] = x[i]
    cuda.syncthreads()
    if t == 0:
        for a in range(16):
            for b in range(15 - a):
                if s[b] > s[b + 1]:
                    s[b], s[b + 1] = (s[b + 1], s[b])
    cuda.syncthreads()
    y[i] = s[t]
