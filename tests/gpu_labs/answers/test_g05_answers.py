"""G05: which answers pass, which fail, and for what reason."""

import pytest
from numba import float64

from gpu_labs import cuda
from gpu_labs.autograd import kernel_function
from gpu_labs.G05_shared_memory import task
from tests.gpu_labs.solved_labs import solution

from .graded import reason

reference = solution("G05_shared_memory")

THREADS, RADIUS, TILE = 64, 2, 68


@cuda.jit
def halo_by_four_threads(x, y):
    tile = cuda.shared.array(TILE, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t + RADIUS] = x[i] if i < x.size else 0
    if t < RADIUS:
        tile[t] = x[i - RADIUS] if i >= RADIUS else 0
        right = i + THREADS
        tile[t + RADIUS + THREADS] = x[right] if right < x.size else 0
    cuda.syncthreads()
    if i < x.size:
        first, last = max(i - RADIUS, 0), min(i + RADIUS, x.size - 1)
        total = 0.0
        for k in range(first, last + 1):
            total += tile[k - i + t + RADIUS]
        y[i] = total / (last - first + 1)


@cuda.jit
def straight_from_global_memory(x, y):
    i = cuda.grid(1)
    if i < x.size:
        total, n = 0.0, 0
        for k in range(max(i - RADIUS, 0), min(i + RADIUS + 1, x.size)):
            total += x[k]
            n += 1
        y[i] = total / n


@cuda.jit
def no_barrier(x, y):
    tile = cuda.shared.array(TILE, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    for k in range(t, TILE, THREADS):
        place = cuda.blockIdx.x * THREADS - RADIUS + k
        tile[k] = x[place] if 0 <= place < x.size else 0
    if i < x.size:
        total = 0.0
        for k in range(5):
            total += tile[t + k]
        y[i] = total / (min(i + RADIUS, x.size - 1) - max(i - RADIUS, 0) + 1)


@cuda.jit
def no_halo(x, y):
    tile = cuda.shared.array(TILE, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t + RADIUS] = x[i] if i < x.size else 0
    cuda.syncthreads()
    if i < x.size:
        total = 0.0
        for k in range(5):
            total += tile[t + k]
        y[i] = total / (min(i + RADIUS, x.size - 1) - max(i - RADIUS, 0) + 1)


@cuda.jit
def halo_without_a_guard(x, y):
    tile = cuda.shared.array(TILE, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    for k in range(t, TILE, THREADS):
        tile[k] = x[cuda.blockIdx.x * THREADS - RADIUS + k]
    cuda.syncthreads()
    if i < x.size:
        total = 0.0
        for k in range(5):
            total += tile[t + k]
        y[i] = total / (min(i + RADIUS, x.size - 1) - max(i - RADIUS, 0) + 1)


@cuda.jit
def padding_counted(x, y):
    tile = cuda.shared.array(TILE, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    for k in range(t, TILE, THREADS):
        place = cuda.blockIdx.x * THREADS - RADIUS + k
        tile[k] = x[place] if 0 <= place < x.size else 0
    cuda.syncthreads()
    if i < x.size:
        total = 0.0
        for k in range(5):
            total += tile[t + k]
        y[i] = total / 5


@cuda.jit
def barrier_behind_the_guard(x, y):
    tile = cuda.shared.array(TILE, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i < x.size:
        for k in range(t, TILE, THREADS):
            place = cuda.blockIdx.x * THREADS - RADIUS + k
            tile[k] = x[place] if 0 <= place < x.size else 0
        cuda.syncthreads()
        total = 0.0
        for k in range(5):
            total += tile[t + k]
        y[i] = total / (min(i + RADIUS, x.size - 1) - max(i - RADIUS, 0) + 1)


@cuda.jit
def copies_the_input(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = x[i]


@cuda.jit
def grad_like_the_forward(grad_y, grad_x):
    tile = cuda.shared.array(TILE, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    for k in range(t, TILE, THREADS):
        place = cuda.blockIdx.x * THREADS - RADIUS + k
        tile[k] = grad_y[place] if 0 <= place < grad_y.size else 0
    cuda.syncthreads()
    if i < grad_x.size:
        total = 0.0
        for k in range(5):
            total += tile[t + k]
        grad_x[i] = total / (min(i + RADIUS, grad_x.size - 1) - max(i - RADIUS, 0) + 1)


@cuda.jit
def grad_from_global_memory(grad_y, grad_x):
    i, n = cuda.grid(1), grad_x.size
    if i < n:
        total = 0.0
        for k in range(max(i - RADIUS, 0), min(i + RADIUS + 1, n)):
            total += grad_y[k] / (min(k + RADIUS, n - 1) - max(k - RADIUS, 0) + 1)
        grad_x[i] = total


@cuda.jit
def grad_scattered_without_atomics(grad_y, grad_x):
    i, n = cuda.grid(1), grad_x.size
    if i < n:
        share = grad_y[i] / (min(i + RADIUS, n - 1) - max(i - RADIUS, 0) + 1)
        for k in range(max(i - RADIUS, 0), min(i + RADIUS + 1, n)):
            grad_x[k] += share


@cuda.jit
def grad_divided_by_five(grad_y, grad_x):
    tile = cuda.shared.array(TILE, float64)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    for k in range(t, TILE, THREADS):
        place = cuda.blockIdx.x * THREADS - RADIUS + k
        tile[k] = grad_y[place] / 5 if 0 <= place < grad_y.size else 0
    cuda.syncthreads()
    if i < grad_x.size:
        total = 0.0
        for k in range(5):
            total += tile[t + k]
        grad_x[i] = total


@cuda.jit
def grad_passed_through(grad_y, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = grad_y[i]


@cuda.jit
def grad_unguarded(grad_y, grad_x):
    i = cuda.grid(1)
    grad_x[i] = grad_y[i]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.pool_kernel, ""),
        (halo_by_four_threads, ""),
        (straight_from_global_memory, "reads"),
        (no_barrier, "missing-barrier"),
        (barrier_behind_the_guard, "divergent-barrier"),
        (no_halo, "uninitialised-read"),
        (halo_without_a_guard, "out-of-bounds"),
        (padding_counted, "wrong-values"),
        (copies_the_input, "wrong-values"),
    ],
)
def test_forward(answer, expected):
    assert reason(task.forward, answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.pool_grad_kernel, ""),
        (grad_like_the_forward, "wrong-values"),
        (grad_from_global_memory, "reads"),
        (grad_scattered_without_atomics, "wrong-values"),
        (grad_divided_by_five, "wrong-values"),
        (grad_passed_through, "wrong-values"),
        (grad_unguarded, "out-of-bounds"),
    ],
)
def test_backward(answer, expected):
    assert reason(task.backward, answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.average_pool, ""),
        (kernel_function(reference.average_pool_forward, reference.average_pool_backward), ""),
        (kernel_function(reference.average_pool_forward, reference.average_pool_forward), "gradient"),
        (kernel_function(reference.average_pool_forward, lambda grad: grad.clone()), "gradient"),
        (kernel_function(lambda x: x.clone(), reference.average_pool_backward), "wrong-values"),
    ],
)
def test_function(answer, expected):
    assert reason(task.function, answer) == expected
