"""Seeded bugs whose cause is easily misreported: updates lost, loops that wait for nobody, barriers not called."""

import numpy as np
from numba import float32, int32
from numba.cuda import cg
from numba.cuda.random import create_xoroshiro128p_states, xoroshiro128p_uniform_float32

from gpu_labs import cuda

from .samples import buggy, floats, integers, zeros


def one(rng):
    return (zeros(1),)


@buggy("lost-update", 2, 32, one, alone=True)
@cuda.jit
def everyone_adds_one(x):
    x[0] += 1  # BUG


@buggy("lost-update", 40, 128, lambda r: (integers(r, 40 * 128, below=5), zeros(5)), alone=True)
@cuda.jit
def histogram_over_many_blocks(key, h):
    h[key[cuda.grid(1)]] += 1  # BUG


@buggy("lost-update", 1, 32, lambda r: (floats(r, 32), zeros(1)), alone=True)
@cuda.jit
def sum_in_two_lines(x, y):
    old = y[0]
    y[0] = old + x[cuda.grid(1)]  # BUG


@buggy("lost-update", 1, 32, lambda r: (floats(r, 32), zeros(1)), alone=True)
@cuda.jit
def largest_by_max(x, y):
    y[0] = max(y[0], x[cuda.grid(1)])  # BUG


@buggy("lost-update", 2, 32, lambda r: (floats(r, 64), zeros(2)), alone=True)
@cuda.jit
def shared_counter(x, y):
    s = cuda.shared.array(1, int32)
    t = cuda.threadIdx.x
    if t == 0:
        s[0] = 0
    cuda.syncthreads()
    if x[cuda.grid(1)] > -10:
        s[0] += 1  # BUG
    cuda.syncthreads()
    if t == 0:
        y[cuda.blockIdx.x] = s[0]


@buggy("lost-update", 1, 32, lambda r: (np.zeros(2, [("n", np.int32)]),), alone=True)
@cuda.jit
def field_of_a_record_counted(r):
    r[cuda.grid(1) % 2].n += 1  # BUG


@buggy("lost-update", 1, 32, lambda r: (zeros(17),), alone=True)
@cuda.jit
def neighbours_add_to_one_cell(y):
    i = cuda.grid(1)
    y[i // 2 + 1] += i  # BUG


@buggy("missing-barrier", 1, 64, lambda r: (floats(r, 64), zeros(64)))
@cuda.jit
def neighbour_added_without_a_barrier(x, y):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = x[t]
    cuda.syncthreads()
    if t < 63:
        s[t] += s[t + 1]  # BUG
    cuda.syncthreads()
    y[t] = s[63 - t]


@buggy("endless-loop", 1, 4, lambda r: (zeros(4),), alone=True)
@cuda.jit
def local_array_counts_nothing(y):
    c = cuda.local.array(4, int32)
    c[0] = 1
    while c[0] > 0:  # BUG
        c[0] = 1
    y[cuda.grid(1)] = c[0]


@buggy("endless-loop", 1, 4, lambda r: (np.ones(4, np.float32), zeros(4)), alone=True)
@cuda.jit
def input_that_nobody_writes(x, y):
    i = cuda.grid(1)
    k = 0
    while x[k] > 0:  # BUG
        y[i] = k


@buggy("endless-loop", 1, 4, lambda r: (np.full(4, 8, np.int32),), alone=True)
@cuda.jit
def own_cell_never_shrinks(x):
    i = cuda.grid(1)
    while x[i] > 1:  # BUG
        x[i] = x[i] // 1


@cuda.jit(device=True)
def twice(k):
    return k * 2


@buggy("endless-loop", 1, 4, lambda r: (zeros(4),), alone=True)
@cuda.jit
def function_of_nothing_that_changes(y):
    i = cuda.grid(1)
    k = 0
    while twice(k) < 9:  # BUG
        y[i] = k


@cuda.jit(device=True)
def first(x, k):
    return x[k]


@buggy("endless-loop", 1, 4, lambda r: (np.ones(4, np.float32), zeros(4)), alone=True)
@cuda.jit
def function_that_reads_an_input(x, y):
    i = cuda.grid(1)
    k = 0
    while first(x, k) > 0:  # BUG
        y[i] = k


@buggy("inter-block-wait", 2, 1, lambda r: (np.zeros(1, np.int32), zeros(2)))
@cuda.jit
def flag_of_the_second_block(flag, y):
    b = cuda.blockIdx.x
    if b == 0:
        while flag[0] == 0:  # BUG
            y[0] = 1
    else:
        cuda.atomic.exch(flag, 0, 1)


@buggy("inter-block-wait", 3, 1, lambda r: (np.zeros(4, np.int32),))
@cuda.jit
def cell_that_the_neighbour_writes(x):
    i = cuda.grid(1)
    while x[i + 1] == 0:  # BUG
        pass
    x[i] = 1


@buggy("out-of-bounds", 1, 64, lambda r: (create_xoroshiro128p_states(32, 1), zeros(64)), alone=True)
@cuda.jit
def too_few_random_states(states, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = xoroshiro128p_uniform_float32(states, i)  # BUG


@buggy("lost-update", 1, 64, lambda r: (create_xoroshiro128p_states(1, 1), zeros(64)))
@cuda.jit
def one_random_state_for_all(states, y):
    i = cuda.grid(1)
    y[i] = xoroshiro128p_uniform_float32(states, 0)  # BUG


@buggy("not-called", 1, 64, lambda r: (floats(r, 64), zeros(64)))
@cuda.jit
def barrier_without_parentheses(x, y):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = x[t]
    cuda.syncthreads  # noqa: B018  # BUG
    y[t] = s[63 - t]


@buggy("not-called", 1, 32, lambda r: (zeros(32),), alone=True)
@cuda.jit
def fence_without_parentheses(y):
    y[cuda.grid(1)] = 1
    cuda.threadfence  # noqa: B018  # BUG


@buggy("divergent-barrier", 1, 64, lambda r: (floats(r, 64), zeros(64)), alone=True)
@cuda.jit
def barrier_in_a_branch_is_not_also_useless(x, y):
    i = cuda.grid(1)
    if i < 40:
        y[i] = x[i]
        cuda.syncthreads()  # BUG


@buggy("divergent-barrier", 4, 32, lambda r: (zeros(128),))
@cuda.jit
def grid_barrier_of_some_blocks(y):
    g = cg.this_grid()
    if cuda.blockIdx.x < 2:
        g.sync()  # BUG
    y[cuda.grid(1)] = 1


@buggy("unused-dimension", 2, 16, lambda r: (zeros(8, 32),), alone=True)
@cuda.jit
def two_dimensions_launched_with_one(y):
    i, j = cuda.grid(2)  # BUG
    if i < y.shape[1] and j < y.shape[0]:
        y[j, i] = 1


@buggy("unused-dimension", 2, (16, 4), lambda r: (zeros(32),), alone=True)
@cuda.jit
def one_dimension_launched_with_two(y):
    y[cuda.grid(1)] = 1


@buggy("unused-dimension", (2, 3), (16, 1), lambda r: (zeros(32),), alone=True)
@cuda.jit
def rows_of_blocks_that_nobody_tells_apart(y):
    y[cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x] = 1


@buggy("missing-barrier", 1, 64, lambda r: (np.zeros(1, np.int32), zeros(64)), alone=True)
@cuda.jit
def flag_set_to_one_value_and_read(flag, y):
    t = cuda.threadIdx.x
    if t % 7 == 3:
        flag[0] = 1
    y[t] = flag[0]  # BUG


@buggy("race-write-write", 1, 32, lambda r: (np.zeros(1, np.int32), zeros(1)))
@cuda.jit
def lock_that_is_given_back_too_early(lock, total):
    i = cuda.grid(1)
    done = False
    while not done:
        if cuda.atomic.cas(lock, 0, 0, 1) == 0:
            cuda.threadfence()
            cuda.atomic.exch(lock, 0, 0)
            total[0] = i  # BUG
            done = True


@buggy("lost-update", 1, 32, lambda r: (np.zeros(32, np.int32), zeros(1)))
@cuda.jit
def lock_of_each_thread_its_own(lock, total):
    i = cuda.grid(1)
    done = False
    while not done:
        if cuda.atomic.cas(lock, i, 0, 1) == 0:
            cuda.threadfence()
            total[0] += 1  # BUG
            cuda.threadfence()
            cuda.atomic.exch(lock, i, 0)
            done = True


@buggy("lost-update", 1, 32, lambda rng: (np.arange(32) % 4, np.zeros(4)), alone=True)
@cuda.jit
def counts_through_variables(key, count):
    before = count[key[cuda.grid(1)]]
    after = before + 1
    count[key[cuda.grid(1)]] = after  # BUG


@buggy("lost-update", 4, 32, lambda rng: (np.arange(128) % 3, np.ones(128), np.zeros(3)), alone=True)
@cuda.jit
def adds_under_a_key_that_is_read_twice(key, x, total):
    i = cuda.grid(1)
    total[key[i]] = total[key[i]] + x[i]  # BUG


def _locked(r):
    return (np.zeros(1, np.int32), np.zeros(1), floats(r, 16, dtype=np.float64))


@buggy("lost-update", 1, 16, _locked, alone=True)
@cuda.jit
def lock_of_plain_loads_and_stores(lock, total, x):
    i = cuda.grid(1)
    done = False
    while not done:
        if lock[0] == 0:
            lock[0] = 1  # BUG
            total[0] += x[i]
            lock[0] = 0
            done = True


@buggy("lost-update", 16, 1, _locked, alone=True)
@cuda.jit
def plain_lock_that_waits_between_blocks(lock, total, x):
    while lock[0] == 1:
        pass
    lock[0] = 1  # BUG
    cuda.threadfence()
    total[0] += x[cuda.grid(1)]
    cuda.threadfence()
    lock[0] = 0


@buggy("endless-loop", 1, 32, lambda r: (zeros(32),), step_budget=300)
@cuda.jit
def counter_that_is_never_counted_up(y):
    k = 0
    while k < 10:  # BUG
        y[cuda.grid(1)] += 1


@buggy("endless-loop", 1, 32, lambda r: (zeros(32),), step_budget=300)
@cuda.jit
def branch_in_a_loop_that_nothing_leaves(y):
    i = cuda.grid(1)
    while True:  # BUG
        if y[i] < 3:
            y[i] += 1
