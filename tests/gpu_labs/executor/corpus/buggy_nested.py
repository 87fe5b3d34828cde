"""Seeded bugs beside something that is right: a lock, a mask, a grid barrier."""

import math

import numpy as np
from numba import float32

from gpu_labs import cuda

from .samples import buggy, floats, zeros
from .warp_and_lock import deposit, warp_sum


@cuda.jit(device=True)
def waits_inside(x, y, t):
    y[t] = x[t]
    cuda.syncthreads()  # BUG


@buggy("divergent-warp", 1, 32, lambda rng: (floats(rng, 32), zeros(32)))
@cuda.jit
def half_a_warp_reads_from_the_other_half(x, y):
    t = cuda.threadIdx.x
    if t < 16:
        v = cuda.shfl_down_sync(0xFFFF, x[t], 8)  # BUG
        y[t] = v


@buggy("divergent-warp", 1, 48, lambda rng: (floats(rng, 48), zeros(48)))
@cuda.jit
def full_mask_in_a_warp_of_16(x, y):
    t = cuda.threadIdx.x
    y[t] = cuda.shfl_xor_sync(0xFFFFFFFF, x[t], 16)  # BUG


@buggy("uninitialised-read", 1, 8, lambda rng: (floats(rng, 8), zeros(8)))
@cuda.jit
def variable_of_a_loop_that_did_not_run(x, y):
    t = cuda.threadIdx.x
    for k in range(t):
        last = x[k]
    y[t] = last  # BUG


@buggy("lost-update", 4, 32, lambda rng: (zeros(1, dtype=np.int32), zeros(1), zeros(1)))
@cuda.jit
def lock_beside_an_unprotected_count(m, acc, other):
    if cuda.threadIdx.x == 0:
        deposit(m, acc, 0, 1.0)
        other[0] += 1  # BUG


@buggy("race-read-write", 4, 16, lambda rng: (floats(rng, 64), zeros(64)))
@cuda.jit
def second_grid_barrier_forgotten(x, y):
    g = cuda.cg.this_grid()
    i = cuda.grid(1)
    y[i] = x[i]
    g.sync()
    v = y[(i + 16) % 64]  # BUG
    y[i] = v + 1  # BUG


@buggy("divergent-barrier", 1, 64, lambda rng: (floats(rng, 64), zeros(64)), where=waits_inside)
@cuda.jit
def barrier_in_a_function_for_some(x, y):
    t = cuda.threadIdx.x
    if t < 50:
        waits_inside(x, y, t)


@buggy("race-read-write", 4, 32, lambda rng: (zeros(1, dtype=np.int32), zeros(1)), by_chance=True)
@cuda.jit
def flag_looked_at_before_it_is_taken(flag, v):
    if cuda.threadIdx.x == 0 and flag[0] == 0 and cuda.atomic.cas(flag, 0, 0, 1) == 0:  # BUG
        v[0] = 3


@buggy("missing-barrier", 2, 64, lambda rng: (floats(rng, 128), zeros(2)))
@cuda.jit
def sums_of_warps_read_too_early(x, y):
    s = cuda.shared.array(2, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    v = warp_sum(x[i], 0xFFFFFFFF)
    if t % 32 == 0:
        s[t // 32] = v
    if t == 0:
        y[cuda.blockIdx.x] = s[0] + s[1]  # BUG


@buggy("out-of-bounds", 1, 8, lambda rng: (floats(rng, 8), zeros(8)))
@cuda.jit
def fmod_of_a_negative_number(x, y):
    t = cuda.threadIdx.x
    k = int(math.fmod(t - 3.0, 8.0))
    y[t] = x[k]  # BUG
