"""Odd kernels: calls that CUDA has not, or not so."""

from __future__ import annotations

import math

import numpy as np
from numba import float32, float64

from gpu_labs import cuda

from .sample import odd, two_by_three
from .syntax import while_else


@odd("takes no arguments, and 1 was given")
@cuda.jit
def barrier_with_an_argument(o):
    cuda.syncthreads(1)


@odd("number of dimensions: 1, 2 or 3")
@cuda.jit
def grid_of_four(o):
    o[0] = cuda.grid(4)


@odd("without 'ndim'")
@cuda.jit
def grid_of_nothing(o):
    o[0] = cuda.grid()


@odd("without 'src_lane'")
@cuda.jit
def shuffle_without_a_lane(o):
    o[0] = cuda.shfl_sync(1, 2)


@odd("an array, an index and a value")
@cuda.jit
def atomic_without_an_index(o):
    cuda.atomic.add(o, 1)


@odd("the array itself")
@cuda.jit
def atomic_on_an_element(o):
    cuda.atomic.add(o[0], 0, 1)


@odd("an array of int8", arguments=lambda: (np.zeros(4, np.int8),))
@cuda.jit
def atomic_on_bytes(o):
    cuda.atomic.add(o, 0, 1)


@odd("2 indices, as a tuple", arguments=two_by_three)
@cuda.jit
def atomic_on_a_row(o):
    cuda.atomic.add(o, 1, 1)


@odd("for the host")
@cuda.jit
def call_of_the_host(o):
    cuda.to_device(o)


@odd("Check the spelling")
@cuda.jit
def fourth_dimension(o):
    o[cuda.threadIdx.w] = 1


@odd("cannot launch a kernel")
@cuda.jit
def launch_in_a_kernel(o):
    while_else[1, 4](o)


@odd("cannot set `x`")
@cuda.jit
def sets_the_index(o):
    cuda.threadIdx.x = 3


@odd("cannot set `shape`", arguments=two_by_three)
@cuda.jit
def sets_the_shape(o):
    o.shape = (3, 2)


@odd("dtype after its shape")
@cuda.jit
def shared_without_a_dtype(o):
    s = cuda.shared.array(4)
    s[0] = 1


@odd("The dtype is one of")
@cuda.jit
def shared_of_python_floats(o):
    s = cuda.shared.array(4, float)
    s[0] = 1


@odd("must be a constant")
@cuda.jit
def shared_of_a_float_size(o):
    s = cuda.shared.array(4.0, float32)
    s[0] = 1


@odd("cannot be negative")
@cuda.jit
def shared_of_a_negative_size(o):
    s = cuda.shared.array(-4, float32)
    s[0] = 1


@odd("a GPU gives a thread at most 524,288")
@cuda.jit
def too_much_of_its_own(o):
    s = cuda.local.array(10**9, float64)
    s[0] = 1


@cuda.jit(device=True)
def add(a, b):
    return a + b


@cuda.jit(device=True)
def gives_nothing(a):
    a[0] = 1


@odd("missing a required argument: 'b'")
@cuda.jit
def function_with_too_few(o):
    o[0] = add(1)


@odd("too many positional arguments")
@cuda.jit
def function_with_too_many(o):
    o[0] = add(1, 2, 3)


@odd("without `return`")
@cuda.jit
def uses_nothing(o):
    o[0] = gives_nothing(o)


@odd("takes no key= in a kernel")
@cuda.jit
def largest_by_a_key(o):
    o[0] = max(1, 2, key=abs)


@odd("no sorted()")
@cuda.jit
def sorts(o):
    o[0] = sorted((3, 1))[0]


@odd("no getattr()")
@cuda.jit
def asks_by_name(o):
    o[0] = getattr(o, "size")  # noqa: B009


@odd("no eval()")
@cuda.jit
def evaluates(o):
    o[0] = eval("1")


@odd("Numba has no math.factorial")
@cuda.jit
def factorial_of_the_host(o):
    o[0] = math.factorial(3)


@odd("NumPy has no np.nope")
@cuda.jit
def no_such_function_of_numpy(o):
    o[0] = np.nope(3)


@odd("min(max(x, low), high)")
@cuda.jit
def clips_a_number(o):
    o[0] = np.clip(3.0, 0.0, 2.0)
