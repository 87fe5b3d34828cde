"""Barriers, fences, shuffles, votes and matches, as CUDA defines them."""

import numpy as np
from numba import int32

from gpu_labs import cuda

ALL = 0xFFFFFFFF
W = 64


def of_warps(values):
    return np.repeat(values, 32)


def test_barriers_that_count_and_ask(run):
    @cuda.jit
    def kernel(x, y):
        t, b = cuda.threadIdx.x, cuda.blockIdx.x
        n = cuda.syncthreads_count(x[b, t])
        every = cuda.syncthreads_and(x[b, t])
        some = cuda.syncthreads_or(x[b, t])
        y[b, t, 0], y[b, t, 1], y[b, t, 2] = n, every != 0, some != 0

    x = np.zeros((3, 40), np.int32)
    x[1, ::3] = 5
    x[2] = 1
    y = np.zeros((3, 40, 3), np.int32)
    run(kernel, 3, 40, x, y)
    assert [set(map(tuple, block)) for block in y.tolist()] == [{(0, 0, 0)}, {(14, 0, 1)}, {(40, 1, 1)}]


def test_syncwarp_waits_for_the_warp_and_not_for_the_block(run):
    @cuda.jit
    def kernel(y):
        tile = cuda.shared.array(W, int32)
        t = cuda.threadIdx.x
        if t < 32:
            tile[t] = t
            cuda.syncwarp()
            y[t] = tile[31 - t]

    y = np.full(W, -1, np.int32)
    run(kernel, 1, W, y)
    assert y.tolist() == list(range(31, -1, -1)) + [-1] * 32


def test_fences_are_not_barriers_and_change_nothing(run):
    @cuda.jit
    def kernel(y):
        i = cuda.grid(1)
        y[i] = 1
        cuda.threadfence_block()
        y[i] += 1
        cuda.threadfence()
        y[i] += 1
        cuda.threadfence_system()
        y[i] += 1

    y = np.zeros(W, np.int32)
    run(kernel, 2, 32, y)
    assert set(y) == {4}


def test_grid_sync_holds_all_blocks(run):
    @cuda.jit
    def kernel(x, y):
        grid = cuda.cg.this_grid()
        i = cuda.grid(1)
        x[i] = i
        grid.sync()
        y[i] = x[x.size - 1 - i]

    x, y = np.zeros(96, np.int32), np.zeros(96, np.int32)
    run(kernel, 3, 32, x, y)
    np.testing.assert_array_equal(y, np.arange(96)[::-1])


def test_shuffles_read_another_lane_and_stay_in_their_warp(run):
    @cuda.jit
    def kernel(y):
        t = cuda.threadIdx.x
        y[0, t] = cuda.shfl_sync(ALL, t, 5)
        y[1, t] = cuda.shfl_up_sync(ALL, t, 2)
        y[2, t] = cuda.shfl_down_sync(ALL, t, 3)
        y[3, t] = cuda.shfl_xor_sync(ALL, t, 1)
        y[4, t] = cuda.shfl_sync(ALL, t, 40)

    y = np.zeros((5, W), np.int64)
    run(kernel, 1, W, y)
    t = np.arange(W)
    lane, first = t % 32, t - t % 32
    np.testing.assert_array_equal(y[0], first + 5)
    np.testing.assert_array_equal(y[1], np.where(lane >= 2, t - 2, t))
    np.testing.assert_array_equal(y[2], np.where(lane < 29, t + 3, t))
    np.testing.assert_array_equal(y[3], t ^ 1)
    np.testing.assert_array_equal(y[4], first + 40 % 32)


def test_shuffles_carry_floats_of_both_sizes(run):
    @cuda.jit
    def kernel(a, b):
        t = cuda.threadIdx.x
        a[t] = cuda.shfl_xor_sync(ALL, a[t], 16)
        b[t] = cuda.shfl_xor_sync(ALL, b[t], 16)

    a, b = np.arange(32, dtype=np.float32) / 3, np.arange(32, dtype=np.float64) / 7
    swapped = np.arange(32) ^ 16
    right_a, right_b = a[swapped], b[swapped]
    run(kernel, 1, 32, a, b)
    np.testing.assert_array_equal(a, right_a)
    np.testing.assert_array_equal(b, right_b)


def test_votes_and_ballots(run):
    @cuda.jit
    def kernel(x, y):
        t = cuda.threadIdx.x
        y[0, t] = cuda.all_sync(ALL, x[t] > 0)
        y[1, t] = cuda.any_sync(ALL, x[t] > 2)
        y[2, t] = cuda.eq_sync(ALL, x[t] > 1)
        y[3, t] = cuda.ballot_sync(ALL, x[t] % 2 == 0)

    x = np.concatenate([np.full(32, 2), np.arange(32)])
    y = np.zeros((4, W), np.uint32)
    run(kernel, 1, W, x, y)
    np.testing.assert_array_equal(y[0], of_warps([1, 0]))
    np.testing.assert_array_equal(y[1], of_warps([0, 1]))
    np.testing.assert_array_equal(y[2], of_warps([1, 0]))
    np.testing.assert_array_equal(y[3], of_warps([0xFFFFFFFF, 0x55555555]))


def test_matches_find_equal_lanes(run):
    @cuda.jit
    def kernel(x, some, every, same):
        t = cuda.threadIdx.x
        some[t] = cuda.match_any_sync(ALL, x[t])
        mask, equal = cuda.match_all_sync(ALL, x[t])
        every[t] = mask
        same[t] = equal

    x = np.concatenate([np.full(32, 9), np.arange(32) % 2]).astype(np.int32)
    some, every, same = (np.zeros(W, np.uint32) for _ in range(3))
    run(kernel, 1, W, x, some, every, same)
    np.testing.assert_array_equal(some[:32], 0xFFFFFFFF)
    np.testing.assert_array_equal(some[32:], [0x55555555, 0xAAAAAAAA] * 16)
    np.testing.assert_array_equal(every, of_warps([0xFFFFFFFF, 0]))
    np.testing.assert_array_equal(same, of_warps([1, 0]))


def test_activemask_tells_who_is_in_the_branch(run):
    @cuda.jit
    def kernel(y):
        t = cuda.threadIdx.x
        if t % 4 == 0:
            y[t] = cuda.activemask()

    y = np.zeros(32, np.int64)
    run(kernel, 1, 32, y)
    assert set(y[::4]) == {0x11111111}


def test_lanemask_has_the_lower_lanes(run):
    @cuda.jit
    def kernel(y):
        t = cuda.threadIdx.x
        y[t] = cuda.lanemask_lt()

    y = np.zeros(32, np.int64)
    run(kernel, 1, 32, y)
    np.testing.assert_array_equal(y, (1 << np.arange(32)) - 1)
