"""Seeded bugs in how a lock is given back: one cause, one finding, with the words that mend it."""

import numpy as np

from gpu_labs import cuda

from .samples import buggy, zeros


def lock_and_total(r):
    return (zeros(1, dtype=np.int32), zeros(1))


@buggy("race-read-write", 4, 32, lock_and_total, alone=True, by_chance=True)
@cuda.jit
def lock_given_back_by_a_store(lock, total):
    if cuda.threadIdx.x == 0:
        while cuda.atomic.cas(lock, 0, 0, 1) != 0:
            pass
        cuda.threadfence()
        total[0] += 1
        cuda.threadfence()
        lock[0] = 0  # BUG


@buggy("race-read-write", 4, 32, lock_and_total, alone=True, by_chance=True)
@cuda.jit
def lock_taken_by_exch_given_back_by_a_store(lock, total):
    if cuda.threadIdx.x == 0:
        while cuda.atomic.exch(lock, 0, 1) != 0:
            pass
        total[0] += 1
        lock[0] = 0  # BUG


@buggy("race-read-write", 4, 32, lock_and_total, alone=True, by_chance=True)
@cuda.jit
def tried_lock_given_back_by_a_store(lock, total):
    if cuda.threadIdx.x == 0:
        done = False
        while not done:
            if cuda.atomic.cas(lock, 0, 0, 1) == 0:
                cuda.threadfence()
                total[0] += 1
                cuda.threadfence()
                lock[0] = 0  # BUG
                done = True


@cuda.jit(device=True)
def give_by_a_store(lock):
    cuda.threadfence()
    lock[0] = 0  # BUG


@cuda.jit(device=True)
def take_by_cas(lock):
    while cuda.atomic.cas(lock, 0, 0, 1) != 0:
        pass
    cuda.threadfence()


@buggy("race-read-write", 4, 32, lock_and_total, alone=True, by_chance=True, where=give_by_a_store)
@cuda.jit
def lock_of_device_functions_given_back_by_a_store(lock, total):
    if cuda.threadIdx.x == 0:
        take_by_cas(lock)
        total[0] += 1
        give_by_a_store(lock)


@buggy("lost-update", 4, 32, lock_and_total, alone=True)
@cuda.jit
def lock_without_a_fence(lock, total):
    if cuda.threadIdx.x == 0:
        while cuda.atomic.cas(lock, 0, 0, 1) != 0:
            pass
        total[0] += 1  # BUG
        cuda.atomic.sub(lock, 0, 1)
