"""Where neither engine can run a kernel: Numba's simulator, said loudly, or Numba's own refusal."""

import numpy as np
import pytest
from numba import float32

from gpu_labs import KernelTypeError, KernelWarning, cuda, inspect
from gpu_labs.executor import run as running
from graphviz_tools.errors import InternalError


@cuda.jit(device=True)
def double(v):
    return v * 2


@cuda.jit
def length_of_a_range(y):
    y[cuda.grid(1)] = len(range(2, 5))


@cuda.jit
def length_beside_shared_memory(x, y):
    tile = cuda.shared.array(4, float32)
    t = cuda.threadIdx.x
    tile[t] = double(x[t])
    cuda.syncthreads()
    y[t] = len(range(6)) + tile[3 - t]


@cuda.jit
def whole_array_arithmetic(x, y):
    y[:] = x + 1


@cuda.jit
def largest(x, y):
    y[0] = x.max()


@cuda.jit
def sum_of_arrays(x, y):
    np.add(x, x, y)


@cuda.jit
def caught_exception(y):
    try:
        y[0] = 1
    except Exception:
        y[0] = 2


@cuda.jit
def prints_an_array(y):
    print(y)


def test_code_that_only_a_gpu_compiles_runs_on_the_simulator_with_a_note():
    y = np.zeros(4, np.float32)
    with pytest.warns(KernelWarning, match="simulator, slowly and without any check.*arrays and tuples only"):
        launch = inspect(length_of_a_range, 1, 4, y)
    assert launch.engine == "simulator"
    assert "simulator" in launch.notes[0] and "\n" not in launch.notes[0]
    assert y.tolist() == [3, 3, 3, 3]


def test_what_a_kernel_raises_there_is_a_finding_and_a_bug_of_ours_is_not(monkeypatch):
    def raising(error):
        def kernel(*_values):
            raise error

        monkeypatch.setattr(running, "simulated_kernel", lambda *_asked: kernel)
        with pytest.warns(KernelWarning):
            return inspect(length_of_a_range, 1, 4, np.zeros(4, np.float32))

    assert [finding.kind for finding in raising(ZeroDivisionError("by 0")).findings] == ["exception"]
    with pytest.raises(InternalError, match="ours"):
        raising(InternalError("ours"))


def test_a_plain_launch_falls_back_too():
    y = np.zeros(2, np.float32)
    with pytest.warns(KernelWarning, match="simulator"):
        length_of_a_range[1, 2](y)
    assert y.tolist() == [3, 3]


def test_barriers_and_device_functions_work_there():
    x, y = np.arange(4, dtype=np.float32), np.zeros(4, np.float32)
    with pytest.warns(KernelWarning):
        inspect(length_beside_shared_memory, 1, 4, x, y)
    assert y.tolist() == [12, 10, 8, 6]


def test_what_numba_cannot_compile_is_refused():
    with pytest.raises(KernelTypeError, match="does not compile it for a GPU either") as refusal:
        inspect(whole_array_arithmetic, 1, 4, np.zeros(4, np.float32), np.zeros(4, np.float32))
    assert "y[:] = x + 1" in refusal.value.text


@pytest.mark.parametrize("kernel", [largest, sum_of_arrays])
def test_whole_arrays_are_refused_where_numba_refuses_them_late(kernel):
    with pytest.raises(KernelTypeError, match=r"whole array.*loop") as refusal:
        inspect(kernel, 1, 4, np.zeros(4), np.zeros(4))
    assert refusal.value.line


def test_a_new_array_is_refused_with_its_reason():
    with pytest.raises(KernelTypeError, match="it makes a new array, and a thread of a GPU has no memory"):
        inspect(whole_array_arithmetic, 1, 4, np.zeros(4, np.float32), np.zeros(4, np.float32))


@pytest.mark.parametrize("kernel", [caught_exception, prints_an_array])
def test_so_are_caught_exceptions_and_printed_arrays(kernel):
    with pytest.raises(KernelTypeError, match=r"catch exceptions|does not compile it for a GPU either"):
        inspect(kernel, 1, 1, np.zeros(1, np.float32))


def test_a_launch_that_no_gpu_takes_is_not_simulated():
    assert inspect(length_of_a_range, 0, 2, np.zeros(2, np.float32)).engine == "none"
