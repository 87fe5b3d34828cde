"""`from gpu_labs import cuda` without a GPU: the names of numba.cuda, on the executor."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest

from gpu_labs import KernelError, KernelWarning, cuda

pytestmark = pytest.mark.skipif(
    type(cuda).__name__ != "Facade", reason="this machine has a GPU, so cuda is numba.cuda itself"
)


@cuda.jit
def double(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = 2 * x[i]


@cuda.jit("void(float32[:], float32)")
def add(x, value):
    x[cuda.grid(1)] += value


@cuda.jit
def past_the_end(x):
    x[cuda.grid(1) + 1] = 1


@cuda.jit
def idle_barrier(x):
    x[cuda.grid(1)] = 1
    cuda.syncthreads()


@cuda.jit
def tells(x):
    print("cell", cuda.grid(1), x[cuda.grid(1)])


def test_a_kernel_of_numbas_decorator_runs_on_device_arrays():
    x = cuda.to_device(np.arange(10.0))
    y = cuda.device_array_like(x)
    with cuda.stream().auto_synchronize() as stream:
        double[1, 32, stream](x, y)
    double.forall(10)(x, y)
    cuda.synchronize()
    np.testing.assert_array_equal(y.copy_to_host(), 2 * np.arange(10.0))
    assert double.last_launch is not None and double.last_launch.ok


def test_a_device_array_is_a_copy():
    host = np.zeros(3)
    device = cuda.to_device(host)
    double[1, 3](np.ones(3), device)
    assert host.sum() == 0
    assert device.copy_to_host().sum() == 6


def test_a_declared_signature_fixes_the_types():
    x = np.zeros(4, np.float32)
    add[1, 4](x, 0.1)
    assert (x == np.float32(0.1)).all()


def test_an_error_is_raised_and_a_warning_warned():
    with pytest.raises(KernelError, match="out-of-bounds"):
        past_the_end[1, 4](np.zeros(4))
    with pytest.warns(KernelWarning, match="useless-barrier"):
        idle_barrier[1, 4](np.zeros(4))


def test_print_reaches_the_output(capsys):
    tells[1, 2](np.array([0.5, 1.5]))
    assert capsys.readouterr().out.splitlines() == ["cell 0 0.500000", "cell 1 1.500000"]


def test_a_kernel_without_a_shape_says_what_is_missing():
    with pytest.raises(ValueError, match=r"kernel\[grid, block\]"):
        double(np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match="one to three whole numbers"):
        double[1.5, 3](np.zeros(3), np.zeros(3))


def test_events_measure_and_devices_have_limits():
    start, end = cuda.event(), cuda.event()
    start.record()
    end.record()
    assert cuda.event_elapsed_time(start, end) >= 0
    assert cuda.get_current_device().WARP_SIZE == 32


def test_there_is_one_device_and_it_says_what_it_is(capsys):
    assert cuda.is_available() and cuda.detect()
    assert "teaching executor" in capsys.readouterr().out
    assert [device.id for device in cuda.gpus] == [0] and len(cuda.list_devices()) == 1
    with cuda.gpus[0]:
        cuda.select_device(0)
    assert cuda.current_context().get_memory_info().total > 0
    with pytest.raises(IndexError, match="no device 1"):
        cuda.select_device(1)
    with pytest.raises(AttributeError, match="does not model"):
        cuda.current_context().get_active_blocks_per_multiprocessor(double, 32, 0)


def test_reduce_folds_an_array():
    @cuda.reduce
    def largest(a, b):
        return max(a, b)

    x = np.random.default_rng(0).random(100)
    assert largest(cuda.to_device(x)) == x.max()
    res = np.zeros(1)
    largest(x, size=10, res=res)
    assert res[0] == x[:10].max()


@pytest.mark.parametrize(
    ("launch", "error", "words"),
    [
        (lambda x: double[1](x, x), ValueError, "grid, block"),
        (lambda x: double[8 / 4, 4](x, x), ValueError, "whole numbers"),
        (lambda x: double(x, x), ValueError, "launch shape"),
        (lambda x: double[1, 8, 0, -4](x, x), ValueError, "bytes of shared memory"),
        (lambda x: double[1, 8](x=x, y=x), TypeError, "by position"),
        (lambda x: double[1, 8](x), TypeError, "takes 2 arguments"),
        (lambda x: double[1, 8](x.astype(object), x), TypeError, "Python objects"),
        (lambda x: double[1, 8](x.astype(">f8"), x), TypeError, "byte order"),
        (lambda x: add[1, 8](x, 1), TypeError, "declared as array.float32"),
    ],
)
def test_a_wrong_launch_is_one_clear_line(launch, error, words):
    with pytest.raises(error, match=words) as raised:
        launch(np.zeros(8))
    assert "\n" not in str(raised.value)


@pytest.fixture
def interrupted_soon():
    """SIGINT comes and is heard, also where the tests run in the background and began with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("threads", [2, 64], ids=["serial", "lock-step"])
def test_an_interrupted_launch_leaves_things_as_they_were(threads, interrupted_soon):
    @cuda.jit
    def long(x):
        total = 0
        for k in range(10**9):
            total += k
        x[cuda.grid(1)] = total

    before = np.geterr()
    with pytest.raises(KeyboardInterrupt):
        long[1, threads](np.zeros(64))
    assert np.geterr() == before
    y = np.zeros(4)
    double[1, 4](np.ones(4), y)
    assert y.tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("like", [cuda.device_array_like, cuda.mapped_array_like, cuda.pinned_array_like])
def test_an_array_like_another_has_its_order(like):
    columns = np.zeros((10, 12), np.float32, order="F")
    for given in (columns, columns.T, cuda.to_device(columns)):
        assert like(given).strides == given.strides
        assert like(given).dtype == np.float32


def test_options_that_do_not_go_together_are_warned_of_where_they_are_written():
    with pytest.warns(Warning, match="debug=True with opt=True"):
        cuda.jit(debug=True, opt=True)
