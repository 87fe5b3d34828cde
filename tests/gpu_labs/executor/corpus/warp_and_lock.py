"""Functions of a thread that several samples call: a sum over a warp, and a lock."""

from gpu_labs import cuda


@cuda.jit(device=True)
def warp_sum(v, mask):
    k = 16
    while k > 0:
        v += cuda.shfl_down_sync(mask, v, k)
        k //= 2
    return v


@cuda.jit(device=True)
def lock_it(m, k):
    while cuda.atomic.cas(m, k, 0, 1) != 0:
        pass
    cuda.threadfence()


@cuda.jit(device=True)
def unlock_it(m, k):
    cuda.threadfence()
    cuda.atomic.exch(m, k, 0)


@cuda.jit(device=True)
def deposit(m, acc, k, v):
    lock_it(m, k)
    acc[k] += v
    unlock_it(m, k)
