"""Where a thread is: grids of one to three dimensions, as Numba's kernel documentation defines them."""

import numpy as np
import pytest

from gpu_labs import cuda


@cuda.jit
def own_coordinates(y):
    i, j, k = cuda.grid(3)
    y[i, j, k, 0] = cuda.threadIdx.x + 10 * cuda.threadIdx.y + 100 * cuda.threadIdx.z
    y[i, j, k, 1] = cuda.blockIdx.x + 10 * cuda.blockIdx.y + 100 * cuda.blockIdx.z


@cuda.jit
def own_shape(y):
    if cuda.grid(1) == 0 and cuda.threadIdx.y == 0 and cuda.threadIdx.z == 0 and cuda.blockIdx.y == 0:
        y[0], y[1], y[2] = cuda.blockDim.x, cuda.blockDim.y, cuda.blockDim.z
        y[3], y[4], y[5] = cuda.gridDim.x, cuda.gridDim.y, cuda.gridDim.z


@cuda.jit
def grid_sizes(y):
    if cuda.grid(1) == 0 and cuda.threadIdx.y == 0 and cuda.threadIdx.z == 0 and cuda.blockIdx.y == 0:
        y[0] = cuda.gridsize(1)
        y[1], y[2] = cuda.gridsize(2)
        y[3], y[4], y[5] = cuda.gridsize(3)


@cuda.jit
def lanes(lane, size):
    i = cuda.threadIdx.y * cuda.blockDim.x + cuda.threadIdx.x
    lane[i] = cuda.laneid
    size[i] = cuda.warpsize


@cuda.jit
def grid_of_each_rank(one, two):
    i, j = cuda.grid(2)
    two[i, j] = 1
    if j == 0:
        one[cuda.grid(1)] += 1


def test_grid_is_block_times_size_plus_thread_in_each_dimension(run):
    y = np.zeros((4, 6, 4, 2), np.int32)
    run(own_coordinates, (2, 3, 2), (2, 2, 2), y)
    i, j, k = np.indices((4, 6, 4))
    np.testing.assert_array_equal(y[..., 0], i % 2 + 10 * (j % 2) + 100 * (k % 2))
    np.testing.assert_array_equal(y[..., 1], i // 2 + 10 * (j // 2) + 100 * (k // 2))


def test_block_and_grid_dimensions_are_those_of_the_launch(run):
    y = np.zeros(6, np.int32)
    run(own_shape, (3, 2), (4, 5, 2), y)
    assert y.tolist() == [4, 5, 2, 3, 2, 1]


def test_gridsize_is_the_number_of_threads_in_each_dimension(run):
    y = np.zeros(6, np.int64)
    run(grid_sizes, (3, 2), (4, 5, 2), y)
    assert y.tolist() == [12, 12, 10, 12, 10, 2]


def test_lanes_count_through_the_flat_block_with_x_fastest(run):
    lane, size = np.zeros(60, np.int32), np.zeros(60, np.int32)
    run(lanes, 1, (10, 6), lane, size)
    np.testing.assert_array_equal(lane, np.arange(60) % 32)
    assert set(size) == {32}


def test_a_kernel_may_ask_for_its_place_in_several_ranks(run):
    one, two = np.zeros(8, np.int32), np.zeros((8, 6), np.int32)
    run(grid_of_each_rank, (2, 2), (4, 3), one, two)
    assert one.tolist() == [1] * 8
    assert two.all()


@pytest.mark.parametrize(("grid", "block"), [(6, 1), ((6,), (1,)), ((6, 1, 1), (1, 1, 1)), (2, 3)])
def test_a_number_and_a_tuple_are_the_same_launch(run, grid, block):
    @cuda.jit
    def count(y):
        y[cuda.grid(1)] += 1

    y = np.zeros(6, np.int32)
    run(count, grid, block, y)
    assert y.tolist() == [1] * 6
