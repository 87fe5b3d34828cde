"""What a GPU refuses, keeps or loses on the way to and from a kernel, happens here too."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_labs import KernelTypeError, KernelWarning, cuda

TABLE = np.arange(4.0)
NUMBER = 3


@cuda.jit
def add_one(x):
    x[cuda.grid(1)] += 1


def test_cuda_in_is_not_copied_back():
    x = np.zeros(3)
    add_one[1, 3](cuda.In(x))
    assert x.tolist() == [0, 0, 0]


def test_cuda_in_out_is_copied_back():
    x = np.zeros(3)
    add_one[1, 3](cuda.InOut(x))
    assert x.tolist() == [1, 1, 1]


def test_cuda_out_is_not_copied_to_the_device():
    x = np.zeros(3)
    add_one[1, 3](cuda.Out(x))
    assert (x > 1e30).all()


@pytest.mark.parametrize("hint", ["In", "Out", "InOut"])
def test_a_device_array_is_used_in_place_with_any_hint(hint):
    x = cuda.to_device(np.zeros(3))
    add_one[1, 3](getattr(cuda, hint)(x))
    assert x.copy_to_host().tolist() == [1, 1, 1]


def test_a_new_device_array_holds_no_zeros_that_a_kernel_could_rely_on():
    x = cuda.device_array(3)
    add_one[1, 3](x)
    assert (x.copy_to_host() > 1e30).all()
    assert (cuda.device_array_like(np.zeros(2)).copy_to_host() > 1e30).all()


def test_a_copy_converts_no_dtype():
    x = cuda.device_array(3, np.float32)
    with pytest.raises(TypeError, match=r"incompatible dtype.*float32.*float64"):
        x.copy_to_device(np.ones(3))
    with pytest.raises(TypeError, match="incompatible dtype"):
        x.copy_to_host(np.zeros(3, np.int32))
    with pytest.raises(TypeError, match="incompatible dtype"):
        cuda.to_device(np.ones(3), to=x)
    with pytest.raises(TypeError, match="incompatible dtype"):
        x.copy_to_device(cuda.to_device(np.ones(3, np.float16)))
    with pytest.raises(ValueError, match="incompatible shape"):
        x.copy_to_device(np.ones(4, np.float32))
    x.copy_to_device(np.ones((1, 3), np.float32))  # a dimension of one element does not matter
    assert x.copy_to_host().tolist() == [1, 1, 1]


def test_a_captured_array_keeps_the_values_it_had_at_the_first_launch(run):
    table = np.arange(4.0)

    @cuda.jit
    def closure(y):
        i = cuda.grid(1)
        y[i] = table[i] + TABLE[i]

    y = np.zeros(4)
    run(closure, 1, 4, y)
    table[:] = 100
    TABLE[:] += 50
    try:
        run(closure, 1, 4, y)
    finally:
        TABLE[:] -= 50
    assert y.tolist() == [0, 2, 4, 6]


def test_a_captured_number_keeps_its_value_and_a_warning_says_so(monkeypatch):
    @cuda.jit
    def store(y):
        y[cuda.grid(1)] = NUMBER

    y = np.zeros(2)
    store[1, 2](y)
    monkeypatch.setitem(globals(), "NUMBER", 7)
    with pytest.warns(KernelWarning, match=r"NUMBER = 3 \(now 7\)"):
        store[1, 2](y)
    assert y.tolist() == [3, 3]
    assert "NUMBER" in store.last_launch.notes[0]


def test_a_declared_signature_is_typed_when_it_is_declared():
    with pytest.raises(KernelTypeError, match=r"x\.missing"):

        @cuda.jit("void(float32[:])")
        def kernel(x):
            x[0] = x.missing

    with pytest.raises(KernelTypeError, match=r"x\.missing"):

        @cuda.jit("float32(float32)", device=True)
        def function(x):
            return x.missing

    with pytest.raises(TypeError, match="void"):

        @cuda.jit("float32(float32[:])")
        def returns(x):
            return x[0]


def test_the_first_declared_signature_that_fits_is_used():
    @cuda.jit(["void(int32[:], int32)", "void(float32[:], float32)"])
    def store(y, value):
        y[0] = value / 2

    for dtype, right in ((np.int32, 1), (np.float32, 1.5)):
        y = np.zeros(1, dtype)
        store[1, 1](y, 3)
        assert y[0] == right
    with pytest.raises(KernelTypeError, match="None of the declared signatures"):
        store[1, 1](np.zeros(1, np.int8), 3)
