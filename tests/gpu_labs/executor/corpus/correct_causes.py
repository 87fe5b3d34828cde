"""Correct kernels that look like a race, a wait or a wrong launch, and are not."""

import numpy as np
from numba import float32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros


def locked(rng):
    return (integers(rng, 30, below=4), floats(rng, 30), np.zeros(4, np.int32), zeros(4), zeros(4))


def best_of(key, val, lock, best, who):
    return {"best": [max(0, *val[key == k]) for k in range(4)], "who": None}


def _body(key, val, lock, best, who):
    i = cuda.grid(1)
    if i < key.size:
        k = key[i]
        done = False
        while not done:
            if cuda.atomic.cas(lock, k, 0, 1) == 0:
                cuda.threadfence()
                if val[i] > best[k]:
                    best[k] = val[i]
                    who[k] = i
                cuda.threadfence()
                cuda.atomic.exch(lock, k, 0)
                done = True


@correct(1, 32, locked, best_of)
@cuda.jit
def lock_for_each_key_in_one_block(key, val, lock, best, who):
    locked_best(key, val, lock, best, who)


locked_best = cuda.jit(device=True)(_body)


@correct(2, 16, locked, best_of)
@cuda.jit
def lock_for_each_key_in_two_blocks(key, val, lock, best, who):
    locked_best(key, val, lock, best, who)


@correct(2, 48, lambda r: (np.zeros(1, np.int32), zeros(1), floats(r, 96)),
         lambda lock, total, x: {"total": [x.sum()]}, tolerance=1e-4)  # fmt: skip
@cuda.jit
def one_lock_for_a_sum(lock, total, x):
    i = cuda.grid(1)
    done = False
    while not done:
        if cuda.atomic.cas(lock, 0, 0, 1) == 0:
            cuda.threadfence()
            total[0] += x[i]
            cuda.threadfence()
            cuda.atomic.exch(lock, 0, 0)
            done = True


@correct(1, 64, lambda r: (floats(r, 64), np.zeros(1, np.int32)),
         lambda x, flag: {"flag": [int((x > 1).any())]})  # fmt: skip
@cuda.jit
def one_value_from_many_threads(x, flag):
    if x[cuda.grid(1)] > 1:
        flag[0] = 1


@correct(1, 16, lambda r: (np.array([40, 7, 1, 64] * 4),), lambda x: {"x": np.ones(16)})
@cuda.jit
def own_cell_halved_until_one(x):
    i = cuda.grid(1)
    while x[i] > 1:
        x[i] = x[i] // 2


@correct((2, 1), (16, 1), lambda r: (zeros(1, 32),), lambda y: {"y": np.ones((1, 32))})
@cuda.jit
def one_row_meant_as_one_row(y):
    i, j = cuda.grid(2)
    if j < y.shape[0] and i < y.shape[1]:
        y[j, i] = 1


@correct(2, 16, lambda r: (zeros(5, 32),), lambda y: {"y": np.ones((5, 32))})
@cuda.jit
def rows_by_strides_of_the_grid(y):
    i, first = cuda.grid(2)
    for j in range(first, y.shape[0], cuda.gridDim.y * cuda.blockDim.y):
        y[j, i] = 1


@correct(1, (8, 8), lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": x})
@cuda.jit
def second_dimension_through_the_number(x, y):
    t = cuda.threadIdx.y * cuda.blockDim.x + cuda.threadIdx.x
    y[t] = x[t]


@correct(1, 64, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": np.cumsum(x)}, tolerance=1e-3)
@cuda.jit
def update_between_barriers(x, y):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = x[t]
    cuda.syncthreads()
    step = 1
    while step < 64:
        left = s[t - step] if t >= step else float32(0)
        cuda.syncthreads()
        s[t] += left
        cuda.syncthreads()
        step *= 2
    y[t] = s[t]
