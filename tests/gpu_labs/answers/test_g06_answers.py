"""G06: which answers pass, which fail, and for what reason."""

import pytest
import torch
from numba import float64

from gpu_labs import cuda
from gpu_labs.autograd import blocks_for, kernel_function, launch
from gpu_labs.G06_block_reduction import task
from tests.gpu_labs.solved_labs import solution

from .graded import reason

reference = solution("G06_block_reduction")

THREADS = 128
ALL = 0xFFFFFFFF


@cuda.jit
def warp_shuffles(x, partial):
    sums = cuda.shared.array(4, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    v = x[i] if i < x.size else 0.0
    for step in (16, 8, 4, 2, 1):
        v += cuda.shfl_down_sync(ALL, v, step)
    if t % 32 == 0:
        sums[t // 32] = v
    cuda.syncthreads()
    if t == 0:
        partial[cuda.blockIdx.x] = sums[0] + sums[1] + sums[2] + sums[3]


@cuda.jit
def interleaved_tree(x, partial):
    sums = cuda.shared.array(THREADS, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    sums[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    step = 1
    while step < THREADS:
        if t % (2 * step) == 0:
            sums[t] += sums[t + step]
        cuda.syncthreads()
        step *= 2
    if t == 0:
        partial[cuda.blockIdx.x] = sums[0]


@cuda.jit
def one_thread_sums(x, partial):
    if cuda.threadIdx.x == 0:
        total = 0.0
        for i in range(cuda.grid(1), min(cuda.grid(1) + THREADS, x.size)):
            total += x[i]
        partial[cuda.blockIdx.x] = total


@cuda.jit
def one_thread_sums_the_tile(x, partial):
    sums = cuda.shared.array(THREADS, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    sums[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    if t == 0:
        total = 0.0
        for k in range(THREADS):
            total += sums[k]
        partial[cuda.blockIdx.x] = total


@cuda.jit
def atomics_queue(x, partial):
    total = cuda.shared.array(1, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if t == 0:
        total[0] = 0
    cuda.syncthreads()
    if i < x.size:
        cuda.atomic.add(total, 0, x[i])
    cuda.syncthreads()
    if t == 0:
        partial[cuda.blockIdx.x] = total[0]


@cuda.jit
def barrier_missing_in_the_loop(x, partial):
    sums = cuda.shared.array(THREADS, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    sums[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            sums[t] += sums[t + half]
        half //= 2
    if t == 0:
        partial[cuda.blockIdx.x] = sums[0]


@cuda.jit
def first_barrier_missing(x, partial):
    sums = cuda.shared.array(THREADS, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    sums[t] = x[i] if i < x.size else 0
    half = THREADS // 2
    while half > 0:
        if t < half:
            sums[t] += sums[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        partial[cuda.blockIdx.x] = sums[0]


@cuda.jit
def tail_not_cleared(x, partial):
    sums = cuda.shared.array(THREADS, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i < x.size:
        sums[t] = x[i]
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            sums[t] += sums[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        partial[cuda.blockIdx.x] = sums[0]


@cuda.jit
def no_guard(x, partial):
    sums = cuda.shared.array(THREADS, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    sums[t] = x[i]
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            sums[t] += sums[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        partial[cuda.blockIdx.x] = sums[0]


@cuda.jit
def stops_one_level_early(x, partial):
    sums = cuda.shared.array(THREADS, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    sums[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = THREADS // 2
    while half > 1:
        if t < half:
            sums[t] += sums[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        partial[cuda.blockIdx.x] = sums[0]


@cuda.jit
def first_element_only(x, partial):
    if cuda.threadIdx.x == 0:
        partial[cuda.blockIdx.x] = x[cuda.grid(1)]


@cuda.jit
def grad_stride(grad, grad_x):
    for i in range(cuda.grid(1), grad_x.size, cuda.gridsize(1)):
        grad_x[i] = grad[0]


@cuda.jit
def grad_unguarded(grad, grad_x):
    grad_x[cuda.grid(1)] = grad[0]


@cuda.jit
def grad_indexed(grad, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = grad[i]


@cuda.jit
def grad_one(grad, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = 1


@cuda.jit
def grad_of_the_mean(grad, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = grad[0] / grad_x.size


@cuda.jit
def grad_for_the_first_thread(grad, grad_x):
    i = cuda.grid(1)
    if cuda.threadIdx.x == 0 and i < grad_x.size:
        grad_x[i] = grad[0]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.block_sum_kernel, ""),
        (warp_shuffles, ""),
        (interleaved_tree, ""),
        (one_thread_sums, "depth"),
        (one_thread_sums_the_tile, "depth"),
        (atomics_queue, "depth"),
        (barrier_missing_in_the_loop, "missing-barrier"),
        (first_barrier_missing, "missing-barrier"),
        (tail_not_cleared, "uninitialised-read"),
        (no_guard, "out-of-bounds"),
        (stops_one_level_early, "wrong-values"),
        (first_element_only, "wrong-values"),
    ],
)
def test_forward(answer, expected):
    assert reason(task.forward, answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.sum_grad_kernel, ""),
        (grad_stride, ""),
        (grad_unguarded, "out-of-bounds"),
        (grad_indexed, "out-of-bounds"),
        (grad_one, "wrong-values"),
        (grad_of_the_mean, "wrong-values"),
        (grad_for_the_first_thread, "wrong-values"),
    ],
)
def test_backward(answer, expected):
    assert reason(task.backward, answer) == expected


def total_of_one_pass(x):
    partial = x.new_empty(blocks_for(x.numel(), THREADS))
    launch(reference.block_sum_kernel, partial.numel(), THREADS, x, out=partial)
    return partial[:1].clone()


def total_with_torchs_help(x):
    partial = x.new_empty(blocks_for(x.numel(), THREADS))
    launch(reference.block_sum_kernel, partial.numel(), THREADS, x, out=partial)
    return partial.sum().reshape(1)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.total, ""),
        (kernel_function(total_with_torchs_help, reference.total_backward), "not-launched"),
        (kernel_function(total_of_one_pass, reference.total_backward), "wrong-values"),
        (kernel_function(reference.total_forward, lambda grad, x: torch.ones_like(x)), "gradient"),
        (kernel_function(reference.total_forward, lambda grad, x: grad.clone()), "error"),
    ],
)
def test_function(answer, expected):
    assert reason(task.function, answer) == expected
