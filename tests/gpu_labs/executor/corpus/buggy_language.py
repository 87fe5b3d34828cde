"""Seeded bugs: what Python lets pass and a GPU does not."""

import numpy as np
from numba import float32, int8, uint32, uint64

from gpu_labs import cuda

from .samples import buggy, floats, integers, zeros


def pair(*shape):
    return lambda rng: (floats(rng, *shape), zeros(*shape))


@buggy("endless-loop", 1, 4, lambda r: (zeros(4),))
@cuda.jit
def while_true_forever(y):
    i = cuda.threadIdx.x
    while True:  # BUG
        y[i] = 1.0  # BUG


@buggy("endless-loop", 1, 4, lambda r: (zeros(4),), step_budget=3000)
@cuda.jit
def converge_never(y):
    i = cuda.threadIdx.x
    x = 1.0
    while x != 0.3:  # BUG
        x = x + 0.1
    y[i] = x


@buggy("endless-loop", 2, 1, lambda r: (zeros(1, dtype=np.int32), zeros(64)))
@cuda.jit
def flag_that_nobody_sets(flag, y):
    if cuda.blockIdx.x == 0:
        while flag[0] == 0:  # BUG
            pass
        y[0] = 1
    else:
        y[1] = 2


@cuda.jit(device=True)
def dev_read(a, i):
    return a[i + 1]  # BUG


@buggy("out-of-bounds", 1, 32, pair(32), where=dev_read)
@cuda.jit
def oob_in_device_value(x, y):
    i = cuda.threadIdx.x
    y[i] = dev_read(x, i)


@buggy("out-of-bounds", 1, 32, lambda r: (floats(r, 32), zeros(32)))
@cuda.jit
def unsigned_wrap_index(x, y):
    i = uint32(cuda.threadIdx.x)
    y[i] = x[uint32(i - uint32(1))]  # BUG


@buggy("out-of-bounds", 1, 32, lambda r: (floats(r, 32), zeros(32)))
@cuda.jit
def uint64_wrap_index(x, y):
    i = uint64(cuda.threadIdx.x)
    y[i] = x[uint64(i - uint64(1))]  # BUG


@buggy("out-of-bounds", 1, 300, lambda r: (floats(r, 300), zeros(300)))
@cuda.jit
def int8_index_wraps(x, y):
    i = cuda.threadIdx.x
    y[i] = x[int8(i)]  # BUG


@buggy("lost-update", 1, 64, lambda r: (integers(r, 64, below=8), zeros(8, dtype=np.int32)))
@cuda.jit
def equal_updates_are_lost(x, h):
    h[x[cuda.threadIdx.x]] += 1  # BUG


@buggy("lost-update", 64, 1, lambda r: (integers(r, 64, below=8), zeros(8, dtype=np.int32)), by_chance=True)
@cuda.jit
def equal_updates_of_blocks_are_lost(x, h):
    h[x[cuda.blockIdx.x]] += 1  # BUG


@buggy("out-of-bounds", 1, 4, lambda r: (floats(r, 4), zeros(4)))
@cuda.jit
def zip_index(x, y):
    k = 1
    for v in x:
        y[k] = v  # BUG
        k += 1


@buggy("missing-barrier", 1, 64, lambda r: (floats(r, 64), zeros(1)))
@cuda.jit
def volatile_warp_tail(x, y):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = x[t]
    cuda.syncthreads()
    if t < 32:
        s[t] += s[t + 32]
        s[t] += s[t + 16]  # BUG
        s[t] += s[t + 8]
        s[t] += s[t + 4]
    if t == 0:
        y[0] = s[0]


@buggy("missing-barrier", 1, 64, lambda r: (floats(r, 64), zeros(64)))
@cuda.jit
def row_reduce_then_overwrite(x, y):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = x[t]
    cuda.syncthreads()
    m = s[0]
    s[t] = x[t] - m  # BUG
    cuda.syncthreads()
    y[t] = s[63 - t]


@buggy("race-read-write", 4, 32, lambda r: (floats(r, 128), zeros(128)))
@cuda.jit
def reads_neighbour_output(x, y):
    i = cuda.grid(1)
    y[i] = x[i]  # BUG
    cuda.syncthreads()
    if i >= 32:
        y[i] += y[i - 32]  # BUG


@buggy("race-read-write", 2, 32, lambda r: (zeros(1, dtype=np.int32), zeros(64)))
@cuda.jit
def counter_then_plain(c, y):
    i = cuda.grid(1)
    cuda.atomic.add(c, 0, 1)
    cuda.syncthreads()
    y[i] = c[0]  # BUG


@buggy("divergent-barrier", 1, 32, pair(32))
@cuda.jit
def barrier_in_else(x, y):
    s = cuda.shared.array(32, float32)
    t = cuda.threadIdx.x
    if t < 16:
        s[t] = x[t]
    else:
        s[t] = -x[t]
        cuda.syncthreads()  # BUG
    y[t] = s[t]


@buggy("divergent-barrier", 1, 32, pair(32))
@cuda.jit
def barrier_short_loop(x, y):
    s = cuda.shared.array(32, float32)
    t = cuda.threadIdx.x
    for _ in range(t % 4):
        s[t] = x[t]
        cuda.syncthreads()  # BUG
        y[t] = s[t]


@buggy("exited-threads-at-barrier", 1, 32, pair(32))
@cuda.jit
def return_in_loop_then_barrier(x, y):
    s = cuda.shared.array(32, float32)
    t = cuda.threadIdx.x
    for k in range(4):
        if t == k:
            return
        s[t] = x[t]
        cuda.syncthreads()  # BUG
        y[t] += s[31]
        cuda.syncthreads()


@buggy("uninitialised-read", 1, 32, pair(32))
@cuda.jit
def variable_on_one_path(x, y):
    i = cuda.threadIdx.x
    if x[i] > 0:
        v = x[i]
    y[i] = v  # BUG


@buggy("uninitialised-read", 1, 32, pair(32))
@cuda.jit
def loop_never_entered(x, y):
    i = cuda.threadIdx.x
    for k in range(i - 5):
        last = x[k]
    y[i] = last  # BUG


@buggy("uninitialised-read", 1, 32, pair(32))
@cuda.jit
def wrong_branch_names(x, y):
    i = cuda.threadIdx.x
    if i < 16:
        a = x[i]
    else:
        b = x[i]
        y[i] = b
    y[i] = a  # BUG


@buggy("uninitialised-read", 1, 32, lambda r: (zeros(32),))
@cuda.jit
def tile_bigger_than_block(y):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = 1
    cuda.syncthreads()
    y[t] = s[t + 32]  # BUG


@buggy("uninitialised-read", 1, 32, pair(20))
@cuda.jit
def sum_is_stored_after_all(x, y):
    s = cuda.shared.array(32, float32)
    t = cuda.threadIdx.x
    total = float32(0)
    for _ in range(2):
        if t < x.size:
            s[t] = x[t]
        cuda.syncthreads()
        total += s[31 - t]  # BUG
        cuda.syncthreads()
    if t < y.size:
        y[t] = total


@buggy("uninitialised-read", 1, 8, lambda r: (zeros(8),))
@cuda.jit
def atomic_on_fresh_shared(y):
    s = cuda.shared.array(1, float32)
    t = cuda.threadIdx.x
    cuda.atomic.max(s, 0, float32(t))  # BUG
    cuda.syncthreads()
    y[t] = s[0]


@buggy("endless-loop", 1, 8, lambda r: (zeros(8),))
@cuda.jit
def forgot_increment(y):
    i = cuda.threadIdx.x
    while i < 8:  # BUG
        y[i] = 1.0


@buggy("spin-lock", 2, 32, lambda r: (zeros(1, dtype=np.int32), zeros(1)))
@cuda.jit
def exch_lock(lock, t):
    while cuda.atomic.exch(lock, 0, 1) == 1:  # BUG
        pass
    t[0] += 1
    cuda.atomic.exch(lock, 0, 0)


@buggy("inter-block-wait", 2, 32, lambda r: (zeros(2, dtype=np.int32), zeros(64)))
@cuda.jit
def wait_for_neighbour_flag(flag, y):
    b = cuda.blockIdx.x
    if cuda.threadIdx.x == 0:
        while cuda.atomic.max(flag, 1 - b, 0) == 0:  # BUG
            pass
        cuda.atomic.exch(flag, b, 1)
    cuda.syncthreads()
    y[cuda.grid(1)] = 1


@buggy("useless-barrier", 1, 32, pair(32))
@cuda.jit
def sync_between_inputs(x, y):
    i = cuda.threadIdx.x
    a = x[i]
    cuda.syncthreads()  # BUG
    b = x[31 - i]
    y[i] = a + b


@buggy("shared-memory", 1, 32, lambda r: (zeros(1),), shared_bytes=40000)
@cuda.jit
def static_plus_dynamic(y):
    a = cuda.shared.array(4096, float32)
    a[0] = 1
    y[0] = a[0]


@buggy("missing-barrier", 1, 32, lambda r: (floats(r, 32), zeros(32)), shared_bytes=256)
@cuda.jit
def dynamic_parts_overlap(x, y):
    s = cuda.shared.array(0, float32)
    a = s[:32]
    b = s[31:63]
    t = cuda.threadIdx.x
    a[t] = x[t]
    cuda.syncthreads()
    b[t] = x[t]  # BUG
    y[t] = a[t]  # BUG


@buggy("missing-barrier", 1, 64, lambda r: (floats(r, 64), zeros(64)))
@cuda.jit
def shuffle_needs_block(x, y):
    s = cuda.shared.array(2, float32)
    t = cuda.threadIdx.x
    v = x[t]
    o = 16
    while o > 0:
        v += cuda.shfl_down_sync(4294967295, v, o)
        o //= 2
    if t % 32 == 0:
        s[t // 32] = v
    y[t] = s[0] + s[1]  # BUG


@buggy("race-read-write", 2, 16, lambda r: (floats(r, 34),))
@cuda.jit
def argument_views_alias(x):
    i = cuda.grid(1)
    a = x[2:]
    v = a[i]
    cuda.syncthreads()
    x[i] = v  # BUG
