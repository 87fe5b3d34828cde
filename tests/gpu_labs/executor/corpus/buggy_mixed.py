"""Seeded bugs in the middle of whole small programs: each stands beside its right twin in `correct_mixed.py`."""

import numpy as np
from numba import float32, float64, int8, uint32

from gpu_labs import cuda

from .samples import buggy, floats, integers, zeros

PARTICLE = np.dtype([("pos", np.float32, (3,)), ("mass", np.float32), ("cell", np.int32)])


def particles(rng):
    made = np.zeros(40, PARTICLE)
    made["pos"], made["mass"], made["cell"] = rng.random((40, 3)), rng.random(40), rng.integers(0, 4, 40)
    return made


@buggy("divergent-warp", 1, 64, lambda r: (floats(r, 50), zeros(2)), alone=True)
@cuda.jit
def early_return_before_the_shuffles(x, y):
    i = cuda.grid(1)
    if i >= x.size:
        return
    v = x[i]
    for d in (16, 8, 4, 2, 1):
        v += cuda.shfl_down_sync(0xFFFFFFFF, v, d)  # BUG
    if i % 32 == 0:
        y[i // 32] = v


@buggy("out-of-bounds", (2, 2), (8, 8), lambda r: (floats(r, 13, 13), zeros(13, 13)))
@cuda.jit
def tile_loaded_without_a_guard(a, b):
    tile = cuda.shared.array((8, 8), float32)
    x, y = cuda.grid(2)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    tile[ty, tx] = a[y, x]  # BUG
    cuda.syncthreads()
    if y < 13 and x < 13:
        b[y, x] = tile[7 - ty, 7 - tx]


@buggy("missing-barrier", 2, 32, lambda r: (floats(r, 4, 64), zeros(4, 64)), alone=True)
@cuda.jit
def stale_row_of_the_turn_before(a, b):
    row = cuda.shared.array(32, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    for r in range(a.shape[0]):
        row[t] = a[r, i]
        cuda.syncthreads()
        b[r, i] = row[31 - t]  # BUG


@buggy(
    "out-of-bounds",
    1,
    64,
    lambda r: (np.arange(192, 256).astype(np.uint8), zeros(300)),
    alone=True,
    leaves=lambda x, y: {"y": np.zeros(300, np.float32)},
)
@cuda.jit
def byte_read_as_signed_is_an_index(x, y):
    k = int8(x[cuda.grid(1)])
    y[k - 1] = 1  # BUG


@buggy("lost-update", 2, 64, lambda r: (integers(r, 128, below=6), zeros(6)), alone=True)
@cuda.jit
def votes_without_an_atomic(x, votes):
    votes[x[cuda.grid(1)]] += 1.0  # BUG


@buggy("inter-block-wait", 3, 32, lambda r: (zeros(3, dtype=np.int32), floats(r, 96), zeros(96)))
@cuda.jit
def block_waits_for_the_next_one(flag, x, y):
    i, b = cuda.grid(1), cuda.blockIdx.x
    if cuda.threadIdx.x == 0 and b < 2:
        while cuda.atomic.add(flag, b + 1, 0) == 0:  # BUG
            pass
    cuda.syncthreads()
    y[i] = x[i]
    cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        cuda.threadfence()
        cuda.atomic.add(flag, b, 1)


@buggy("out-of-bounds", 2, 32, lambda r: (floats(r, 64), zeros(63)), alone=True)
@cuda.jit
def differences_one_too_many(x, d):
    i = cuda.grid(1)
    if i <= d.size:
        d[i] = x[min(i + 1, x.size - 1)] - x[i]  # BUG


@buggy("race-write-write", 2, 32, lambda r: (floats(r, 64), zeros(130)), alone=True)
@cuda.jit
def stride_smaller_than_what_each_writes(x, y):
    i = cuda.grid(1)
    for k in range(3):
        y[i * 2 + k] = x[i] * (k + 1)  # BUG


@buggy("race-read-write", 4, 32, lambda r: (floats(r, 128),))
@cuda.jit
def ring_shifted_in_place(x):
    i = cuda.grid(1)
    v = x[(i + 32) % x.size]
    cuda.syncthreads()
    x[i] = v  # BUG


@buggy("lost-update", 2, 32, lambda r: (zeros(1, dtype=np.int32), zeros(1)))
@cuda.jit
def lock_that_is_looked_at_and_not_taken(lock, total):
    while lock[0] != 0:
        pass
    lock[0] = 1  # BUG
    total[0] += 1
    lock[0] = 0


@buggy("missing-barrier", 1, 64, lambda r: (floats(r, 64), zeros(64, dtype=np.float64)), alone=True)
@cuda.jit
def float64_tile_read_across_warps(x, y):
    tile = cuda.shared.array(64, float64)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncwarp()
    y[t] = tile[t] + tile[(t + 32) % 64]  # BUG


@buggy("lost-update", 2, 32, lambda r: (particles(r), zeros(4)), alone=True)
@cuda.jit
def mass_of_each_cell_without_an_atomic(p, m):
    i = cuda.grid(1)
    if i < p.size:
        m[p[i].cell] += p[i].mass  # BUG


@cuda.jit("float32(float32[:], int32)", device=True)
def element_before(x, i):
    return x[i - 1]  # BUG


@buggy("out-of-bounds", 1, 32, lambda r: (floats(r, 32), zeros(32)), where=element_before, alone=True)
@cuda.jit
def declared_helper_reads_before_the_start(x, y):
    i = cuda.grid(1)
    y[i] = x[i] - element_before(x, i)


@buggy("unused-dimension", 8, 8, lambda r: (floats(r, 8, 8), zeros(8, 8)), alone=True)
@cuda.jit
def transpose_launched_with_one_dimension(a, b):
    x, y = cuda.grid(2)  # BUG
    if x < 8 and y < 8:
        b[x, y] = a[y, x]


@buggy("missing-barrier", 1, 64, lambda r: (floats(r, 64), zeros(64)), alone=True)
@cuda.jit
def scan_of_two_buffers_without_its_barrier(x, y):
    rows = cuda.shared.array((2, 64), float32)
    t = cuda.threadIdx.x
    rows[0, t] = x[t]
    now = 0
    cuda.syncthreads()
    d = 1
    while d < 64:
        rows[1 - now, t] = rows[now, t] + (rows[now, t - d] if t >= d else 0)  # BUG
        now = 1 - now
        d *= 2
    y[t] = rows[now, t]


@buggy("uninitialised-read", 2, 32, lambda r: (floats(r, 50), zeros(2)), alone=True)
@cuda.jit
def largest_of_a_tile_with_an_empty_tail(x, y):
    tile = cuda.shared.array(32, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    if i < x.size:
        tile[t] = x[i]
    cuda.syncthreads()
    if t == 0:
        best = tile[0]
        for k in range(32):
            best = max(best, tile[k])  # BUG
        y[cuda.blockIdx.x] = best


@buggy("out-of-bounds", 1, 32, lambda r: (floats(r, 32), zeros(32)), alone=True)
@cuda.jit
def uint32_goes_below_zero(x, y):
    i = uint32(cuda.grid(1))
    left = uint32(i - uint32(1))
    y[i] = x[left]  # BUG


@buggy("race-read-write", 2, 32, lambda r: (floats(r, 64), zeros(64), zeros(1)), alone=True)
@cuda.jit
def divided_by_a_sum_that_is_not_complete(x, y, total):
    i = cuda.grid(1)
    cuda.atomic.add(total, 0, x[i] * x[i])
    cuda.syncthreads()
    y[i] = x[i] / total[0]  # BUG


@buggy("race-write-write", (2, 2), (4, 4), lambda r: (floats(r, 8, 8), zeros(8)), alone=True)
@cuda.jit
def each_column_writes_the_row(a, y):
    c, r = cuda.grid(2)
    y[r] = a[r, c]  # BUG
