"""Lock-step, serial, NumPy and Numba's simulator give the same numbers, for any sizes, order and data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpu_labs import cuda, inspect

ROOT = Path(__file__).resolve().parents[3]
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
sizes = st.integers(1, 70)
seeds = st.none() | st.integers(0, 99)


@cuda.jit
def polynomial(x, y, a, b):
    i = cuda.grid(1)
    if i < x.size:
        total = x[i] * a
        for j in range(i % 5):
            if j == 3:
                continue
            total = total * b + x[j % x.size]
        y[i] = total


@cuda.jit
def integers(x, y, z):
    i = cuda.grid(1)
    if i < x.size:
        v = x[i]
        n = 0
        while v != 0 and n < 64:
            v = (v >> 1) ^ (v & 3)
            n += 1
        y[i] = (x[i] * 6364136223846793005 + n) % 1000003
        z[i] = x[i] // 7 - (x[i] % 5) * (-x[i] if x[i] < 0 else 3)


@cuda.jit
def scan(x, y):
    s = cuda.shared.array(64, np.int64)
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    s[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    step = 1
    while step < 64:
        v = s[t - step] if t >= step else 0
        cuda.syncthreads()
        s[t] += v
        cuda.syncthreads()
        step *= 2
    if i < x.size:
        y[i] = s[t]


@cuda.jit
def squares(z, w):
    i = cuda.grid(1)
    w[i] = z[i] * z[i] + z[i].conjugate() * 1j


@cuda.jit
def racy(x, n):
    i = cuda.grid(1)
    if i < n:
        x[i] = x[(i + 1) % n] + 1


def on_both(kernel, grid, block, *arguments, seed=None):
    """The arrays after the run, which must be the same bits on both engines; also the findings."""
    results = []
    for engine in ("lock-step", "serial"):
        copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        launch = inspect(kernel, grid, block, *copies, engine=engine, seed=seed)
        assert launch.engine == engine
        results.append((copies, {(f.kind, f.line, f.other_line) for f in launch.findings}))
    (first, found), (second, also) = results
    assert found == also
    for a, b in zip(first, second, strict=True):
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b)
    return first, found


@few
@given(n=sizes, block=st.sampled_from([1, 7, 32, 64]), dtype=st.sampled_from(["f4", "f8"]), seed=seeds)
def test_floating_point_arithmetic_has_the_same_bits(n, block, dtype, seed):
    x = np.random.default_rng(n).standard_normal(n).astype(dtype)
    arguments = (x, np.zeros_like(x), np.float32(1.7), np.float32(0.3))
    _, found = on_both(polynomial, -(-n // block), block, *arguments, seed=seed)
    assert not found


@few
@given(n=sizes, dtype=st.sampled_from(["c8", "c16"]))
def test_complex_products_have_the_same_bits(n, dtype):
    z = np.random.default_rng(n).standard_normal(2 * n).view("c16").astype(dtype)
    (_, w), found = on_both(squares, 1, n, z, np.zeros_like(z))
    assert not found
    np.testing.assert_allclose(w, z * z + z.conj() * 1j, rtol=1e-5, atol=1e-6)


@few
@given(values=st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=40), seed=seeds)
def test_integer_arithmetic_is_numpys_with_wrap_around(values, seed):
    x = np.array(values, np.int64)
    (_, y, z), found = on_both(integers, 2, 32, x, np.zeros_like(x), np.zeros_like(x), seed=seed)
    assert not found
    with np.errstate(all="ignore"):
        right = x // 7 - (x % 5) * np.where(x < 0, -x, 3)
    reached = np.arange(len(x)) < 64
    np.testing.assert_array_equal(z[reached], right[reached])
    assert (np.abs(y) < 1000003).all()


@few
@given(blocks=st.integers(1, 4), short=st.integers(0, 63), seed=seeds)
def test_barriers_in_any_order_of_threads_give_numpys_sums(blocks, short, seed):
    x = np.random.default_rng(short).integers(-99, 99, blocks * 64 - short)
    (_, y), found = on_both(scan, blocks, 64, x, np.zeros_like(x), seed=seed)
    assert not found
    padded = np.concatenate((x, np.zeros(short, x.dtype))).reshape(blocks, 64)
    np.testing.assert_array_equal(y, padded.cumsum(1).reshape(-1)[: len(x)])


@few
@given(n=st.integers(2, 200), seed=seeds)
def test_a_race_is_found_in_any_order(n, seed):
    kinds = set()
    for engine in ("lock-step", "serial"):
        launch = inspect(racy, -(-n // 64), 64, np.zeros(n), n, engine=engine, seed=seed)
        kinds |= {f.kind for f in launch.errors}
        assert launch.errors
    assert kinds <= {"missing-barrier", "race-read-write"}


def test_numbas_simulator_agrees_on_small_launches():
    code = (
        "import sys, numpy as np\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from benchmarks.executor_kernels import matmul, saxpy\n"
        "x = np.arange(40, dtype=np.float32); y = np.ones(40, np.float32)\n"
        "saxpy[5, 8](np.float32(0.1), x, y)\n"
        "a = np.arange(256, dtype=np.float32).reshape(16, 16) / 7; c = np.zeros_like(a)\n"
        "matmul[1, (16, 16)](a, a, c)\n"
        "print(y.tobytes().hex(), c.tobytes().hex())\n"
    )
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    from benchmarks.executor_kernels import matmul, saxpy

    x, y = np.arange(40, dtype=np.float32), np.ones(40, np.float32)
    inspect(saxpy, 5, 8, np.float32(0.1), x, y)
    a = np.arange(256, dtype=np.float32).reshape(16, 16) / 7
    c = np.zeros_like(a)
    inspect(matmul, 1, (16, 16), a, a, c)
    theirs = [np.frombuffer(bytes.fromhex(h), np.float32) for h in said.stdout.split()]
    np.testing.assert_array_equal(y, theirs[0])
    np.testing.assert_array_equal(c.reshape(-1), theirs[1])
