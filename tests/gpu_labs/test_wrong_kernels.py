"""Kernels that look right on easy inputs are refused, whatever the seed."""

from __future__ import annotations

import pytest
from numba import float32, float64

from gpu_labs import cuda
from gpu_labs.G01_guards import task as g01
from gpu_labs.G02_grid_stride import task as g02
from gpu_labs.G05_shared_memory import task as g05
from gpu_labs.G06_block_reduction import task as g06

SEEDS = (0, 7, 123)


@cuda.jit
def slope_never_negative(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = abs(a) * x[i] + b


@cuda.jit
def affine_in_single_precision(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = float32(a) * float32(x[i]) + float32(b)


@cuda.jit
def affine_clipped(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = a * min(x[i], 5) + b


@cuda.jit
def one_thread_for_all(x, a, b, y):
    if cuda.grid(1) == 0:
        for i in range(x.size):
            y[i] = a * x[i] + b


@cuda.jit
def relu6(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[i] = min(max(x[i], 0), 6)


@cuda.jit
def leaky_for_large_values(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[i] = max(x[i], 0) if x[i] > -4 else 0.01 * x[i]


@cuda.jit
def strides_of_two_known_grids(x, y):
    step = 192 if cuda.blockDim.x == 64 else 64
    for i in range(cuda.grid(1), x.size, step):
        y[i] = max(x[i], 0)


@cuda.jit
def stride_of_whole_warps(x, y):
    step = (cuda.gridsize(1) + 31) // 32 * 32
    for i in range(cuda.grid(1), x.size, step):
        y[i] = max(x[i], 0)


@cuda.jit
def relu_by_one_thread(x, y):
    if cuda.grid(1) == 0:
        for i in range(x.size):
            y[i] = max(x[i], 0)


@cuda.jit
def pool_in_a_single_precision_tile(x, y):
    tile = cuda.shared.array(68, float32)
    first = cuda.blockIdx.x * 64 - 2
    for t in range(cuda.threadIdx.x, 68, 64):
        i = first + t
        tile[t] = x[i] if 0 <= i < x.size else 0
    cuda.syncthreads()
    i = cuda.grid(1)
    if i < x.size:
        total = 0.0
        for k in range(5):
            total += tile[cuda.threadIdx.x + k]
        y[i] = total / (min(i + 2, x.size - 1) - max(i - 2, 0) + 1)


@cuda.jit
def sum_in_a_single_precision_tile(x, partial):
    sums = cuda.shared.array(128, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    sums[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = 64
    while half > 0:
        if t < half:
            sums[t] += sums[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        partial[cuda.blockIdx.x] = sums[0]


@cuda.jit
def shuffle_inside_the_guard(x, partial):
    warps = cuda.shared.array(4, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if t < 4:
        warps[t] = 0
    cuda.syncthreads()
    if i < x.size:
        v = x[i]
        for o in (16, 8, 4, 2, 1):
            u = cuda.shfl_down_sync(0xFFFFFFFF, v, o)
            if i + o < x.size and t % 32 + o < 32:
                v += u
        if t % 32 == 0:
            warps[t // 32] = v
    cuda.syncthreads()
    if t == 0:
        partial[cuda.blockIdx.x] = warps[0] + warps[1] + warps[2] + warps[3]


WRONG = [
    (g01.forward, slope_never_negative),
    (g01.forward, affine_in_single_precision),
    (g01.forward, affine_clipped),
    (g01.forward, one_thread_for_all),
    (g02.forward, relu6),
    (g02.forward, leaky_for_large_values),
    (g02.forward, strides_of_two_known_grids),
    (g02.forward, stride_of_whole_warps),
    (g02.forward, relu_by_one_thread),
    (g05.forward, pool_in_a_single_precision_tile),
    (g06.forward, sum_in_a_single_precision_tile),
    (g06.forward, shuffle_inside_the_guard),
]


@pytest.mark.parametrize(("task", "kernel"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("seed", SEEDS)
def test_a_kernel_that_is_right_on_easy_inputs_alone_is_refused(task, kernel, seed):
    assert not task.check(kernel, seed).passed
