"""Odd kernels: values of a type that does not go there."""

from __future__ import annotations

import numpy as np

from gpu_labs import cuda

from .sample import odd, points, two_by_three

A_LIST = [1, 2, 3]


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


@odd("returns nothing")
@cuda.jit
def gives_its_array_back(o):
    o[cuda.grid(1)] = 1
    return o


@odd("returns nothing")
@cuda.jit
def gives_two_numbers_back(o):
    return o.size, 1


@odd("call it, as in cuda.grid(1)")
@cuda.jit
def grid_without_a_call(o):
    i = cuda.grid
    o[i] = 1
