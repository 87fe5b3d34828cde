"""Kernels, and the functions that `kernel_function` makes of them."""

import math

import torch

from gpu_labs import cuda
from gpu_labs.autograd import blocks_for, kernel_function, launch


@cuda.jit
def tanh_kernel(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = math.tanh(x[i])


@cuda.jit
def tanh_grad_kernel(y, grad_y, grad_x):
    i = cuda.grid(1)
    if i < y.size:
        grad_x[i] = grad_y[i] * (1 - y[i] * y[i])


@cuda.jit
def tanh_grad_y_kernel(y, grad_y, grad_grad, out):
    i = cuda.grid(1)
    if i < y.size:
        out[i] = -2 * y[i] * grad_y[i] * grad_grad[i]


@cuda.jit
def scale_kernel(x, a, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = a * x[i]


@cuda.jit
def double_in_place_kernel(x):
    i = cuda.grid(1)
    if i < x.size:
        x[i] = 2 * x[i]


@cuda.jit
def sum_difference_kernel(x, y, total, difference):
    i = cuda.grid(1)
    if i < x.size:
        total[i] = x[i] + y[i]
        difference[i] = x[i] - y[i]


@cuda.jit
def writes_its_input_kernel(x, y):
    i = cuda.grid(1)
    if i < x.size:
        x[i] = 0
        y[i] = 1


@cuda.jit
def past_the_end_kernel(x, y):
    i = cuda.grid(1)
    y[i] = x[i]


def run_flat(kernel, like, *inputs):
    out = torch.empty(like.shape, dtype=like.dtype)
    launch(kernel, blocks_for(like.numel(), 4), 4, *[flat(value) for value in inputs], out=out.view(-1))
    return out


def flat(value):
    return value.reshape(-1) if isinstance(value, torch.Tensor) else value


def tanh_forward(x):
    return run_flat(tanh_kernel, x, x)


def tanh_backward(grad, out):
    return run_flat(tanh_grad_kernel, out, out, grad)


def tanh_backward_backward(grad_grad, grad, out):
    return (
        run_flat(tanh_grad_kernel, out, out, grad_grad),
        run_flat(tanh_grad_y_kernel, out, out, grad, grad_grad),
    )


def scale_forward(x, a=3.0):
    return run_flat(scale_kernel, x, x, a)


def scale_backward(grad, a):
    return run_flat(scale_kernel, grad, grad, a)


def double_forward(x):
    launch(double_in_place_kernel, blocks_for(x.numel(), 4), 4, out=x)
    return x


def double_backward(grad):
    return run_flat(scale_kernel, grad, grad, 2.0)


def sum_difference_forward(x, y):
    total, difference = torch.empty_like(x), torch.empty_like(x)
    launch(sum_difference_kernel, blocks_for(x.numel(), 4), 4, x, y, out=(total, difference))
    return total, difference


def sum_difference_backward(grad_total, grad_difference):
    grad_x, grad_y = torch.empty_like(grad_total), torch.empty_like(grad_total)
    launch(
        sum_difference_kernel,
        blocks_for(grad_x.numel(), 4),
        4,
        grad_total,
        grad_difference,
        out=(grad_x, grad_y),
    )
    return grad_x, grad_y


tanh_once = kernel_function(tanh_forward, tanh_backward)


tanh = kernel_function(tanh_forward, kernel_function(tanh_backward, tanh_backward_backward))


scale = kernel_function(scale_forward, scale_backward)


double_ = kernel_function(double_forward, double_backward)


sum_difference = kernel_function(sum_difference_forward, sum_difference_backward)


def numbers(*shape, dtype=torch.float64):
    return torch.linspace(-1.5, 1.5, math.prod(shape), dtype=torch.float64).reshape(shape).to(dtype)
