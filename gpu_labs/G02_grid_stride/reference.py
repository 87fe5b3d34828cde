"""A right answer to G02."""

from __future__ import annotations

import torch

from gpu_labs import cuda
from gpu_labs.autograd import kernel_function, launch

BLOCKS, THREADS = 3, 64


@cuda.jit
def relu_kernel(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[i] = max(x[i], 0)


@cuda.jit
def relu_grad_kernel(x, grad_y, grad_x):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        if x[i] > 0:
            grad_x[i] = grad_y[i]
        else:
            grad_x[i] = 0


def relu_forward(x: torch.Tensor) -> torch.Tensor:
    y = torch.empty_like(x)
    launch(relu_kernel, BLOCKS, THREADS, x, out=y)
    return y


def relu_backward(grad: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    grad_x = torch.empty_like(x)
    launch(relu_grad_kernel, BLOCKS, THREADS, x, grad, out=grad_x)
    return grad_x


def relu_backward_backward(grad_grad: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, None]:
    return relu_backward(grad_grad, x), None  # linear in `grad`; its slope in x is 0 wherever it has one


relu = kernel_function(relu_forward, kernel_function(relu_backward, relu_backward_backward))
