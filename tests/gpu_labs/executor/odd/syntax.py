"""Odd kernels: unusual syntax."""

from __future__ import annotations

import collections

import numba
from numba import float32
from numba.cuda import literal_unroll

from gpu_labs import cuda

from .sample import odd, two_by_three

Pair = collections.namedtuple("Pair", "x y")
NESTED = (1, (2, 3.5))


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


@odd(right=[4.5, 4.5, 4.5, 4.5])
@cuda.jit
def unrolled_over_a_mixed_tuple(o):
    total = 0.0
    for value in literal_unroll((1, 2.5, True)):
        total += value
    o[cuda.grid(1)] = total


@odd(right=[2, 4, 2, 2], block=1)
@cuda.jit
def unrolled_over_arrays(o):
    some = cuda.local.array(4, float32)
    some[0] = 2
    o[0], o[2], o[3] = 2, 2, 2
    for array in literal_unroll((some, o)):
        o[1] += array[0]


@odd("`from numba.cuda import literal_unroll`")
@cuda.jit
def unrolled_by_the_name_for_a_processor(o):
    for value in numba.literal_unroll((1, 2.5)):
        o[0] += value


@odd("`from numba.cuda import literal_unroll`")
@cuda.jit
def unrolled_through_the_module(o):
    for value in cuda.literal_unroll((1, 2.5)):
        o[0] += value
