"""The serial engine's quick loops: reads that walk along an array as a `for` loop counts."""

import numpy as np
import pytest

from gpu_labs import cuda, inspect
from gpu_labs.executor.launch_record import ExecutorError
from gpu_labs.executor.serial import thread


@cuda.jit
def sums(x, z, y):
    i = cuda.grid(1)
    total = 0.0
    for j in range(i, x.size, 2):
        total += x[j] * z[j]
    y[i] = total


@cuda.jit
def neighbours(x, y):
    i = cuda.grid(1)
    total = 0.0
    for j in range(1, x.size - 1):
        total += x[j - 1] + 2 * x[j] + x[j + 1]
    y[i] = total


@cuda.jit
def downwards(x, y):
    i = cuda.grid(1)
    total = 0.0
    for j in range(x.size - 1, i, -1):
        total = total / 2 + x[j]
    y[i] = total


@cuda.jit
def row_times_column(a, b, y):
    i = cuda.grid(1)
    total = 0.0
    for k in range(a.shape[1]):
        total += a[i, k] * b[k, i]
    y[i] = total


@cuda.jit
def reads_what_it_writes(x, y):
    i = cuda.grid(1)
    for j in range(x.size - 1):
        y[j + 1] = y[j] + x[j] * (i + 1)


@cuda.jit
def first_past_a_limit(x, y):
    i = cuda.grid(1)
    found = -1
    for j in range(x.size):
        if x[j] > i:
            found = j
            break
    y[i] = found


@cuda.jit
def reads_only_where_it_may(x, y):
    i = cuda.grid(1)
    total = 0.0
    for j in range(x.size + 5):
        if j < x.size:
            total += x[j]
    y[i] = total


@cuda.jit
def one_too_far(x, y):
    total = 0.0
    for j in range(x.size + 1):
        total += x[j]  # the last turn is outside
    y[cuda.grid(1)] = total


def both(kernel, threads, *arguments, **options):
    """The last argument after a launch on each engine, at a level that records accesses and one that does not."""
    found = []
    for engine in ("lock-step", "serial"):
        for level in ("bounds", "hazards"):
            copies = [np.copy(a) for a in arguments]
            launch = inspect(kernel, 1, threads, *copies, engine=engine, level=level, **options)
            assert launch.ok and launch.engine == engine
            found.append(copies[-1])
    return found


long = np.random.default_rng(0).random(700)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.uint8])
@pytest.mark.parametrize("step", [1, 3])
def test_both_engines_read_the_same(dtype, step):
    x = (long * 100).astype(dtype)[::step]
    for kernel, inputs in ((sums, (x, x)), (neighbours, (x,)), (downwards, (x,)), (first_past_a_limit, (x,))):
        first, *others = both(kernel, 4, *inputs, np.zeros(4))
        for other in others:
            np.testing.assert_array_equal(first, other)


def test_rows_columns_and_views():
    a, b = long[:600].reshape(3, 200), long[:600].reshape(200, 3)
    for found in both(row_times_column, 3, a, b, np.zeros(3)):
        np.testing.assert_allclose(found, np.einsum("ik,ki->i", a, b))
    for found in both(row_times_column, 3, b.T, a.T, np.zeros(3)):
        np.testing.assert_allclose(found, np.einsum("ki,ik->i", b, a))


def test_a_loop_sees_its_own_writes():
    for found in both(reads_what_it_writes, 1, long, np.zeros(700)):
        np.testing.assert_allclose(found[1:], np.cumsum(long[:-1]))


def test_a_guard_inside_the_loop_keeps_reads_inside():
    for found in both(reads_only_where_it_may, 2, long, np.zeros(2)):
        np.testing.assert_allclose(found, long.sum())


@pytest.mark.parametrize("level", ["bounds", "hazards"])
def test_the_turn_that_goes_too_far_is_found(level):
    launch = inspect(one_too_far, 1, 2, long, np.zeros(2), engine="serial", level=level)
    (finding,) = launch.findings
    assert (finding.kind, finding.index, finding.thread) == ("out-of-bounds", (700,), (0, 0, 0))


def test_the_quick_way_is_taken(monkeypatch):
    def never(self, number):
        raise AssertionError("asked in every turn")

    monkeypatch.setattr(thread._Checked, "__getitem__", never)
    inspect(sums, 1, 4, long, long, np.zeros(4), engine="serial", level="bounds")
    with pytest.raises(ExecutorError, match="every turn"):
        inspect(one_too_far, 1, 2, long, np.zeros(2), engine="serial", level="bounds")
