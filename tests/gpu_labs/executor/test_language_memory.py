"""Shared, local and constant arrays; views, records and complex numbers."""

import numpy as np
from numba import complex64, float32, float64, int32

from gpu_labs import cuda

TABLE = np.arange(12, dtype=np.float32).reshape(3, 4)
POINT = np.dtype([("x", np.float32), ("y", np.float64), ("n", np.int16)])


def test_each_block_has_its_own_shared_array(run):
    @cuda.jit
    def kernel(y):
        cell = cuda.shared.array(1, int32)
        if cuda.threadIdx.x == 0:
            cell[0] = 10 * cuda.blockIdx.x
        cuda.syncthreads()
        y[cuda.grid(1)] = cell[0]

    y = np.zeros(12, np.int32)
    run(kernel, 3, 4, y)
    assert y.tolist() == [0] * 4 + [10] * 4 + [20] * 4


def test_two_shared_arrays_on_one_line_are_two_arrays(run):
    @cuda.jit
    def kernel(y):
        a, b = cuda.shared.array(4, int32), cuda.shared.array(4, int32)
        t = cuda.threadIdx.x
        a[t] = 1
        b[t] = 2
        cuda.syncthreads()
        y[t] = 10 * a[3 - t] + b[3 - t]

    y = np.zeros(4, np.int32)
    launch = run(kernel, 1, 4, y)
    assert y.tolist() == [12] * 4
    assert {"a", "b"} < {array.name for array in launch.arrays}


def test_dynamic_shared_memory_has_the_size_of_the_launch_and_is_shared_by_its_arrays(run):
    @cuda.jit
    def kernel(y):
        numbers = cuda.shared.array(0, float32)
        same = cuda.shared.array(0, float32)
        t = cuda.threadIdx.x
        numbers[t] = t
        cuda.syncthreads()
        y[t] = same[7 - t] + numbers.size

    y = np.zeros(8, np.float32)
    run(kernel, 1, 8, y, shared_bytes=32)
    assert y.tolist() == [8 + 7 - t for t in range(8)]


def test_shared_arrays_of_two_dimensions_and_of_a_named_type(run):
    @cuda.jit
    def kernel(y):
        tile = cuda.shared.array(shape=(2, 3), dtype=np.float64)
        i, j = cuda.threadIdx.x, cuda.threadIdx.y
        tile[i, j] = 10 * i + j
        cuda.syncthreads()
        y[i, j] = tile[1 - i, 2 - j] + tile.shape[1]

    y = np.zeros((2, 3))
    run(kernel, 1, (2, 3), y)
    np.testing.assert_array_equal(y, [[15, 14, 13], [5, 4, 3]])


def test_local_arrays_are_each_threads_own(run):
    @cuda.jit
    def kernel(y):
        own = cuda.local.array((2, 2), float64)
        t = cuda.threadIdx.x
        for i in range(2):
            for j in range(2):
                own[i, j] = t * (i + 1) * (j + 1)
        y[t] = own[0, 0] + own[1, 1]

    y = np.zeros(40)
    run(kernel, 1, 40, y)
    np.testing.assert_array_equal(y, 5 * np.arange(40))


def test_constant_arrays_are_read_by_every_thread(run):
    @cuda.jit
    def kernel(y):
        table = cuda.const.array_like(TABLE)
        i, j = cuda.grid(2)
        y[i, j] = table[i, j] + table[2, 3]

    y = np.zeros((3, 4), np.float32)
    run(kernel, (1, 1), (3, 4), y)
    np.testing.assert_array_equal(y, TABLE + 11)


def test_rows_slices_and_attributes_of_arrays(run):
    @cuda.jit
    def kernel(x, y):
        t = cuda.threadIdx.x
        row = x[t]
        part = row[1:3]
        y[t, 0] = part[0] + part[1]
        y[t, 1] = len(x) + x.ndim + x.shape[1] + part.size
        x[t, 3:][0] = -1

    x, y = np.arange(12.0).reshape(3, 4), np.zeros((3, 2))
    run(kernel, 1, 3, x, y)
    np.testing.assert_array_equal(y[:, 0], [3, 11, 19])
    np.testing.assert_array_equal(y[:, 1], 3 + 2 + 4 + 2)
    assert (x[:, 3] == -1).all()


def test_fortran_order_and_strided_arrays_keep_their_elements(run):
    @cuda.jit
    def kernel(x, y):
        i, j = cuda.grid(2)
        y[i, j] = 2 * x[i, j]

    x, y = np.asfortranarray(np.arange(12.0).reshape(3, 4)), np.zeros((6, 4))[::2]
    run(kernel, (1, 1), (3, 4), x, y)
    np.testing.assert_array_equal(y, 2 * x)


def test_records_by_item_and_by_attribute(run):
    @cuda.jit
    def kernel(p):
        i = cuda.grid(1)
        p[i]["y"] = p[i]["x"] + 0.5
        p[i].n = p[i].n + i

    p = np.zeros(5, POINT)
    p["x"], p["n"] = np.arange(5), 7
    run(kernel, 1, 5, p)
    np.testing.assert_array_equal(p["y"], np.arange(5) + 0.5)
    np.testing.assert_array_equal(p["n"], np.arange(5) + 7)


def test_complex_numbers(run):
    @cuda.jit
    def kernel(z, y):
        own = cuda.local.array(1, complex64)
        i = cuda.grid(1)
        own[0] = z[i] * 1j
        y[i] = own[0] / (1 + 1j) + z[i].real - abs(z[i].imag)

    z = np.array([1 + 2j, -3 - 4j], np.complex64)
    y = np.zeros(2, np.complex64)
    run(kernel, 1, 2, z, y)
    np.testing.assert_allclose(y, z * 1j / (1 + 1j) + z.real - abs(z.imag), rtol=1e-6)


def test_global_arrays_are_frozen_when_the_kernel_is_compiled(run):
    @cuda.jit
    def kernel(y):
        i = cuda.grid(1)
        y[i] = TABLE[0, i]

    y = np.zeros(4)
    run(kernel, 1, 4, y)
    np.testing.assert_array_equal(y, TABLE[0])
