"""Seeded bugs: threads part at a barrier. What they do to each other after it is by chance, so nothing else is said."""

from numba import float32

from gpu_labs import cuda

from .samples import buggy, floats, integers, zeros

W = 64  # two warps


def pair(rng):
    return 2 + abs(floats(rng, W)), zeros(W)


@buggy("divergent-barrier", 1, W, pair, alone=True)
@cuda.jit
def one_half_waits_the_other_overwrites(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    if t < 32:
        cuda.syncthreads()  # BUG
        y[t] = tile[63 - t]
    else:
        tile[t] = 0
        y[t] = tile[63 - t]


@buggy("divergent-barrier", 1, W, pair, alone=True)
@cuda.jit
def turns_by_the_number_of_the_thread(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    for _ in range(t // 16):
        tile[t] += tile[(t + 16) % W]
        cuda.syncthreads()  # BUG
    y[t] = tile[63 - t]


@buggy("divergent-barrier", 1, W, pair, alone=True)
@cuda.jit
def tile_filled_and_awaited_by_some(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    if t < 40:
        tile[t] = x[t]
        cuda.syncthreads()  # BUG
    y[t] = tile[(t + 1) % W]


@buggy("divergent-barrier", 1, W, pair, alone=True)
@cuda.jit
def odd_and_even_wait_at_two_barriers(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    if t % 2 == 0:
        cuda.syncthreads()  # BUG
    else:
        cuda.syncthreads()  # BUG
    y[t] = tile[63 - t]
    tile[t] = 1


@buggy("divergent-barrier", 1, W, pair, alone=True)
@cuda.jit
def every_third_waits_while_the_rest_writes(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    while tile[t] > 0:
        tile[t] -= 1
        if t % 3 == 0:
            cuda.syncthreads()  # BUG
        tile[(t + 1) % W] += 0.25
    cuda.syncthreads()
    y[t] = tile[63 - t]


@buggy("divergent-barrier", 1, W, pair, alone=True)
@cuda.jit
def leader_waits_alone(x, y):
    first = cuda.shared.array(1, float32)
    t = cuda.threadIdx.x
    if t == 0:
        first[0] = x[0]
        cuda.syncthreads()  # BUG
    y[t] = first[0]
    cuda.syncthreads()
    first[0] = t


@buggy("divergent-barrier", 2, 32, lambda rng: (integers(rng, 64, below=6), zeros(64)), alone=True)
@cuda.jit
def rows_of_unequal_length(lengths, y):
    total = cuda.shared.array(32, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    total[t] = 0
    for k in range(lengths[i]):
        total[t] += k
        cuda.syncthreads()  # BUG
    y[i] = total[31 - t]
