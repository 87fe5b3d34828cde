"""A right answer to G01."""

from __future__ import annotations

import torch

from gpu_labs import cuda
from gpu_labs.autograd import blocks_for, kernel_function, launch

THREADS = 128


@cuda.jit
def affine_kernel(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = a * x[i] + b


@cuda.jit
def affine_grad_kernel(grad_y, a, grad_x):
    i = cuda.grid(1)
    if i < grad_y.size:
        grad_x[i] = a * grad_y[i]


def affine_forward(x: torch.Tensor, a: float, b: float) -> torch.Tensor:
    y = torch.empty_like(x)
    launch(affine_kernel, blocks_for(x.numel(), THREADS), THREADS, x, a, b, out=y)
    return y


def affine_backward(grad: torch.Tensor, a: float) -> torch.Tensor:
    grad_x = torch.empty_like(grad)
    launch(affine_grad_kernel, blocks_for(grad.numel(), THREADS), THREADS, grad, a, out=grad_x)
    return grad_x


def affine_backward_backward(grad_grad: torch.Tensor, a: float) -> torch.Tensor:
    return affine_backward(grad_grad, a)  # the gradient is linear in `grad`, with the same slope


affine = kernel_function(affine_forward, kernel_function(affine_backward, affine_backward_backward))
