"""Correct kernels: two and three dimensions, broadcasting, views of rows."""

import numpy as np

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros


@correct((3, 2), (8, 8), lambda r: (floats(r, 20, 15), zeros(20, 15)), lambda x, y: {"y": 2 * x})
@cuda.jit
def guarded_2d(x, y):
    i, j = cuda.grid(2)
    if i < x.shape[0] and j < x.shape[1]:
        y[i, j] = 2 * x[i, j]


@correct((2, 3), (8, 8), lambda r: (floats(r, 20, 15), zeros(20, 15)), lambda x, y: {"y": x + 1})
@cuda.jit
def x_is_the_column(x, y):
    column, row = cuda.grid(2)
    rows, columns = x.shape
    if row < rows and column < columns:
        y[row, column] = x[row, column] + 1


@correct((2, 2, 2), (4, 4, 4), lambda r: (floats(r, 7, 6, 5), zeros(7, 6, 5)), lambda x, y: {"y": -x})
@cuda.jit
def guarded_3d(x, y):
    i, j, k = cuda.grid(3)
    if i < x.shape[0] and j < x.shape[1] and k < x.shape[2]:
        y[i, j, k] = -x[i, j, k]


@correct((1, 1), (4, 4), lambda r: (floats(r, 10, 9), zeros(10, 9)), lambda x, y: {"y": x * 3})
@cuda.jit
def grid_stride_2d(x, y):
    start_i, start_j = cuda.grid(2)
    step_i, step_j = cuda.gridsize(2)
    for i in range(start_i, x.shape[0], step_i):
        for j in range(start_j, x.shape[1], step_j):
            y[i, j] = x[i, j] * 3


@correct((2, 2), (8, 8), lambda r: (floats(r, 12, 13), zeros(13, 12)), lambda x, y: {"y": x.T})
@cuda.jit
def naive_transpose(x, y):
    i, j = cuda.grid(2)
    if i < x.shape[0] and j < x.shape[1]:
        y[j, i] = x[i, j]


@correct(
    (2, 2),
    (8, 8),
    lambda r: (floats(r, 10, 1), floats(r, 1, 12), zeros(10, 12)),
    lambda a, b, y: {"y": a + b},
)
@cuda.jit
def broadcast_row_and_column(a, b, y):
    i, j = cuda.grid(2)
    if i < y.shape[0] and j < y.shape[1]:
        y[i, j] = a[i, 0] + b[0, j]


@correct(
    (2, 2),
    (8, 8),
    lambda r: (floats(r, 10, 12), floats(r, 12), zeros(10, 12)),
    lambda x, bias, y: {"y": x + bias},
)
@cuda.jit
def add_bias(x, bias, y):
    i, j = cuda.grid(2)
    if i < y.shape[0] and j < y.shape[1]:
        y[i, j] = x[i, j] + bias[j]


@correct(
    (2, 2), (8, 8), lambda r: (floats(r, 1, 1), floats(r, 9, 12), zeros(9, 12)), lambda a, b, y: {"y": a * b}
)
@cuda.jit
def broadcast_by_size_one(a, b, y):
    i, j = cuda.grid(2)
    if i < y.shape[0] and j < y.shape[1]:
        y[i, j] = a[i if a.shape[0] > 1 else 0, j if a.shape[1] > 1 else 0] * b[i, j]


@correct(2, 32, lambda r: (floats(r, 40, 30), zeros(40)), lambda x, y: {"y": x.sum(1)})
@cuda.jit
def row_sums(x, y):
    i = cuda.grid(1)
    if i < x.shape[0]:
        total = 0.0
        for j in range(x.shape[1]):
            total += x[i, j]
        y[i] = total


@correct(1, 32, lambda r: (floats(r, 40, 30), zeros(30)), lambda x, y: {"y": x.sum(0)})
@cuda.jit
def column_sums_undo_a_broadcast(x, y):
    j = cuda.grid(1)
    if j < x.shape[1]:
        total = 0.0
        for i in range(x.shape[0]):
            total += x[i, j]
        y[j] = total


@correct(1, 32, lambda r: (floats(r, 20, 6), zeros(20)), lambda x, y: {"y": x.max(1)})
@cuda.jit
def row_view(x, y):
    i = cuda.threadIdx.x
    if i < x.shape[0]:
        row = x[i]
        best = row[0]
        for j in range(1, row.size):
            best = max(best, row[j])
        y[i] = best


@correct(1, 32, lambda r: (floats(r, 12), zeros(10)), lambda x, y: {"y": x[1:11]})
@cuda.jit
def slice_of_an_array(x, y):
    i = cuda.threadIdx.x
    middle = x[1:11]
    if i < middle.size:
        y[i] = middle[i]


@correct(
    (2, 2),
    (8, 8),
    lambda r: (floats(r, 9, 11), floats(r, 11, 10), zeros(9, 10)),
    lambda a, b, c: {"c": a @ b},
)
@cuda.jit
def naive_matmul(a, b, c):
    i, j = cuda.grid(2)
    if i < c.shape[0] and j < c.shape[1]:
        total = 0.0
        for k in range(a.shape[1]):
            total += a[i, k] * b[k, j]
        c[i, j] = total


@correct(2, 32, lambda r: (floats(r, 33, 21), floats(r, 21), zeros(33)), lambda a, x, y: {"y": a @ x})
@cuda.jit
def matrix_vector(a, x, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = 0
        for k in range(x.size):
            y[i] += a[i, k] * x[k]


@correct(
    (2, 2),
    (8, 8),
    lambda r: (floats(r, 9), floats(r, 12), zeros(9, 12)),
    lambda a, b, y: {"y": np.outer(a, b)},
)
@cuda.jit
def outer_product(a, b, y):
    i, j = cuda.grid(2)
    if i < a.size and j < b.size:
        y[i, j] = a[i] * b[j]


@correct(
    (2, 2),
    (8, 8),
    lambda r: (floats(r, 12, 14), zeros(12, 14)),
    lambda x, y: {
        "y": np.where(
            np.pad(np.ones((10, 12)), 1) > 0,
            np.roll(x, 1, 0) + np.roll(x, -1, 0) + np.roll(x, 1, 1) + np.roll(x, -1, 1) - 4 * x,
            0,
        )
    },
)
@cuda.jit
def five_point_laplacian(x, y):
    i, j = cuda.grid(2)
    if 0 < i < x.shape[0] - 1 and 0 < j < x.shape[1] - 1:
        y[i, j] = x[i - 1, j] + x[i + 1, j] + x[i, j - 1] + x[i, j + 1] - 4 * x[i, j]


@correct(
    (1, 1),
    (8, 8),
    lambda r: (floats(r, 16, 12), zeros(8, 6)),
    lambda x, y: {"y": x.reshape(8, 2, 6, 2).max((1, 3))},
)
@cuda.jit
def max_pool_2x2(x, y):
    i, j = cuda.grid(2)
    if i < y.shape[0] and j < y.shape[1]:
        best = x[2 * i, 2 * j]
        for di in range(2):
            for dj in range(2):
                best = max(best, x[2 * i + di, 2 * j + dj])
        y[i, j] = best


@correct(2, 32, lambda r: (floats(r, 45), zeros(15)), lambda x, y: {"y": x.reshape(15, 3).mean(1)})
@cuda.jit
def average_pool_without_overlap(x, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = (x[3 * i] + x[3 * i + 1] + x[3 * i + 2]) / 3


@correct(
    (2, 2),
    (8, 4),
    lambda r: (integers(r, 10, 6, 3, below=256, dtype=np.uint8), zeros(10, 6)),
    lambda image, gray: {"gray": image @ np.array([0.3, 0.6, 0.1])},
)
@cuda.jit
def grey_of_a_colour_image(image, gray):
    i, j = cuda.grid(2)
    if i < gray.shape[0] and j < gray.shape[1]:
        gray[i, j] = 0.3 * image[i, j, 0] + 0.6 * image[i, j, 1] + 0.1 * image[i, j, 2]


@correct(
    (2, 1),
    (4, 8),
    lambda r: (zeros(8, 8, dtype=np.int32),),
    lambda y: {"y": np.add.outer(10 * np.arange(8), np.arange(8))},
)
@cuda.jit
def coordinates_by_hand(y):
    i = cuda.threadIdx.x + cuda.blockIdx.x * cuda.blockDim.x
    j = cuda.threadIdx.y + cuda.blockIdx.y * cuda.blockDim.y
    y[i, j] = 10 * i + j


@correct((2, 3), (4, 2), lambda r: (zeros(48, dtype=np.int32),), lambda y: {"y": np.arange(48)})
@cuda.jit
def flat_number_of_a_2d_thread(y):
    block = cuda.blockIdx.y * cuda.gridDim.x + cuda.blockIdx.x
    thread = cuda.threadIdx.y * cuda.blockDim.x + cuda.threadIdx.x
    n = block * (cuda.blockDim.x * cuda.blockDim.y) + thread
    y[n] = n


def _mandelbrot(height, width, most):
    c = np.add.outer(1j * (np.arange(height) / height * 2 - 1), np.arange(width) / width * 3 - 2)
    z, steps = np.zeros_like(c), np.zeros(c.shape, np.int32)
    for _ in range(most):
        inside = abs(z) <= 2
        z = np.where(inside, z * z + c, z)
        steps += inside
    return steps


@correct(
    (3, 2),
    (8, 8),
    lambda r: (zeros(14, 20, dtype=np.int32), 30),
    lambda steps, most: {"steps": _mandelbrot(14, 20, 30)},
)
@cuda.jit
def mandelbrot(steps, most):
    column, row = cuda.grid(2)
    height, width = steps.shape
    if row < height and column < width:
        c = complex(column / width * 3 - 2, row / height * 2 - 1)
        z = 0j
        n = 0
        while n < most and z.real * z.real + z.imag * z.imag <= 4:
            z = z * z + c
            n += 1
        steps[row, column] = n
