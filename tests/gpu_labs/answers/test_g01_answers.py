"""G01: which answers pass, which fail, and for what reason."""

import pytest
import torch

from gpu_labs import cuda
from gpu_labs.autograd import blocks_for, kernel_function, launch
from gpu_labs.G01_guards import task
from tests.gpu_labs.solved_labs import solution

from .graded import reason

reference = solution("G01_guards")


@cuda.jit
def early_return(x, a, b, y):
    i = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if i >= y.shape[0]:
        return
    y[i] = b + x[i] * a


@cuda.jit
def grid_stride(x, a, b, y):
    for i in range(cuda.grid(1), len(x), cuda.gridsize(1)):
        y[i] = a * x[i] + b


@cuda.jit
def empty(x, a, b, y):
    pass


@cuda.jit
def no_guard(x, a, b, y):
    i = cuda.grid(1)
    y[i] = a * x[i] + b


@cuda.jit
def one_too_many(x, a, b, y):
    i = cuda.grid(1)
    if i <= x.size:
        y[i] = a * x[i] + b


@cuda.jit
def guard_too_tight(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size - 1:
        y[i] = a * x[i] + b


@cuda.jit
def first_block_only(x, a, b, y):
    i = cuda.threadIdx.x
    if i < x.size:
        y[i] = a * x[i] + b


@cuda.jit
def constant(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = 3.0


@cuda.jit
def numbers_of_the_example(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = 2.0 * x[i] + 1.0


@cuda.jit
def size_of_the_example(x, a, b, y):
    i = cuda.grid(1)
    if i < 300 and i < x.size:
        y[i] = a * x[i] + b


@cuda.jit
def overwrites_its_input(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        x[i] = a * x[i] + b
        y[i] = x[i]


@cuda.jit
def one_thread_does_it_all_for_everyone(x, a, b, y):
    for i in range(x.size):
        y[i] = a * x[i] + b


@cuda.jit
def too_few_parameters(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = 2 * x[i] + 1


@cuda.jit
def not_for_a_gpu(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = sum([a * x[i], b])


@cuda.jit
def grad_guarded(grad_y, a, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = grad_y[i] * a


@cuda.jit
def grad_unguarded(grad_y, a, grad_x):
    grad_x[cuda.grid(1)] = grad_y[cuda.grid(1)] * a


@cuda.jit
def grad_divided(grad_y, a, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = grad_y[i] / a


@cuda.jit
def grad_of_the_identity(grad_y, a, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = grad_y[i]


@cuda.jit
def grad_is_the_slope(grad_y, a, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = a


@cuda.jit
def grad_accumulated_into_nothing(grad_y, a, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] += a * grad_y[i]


@cuda.jit
def grad_of_the_example(grad_y, a, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = 2.0 * grad_y[i]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.affine_kernel, ""),
        (early_return, ""),
        (grid_stride, ""),
        (empty, "wrong-values"),
        (no_guard, "out-of-bounds"),
        (one_too_many, "out-of-bounds"),
        (guard_too_tight, "wrong-values"),
        (first_block_only, "wrong-values"),
        (constant, "wrong-values"),
        (numbers_of_the_example, "wrong-values"),
        (size_of_the_example, "wrong-values"),
        (overwrites_its_input, "input-changed"),
        (one_thread_does_it_all_for_everyone, "reads"),
        (too_few_parameters, "error"),
        (not_for_a_gpu, "error"),
    ],
)
def test_forward(answer, expected):
    assert reason(task.forward, answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.affine_grad_kernel, ""),
        (grad_guarded, ""),
        (grad_unguarded, "out-of-bounds"),
        (grad_divided, "wrong-values"),
        (grad_of_the_identity, "wrong-values"),
        (grad_is_the_slope, "wrong-values"),
        (grad_accumulated_into_nothing, "wrong-values"),
        (grad_of_the_example, "wrong-values"),
    ],
)
def test_backward(answer, expected):
    assert reason(task.backward, answer) == expected


def affine_without_slope(grad):
    return grad.clone()


def affine_of_one_block(x, a, b):
    y = torch.zeros_like(x)
    launch(reference.affine_kernel, 1, 128, x, a, b, out=y)
    return y


def affine_in_float32(x, a, b):
    y = torch.empty(x.shape, dtype=torch.float32)
    launch(reference.affine_kernel, blocks_for(x.numel()), 128, x, a, b, out=y)
    return y.double()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.affine, ""),
        (lambda x, a, b: reference.affine(x.contiguous(), a, b), ""),
        (kernel_function(reference.affine_forward), "error"),
        (kernel_function(reference.affine_forward, affine_without_slope), "gradient"),
        (kernel_function(affine_of_one_block, reference.affine_backward), "wrong-values"),
        (kernel_function(lambda x, a, b: a * x + b, reference.affine_backward), "not-launched"),
        (kernel_function(reference.affine_forward, lambda grad, a: a * grad), "not-launched"),
        (kernel_function(affine_in_float32, reference.affine_backward), "wrong-values"),
    ],
)
def test_function(answer, expected):
    assert reason(task.function, answer) == expected
