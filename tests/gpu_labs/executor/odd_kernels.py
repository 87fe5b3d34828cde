"""Odd kernels: unusual syntax, wrong calls, wrong types, each with what must come of it on both engines."""

from __future__ import annotations

import collections
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import float32, float64

from gpu_labs import cuda

POINT = np.dtype([("a", np.float32), ("b", np.int32)])
Pair = collections.namedtuple("Pair", "x y")
NESTED = (1, (2, 3.5))
A_LIST = [1, 2, 3]


@dataclass(frozen=True)
class Odd:
    """One of three: the last argument's values (`right`), the kind of a finding, or words of the refusal."""

    kernel: Any
    right: Any
    finding: str
    words: str
    arguments: Callable[[], tuple[Any, ...]]
    block: int


ODD: list[Odd] = []


def four() -> tuple[Any, ...]:
    return (np.zeros(4),)


def two_by_three() -> tuple[Any, ...]:
    return (np.arange(6.0).reshape(2, 3),)


def points() -> tuple[Any, ...]:
    return (np.zeros(4, POINT),)


def odd(
    words: str = "",
    *,
    right: Any = None,
    finding: str = "",
    arguments: Callable[[], tuple[Any, ...]] = four,
    block: int = 4,
) -> Callable[[Any], Any]:
    def add(kernel: Any) -> Any:
        ODD.append(Odd(kernel, right, finding, words, arguments, block))
        return kernel

    return add


# Syntax


@odd(right=[13, 13, 13, 13])
@cuda.jit
def while_else(o):
    k = 0
    while k < 3:
        k += 1
    else:
        k += 10
    o[cuda.grid(1)] = k


@odd(right=[0, 1, 2, 3])
@cuda.jit
def for_else(o):
    i = cuda.grid(1)
    for k in range(5):
        if k == i:
            break
    else:
        k = -1
    o[i] = k


@odd(right=[3, 4, 5, 6])
@cuda.jit
def lambda_with_a_default(o):
    i = cuda.grid(1)
    f = lambda a, b=1: a * b + i  # noqa: E731
    o[i] = f(3)


@odd(right=[5, 6, 6, 7])
@cuda.jit
def match_on_a_number(o):
    i = cuda.grid(1)
    match i:
        case 0:
            o[i] = 5
        case 1 | 2:
            o[i] = 6
        case _:
            o[i] = 7


@odd("`match` on several values")
@cuda.jit
def match_on_a_tuple(o):
    match (cuda.grid(1), 1):
        case (0, b):
            o[0] = b


@odd("cannot call itself")
@cuda.jit
def inner_function_that_calls_itself(o):
    def factorial(n):
        return 1 if n < 2 else n * factorial(n - 1)

    o[0] = factorial(4)


@odd("text together")
@cuda.jit
def prints_an_f_string(o):
    print(f"{cuda.grid(1)}")


@odd("yield")
@cuda.jit
def yields(o):
    yield 1


@odd("del")
@cuda.jit
def deletes(o):
    a = 3
    del a


@odd("not over float64")
@cuda.jit
def loops_over_a_number(o):
    for a in 3.0:
        o[0] += a


@odd("3 values do not fit 2 names")
@cuda.jit
def unpacks_too_many(o):
    a, b = (1, 2, 3)
    o[0] = a + b


@odd("3 values do not fit 2 names")
@cuda.jit
def unpacks_a_grid(o):
    x, y = cuda.grid(3)
    o[x] = y


@odd(right=[[0, 1, 2], [0, 12, 5]], arguments=two_by_three, block=1)
@cuda.jit
def unpacks_a_row(o):
    a, b, c = o[1]
    o[1, 0] = a - 3
    o[1, 1] = a + b + c


@odd(right=[[0, 1, 2], [3, 4, 2]], arguments=two_by_three, block=1)
@cuda.jit
def unpacks_a_column(o):
    a, b = o[:, 2]
    o[1, 2] = b - a - 1


@odd(finding="exception", block=1)
@cuda.jit
def unpacks_an_array_of_another_size(o):
    a, b = o
    o[0] = a + b


@odd(right=[3, 3, 3, 3])
@cuda.jit
def dots_for_all(o):
    o[...] = 3


@odd(right=[[9, 1, 2], [9, 4, 5]], arguments=two_by_three)
@cuda.jit
def dots_for_the_first_dimensions(o):
    o[..., 0] = 9


@odd(right=[[9, 1, 2], [3, 4, 5]], arguments=two_by_three)
@cuda.jit
def dots_for_nothing(o):
    o[0, 0, ...] = 9


@odd(right=[3, 0, 0, 0])
@cuda.jit
def new_axis_of_an_element(o):
    o[None, 0] = 3


@odd(right=[6, 3.5, 3, 0], block=1)
@cuda.jit
def sums_and_nested_constants(o):
    o[0] = sum((1, 2, 3))
    o[1] = NESTED[1][1]
    o[2] = len("abc")


@odd(right=[3, 7, 0, 0], block=1)
@cuda.jit
def named_tuples(o):
    p = Pair(1, y=2)
    q = Pair(y=p.x + 2, x=4)
    o[0] = p.x + p.y
    o[1] = q.x + q[1]


@odd(right=[3, 1, 4, 1])
@cuda.jit
def tuple_at_a_computed_index(o):
    i = cuda.grid(1)
    t = (3, 1, 4, 1)
    o[i] = t[i]


@odd(right=[1, 4, 1, 3])
@cuda.jit
def tuple_from_its_end(o):
    i = cuda.grid(1)
    t = (3, 1, 4, 1)
    o[i] = t[-1 - i]


@odd(finding="out-of-bounds")
@cuda.jit
def tuple_past_its_end(o):
    i = cuda.grid(1)
    t = (3, 1, 4)
    o[i] = t[i]


@odd(right=[0, 2, 4, 6])
@cuda.jit
def dtype_as_a_function(o):
    i = cuda.grid(1)
    zero = o.dtype.type(0)
    o[i] = zero + 2 * i


# One variable, several arrays


@odd(right=[2, 2, 1, 1])
@cuda.jit
def one_of_two_arrays(o):
    a = cuda.local.array(4, float32)
    b = cuda.local.array(4, float32)
    a[0], b[0] = 1, 2
    i = cuda.grid(1)
    c = a if i > 1 else b
    o[i] = c[0]


@odd(right=[10, 11, 20, 21])
@cuda.jit
def one_of_two_arrays_written(o):
    a = cuda.local.array(2, float64)
    b = cuda.local.array(2, float64)
    i = cuda.grid(1)
    c = a if i > 1 else b
    for k in range(c.shape[0]):
        c[k] = 10 + 10 * (i > 1) + k
    o[i] = a[i % 2] if i > 1 else b[i % 2]


@odd(right=[5, 3, 5, 3])
@cuda.jit
def arrays_change_places(o):
    a = cuda.local.array(1, float64)
    b = cuda.local.array(1, float64)
    a[0], b[0] = 3, 5
    i = cuda.grid(1)
    for _ in range(i + 1):
        a, b = b, a
    o[i] = a[0]


@odd(right=[[2, 1, 2], [3, 2, 5]], arguments=two_by_three, block=2)
@cuda.jit
def rows_of_two_arrays(o):
    i = cuda.grid(1)
    other = cuda.local.array((2, 3), float64)
    other[0, 0] = 0
    other[1, 1] = 7
    row = o[0] if i == 0 else other[1]
    row[i] = 2
    if i == 1:
        o[1, 1] = row[1]


@odd(finding="out-of-bounds")
@cuda.jit
def one_of_two_arrays_past_its_end(o):
    a = cuda.local.array(2, float32)
    i = cuda.grid(1)
    a[0], a[1] = 1, 2
    b = cuda.local.array(8, float32)
    b[i] = 1
    c = a if i > 1 else b
    o[i] = c[i]


@odd(right=[4, 4, 0, 0])
@cuda.jit
def atomics_on_one_of_two_arrays(o):
    shared = cuda.shared.array(1, float64)
    i = cuda.grid(1)
    if i == 0:
        shared[0] = 2
    cuda.syncthreads()
    where = shared if i % 2 else o
    cuda.atomic.add(where, 0, i)
    cuda.syncthreads()
    if i == 0:
        o[0] = o[0] + 2
        o[1] = shared[0] - 2


# Wrong calls


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


# Wrong types


@odd("neither true nor false")
@cuda.jit
def array_as_a_condition(o):
    if o:
        o[0] = 1


@odd("not text")
@cuda.jit
def text_as_an_index(o):
    o["a"] = 1


@odd("not a truth value")
@cuda.jit
def condition_as_an_index(o):
    o[cuda.grid(1) > 0] = 1


@odd("0 dimensions, and 1 index was", arguments=lambda: (np.array(3.0),))
@cuda.jit
def index_into_a_number(o):
    o[0] = 1


@odd("no field 'c'", arguments=points)
@cuda.jit
def no_such_field(o):
    o[0].c = 1


@odd("A_LIST from outside")
@cuda.jit
def list_from_outside(o):
    o[0] = A_LIST[0]


@odd("step of a slice", arguments=two_by_three)
@cuda.jit
def slice_that_does_not_move(o):
    o[::0, 0][0] = 5


@odd(finding="exception", arguments=lambda: (0, np.zeros(4)), block=1)
@cuda.jit
def slice_with_a_computed_step_of_zero(n, o):
    o[::n] = 5


@odd(finding="exception", arguments=lambda: (np.arange(4), np.zeros(4)))
@cuda.jit
def range_that_does_not_move(x, o):
    i = cuda.grid(1)
    for k in range(0, 4, x[i]):
        o[i] += k


# Dates, and text in records


DAYS = np.arange("2005-02", "2005-06", dtype="datetime64[D]")
LABELLED = np.dtype([("a", np.int32), ("name", "S12"), ("short", "U4")])


@odd(right=DAYS[::-1] - DAYS, arguments=lambda: (DAYS, DAYS[::-1], np.zeros(DAYS.size, "m8[D]")), block=32)
@cuda.jit
def time_between_dates(start, end, delta):
    for i in range(cuda.grid(1), delta.size, cuda.gridsize(1)):
        delta[i] = end[i] - start[i]


@odd(
    right=np.array([(3, b"XYZ", ""), (0, b"", "ab")], LABELLED),
    arguments=lambda: (np.zeros(2, LABELLED),),
    block=1,
)
@cuda.jit
def text_into_records(r):
    r[0].a = 3
    r[0].name = b"XYZ"
    r[1].short = "ab"


# None, and device arrays from outside


ON_THE_DEVICE = cuda.to_device(np.arange(4.0))


@odd(right=[1, 1, 1, 1], arguments=lambda: (None, np.zeros(4)))
@cuda.jit
def argument_that_is_none(x, o):
    if x is None:
        o[cuda.grid(1)] = 1


@odd(right=[2, 2, 2, 2], arguments=lambda: (3, np.zeros(4)))
@cuda.jit
def argument_that_is_not_none(x, o):
    o[cuda.grid(1)] = 1 if x is None else 2


@odd(right=[0, 1, 2, 3])
@cuda.jit
def device_array_from_outside(o):
    i = cuda.grid(1)
    o[i] = ON_THE_DEVICE[i]
