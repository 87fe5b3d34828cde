"""Correct kernels: whole small programs, each close to a common mistake."""

import numpy as np
from numba import float32, float64, int32, uint32

from gpu_labs import cuda

from .buggy_mixed import particles
from .samples import correct, floats, integers, zeros


@correct(1, 64, lambda r: (floats(r, 50), zeros(2)), lambda x, y: {"y": [x[:32].sum(), x[32:].sum()]})
@cuda.jit
def sum_of_each_warp_with_zeros_beyond_the_end(x, y):
    i = cuda.grid(1)
    v = x[i] if i < x.size else float32(0)
    for d in (16, 8, 4, 2, 1):
        v += cuda.shfl_down_sync(0xFFFFFFFF, v, d)
    if i % 32 == 0:
        y[i // 32] = v


@correct(
    2,
    32,
    lambda r: (integers(r, 64, below=6), zeros(64)),
    lambda lengths, y: {"y": lengths * (lengths - 1) / 2},
)
@cuda.jit
def all_go_as_far_as_the_longest_row(lengths, y):
    longest = cuda.shared.array(1, int32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if t == 0:
        longest[0] = 0
    cuda.syncthreads()
    cuda.atomic.max(longest, 0, lengths[i])
    cuda.syncthreads()
    total = 0.0
    for k in range(longest[0]):
        if k < lengths[i]:
            total += k
    y[i] = total


@correct((2, 2), (8, 8), lambda r: (floats(r, 13, 13), zeros(13, 13)), lambda a, b: {"b": a.T})
@cuda.jit
def transpose_by_tiles_with_guards(a, b):
    tile = cuda.shared.array((8, 9), float32)
    x, y = cuda.grid(2)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    if y < a.shape[0] and x < a.shape[1]:
        tile[ty, tx] = a[y, x]
    cuda.syncthreads()
    ox, oy = cuda.blockIdx.y * 8 + tx, cuda.blockIdx.x * 8 + ty
    if oy < b.shape[0] and ox < b.shape[1]:
        b[oy, ox] = tile[tx, ty]


@correct(
    2,
    32,
    lambda r: (floats(r, 4, 64), zeros(4, 64)),
    lambda a, b: {"b": np.concatenate([a[:, 31::-1], a[:, :31:-1]], 1)},
)
@cuda.jit
def rows_reversed_with_two_barriers(a, b):
    row = cuda.shared.array(32, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    for r in range(a.shape[0]):
        row[t] = a[r, i]
        cuda.syncthreads()
        b[r, i] = row[31 - t]
        cuda.syncthreads()


@correct(
    1,
    64,
    lambda r: (np.arange(192, 256).astype(np.uint8), zeros(64, dtype=np.int8), zeros(64, dtype=np.uint8)),
    lambda x, y, w: {"y": x.astype(np.int8), "w": x.astype(int) * 3 % 256},
)
@cuda.jit
def bytes_wrap_when_they_are_stored(x, y, w):
    i = cuda.grid(1)
    y[i] = x[i]
    w[i] = x[i] * 3


@correct(
    2,
    64,
    lambda r: (integers(r, 128, below=6), zeros(6)),
    lambda x, votes: {"votes": np.bincount(x, minlength=6)},
)
@cuda.jit
def votes_counted_in_the_block_first(x, votes):
    own = cuda.shared.array(6, float32)
    t = cuda.threadIdx.x
    if t < 6:
        own[t] = 0
    cuda.syncthreads()
    cuda.atomic.add(own, x[cuda.grid(1)], 1)
    cuda.syncthreads()
    if t < 6:
        cuda.atomic.add(votes, t, own[t])


@correct(
    4,
    32,
    lambda r: (floats(r, 128), zeros(1), zeros(1, dtype=np.int32), zeros(4)),
    lambda x, y, done, partial: {"y": x.sum(), "done": 4, "partial": None},
)
@cuda.jit
def last_block_adds_what_each_block_reduced(x, y, done, partial):
    tile = cuda.shared.array(32, float32)
    before = cuda.shared.array(1, int32)
    t = cuda.threadIdx.x
    tile[t] = x[cuda.grid(1)]
    cuda.syncthreads()
    d = 16
    while d:
        if t < d:
            tile[t] += tile[t + d]
        cuda.syncthreads()
        d //= 2
    if t == 0:
        partial[cuda.blockIdx.x] = tile[0]
        cuda.threadfence()
        before[0] = cuda.atomic.add(done, 0, 1)
    cuda.syncthreads()
    if before[0] == cuda.gridDim.x - 1 and t == 0:
        cuda.threadfence()
        total = float32(0)
        for k in range(cuda.gridDim.x):
            total += partial[k]
        y[0] = total


@correct(2, 32, lambda r: (floats(r, 64), zeros(63)), lambda x, d: {"d": np.diff(x)})
@cuda.jit
def one_difference_less_than_elements(x, d):
    i = cuda.grid(1)
    if i < d.size:
        d[i] = x[i + 1] - x[i]


@correct(3, 32, lambda r: (floats(r, 100), zeros(200)), lambda x, y: {"y": np.repeat(x, 2)})
@cuda.jit
def each_fills_two_cells(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[2 * i : 2 * i + 2] = x[i]


@correct(4, 32, lambda r: (floats(r, 128), zeros(128)), lambda x, y: {"y": np.roll(x, -32)})
@cuda.jit
def ring_shifted_into_a_second_array(x, y):
    i = cuda.grid(1)
    y[i] = x[(i + 32) % x.size]


@correct(3, 1, lambda r: (zeros(1, dtype=np.int32), zeros(1)), lambda lock, total: {"total": 3})
@cuda.jit
def lock_between_single_threads(lock, total):
    while cuda.atomic.cas(lock, 0, 0, 1) != 0:
        pass
    cuda.threadfence()
    total[0] += 1
    cuda.threadfence()
    cuda.atomic.exch(lock, 0, 0)


@correct(
    1,
    64,
    lambda r: (floats(r, 64), zeros(64, dtype=np.float64)),
    lambda x, y: {"y": x.astype(float) + np.roll(x, -32).astype(float)},
    tolerance=1e-12,
)
@cuda.jit
def float64_tile_behind_a_barrier(x, y):
    tile = cuda.shared.array(64, float64)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()
    y[t] = tile[t] + tile[(t + 32) % 64]


@correct(
    2,
    32,
    lambda r: (particles(r), zeros(4)),
    lambda p, m: {"m": np.bincount(p["cell"], p["mass"], 4)},
)
@cuda.jit
def mass_of_each_cell_with_an_atomic(p, m):
    i = cuda.grid(1)
    if i < p.size:
        cuda.atomic.add(m, p[i].cell, p[i].mass)


@correct(
    2,
    32,
    lambda r: (particles(r), zeros(40)),
    lambda p, d: {"d": np.sqrt((p["pos"] ** 2).sum(1))},
)
@cuda.jit
def distance_of_each_particle(p, d):
    i = cuda.grid(1)
    if i < p.size:
        v = p[i].pos
        d[i] = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) ** 0.5


@cuda.jit("float32(float32[:], int32, int32)", device=True)
def nearest(x, i, n):
    return x[min(max(i, 0), n - 1)]


@correct(
    1,
    32,
    lambda r: (floats(r, 32), zeros(32)),
    lambda x, y: {"y": (np.r_[x[0], x[:-1]] + x + np.r_[x[1:], x[-1]]) / 3},
)
@cuda.jit
def blur_with_a_declared_helper(x, y):
    i = cuda.grid(1)
    y[i] = (nearest(x, i - 1, x.size) + nearest(x, i, x.size) + nearest(x, i + 1, x.size)) / 3


@correct(8, 8, lambda r: (floats(r, 8, 8), zeros(8, 8)), lambda a, b: {"b": a.T})
@cuda.jit
def transpose_numbered_with_one_dimension(a, b):
    i = cuda.grid(1)
    b[i % 8, i // 8] = a[i // 8, i % 8]


@correct(
    2,
    64,
    lambda r: (zeros(128, dtype=np.uint32),),
    lambda y: {"y": _hashed(np.arange(128, dtype=np.uint32))},
)
@cuda.jit
def hash_in_32_bits(y):
    i = cuda.grid(1)
    h = uint32(uint32(i) * uint32(2654435761))
    h = uint32(h ^ (h >> uint32(16)))
    y[i] = h


def _hashed(numbers):
    h = numbers * np.uint32(2654435761)
    return h ^ (h >> np.uint32(16))
