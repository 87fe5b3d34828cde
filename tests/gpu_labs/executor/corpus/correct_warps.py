"""Correct kernels: shuffles, votes, matches, warp-synchronous code, grid-wide barriers."""

import numpy as np
from numba import float32, int32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros

ALL = 0xFFFFFFFF


@correct(
    2, 64, lambda r: (floats(r, 128), zeros(4)), lambda x, y: {"y": x.reshape(4, 32).sum(1)}, tolerance=1e-4
)
@cuda.jit
def warp_sum_by_shuffle_down(x, y):
    i = cuda.grid(1)
    v = x[i]
    step = 16
    while step:
        v += cuda.shfl_down_sync(ALL, v, step)
        step //= 2
    if cuda.laneid == 0:
        y[i // 32] = v


@correct(
    2, 64, lambda r: (floats(r, 128), zeros(128)), lambda x, y: {"y": np.repeat(x.reshape(4, 32).max(1), 32)}
)
@cuda.jit
def butterfly_max_reaches_every_lane(x, y):
    i = cuda.grid(1)
    v = x[i]
    step = 16
    while step:
        v = max(v, cuda.shfl_xor_sync(ALL, v, step))
        step //= 2
    y[i] = v


@correct(
    1,
    64,
    lambda r: (integers(r, 64), zeros(64, dtype=np.int32)),
    lambda x, y: {"y": x.reshape(2, 32).cumsum(1).ravel()},
)
@cuda.jit
def warp_scan_by_shuffle_up(x, y):
    i = cuda.grid(1)
    v = x[i]
    step = 1
    while step < 32:
        left = cuda.shfl_up_sync(ALL, v, step)
        if cuda.laneid >= step:
            v += left
        step *= 2
    y[i] = v


@correct(
    1, 64, lambda r: (integers(r, 64), zeros(64, dtype=np.int32)), lambda x, y: {"y": np.repeat(x[3::32], 32)}
)
@cuda.jit
def broadcast_from_lane_three(x, y):
    i = cuda.grid(1)
    y[i] = cuda.shfl_sync(ALL, x[i], 3)


@correct(
    1,
    64,
    lambda r: (floats(r, 64), zeros(64, dtype=np.uint32)),
    lambda x, y: {"y": np.repeat([sum(1 << k for k in range(32) if w[k] > 0) for w in x.reshape(2, 32)], 32)},
)
@cuda.jit
def ballot_of_positives(x, y):
    i = cuda.grid(1)
    y[i] = cuda.ballot_sync(ALL, x[i] > 0)


@correct(
    1,
    64,
    lambda r: (integers(r, 64, below=3), zeros(3, 2, dtype=np.int32)),
    lambda x, y: {
        "y": np.stack(
            [(x < 3).reshape(2, 32).all(1), (x == 9).reshape(2, 32).any(1), (x == x[0]).reshape(2, 32).all(1)]
        )
    },
)
@cuda.jit
def votes_of_a_warp(x, y):
    i = cuda.grid(1)
    every = cuda.all_sync(ALL, x[i] < 3)
    some = cuda.any_sync(ALL, x[i] == 9)
    same = cuda.all_sync(ALL, x[i] == x[0])
    if cuda.laneid == 0:
        y[0, i // 32], y[1, i // 32], y[2, i // 32] = every, some, same


@correct(
    1,
    32,
    lambda r: (integers(r, 32, below=4), zeros(32, dtype=np.uint32)),
    lambda x, y: {"y": [sum(1 << k for k in range(32) if x[k] == v) for v in x]},
)
@cuda.jit
def lanes_with_the_same_key(x, y):
    i = cuda.grid(1)
    y[i] = cuda.match_any_sync(ALL, x[i])


@correct(
    1,
    64,
    lambda r: (floats(r, 64), zeros(64, dtype=np.int32)),
    lambda x, y: {"y": (np.cumsum((x > 0).reshape(2, 32), 1) - (x > 0).reshape(2, 32)).ravel()},
)
@cuda.jit
def rank_among_positives(x, y):
    i = cuda.grid(1)
    ballot = cuda.ballot_sync(ALL, x[i] > 0)
    y[i] = cuda.popc(ballot & cuda.lanemask_lt())


@correct(
    2, 64, lambda r: (floats(r, 128), zeros(2)), lambda x, y: {"y": x.reshape(2, 64).sum(1)}, tolerance=1e-4
)
@cuda.jit
def block_sum_by_warps(x, y):
    sums = cuda.shared.array(2, float32)
    t = cuda.threadIdx.x
    v = x[cuda.grid(1)]
    for step in (16, 8, 4, 2, 1):
        v += cuda.shfl_down_sync(ALL, v, step)
    if t % 32 == 0:
        sums[t // 32] = v
    cuda.syncthreads()
    if t == 0:
        y[cuda.blockIdx.x] = sums[0] + sums[1]


@correct(
    2, 64, lambda r: (floats(r, 128), zeros(4)), lambda x, y: {"y": x.reshape(4, 32).sum(1)}, tolerance=1e-4
)
@cuda.jit
def warp_synchronous_sum_with_syncwarp(x, y):
    tile = cuda.shared.array(64, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    lane = t % 32
    tile[t] = x[i]
    cuda.syncwarp()
    step = 16
    while step:
        if lane < step:
            tile[t] += tile[t + step]
        cuda.syncwarp()
        step //= 2
    if lane == 0:
        y[i // 32] = tile[t]


@correct(
    1,
    64,
    lambda r: (integers(r, 64), zeros(64, dtype=np.int32)),
    lambda x, y: {"y": x.reshape(2, 32)[:, ::-1].ravel()},
)
@cuda.jit
def reverse_a_warp_in_shared_memory(x, y):
    tile = cuda.shared.array(64, int32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncwarp()
    y[t] = tile[t ^ 31]


@correct(
    1,
    64,
    lambda r: (zeros(64, dtype=np.int32), zeros(64, dtype=np.int32)),
    lambda lane, size: {"lane": np.arange(64) % 32, "size": np.full(64, 32)},
)
@cuda.jit
def lane_and_warp_size(lane, size):
    t = cuda.threadIdx.x
    lane[t] = cuda.laneid
    size[t] = cuda.warpsize


@correct(4, 32, lambda r: (floats(r, 128), zeros(128)), lambda x, y: {"x": 2 * x, "y": np.roll(2 * x, 1)})
@cuda.jit
def grid_barrier_between_write_and_read(x, y):
    grid = cuda.cg.this_grid()
    i = cuda.grid(1)
    x[i] *= 2
    grid.sync()
    y[i] = x[i - 1 if i > 0 else x.size - 1]


def _heat(x):
    for _ in range(5):
        x = np.concatenate([x[:1], (x[:-2] + 2 * x[1:-1] + x[2:]) / 4, x[-1:]])
    return x


@correct(2, 32, lambda r: (floats(r, 64), zeros(64), 5), lambda x, y, steps: {"x": None, "y": _heat(x)})
@cuda.jit
def heat_equation_with_a_grid_barrier(x, y, steps):
    grid = cuda.cg.this_grid()
    i = cuda.grid(1)
    for step in range(steps):
        if step % 2 == 0:
            source, target = x, y
        else:
            source, target = y, x
        if 0 < i < x.size - 1:
            target[i] = (source[i - 1] + 2 * source[i] + source[i + 1]) / 4
        else:
            target[i] = source[i]
        grid.sync()


@correct(
    1,
    32,
    lambda r: (integers(r, 32, below=2), zeros(32, dtype=np.int32)),
    lambda x, y: {"y": np.where(x == 0, 1, 2)},
)
@cuda.jit
def divergent_branches_without_barriers(x, y):
    t = cuda.threadIdx.x
    if x[t] == 0:
        y[t] = 1
    else:
        y[t] = 2
    cuda.syncwarp()


@correct(3, 64, lambda r: (floats(r, 192), zeros(1)), lambda x, y: {"y": [x.sum()]}, tolerance=1e-4)
@cuda.jit
def warp_sums_join_by_atomics(x, y):
    v = x[cuda.grid(1)]
    step = 16
    while step >= 1:
        v += cuda.shfl_xor_sync(ALL, v, step)
        step >>= 1
    if cuda.laneid == 0:
        cuda.atomic.add(y, 0, v)


@correct(1, 20, lambda r: (floats(r, 20), zeros(1)), lambda x, y: {"y": [x.sum()]}, tolerance=1e-4)
@cuda.jit
def part_of_a_warp_that_leaves_missing_lanes_out(x, y):
    t = cuda.threadIdx.x
    v = x[t]
    for step in (16, 8, 4, 2, 1):
        other = cuda.shfl_down_sync(ALL, v, step)
        if t + step < cuda.blockDim.x:
            v += other
    if t == 0:
        y[0] = v


@correct(1, 32, lambda r: (floats(r, 25), zeros(1)), lambda x, y: {"y": [x.sum()]}, tolerance=1e-4)
@cuda.jit
def lanes_that_have_returned_are_not_used(x, y):
    i = cuda.grid(1)
    if i >= x.size:
        return
    v = x[i]
    for step in (16, 8, 4, 2, 1):
        other = cuda.shfl_down_sync(ALL, v, step)
        if i + step < x.size:
            v += other
    if i == 0:
        y[0] = v


@correct(2, 64, lambda r: (floats(r, 128), zeros(128)), lambda x, y: {"y": None})
@cuda.jit
def mask_made_by_a_ballot(x, y):
    i = cuda.grid(1)
    mask = cuda.ballot_sync(ALL, x[i] > 0)
    if x[i] > 0:
        y[i] = cuda.popc(cuda.ballot_sync(mask, 1))
        cuda.syncwarp(mask)


@correct(1, 64, lambda r: (integers(r, 64, below=4), zeros(64)), lambda key, y: {
    "y": [np.sum(key[32 * (i // 32) : 32 * (i // 32 + 1)] == key[i]) for i in range(64)]})  # fmt: skip
@cuda.jit
def groups_of_equal_keys_vote_by_themselves(key, y):
    i = cuda.grid(1)
    group = cuda.match_any_sync(ALL, key[i])
    y[i] = cuda.popc(cuda.ballot_sync(group, 1))


@correct(2, 48, lambda r: (floats(r, 96), zeros(96)), lambda x, y: {
    "y": np.where(np.arange(96) % 48 % 32 < 16, x, 0)})  # fmt: skip
@cuda.jit
def half_mask_for_half_a_warp(x, y):
    i, lane = cuda.grid(1), cuda.laneid
    if lane < 16:
        y[i] = cuda.shfl_xor_sync(0xFFFF, cuda.shfl_xor_sync(0xFFFF, x[i], 3), 3)


@correct(1, 32, lambda r: (floats(r, 32), zeros(32)), lambda x, y: {"y": x + 1})
@cuda.jit
def variable_set_on_every_path_before_it_is_read(x, y):
    i = cuda.grid(1)
    if i % 2:
        v = x[i]
    elif i % 3:
        v = x[i] + 0
    else:
        v = x[i] * 1
    while i < 100:
        w = v + 1
        i += 100
    y[i - 100] = w
