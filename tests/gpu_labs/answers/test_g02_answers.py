"""G02: which answers pass, which fail, and for what reason."""

import pytest
import torch

from gpu_labs import cuda
from gpu_labs.autograd import kernel_function, launch
from gpu_labs.G02_grid_stride import task
from tests.gpu_labs.solved_labs import solution

from .graded import reason

reference = solution("G02_grid_stride")


@cuda.jit
def while_loop(x, y):
    i = cuda.grid(1)
    while i < x.size:
        y[i] = x[i] if x[i] > 0 else 0
        i += cuda.gridDim.x * cuda.blockDim.x


@cuda.jit
def one_element_a_thread(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = max(x[i], 0)


@cuda.jit
def step_of_the_block_only(x, y):
    for i in range(cuda.grid(1), x.size, cuda.blockDim.x):
        y[i] = max(x[i], 0)


@cuda.jit
def starts_at_zero(x, y):
    for i in range(0, x.size, 1):
        y[i] = max(x[i], 0)


@cuda.jit
def step_of_the_example(x, y):
    for i in range(cuda.grid(1), x.size, 256):
        y[i] = max(x[i], 0)


@cuda.jit
def runs_past_the_end(x, y):
    for i in range(cuda.grid(1), x.size + cuda.gridsize(1), cuda.gridsize(1)):
        y[i] = max(x[i], 0)


@cuda.jit
def absolute_value(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[i] = abs(x[i])


@cuda.jit
def leaves_negatives_unwritten(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        if x[i] > 0:
            y[i] = x[i]


@cuda.jit
def zero_everywhere(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[i] = 0


@cuda.jit
def grad_by_product(x, grad_y, grad_x):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        grad_x[i] = grad_y[i] * (x[i] > 0)


@cuda.jit
def grad_one_at_zero(x, grad_y, grad_x):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        grad_x[i] = grad_y[i] if x[i] >= 0 else 0


@cuda.jit
def grad_of_the_sign_of_the_gradient(x, grad_y, grad_x):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        grad_x[i] = max(grad_y[i], 0)


@cuda.jit
def grad_is_the_mask(x, grad_y, grad_x):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        grad_x[i] = 1 if x[i] > 0 else 0


@cuda.jit
def grad_without_a_loop(x, grad_y, grad_x):
    i = cuda.grid(1)
    if i < x.size:
        grad_x[i] = grad_y[i] if x[i] > 0 else 0


@cuda.jit
def grad_left_unwritten(x, grad_y, grad_x):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        if x[i] > 0:
            grad_x[i] = grad_y[i]


@cuda.jit
def grad_endless(x, grad_y, grad_x):
    i = cuda.grid(1)
    while i < x.size:
        grad_x[i] = 0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.relu_kernel, ""),
        (while_loop, ""),
        (one_element_a_thread, "wrong-values"),
        (step_of_the_block_only, "reads"),
        (starts_at_zero, "reads"),
        (step_of_the_example, "wrong-values"),
        (runs_past_the_end, "out-of-bounds"),
        (absolute_value, "wrong-values"),
        (leaves_negatives_unwritten, "wrong-values"),
        (zero_everywhere, "wrong-values"),
    ],
)
def test_forward(answer, expected):
    assert reason(task.forward, answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.relu_grad_kernel, ""),
        (grad_by_product, ""),
        (grad_one_at_zero, "wrong-values"),
        (grad_of_the_sign_of_the_gradient, "wrong-values"),
        (grad_is_the_mask, "wrong-values"),
        (grad_without_a_loop, "wrong-values"),
        (grad_left_unwritten, "wrong-values"),
        (grad_endless, "endless-loop"),
    ],
)
def test_backward(answer, expected):
    assert reason(task.backward, answer) == expected


def relu_that_passes_all_gradients(grad, x):
    return grad.clone()


def relu_of_small_vectors(x):
    y = torch.zeros_like(x)
    launch(one_element_a_thread, 3, 64, x, out=y)
    return y


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reference.relu, ""),
        (kernel_function(reference.relu_forward, reference.relu_backward), ""),
        (kernel_function(reference.relu_forward, relu_that_passes_all_gradients), "gradient"),
        (kernel_function(relu_of_small_vectors, reference.relu_backward), "wrong-values"),
        (lambda x: reference.relu(x).detach(), "error"),
    ],
)
def test_function(answer, expected):
    assert reason(task.function, answer) == expected
