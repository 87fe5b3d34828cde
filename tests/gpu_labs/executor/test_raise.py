"""A `raise` ends its thread, in a device function as in a kernel; the others go on."""

import numpy as np
import pytest

from gpu_labs import cuda, inspect

N = 64


@cuda.jit(device=True)
def doubled(value):
    if value < 0:
        raise ValueError("negative")
    return value * 2


@cuda.jit(device=True)
def doubled_in_turns(value, turns):
    total = 0.0
    for k in range(turns):
        total += doubled(value - k)
    return total


@cuda.jit
def straight(x, y):
    i = cuda.grid(1)
    y[i] = doubled(x[i])


@cuda.jit
def in_a_branch_of_a_loop(x, y):
    i = cuda.grid(1)
    total = 0.0
    for turn in range(3):
        if i % 2 == 0:
            total += doubled_in_turns(x[i], turn + 1)
        else:
            total += 1
    y[i] = total


@cuda.jit
def before_a_barrier(x, y):
    s = cuda.shared.array(32, np.float64)
    i = cuda.grid(1)
    s[cuda.threadIdx.x] = doubled(x[i])
    cuda.syncthreads()
    y[i] = s[cuda.threadIdx.x ^ 1] if x[i] > 1 else 0.0


@pytest.mark.parametrize("engine", ["lock-step", "serial"])
@pytest.mark.parametrize(
    ("kernel", "right"),
    [
        (straight, lambda x: np.where(x < 0, -9, 2 * x)),
        (in_a_branch_of_a_loop, lambda x: np.where(np.arange(N) % 2, 3, np.where(x < 2, -9, 12 * x - 8))),
        (before_a_barrier, lambda x: np.where(x < 0, -9, np.where(x > 1, 2 * (np.arange(N) ^ 1) - 10, 0))),
    ],
    ids=["straight", "loop", "barrier"],
)
def test_a_raise_in_a_device_function_ends_the_thread(engine, kernel, right):
    x, y = np.arange(N) - 5.0, np.full(N, -9.0)
    launch = inspect(kernel, 2, 32, x, y, engine=engine)
    assert np.array_equal(y, right(x))
    found = {finding.kind: finding for finding in launch.findings}
    assert found["exception"].text == 'raise ValueError("negative")'
    assert set(found) == {"exception"} | (
        {"exited-threads-at-barrier"} if kernel is before_a_barrier else set()
    )


@pytest.mark.parametrize("engine", ["lock-step", "serial"])
def test_where_all_threads_raise_nothing_is_written(engine):
    y = np.full(N, -9.0)
    launch = inspect(straight, 2, 32, np.full(N, -1.0), y, engine=engine)
    assert (y == -9).all()
    assert [finding.places for finding in launch.findings] == [N]
