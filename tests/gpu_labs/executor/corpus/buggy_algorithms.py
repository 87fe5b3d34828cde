"""Seeded bugs in graphs, sorting, blocks that wait for blocks, and other algorithms of libraries."""

from numba import float32, int32

from gpu_labs import cuda

from .algorithms import (
    boxes,
    lock,
    octets,
    permuted,
    picture,
    row_and_ticket,
    row_of_blocks,
    rows,
    segments,
    sparse,
    unsorted,
)
from .samples import buggy, floats, zeros


@buggy("missing-barrier", 1, 64, rows)
@cuda.jit
def ring_of_one_slot(x, y):
    slots = cuda.shared.array((1, 32), int32)
    t, lane = cuda.threadIdx.x, cuda.threadIdx.x % 32
    for turn in range(x.shape[0] + 1):
        if t < 32:
            if turn < x.shape[0]:
                slots[0, lane] = x[turn, lane]  # BUG
        elif turn > 0:
            y[turn - 1, lane] = slots[0, lane] * 2  # BUG
        cuda.syncthreads()


@buggy("divergent-barrier", 1, 64, rows)
@cuda.jit
def ring_producer_ends_first(x, y):
    slots = cuda.shared.array((2, 32), int32)
    t, lane = cuda.threadIdx.x, cuda.threadIdx.x % 32
    for turn in range(x.shape[0] + (1 if t >= 32 else 0)):
        if t < 32:
            slots[turn % 2, lane] = x[turn, lane]
        elif turn > 0:
            y[turn - 1, lane] = slots[(turn - 1) % 2, lane] * 2
        cuda.syncthreads()  # BUG


@buggy("race-read-write", 2, 1, boxes)
@cuda.jit
def mailboxes_without_fence(x, box, full, y):
    for k in range(4):
        if cuda.blockIdx.x == 0:
            box[k] = x[k]
            cuda.atomic.exch(full, k, 1)
        else:
            while cuda.atomic.add(full, k, 0) == 0:
                pass
            cuda.threadfence()
            y[k] = box[k] + 1  # BUG


@buggy("race-read-write", 2, 1, boxes)
@cuda.jit
def mailboxes_with_plain_flags(x, box, full, y):
    for k in range(4):
        if cuda.blockIdx.x == 0:
            box[k] = x[k]
            cuda.threadfence()
            full[k] = 1  # BUG
        else:
            while full[k] == 0:  # BUG
                pass
            cuda.threadfence()
            y[k] = box[k] + 1


@buggy("inter-block-wait", 3, 32, row_of_blocks)
@cuda.jit
def scan_that_looks_back_by_block(x, y, sums, ready):
    s = cuda.shared.array(33, int32)
    t, b, i = cuda.threadIdx.x, cuda.blockIdx.x, cuda.grid(1)
    v = x[i]
    for d in (1, 2, 4, 8, 16):
        up = cuda.shfl_up_sync(0xFFFFFFFF, v, d)
        if t >= d:
            v += up
    if t == 31:
        s[0] = v
    cuda.syncthreads()
    if t == 0:
        before = 0
        if b > 0:
            while cuda.atomic.add(ready, b - 1, 0) == 0:  # BUG
                pass
            cuda.threadfence()
            before = sums[b - 1]
        sums[b] = before + s[0]
        cuda.threadfence()
        cuda.atomic.exch(ready, b, 1)
        s[1] = before
    cuda.syncthreads()
    y[i] = v + s[1]


@buggy("race-read-write", 2, 32, row_and_ticket, by_chance=True)
@cuda.jit
def scan_that_looks_back_without_fence(x, y, sums, ready, ticket):
    s = cuda.shared.array(3, int32)
    t = cuda.threadIdx.x
    if t == 0:
        s[2] = cuda.atomic.add(ticket, 0, 1)
    cuda.syncthreads()
    b = s[2]
    i = b * 32 + t
    v = x[i]
    for d in (1, 2, 4, 8, 16):
        up = cuda.shfl_up_sync(0xFFFFFFFF, v, d)
        if t >= d:
            v += up
    if t == 31:
        s[0] = v
    cuda.syncthreads()
    if t == 0:
        before = 0
        if b > 0:
            while cuda.atomic.add(ready, b - 1, 0) == 0:
                pass
            cuda.threadfence()
            before = sums[b - 1]  # BUG
        sums[b] = before + s[0]
        cuda.atomic.exch(ready, b, 1)
        s[1] = before
    cuda.syncthreads()
    y[i] = v + s[1]


@buggy("missing-barrier", 1, 64, segments)
@cuda.jit
def segmented_scan_heads_unread(x, flag, y):
    v = cuda.shared.array(64, int32)
    h = cuda.shared.array(64, int32)
    t = cuda.threadIdx.x
    v[t] = x[t]
    h[t] = flag[t]
    cuda.syncthreads()
    d = 1
    while d < 64:
        add = v[t - d] if t >= d and h[t] == 0 else 0
        cuda.syncthreads()
        v[t] += add
        h[t] |= h[t - d] if t >= d else 0  # BUG
        cuda.syncthreads()
        d *= 2
    y[t] = v[t]


@buggy("missing-barrier", 1, 64, permuted)
@cuda.jit
def top_five_without_last_barrier(x, best):
    v = cuda.shared.array(64, int32)
    w = cuda.shared.array(64, int32)
    t = cuda.threadIdx.x
    v[t] = x[t]
    for k in range(best.size):
        w[t] = v[t]  # BUG
        cuda.syncthreads()
        d = 32
        while d > 0:
            if t < d:
                w[t] = max(w[t], w[t + d])
            cuda.syncthreads()
            d //= 2
        if v[t] == w[0]:  # BUG
            best[k] = v[t]
            v[t] = -1


@buggy("out-of-bounds", 1, 64, octets)
@cuda.jit
def split_by_a_bit_inclusive(x, y):
    rank = cuda.shared.array(64, int32)
    t = cuda.threadIdx.x
    zero = 1 - (x[t] & 1)
    rank[t] = zero
    cuda.syncthreads()
    d = 1
    while d < 64:
        add = rank[t - d] if t >= d else 0
        cuda.syncthreads()
        rank[t] += add
        cuda.syncthreads()
        d *= 2
    zeros = rank[63]
    y[rank[t] - 1 if zero else zeros + t - rank[t] + 1] = x[t]  # BUG


@buggy("race-read-write", (2, 2), (8, 8), lambda r: (floats(r, 16, 16),))
@cuda.jit
def square_transposed_in_place_by_all(a):
    one = cuda.shared.array((8, 9), float32)
    bx, by, tx, ty = cuda.blockIdx.x, cuda.blockIdx.y, cuda.threadIdx.x, cuda.threadIdx.y
    one[ty, tx] = a[by * 8 + ty, bx * 8 + tx]  # BUG
    cuda.syncthreads()
    a[bx * 8 + ty, by * 8 + tx] = one[tx, ty]  # BUG


@buggy("lost-update", 1, 16, lock, by_chance=True)
@cuda.jit
def lock_looked_at_before_cas(lock, total, x):
    done = False
    while not done:
        if lock[0] == 0:
            cuda.atomic.cas(lock, 0, 0, 1)  # BUG
            cuda.threadfence()
            total[0] += x[cuda.grid(1)]
            cuda.threadfence()
            cuda.atomic.exch(lock, 0, 0)
            done = True


@buggy("lost-update", 16, 1, lock, by_chance=True)
@cuda.jit
def lock_awaited_then_exch(lock, total, x):
    while lock[0] != 0:
        pass
    cuda.atomic.exch(lock, 0, 1)  # BUG
    cuda.threadfence()
    total[0] += x[cuda.grid(1)]
    cuda.threadfence()
    cuda.atomic.exch(lock, 0, 0)


@buggy("uninitialised-read", 2, 64, lambda r: (floats(r, 128), zeros(128)))
@cuda.jit
def local_array_filled_in_one_branch(x, y):
    i = cuda.grid(1)
    a = cuda.local.array(8, float32)
    for k in range(8):
        if i % 2 == 0:
            a[k] = x[i]
    s = float32(0)
    for k in range(8):
        s += a[k]  # BUG
    y[i] = s


@buggy("uninitialised-read", (3, 3), (8, 8), picture)
@cuda.jit
def nine_points_without_corners(a, b):
    s = cuda.shared.array((10, 10), float32)
    x, y = cuda.grid(2)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    here = y < a.shape[0] and x < a.shape[1]
    s[ty + 1, tx + 1] = a[y, x] if here else 0
    if tx == 0:
        s[ty + 1, 0] = a[y, x - 1] if here and x > 0 else 0
    if tx == 7:
        s[ty + 1, 9] = a[y, x + 1] if here and x + 1 < a.shape[1] else 0
    if ty == 0:
        s[0, tx + 1] = a[y - 1, x] if here and y > 0 else 0
    if ty == 7:
        s[9, tx + 1] = a[y + 1, x] if here and y + 1 < a.shape[0] else 0
    cuda.syncthreads()
    if here:
        acc = float32(0)
        for i in range(3):
            for j in range(3):
                acc += s[ty + i, tx + j]  # BUG
        b[y, x] = acc


@buggy("out-of-bounds", 2, 32, sparse)
@cuda.jit
def sparse_row_that_takes_one_more(ptr, col, val, x, y):
    i = cuda.grid(1)
    if i < y.size:
        acc = float32(0)
        k = ptr[i]
        while k <= ptr[i + 1]:
            acc += val[k] * x[col[k]]  # BUG
            k += 1
        y[i] = acc


@buggy("divergent-warp", 40, 32, sparse)
@cuda.jit
def sparse_row_shuffled_inside_the_loop(ptr, col, val, x, y):
    row = cuda.blockIdx.x
    lane = cuda.laneid
    acc = float32(0)
    for k in range(ptr[row] + lane, ptr[row + 1], 32):
        acc += val[k] * x[col[k]]
        acc += cuda.shfl_xor_sync(0xFFFFFFFF, acc, 1)  # BUG
    if lane == 0:
        y[row] = acc


@buggy("missing-barrier", 1, 16, unsorted)
@cuda.jit
def bitonic_sort_in_which_both_sides_write(x):
    s = cuda.shared.array(16, int32)
    t = cuda.threadIdx.x
    s[t] = x[t]
    cuda.syncthreads()
    k = 2
    while k <= 16:
        j = k // 2
        while j > 0:
            p = t ^ j
            up = (t & k) == 0
            low = (p > t) == up
            mine = min(s[t], s[p]) if low else max(s[t], s[p])  # BUG
            s[t] = mine  # BUG
            cuda.syncthreads()
            j //= 2
        k *= 2
    x[t] = s[t]
