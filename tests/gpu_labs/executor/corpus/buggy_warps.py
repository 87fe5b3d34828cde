"""Seeded bugs: warp functions without all their lanes, and variables that no path gave a value."""

import numpy as np
from numba import float32, int32

from gpu_labs import cuda

from .samples import buggy, floats, zeros

FULL = 0xFFFFFFFF


def warp(n=32):
    return lambda rng: (floats(rng, n), zeros(n))


@buggy("divergent-warp", 1, 32, warp(), alone=True)
@cuda.jit
def shuffle_from_a_lane_that_is_elsewhere(x, y):
    i = cuda.grid(1)
    v = x[i]
    if i > 0:
        v = cuda.shfl_sync(FULL, v, 0)  # BUG
    y[i] = v


@buggy("divergent-warp", 1, 32, warp(), alone=True)
@cuda.jit
def mask_of_32_and_16_come(x, y):
    i = cuda.grid(1)
    v = x[i]
    if i < 16:
        v += cuda.shfl_down_sync(FULL, v, 8)  # BUG
    y[i] = v


@buggy("divergent-warp", 2, 64, warp(128), alone=True)
@cuda.jit
def own_lane_is_not_in_the_mask(x, y):
    i = cuda.grid(1)
    y[i] = cuda.shfl_sync(0x0000FFFF, x[i], 0)  # BUG


@buggy("divergent-warp", 1, 32, warp(), alone=True)
@cuda.jit
def two_masks_that_disagree(x, y):
    i = cuda.grid(1)
    mask = FULL if i % 2 == 0 else 0x0000FFFF | (1 << i)
    y[i] = cuda.shfl_xor_sync(mask, x[i], 1)  # BUG


@buggy("divergent-warp", 1, 64, lambda r: (np.arange(64, dtype=np.int32), zeros(64)), alone=True)
@cuda.jit
def vote_of_half_a_warp(x, y):
    i = cuda.grid(1)
    if x[i] % 32 < 10:
        y[i] = cuda.any_sync(FULL, x[i] > 5)  # BUG


@buggy("divergent-warp", 1, 32, warp(), alone=True)
@cuda.jit
def ballot_in_one_branch(x, y):
    i = cuda.grid(1)
    if i < 20:
        y[i] = cuda.popc(cuda.ballot_sync(FULL, 1))  # BUG
    else:
        y[i] = -1


@buggy("divergent-warp", 1, 32, warp(), alone=True)
@cuda.jit
def match_in_one_branch(x, y):
    i = cuda.grid(1)
    if i < 20:
        y[i] = cuda.popc(cuda.match_any_sync(FULL, i % 3))  # BUG


@buggy("divergent-warp", 1, 32, warp(), alone=True)
@cuda.jit
def syncwarp_in_one_branch(x, y):
    s = cuda.shared.array(32, float32)
    i = cuda.grid(1)
    s[i] = x[i]
    if i < 16:
        cuda.syncwarp()  # BUG
    y[i] = s[i]


@buggy("divergent-warp", 1, 20, warp(20))
@cuda.jit
def lanes_that_the_block_does_not_have(x, y):
    i = cuda.grid(1)
    v = x[i]
    for o in (16, 8, 4, 2, 1):
        v += cuda.shfl_down_sync(FULL, v, o)  # BUG
    if i == 0:
        y[0] = v


@buggy("divergent-warp", 1, 32, warp(25))
@cuda.jit
def lanes_that_have_returned(x, y):
    i = cuda.grid(1)
    if i >= x.size:
        return
    v = x[i]
    for o in (16, 8, 4, 2, 1):
        v += cuda.shfl_down_sync(FULL, v, o)  # BUG
    y[i] = v


@buggy("divergent-warp", 1, 32, warp(25))
@cuda.jit
def shuffle_inside_the_guard(x, y):
    i = cuda.grid(1)
    if i < x.size:
        v = x[i]
        for o in (16, 8, 4, 2, 1):
            u = cuda.shfl_down_sync(FULL, v, o)  # BUG
            if i + o < x.size:
                v += u
        y[i] = v


@cuda.jit(device=True)
def first_of_warp(v):
    return cuda.shfl_sync(FULL, v, 0)  # BUG


@buggy("divergent-warp", 1, 32, warp(), where=first_of_warp, alone=True)
@cuda.jit
def device_function_for_some_lanes(x, y):
    i = cuda.grid(1)
    if i % 2 == 1:
        y[i] = first_of_warp(x[i])


@buggy("uninitialised-read", 1, 8, lambda r: (zeros(8),), alone=True)
@cuda.jit
def value_only_on_the_other_branch(y):
    i = cuda.grid(1)
    if i == 0:
        v = 1
        y[i] = 0
    else:
        v = v + 1  # BUG
    y[i] = v


@buggy("uninitialised-read", 1, 32, warp())
@cuda.jit
def shuffled_before_any_value(x, y):
    i = cuda.grid(1)
    if i == 0:
        v = x[0]
        y[i] = 0
    else:
        v = cuda.shfl_sync(FULL, v, 0)  # BUG
    y[i] = v


@buggy("uninitialised-read", 1, 8, warp(8), alone=True)
@cuda.jit
def array_only_for_some_threads(x, y):
    i = cuda.grid(1)
    if i < 4:
        source = x
    y[i] = source[i]  # BUG


@buggy("uninitialised-read", 1, 8, warp(8), alone=True)
@cuda.jit
def array_for_no_thread(x, y):
    i = cuda.grid(1)
    if i > 100:
        source = x
    y[i] = source[i]  # BUG


@buggy("uninitialised-read", 1, 8, warp(8), alone=True)
@cuda.jit
def pair_only_for_some_threads(x, y):
    i = cuda.grid(1)
    if i < 4:
        pair = (x[i], 1)
    y[i] = pair[0] + pair[1]  # BUG


@buggy("uninitialised-read", 1, 8, warp(8), alone=True)
@cuda.jit
def condition_without_a_value(x, y):
    i = cuda.grid(1)
    if x[i] > 100:
        big = True
    if big:  # BUG
        y[i] = 1


@buggy("uninitialised-read", 1, 8, warp(8), alone=True)
@cuda.jit
def bound_of_a_loop_without_a_value(x, y):
    i = cuda.grid(1)
    if i > 2:
        n = int32(3)
    for _k in range(n):  # BUG
        y[i] += 1


@cuda.jit(device=True)
def sign(v):
    if v > 0:
        s = 1
    elif v < 0:
        s = -1
    return s  # BUG


@buggy(
    "uninitialised-read",
    1,
    4,
    lambda r: (np.array([1, 0, -1, 0], np.float32), zeros(4)),
    where=sign,
    alone=True,
)
@cuda.jit
def result_of_a_function_without_a_value(x, y):
    i = cuda.grid(1)
    y[i] = sign(x[i])
