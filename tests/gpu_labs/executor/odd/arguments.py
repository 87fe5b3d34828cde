"""Odd kernels: dates, text in records, None, and device arrays from outside."""

from __future__ import annotations

import numpy as np

from gpu_labs import cuda

from .sample import odd

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
