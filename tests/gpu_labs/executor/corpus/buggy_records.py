"""Seeded bugs in kernels with arrays inside records, halves of complex numbers, and whole arrays."""

import numpy as np
from numba import float32

from gpu_labs import cuda

from .correct_records import BODY_TYPE, bodies
from .samples import buggy, floats, zeros


@buggy("out-of-bounds", 1, 8, lambda rng: (bodies(8)(rng), np.zeros(8, np.float32)), alone=True)
@cuda.jit
def past_the_end_of_an_array_in_a_record(b, y):
    i = cuda.grid(1)
    total = float32(0)
    for k in range(4):
        total += b[i].place[k]  # BUG
    y[i] = total


@buggy("out-of-bounds", 1, 16, lambda rng: (bodies(9)(rng),), alone=True)
@cuda.jit
def array_in_a_record_that_is_not_there(b):
    i = cuda.grid(1)
    b[i].place[0] = 1.0  # BUG


@buggy("race-write-write", 2, 8, lambda rng: (bodies(4)(rng),))
@cuda.jit
def all_write_one_array_in_a_record(b):
    b[0].place[1] = cuda.grid(1)  # BUG


@buggy("lost-update", 1, 32, lambda rng: (bodies(4)(rng),))
@cuda.jit
def sum_in_an_array_in_a_record(b):
    i = cuda.grid(1)
    b[i % 4].place[2] += 1.0  # BUG


@buggy("missing-barrier", 1, 16, lambda rng: (bodies(16)(rng), np.zeros(16, np.float32)))
@cuda.jit
def shared_records_without_a_barrier(b, y):
    t = cuda.threadIdx.x
    tile = cuda.shared.array(16, BODY_TYPE)
    tile[t].place[0] = b[t].mass
    y[t] = tile[15 - t].place[0]  # BUG


@buggy("uninitialised-read", 1, 16, lambda rng: (np.zeros(16, np.float32),))
@cuda.jit
def shared_records_that_nobody_fills(y):
    t = cuda.threadIdx.x
    tile = cuda.shared.array(16, BODY_TYPE)
    tile[t].place[0] = t
    cuda.syncthreads()
    y[t] = tile[15 - t].place[1]  # BUG


@buggy("lost-update", 1, 32, lambda rng: (np.zeros(4, np.complex64),))
@cuda.jit
def adds_to_the_real_half(z):
    z.real[0] += 1  # BUG


@buggy("out-of-bounds", 1, 8, lambda rng: (np.zeros(4, np.complex64),), alone=True)
@cuda.jit
def past_the_end_of_the_imaginary_half(z):
    i = cuda.grid(1)
    z.imag[i] = i  # BUG


@buggy("race-write-write", 1, 8, lambda rng: (np.zeros(5),))
@cuda.jit
def all_fill_one_array(y):
    y[:] = cuda.threadIdx.x  # BUG


@buggy("race-write-write", 1, 8, lambda rng: (rng.random((8, 5)), np.zeros(5)))
@cuda.jit
def all_copy_a_row_to_one_place(x, y):
    y[:] = x[cuda.threadIdx.x]  # BUG


@buggy("race-write-write", 4, 8, lambda rng: (rng.random((32, 5)), np.zeros(5)))
@cuda.jit
def all_take_the_sine_into_one_row(x, y):
    np.sin(x[cuda.grid(1)], y)  # BUG


@buggy("missing-barrier", 1, 8, lambda rng: (rng.random((8, 5)), np.zeros((8, 5)), np.zeros(8)))
@cuda.jit
def sums_a_row_that_another_thread_fills(x, s, y):
    t = cuda.threadIdx.x
    np.sin(x[t], s[t])
    y[t] = np.sum(s[7 - t])  # BUG


@buggy("exception", 1, 8, lambda rng: (floats(rng, 20), zeros(8)), alone=True)
@cuda.jit
def shape_that_does_not_fit(x, y):
    rows = x.reshape((3, 8))  # BUG
    y[cuda.grid(1)] = rows[0, cuda.grid(1)]


@buggy("out-of-bounds", 1, 8, lambda rng: (np.zeros(16, np.uint8), np.zeros(8, np.int32)), alone=True)
@cuda.jit
def past_the_end_of_bytes_as_integers(raw, y):
    i = cuda.grid(1)
    y[i] = raw.view(np.int32)[i]  # BUG
