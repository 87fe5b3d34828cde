"""Seeded bugs: indices, barriers and races in other disguises."""

import numpy as np
from numba import float32, int32

from gpu_labs import cuda

from .samples import buggy, floats, integers, zeros


def pair(*shape):
    return lambda rng: (floats(rng, *shape), zeros(*shape))


@buggy("out-of-bounds", 3, 32, pair(90))
@cuda.jit
def stride_loop_offset(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[i] = x[i] + x[i + 1]  # BUG


@buggy("out-of-bounds", 1, 16, lambda r: (floats(r, 16, 4), zeros(16)))
@cuda.jit
def row_overrun(x, y):
    i = cuda.threadIdx.x
    row = x[i]
    s = float32(0)
    for k in range(5):
        s += row[k]  # BUG
    y[i] = s


@buggy("out-of-bounds", 1, 16, lambda r: (floats(r, 16), zeros(16)))
@cuda.jit
def slice_overrun(x, y):
    i = cuda.threadIdx.x
    w = x[4:12]
    y[i] = w[i]  # BUG


@buggy("out-of-bounds", 1, 16, lambda r: (integers(r, 16, below=20), zeros(10, dtype=np.int32)))
@cuda.jit
def atomic_out(x, h):
    cuda.atomic.add(h, x[cuda.threadIdx.x], 1)  # BUG


@buggy("out-of-bounds", 1, 64, lambda r: (floats(r, 64), zeros(64)), shared_bytes=64)
@cuda.jit
def dynamic_too_small(x, y):
    s = cuda.shared.array(0, float32)
    t = cuda.threadIdx.x
    s[t] = x[t]  # BUG
    cuda.syncthreads()
    y[t] = s[63 - t]


@buggy("out-of-bounds", 1, 4, lambda r: (zeros(4, dtype=np.float32),))
@cuda.jit
def local_neg(y):
    a = cuda.local.array(4, float32)
    i = cuda.threadIdx.x
    for k in range(4):
        a[k] = k
    y[i] = a[i - 2]  # BUG


P = np.dtype([("a", np.float32), ("b", np.float32)])


@buggy("out-of-bounds", 1, 12, lambda r: (np.zeros(10, P),))
@cuda.jit
def record_out(p):
    i = cuda.threadIdx.x
    p[i].a = 1.0  # BUG


@buggy("out-of-bounds", 1, 12, lambda r: (np.zeros(8, P), zeros(12)))
@cuda.jit
def record_read_out(p, y):
    i = cuda.threadIdx.x
    r = p[i]  # BUG
    y[i] = r.a


TAB = np.arange(5, dtype=np.float32)


@buggy("out-of-bounds", 1, 8, lambda r: (zeros(8),))
@cuda.jit
def const_out(y):
    c = cuda.const.array_like(TAB)
    y[cuda.threadIdx.x] = c[cuda.threadIdx.x]  # BUG


@buggy("out-of-bounds", 1, 8, lambda r: (floats(r, 0), zeros(8)))
@cuda.jit
def empty_array(x, y):
    y[cuda.threadIdx.x] = x[0]  # BUG


@buggy("missing-barrier", 1, 64, pair(64))
@cuda.jit
def no_barrier_after_atomic(x, y):
    s = cuda.shared.array(1, float32)
    t = cuda.threadIdx.x
    if t == 0:
        s[0] = 0
    cuda.syncthreads()
    cuda.atomic.add(s, 0, x[t])  # BUG
    y[t] = s[0]


@buggy("missing-barrier", 1, 64, pair(64))
@cuda.jit
def no_barrier_before_zero(x, y):
    s = cuda.shared.array(1, float32)
    t = cuda.threadIdx.x
    if t == 0:
        s[0] = 0
    cuda.atomic.add(s, 0, x[t])  # BUG
    cuda.syncthreads()
    y[t] = s[0]


@buggy("missing-barrier", 1, 64, pair(64))
@cuda.jit
def loop_carried(x, y):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    for k in range(3):
        s[t] = x[t] * k
        cuda.syncthreads()
        y[t] += s[63 - t]  # BUG


@buggy("missing-barrier", 1, (8, 8), lambda r: (floats(r, 8, 8),))
@cuda.jit
def inplace_stencil(x):
    i, j = (cuda.threadIdx.x, cuda.threadIdx.y)
    if 0 < i < 7:
        x[i, j] = (x[i - 1, j] + x[i + 1, j]) / 2  # BUG


@buggy("race-read-write", 4, 16, lambda r: (floats(r, 64),))
@cuda.jit
def inplace_stencil_blocks(x):
    i = cuda.grid(1)
    v = x[i + 1] if i < 63 else float32(0)
    cuda.syncthreads()
    x[i] = v  # BUG


@buggy("race-write-write", 2, 16, lambda r: (floats(r, 32), zeros(1)), by_chance=True)
@cuda.jit
def max_without_atomic(x, m):
    i = cuda.grid(1)
    if x[i] > m[0]:
        m[0] = x[i]  # BUG


@buggy("race-read-write", 2, 32, lambda r: (floats(r, 64), zeros(2), zeros(1)))
@cuda.jit
def last_block_reads_partials(x, p, out):
    i = cuda.grid(1)
    cuda.atomic.add(p, cuda.blockIdx.x, x[i])
    cuda.syncthreads()
    if cuda.blockIdx.x == 1 and cuda.threadIdx.x == 0:
        out[0] = p[0] + p[1]  # BUG


@buggy(
    "race-read-write",
    2,
    32,
    lambda r: (floats(r, 64), zeros(2), zeros(1, dtype=np.int32), zeros(1)),
    by_chance=True,
)
@cuda.jit
def last_block_without_fence(x, p, c, out):
    b = cuda.blockIdx.x
    if cuda.threadIdx.x == 0:
        s = float32(0)
        for k in range(32):
            s += x[b * 32 + k]
        p[b] = s  # BUG
        n = cuda.atomic.add(c, 0, 1)
        if n == 1:
            out[0] = p[0] + p[1]


@buggy("divergent-barrier", 1, 64, pair(64))
@cuda.jit
def data_dependent_barrier(x, y):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = x[t]
    if x[t] > 0:
        cuda.syncthreads()  # BUG
    y[t] = s[t]


@cuda.jit(device=True)
def sync_helper(v, t):
    if t % 2:
        cuda.syncthreads()  # BUG
    return v


@buggy("divergent-barrier", 1, 64, pair(64), where=sync_helper)
@cuda.jit
def barrier_in_device(x, y):
    t = cuda.threadIdx.x
    y[t] = sync_helper(x[t], t)


@buggy("divergent-barrier", 2, 40, pair(64))
@cuda.jit
def for_stride_barrier(x, y):
    s = cuda.shared.array(40, float32)
    t = cuda.threadIdx.x
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        s[t] = x[i]
        cuda.syncthreads()  # BUG
        y[i] = s[t]


@buggy("uninitialised-read", 1, 64, pair(50))
@cuda.jit
def tail_uninit(x, y):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    if t < x.size:
        s[t] = x[t]
    cuda.syncthreads()
    if t < x.size:
        y[t] = s[63 - t]  # BUG


@buggy("uninitialised-read", 1, 32, lambda r: (integers(r, 32, below=8), zeros(8, dtype=np.int32)))
@cuda.jit
def hist_uninit(x, h):
    s = cuda.shared.array(8, int32)
    t = cuda.threadIdx.x
    cuda.atomic.add(s, x[t], 1)  # BUG
    cuda.syncthreads()
    if t < 8:
        h[t] = s[t]


@buggy("uninitialised-read", 1, (8, 8), lambda r: (floats(r, 8, 8), zeros(8, 8)))
@cuda.jit
def halo_corner(x, y):
    s = cuda.shared.array((10, 10), float32)
    i, j = (cuda.threadIdx.x, cuda.threadIdx.y)
    s[i + 1, j + 1] = x[i, j]
    if i == 0:
        s[0, j + 1] = 0
    if i == 7:
        s[9, j + 1] = 0
    if j == 0:
        s[i + 1, 0] = 0
    if j == 7:
        s[i + 1, 9] = 0
    cuda.syncthreads()
    y[i, j] = s[i, j] + s[i + 2, j + 2]  # BUG


@buggy("lost-update", 1, 64, lambda r: (zeros(64, dtype=np.uint8),))
@cuda.jit
def packed_bits(y):
    t = cuda.threadIdx.x
    y[t // 8] |= 1 << t % 8  # BUG


@buggy("missing-barrier", 1, 64, pair(64))
@cuda.jit
def leader_writes_after(x, y):
    s = cuda.shared.array(1, float32)
    t = cuda.threadIdx.x
    for k in range(2):
        if t == 0:
            s[0] = x[k]  # BUG
        cuda.syncthreads()
        y[t] += s[0]  # BUG
