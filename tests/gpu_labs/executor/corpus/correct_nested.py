"""Correct kernels whose warps, locks and grid barriers are inside functions, or in parts of a block."""

import numpy as np
from numba import boolean, float32

from gpu_labs import cuda

from .samples import correct, floats, zeros
from .warp_and_lock import deposit, warp_sum


@correct(2, 64, lambda rng: (floats(rng, 128), zeros(4)), lambda x, y: {"y": x.reshape(4, 32).sum(1)})
@cuda.jit
def each_warp_adds_by_a_function(x, y):
    i = cuda.grid(1)
    s = warp_sum(x[i], 0xFFFFFFFF)
    if cuda.laneid == 0:
        y[i // 32] = s


@correct(
    8,
    32,
    lambda rng: (zeros(3, dtype=np.int32), zeros(3)),
    lambda m, acc: {"acc": np.bincount(np.arange(8) % 3, np.arange(8) + 1)},
)
@cuda.jit
def lock_inside_functions_of_functions(m, acc):
    if cuda.threadIdx.x == 0:
        b = cuda.blockIdx.x
        deposit(m, acc, b % 3, b + 1)


@correct(4, 16, lambda rng: (floats(rng, 64), zeros(64)), lambda x, y: {"y": np.full(64, x.sum())})
@cuda.jit
def total_between_grid_barriers(x, y):
    g = cuda.cg.this_grid()
    i = cuda.grid(1)
    if i == 0:
        y[0] = 0
    g.sync()
    cuda.atomic.add(y, 0, x[i])
    g.sync()
    total = y[0]
    g.sync()
    y[i] = total


@correct(
    4,
    32,
    lambda rng: (floats(rng, 128), zeros(1, dtype=np.int32), zeros(1), zeros(4)),
    lambda x, done, out, part: {"out": [x.sum()], "part": x.reshape(4, 32).sum(1), "done": [4]},
)
@cuda.jit
def last_block_told_by_a_shared_flag(x, done, out, part):
    last = cuda.shared.array(1, boolean)
    i, t = cuda.grid(1), cuda.threadIdx.x
    s = warp_sum(x[i], 0xFFFFFFFF)
    if t == 0:
        part[cuda.blockIdx.x] = s
        cuda.threadfence()
        last[0] = cuda.atomic.add(done, 0, 1) == cuda.gridDim.x - 1
    cuda.syncthreads()
    if last[0] and t == 0:
        total = float32(0)
        for k in range(cuda.gridDim.x):
            total += part[k]
        out[0] = total


@correct(2, 32, lambda rng: (floats(rng, 64), zeros(62)), lambda x, y: {"y": (x[:-2] + x[1:-1] + x[2:]) / 3})
@cuda.jit
def means_of_three_with_a_halo(x, y):
    s = cuda.shared.array(34, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    s[t] = x[i]
    if t < 2 and i + 32 < x.size:
        s[32 + t] = x[i + 32]
    cuda.syncthreads()
    if i < y.size:
        y[i] = (s[t] + s[t + 1] + s[t + 2]) / 3


@correct(1, 32, lambda rng: (zeros(32, dtype=np.int32),), lambda y: {"y": np.tile([16, 32], 16)})
@cuda.jit
def half_of_a_warp_by_its_ballot(y):
    t = cuda.threadIdx.x
    m = cuda.ballot_sync(0xFFFFFFFF, t % 2 == 0)
    if t % 2 == 0:
        cuda.syncwarp(m)
        y[t] = cuda.popc(m)
    else:
        y[t] = 32
