"""What a GPU compiler would reject is rejected before anything runs, with the kernel's line."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_labs import KernelTypeError, cuda, inspect
from gpu_labs.executor.frontend import type_inference


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
        (adds_text, 'x[0] = "a" + 1', "text together"),
        (two_types, "", "y"),
        (no_such_function, "cuda.no_such_function(x)", "no_such_function"),
    ],
)
def test_a_type_error_shows_its_line_and_numbas_message(kernel, line, word):
    x = np.ones(4, np.float32)
    with pytest.raises(KernelTypeError) as refused:
        inspect(kernel, 1, 4, x)
    assert word in str(refused.value)
    assert line in refused.value.text
    assert refused.value.line > 0
    assert len(str(refused.value)) < 500
    assert np.array_equal(x, np.ones(4, np.float32))


@pytest.mark.parametrize("kernel", [returns_something, shared_of_unknown_size])
def test_what_no_gpu_compiles_is_refused(kernel):
    with pytest.raises(KernelTypeError):
        inspect(kernel, 1, 4, np.ones(4, np.float32))


def test_wrong_arguments_give_one_line():
    with pytest.raises(KernelTypeError, match="takes 1 argument "):
        inspect(double, 1, 4)
    with pytest.raises(KernelTypeError, match=r"np\.array"):
        inspect(double, 1, 4, [1.0, 2.0])
    frozen = np.ones(4)
    frozen.flags.writeable = False
    with pytest.raises(KernelTypeError):
        inspect(double, 1, 4, frozen)


def test_the_private_parts_of_numba_cuda_that_the_gate_uses_are_there():
    typed = type_inference.type_kernel(double.py_func, (type_inference.type_of_argument(np.ones(3), "x"),))
    assert str(typed.typemap["i"]) == "int64"
    assert callable(type_inference.CUDADispatcher.get_call_template)
    assert callable(type_inference.CUDADispatcher.get_overload)


@cuda.jit
def grows_a_list(x):
    values = [1, 2]
    values.append(3)


@cuda.jit
def float_index(x):
    x[x.size / 2] = 1


@cuda.jit
def two_indices(x):
    x[0, 1] = 1


@cuda.jit
def whole_array_into_an_element(x):
    x[0] = x


@cuda.jit
def index_without_a_direction(x):
    x[cuda.threadIdx] = 1


def plain_function(v):
    return v


@cuda.jit
def calls_plain_python(x):
    x[0] = plain_function(1)


@cuda.jit
def opens_a_file(x):
    with open("a") as _:  # noqa: PTH123
        x[0] = 1


@cuda.jit
def counts_truths(x):
    x[0] = cuda.syncthreads_count(x[0] > 0)


@pytest.mark.parametrize(
    ("kernel", "hint"),
    [
        (grows_a_list, "cannot make Python lists"),
        (float_index, "must be an integer: divide with //"),
        (two_indices, "has 1 dimension, and 2 indices were given"),
        (whole_array_into_an_element, "One element takes one number"),
        (index_without_a_direction, r"write cuda.threadIdx.x"),
        (calls_plain_python, r"@cuda.jit\(device=True\)"),
        (opens_a_file, "cannot use `with`"),
        (counts_truths, r"int\(condition\)"),
        (returns_something, "A kernel returns nothing"),
        (shared_of_unknown_size, "must be a constant"),
    ],
)
def test_a_beginners_mistake_gets_a_message_with_what_to_write_instead(kernel, hint):
    with pytest.raises(KernelTypeError, match=hint) as refusal:
        inspect(kernel, 1, 1, np.zeros(4))
    assert str(refusal.value).count("\n") <= 1


def test_a_read_only_array_is_not_written():
    x = np.zeros(3)
    x.flags.writeable = False
    with pytest.raises(KernelTypeError, match="pass a copy"):
        inspect(double, 1, 3, x)
