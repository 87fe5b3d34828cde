"""What a GPU compiler would reject is rejected before anything runs, with the kernel's line."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_labs import KernelTypeError, cuda, inspect
from gpu_labs.executor import gate


@cuda.jit
def misspelt(x):
    x[0] = undefined_name  # noqa: F821


@cuda.jit
def adds_text(x):
    x[0] = "a" + 1


@cuda.jit
def returns_something(x):
    return x[0]


@cuda.jit
def two_types(x):
    if x[0] > 1:  # noqa: SIM108
        y = 1
    else:
        y = "one"
    x[0] = y


@cuda.jit
def no_such_function(x):
    cuda.no_such_function(x)


@cuda.jit
def shared_of_unknown_size(x):
    s = cuda.shared.array(x.shape[0], np.float32)
    x[0] = s[0]


@cuda.jit
def double(x):
    i = cuda.grid(1)
    x[i] = 2 * x[i]


@pytest.mark.parametrize(
    ("kernel", "line", "word"),
    [
        (misspelt, "x[0] = undefined_name  # noqa: F821", "undefined_name"),
        (adds_text, 'x[0] = "a" + 1', "add("),
        (two_types, "", "y"),
        (no_such_function, "cuda.no_such_function(x)", "no_such_function"),
    ],
)
def test_a_mistake_in_types_is_told_with_its_line_and_numbas_word(kernel, line, word):
    x = np.ones(4, np.float32)
    with pytest.raises(KernelTypeError) as told:
        inspect(kernel, 1, 4, x)
    assert word in str(told.value)
    assert line in told.value.text
    assert told.value.line > 0
    assert len(str(told.value)) < 500
    assert np.array_equal(x, np.ones(4, np.float32))


@pytest.mark.parametrize("kernel", [returns_something, shared_of_unknown_size])
def test_what_no_gpu_compiles_is_refused(kernel):
    with pytest.raises(KernelTypeError):
        inspect(kernel, 1, 4, np.ones(4, np.float32))


def test_wrong_arguments_are_told_in_one_line():
    with pytest.raises(KernelTypeError, match="takes 1 arguments"):
        inspect(double, 1, 4)
    with pytest.raises(KernelTypeError, match=r"np\.array"):
        inspect(double, 1, 4, [1.0, 2.0])
    frozen = np.ones(4)
    frozen.flags.writeable = False
    with pytest.raises(KernelTypeError):
        inspect(double, 1, 4, frozen)


def test_the_private_parts_of_numba_cuda_that_the_gate_uses_are_there():
    typed = gate.type_kernel(double.py_func, (gate.type_of_argument(np.ones(3), "x"),))
    assert str(typed.typemap["i"]) == "int64"
    assert callable(gate.CUDADispatcher.get_call_template)
    assert callable(gate.CUDADispatcher.get_overload)
