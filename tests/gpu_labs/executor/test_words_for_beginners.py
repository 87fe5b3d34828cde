"""Where Python is not what a GPU has, the error says what is missing and what to write instead."""

import enum
import random

import numpy as np
import pytest

from gpu_labs import KernelTypeError, cuda


class Pair:
    def __init__(self, a):
        self.a = a


@cuda.jit
def catches(o):
    try:
        o[0] = 1
    except ValueError:
        o[0] = 2


@cuda.jit
def makes_a_list(o):
    z = [1, 2, 3]
    o[0] = z[1]


@cuda.jit
def appends(o):
    z = []
    z.append(1.0)
    o[0] = z[0]


@cuda.jit
def makes_a_dictionary(o):
    d = {}
    d[0] = 1
    o[0] = d[0]


@cuda.jit
def makes_zeros(o):
    z = np.zeros(3)
    o[0] = z[1]


@cuda.jit
def starts_with_none(o):
    best = None
    for i in range(3):
        if best is None or i > best:
            best = i
    o[0] = best


@cuda.jit
def formats_text(o):
    o[0] = float(f"{3}")


@cuda.jit
def prints_three_numbers(o):
    print(cuda.blockIdx)
    o[0] = 1


@cuda.jit
def stores_three_numbers(o):
    o[0] = cuda.threadIdx


@cuda.jit
def makes_an_object(o):
    o[0] = Pair(3).a


@cuda.jit
def opens_a_file(o):
    with open("x") as f:  # noqa: PTH123
        o[0] = len(f)


@cuda.jit
def draws_a_number(o):
    o[0] = random.random()


@cuda.jit
def adds_arrays(o):
    np.add(o, o, o)


@cuda.jit
def sorts(o):
    o[0] = sorted(o)[0]


@cuda.jit
def walrus(o):
    if (n := o.size) > 2:
        o[0] = n


@cuda.jit
def unpacks(o):
    first, *rest = o[0], o[1], o[2]
    o[0] = first + rest[0]


@pytest.mark.parametrize(
    ("kernel", "missing", "instead"),
    [
        (catches, "try and except", "`if`"),
        (makes_a_list, "lists", "cuda.local.array"),
        (appends, "lists", "cuda.local.array"),
        (makes_a_dictionary, "dictionaries", "number the cells"),
        (makes_zeros, "NumPy array", "cuda.shared.array"),
        (starts_with_none, "None", "0.0"),
        (formats_text, "text", "commas"),
        (prints_three_numbers, "three numbers", "cuda.blockIdx.x"),
        (stores_three_numbers, "three numbers", ".x"),
        (makes_an_object, "class", "records"),
        (opens_a_file, "`with`", "around the launch"),
        (draws_a_number, "random.random", "xoroshiro128p_uniform_float32"),
        (adds_arrays, "whole arrays", "loop"),
        (sorts, "sorted()", "on the host"),
        (walrus, ":=", "a line of its own"),
        (unpacks, "unpack", "name each value"),
    ],
    ids=lambda value: value.py_func.__name__ if hasattr(value, "py_func") else "",
)
def test_the_error_says_what_is_missing_and_what_to_write(kernel, missing, instead):
    with pytest.raises(KernelTypeError) as caught:
        kernel[1, 1](np.zeros(3))
    sentence = str(caught.value).splitlines()[1]
    assert missing in sentence
    assert instead in sentence
    assert "Numba does not compile" not in str(caught.value)
    assert caught.value.line > 0


class Color(enum.Enum):
    red = 1
    green = 2


class Step(enum.IntEnum):
    ADD = 0
    MULTIPLY = 1


@cuda.jit(device=True)
def plus(a, b):
    return a + b


@cuda.jit(device=True)
def fold(operation, x):
    total = x[0]
    for k in range(1, x.size):
        total = operation(total, x[k])
    return total


@cuda.jit(device=True)
def at(operation, y, i, value):
    operation(y, i, value)


def test_a_function_is_an_argument_of_a_function(run):
    @cuda.jit
    def kernel(x, y):
        y[0] = fold(plus, x)
        at(cuda.atomic.max, y, 1, x[3])

    y = np.zeros(2)
    run(kernel, 1, 1, np.arange(5.0), y)
    assert y.tolist() == [10, 3]


def test_enums_are_compared_and_passed(run):
    @cuda.jit
    def kernel(y, step, color):
        y[0] = Color.red == Color.red
        y[1] = Color.red == Color.green
        y[2] = step == Step.MULTIPLY
        y[3] = color == Color.green

    y = np.zeros(4)
    run(kernel, 1, 1, y, Step.MULTIPLY, Color.green)
    assert y.tolist() == [1, 0, 1, 1]


def test_is_true_compares_booleans(run):
    @cuda.jit
    def kernel(flag, x, y):
        i = cuda.grid(1)
        big = x[i] > 2
        if flag is True:
            y[i] += 1
        if big is True:
            y[i] += 10
        if big is not True:
            y[i] += 100

    y = np.zeros(4)
    run(kernel, 1, 4, True, np.arange(4.0), y)
    assert y.tolist() == [101, 101, 101, 11]


def test_a_device_array_says_how_it_lies_and_where():
    array = cuda.to_device(np.arange(12, dtype=np.float32).reshape(3, 4))
    assert array.flags == {"C_CONTIGUOUS": True, "F_CONTIGUOUS": False}
    assert array.T.flags["F_CONTIGUOUS"]
    interface = array.__cuda_array_interface__
    assert interface["shape"] == (3, 4) and interface["strides"] is None and interface["typestr"] == "<f4"
    assert interface["data"][0] == array.host.ctypes.data
    assert array.reshape(1, 12).squeeze().shape == (12,)


def test_a_float64_atomic_runs_beside_code_for_the_simulator():
    @cuda.jit
    def kernel(x, y):
        cuda.atomic.add(y, 0, x[len(range(1))])

    y = np.zeros(1)
    with pytest.warns(UserWarning, match="simulator"):
        kernel[1, 1](np.arange(4.0), y)
    assert y[0] == 1
