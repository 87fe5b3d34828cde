"""Correct kernels: atomics in global and shared memory, histograms, compaction, tickets."""

import numpy as np
from numba import int32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros

BINS = 10


@correct(
    4,
    32,
    lambda r: (integers(r, 120, below=BINS), zeros(BINS, dtype=np.int32)),
    lambda x, h: {"h": np.bincount(x, minlength=BINS)},
)
@cuda.jit
def histogram(x, h):
    i = cuda.grid(1)
    if i < x.size:
        cuda.atomic.add(h, x[i], 1)


@correct(
    3,
    32,
    lambda r: (integers(r, 500, below=BINS), zeros(BINS, dtype=np.int32)),
    lambda x, h: {"h": np.bincount(x, minlength=BINS)},
)
@cuda.jit
def histogram_by_blocks(x, h):
    mine = cuda.shared.array(BINS, int32)
    t = cuda.threadIdx.x
    if t < BINS:
        mine[t] = 0
    cuda.syncthreads()
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        cuda.atomic.add(mine, x[i], 1)
    cuda.syncthreads()
    if t < BINS:
        cuda.atomic.add(h, t, mine[t])


@correct(4, 32, lambda r: (floats(r, 120), zeros(1)), lambda x, total: {"total": [x.sum()]}, tolerance=1e-4)
@cuda.jit
def atomic_sum(x, total):
    i = cuda.grid(1)
    if i < x.size:
        cuda.atomic.add(total, 0, x[i])


@correct(
    4,
    32,
    lambda r: (floats(r, 120), np.array([9.0, -9.0], np.float32)),
    lambda x, ends: {"ends": [x.min(), x.max()]},
)
@cuda.jit
def atomic_min_and_max(x, ends):
    i = cuda.grid(1)
    if i < x.size:
        cuda.atomic.min(ends, 0, x[i])
        cuda.atomic.max(ends, 1, x[i])


@correct(
    4,
    32,
    lambda r: (floats(r, 40, 3), integers(r, 40, below=6), zeros(6, 3)),
    lambda g, index, grad: {"grad": np.stack([g[index == k].sum(0) for k in range(6)])},
)
@cuda.jit
def scatter_add_of_rows(g, index, grad):
    i = cuda.grid(1)
    if i < index.size:
        for j in range(g.shape[1]):
            cuda.atomic.add(grad, (index[i], j), g[i, j])


@correct(
    2,
    32,
    lambda r: (integers(r, 64, below=256, dtype=np.uint32), np.array([0xFFFFFFFF, 0, 0], np.uint32)),
    lambda x, y: {"y": [np.bitwise_and.reduce(x), np.bitwise_or.reduce(x), np.bitwise_xor.reduce(x)]},
)
@cuda.jit
def atomic_bits(x, y):
    i = cuda.grid(1)
    cuda.atomic.and_(y, 0, x[i])
    cuda.atomic.or_(y, 1, x[i])
    cuda.atomic.xor(y, 2, x[i])


@correct(
    2,
    32,
    lambda r: (floats(r, 64), zeros(64, dtype=np.int32), zeros(1, dtype=np.int32)),
    lambda x, kept, n: {"n": [(x > 0).sum()], "kept": None},
)
@cuda.jit
def compaction_by_tickets(x, kept, n):
    i = cuda.grid(1)
    if x[i] > 0:
        place = cuda.atomic.add(n, 0, 1)
        kept[place] = i


@correct(
    2,
    32,
    lambda r: (zeros(64, dtype=np.int32), zeros(1, dtype=np.int32)),
    lambda seen, counter: {"seen": np.ones(64), "counter": [64]},
)
@cuda.jit
def tickets_are_handed_out_once(seen, counter):
    ticket = cuda.atomic.add(counter, 0, 1)
    seen[ticket] = 1


@correct(
    2,
    32,
    lambda r: (np.full(1, -1, np.int32), zeros(1, dtype=np.int32)),
    lambda owner, wins: {"wins": [1], "owner": None},
)
@cuda.jit
def compare_and_swap_has_one_winner(owner, wins):
    if cuda.atomic.cas(owner, 0, -1, cuda.grid(1)) == -1:
        cuda.atomic.add(wins, 0, 1)


@correct(
    2,
    32,
    lambda r: (zeros(1, dtype=np.int32), zeros(64, dtype=np.int32)),
    lambda slot, seen: {"slot": None, "seen": None},
)
@cuda.jit
def exchange_returns_what_was_there(slot, seen):
    i = cuda.grid(1)
    seen[i] = cuda.atomic.exch(slot, 0, i + 1)


@correct(2, 32, lambda r: (zeros(1, dtype=np.uint32),), lambda n: {"n": [64 % 10]})
@cuda.jit
def increment_wraps_at_its_limit(n):
    cuda.atomic.inc(n, 0, np.uint32(9))


@correct(2, 32, lambda r: (np.full(1, 5, np.uint32),), lambda n: {"n": [(5 - 64) % 10]})
@cuda.jit
def decrement_wraps_to_its_limit(n):
    cuda.atomic.dec(n, 0, np.uint32(9))


@correct(
    3,
    32,
    lambda r: (floats(r, 90), zeros(1, dtype=np.int32), zeros(3), zeros(1)),
    lambda x, done, partial, total: {
        "done": [3],
        "partial": [x[:32].sum(), x[32:64].sum(), x[64:].sum()],
        "total": [x.sum()],
    },
    tolerance=1e-4,
)
@cuda.jit
def last_block_adds_the_partial_sums(x, done, partial, total):
    last = cuda.shared.array(1, int32)
    i = cuda.grid(1)
    if cuda.threadIdx.x == 0:
        own = 0.0
        for k in range(i, min(i + 32, x.size)):
            own += x[k]
        partial[cuda.blockIdx.x] = own
        cuda.threadfence()
        last[0] = cuda.atomic.add(done, 0, 1) == cuda.gridDim.x - 1
    cuda.syncthreads()
    if last[0] and cuda.threadIdx.x == 0:
        everything = 0.0
        for b in range(cuda.gridDim.x):
            everything += partial[b]
        total[0] = everything


@correct(
    2, 32, lambda r: (floats(r, 64), zeros(2)), lambda x, y: {"y": x.reshape(2, 32).sum(1)}, tolerance=1e-4
)
@cuda.jit
def atomic_sum_in_shared_memory(x, y):
    total = cuda.shared.array(1, "float32")
    if cuda.threadIdx.x == 0:
        total[0] = 0
    cuda.syncthreads()
    cuda.atomic.add(total, 0, x[cuda.grid(1)])
    cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        y[cuda.blockIdx.x] = total[0]


@correct(
    2,
    32,
    lambda r: (integers(r, 64, below=7), integers(r, 7), zeros(7, dtype=np.int32)),
    lambda key, weight, y: {"y": np.bincount(key, minlength=7) * weight},
)
@cuda.jit
def weighted_histogram(key, weight, y):
    i = cuda.grid(1)
    cuda.atomic.add(y, key[i], weight[key[i]])


@correct(
    2,
    32,
    lambda r: (np.array([1.0, np.nan, 3.0, -2.0], np.float32), np.array([np.nan, np.nan], np.float32)),
    lambda x, y: {"y": [3.0, -2.0]},
)
@cuda.jit
def nan_aware_extremes(x, y):
    i = cuda.grid(1)
    if i < x.size:
        cuda.atomic.nanmax(y, 0, x[i])
        cuda.atomic.nanmin(y, 1, x[i])


@correct(2, 32, lambda r: (integers(r, 64), zeros(1, dtype=np.int32)), lambda x, y: {"y": [-x.sum()]})
@cuda.jit
def atomic_subtraction(x, y):
    cuda.atomic.sub(y, 0, x[cuda.grid(1)])


@cuda.jit(device=True)
def acquire(lock):
    while cuda.atomic.cas(lock, 0, 0, 1) != 0:
        pass
    cuda.threadfence()


@cuda.jit(device=True)
def release(lock):
    cuda.threadfence()
    cuda.atomic.exch(lock, 0, 0)


@correct(
    5,
    32,
    lambda r: (integers(r, 160), zeros(1, dtype=np.int32), zeros(1, dtype=np.int64)),
    lambda x, lock, total: {"total": [x.sum()]},
)
@cuda.jit
def one_thread_of_each_block_takes_a_lock(x, lock, total):
    i = cuda.grid(1)
    s = cuda.shared.array(1, int32)
    if cuda.threadIdx.x == 0:
        s[0] = 0
    cuda.syncthreads()
    cuda.atomic.add(s, 0, x[i])
    cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        acquire(lock)
        total[0] += s[0]
        release(lock)


@correct(3, 8, lambda r: (integers(r, 24), zeros(1, dtype=np.int64)), lambda x, best: {"best": [x.max()]})
@cuda.jit
def a_maximum_by_compare_and_swap(x, best):
    i = cuda.grid(1)
    seen = cuda.atomic.add(best, 0, 0)
    while seen < x[i]:
        before = cuda.atomic.cas(best, 0, seen, x[i])
        if before == seen:
            break
        seen = before
