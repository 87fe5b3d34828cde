"""Functions `a * x + b`: those that kernels compute, however they move their data, and those that only seem to."""

from __future__ import annotations

import torch

from gpu_labs import cuda
from gpu_labs.autograd import blocks_for, kernel_function, launch


@cuda.jit
def copy(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = x[i]


@cuda.jit
def copy_of_the_second(x, other, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = other[i]


@cuda.jit
def nothing(x, y):
    i = cuda.grid(1)
    if i < 0:
        y[i] = x[i]


@cuda.jit
def affine_kernel(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = a * x[i] + b


@cuda.jit
def constant(x, value, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = value


@cuda.jit
def affine_of_the_output(a, b, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = a * y[i] + b


@cuda.jit
def affine_with_an_array(x, bias, a, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = a * x[i] + bias[i]


def launched(kernel, x, *numbers):
    y = torch.empty_like(x)
    launch(kernel, blocks_for(x.numel()), 128, x, *numbers, out=y)
    return y


def backward(grad, a):
    return launched(affine_kernel, grad, a, 0.0)


def backward_by_torch(grad, a):
    return launched(copy, a * grad)


def backward_beside_a_launch(grad, a):
    launched(copy, grad)
    return a * grad


def backward_under_a_launch(grad, a):
    y = launched(copy, grad)
    y.numpy()[...] = a * grad.numpy()
    return y


def forward(x, a, b):
    return launched(affine_kernel, x, a, b)


def torch_computes_and_a_kernel_copies(x, a, b):
    return launched(copy, a * x + b)


def a_launch_beside_torch(x, a, b):
    launched(copy, x)
    return a * x + b


def torch_finishes(x, a, b):
    return launched(affine_kernel, x, a, 0.0) + b


def torch_finishes_in_place(x, a, b):
    return launched(affine_kernel, x, a, 0.0).add_(b)


def numpy_computes(x, a, b):
    return launched(copy, torch.from_numpy(a * x.detach().numpy() + b))


def a_second_tensor_has_the_answer(x, a, b):
    y = torch.empty_like(x)
    launch(
        copy_of_the_second, blocks_for(x.numel()), 128, x, torch.from_numpy(a * x.detach().numpy() + b), out=y
    )
    return y


def numpy_writes_over(x, a, b):
    y = launched(copy, x)
    y.numpy()[...] = a * x.detach().numpy() + b
    return y


def numpy_changes_a_copy(x, a, b):
    changed = x.detach().clone()
    changed.numpy()[...] = a * changed.numpy() + b
    return launched(copy, changed)


def numpy_changes_what_is_given(x, a, b):
    numbers = x.detach().numpy()
    kept = numbers.copy()
    numbers[...] = a * numbers + b
    y = launched(copy, x)
    numbers[...] = kept
    return y


def numpy_fills_before_an_empty_launch(x, a, b):
    y = torch.empty_like(x)
    y.numpy()[...] = a * x.detach().numpy() + b
    launch(nothing, 1, 128, x, out=y)
    return y


def torch_fills_before_an_empty_launch(x, a, b):
    y = a * x.detach() + b
    launch(nothing, 1, 128, x, out=y)
    return y


def other_memory_behind_the_result(x, a, b):
    y = launched(copy, x)
    y.data = a * x.detach() + b
    return y


def written_over(x, a, b):
    y = launched(copy, x)
    y.copy_(a * x + b)
    return y


def one_number_by_torch(x, a, b):
    y = launched(affine_kernel, x, a, b)
    launch(constant, 1, 1, x, float(a * x[-1].item() + b), out=y[-1:])
    return y


def joined_with_torch(x, a, b):
    half = x.numel() // 2
    return torch.cat([launched(affine_kernel, x[:half], a, b), a * x[half:] + b])


def the_other_row_of_a_stack(x, a, b):
    return torch.stack([launched(affine_kernel, x, a, b), a * x + b])[1]


def torch_chooses(x, a, b):
    return torch.where(x > 0, launched(affine_kernel, x, a, b), a * x + b)


def torch_puts_some_elements(x, a, b):
    y = launched(affine_kernel, x, a, b)
    y[x > 0] = (a * x + b)[x > 0]
    return y


def torch_writes_the_last_element(x, a, b):
    y = launched(affine_kernel, x, a, b)
    y[-1:] = (a * x + b)[-1:]
    return y


def a_launch_writes_the_last_element(x, a, b):
    y = a * x + b
    y[-1:] = launched(affine_kernel, x[-1:], a, b)
    return y


def a_launch_on_a_clone(x, a, b):
    launched(affine_kernel, x.clone(), a, b)
    return a * x.clone() + b


def two_launches_and_neither_is_used(x, a, b):
    launched(affine_kernel, launched(affine_kernel, x, a, b), a, b)
    return x.mul(a).add(b)


def torch_writes_into_the_output(x, a, b):
    return torch.add(a * x, b, out=launched(affine_kernel, x, a, b))


def torch_writes_the_bytes(x, a, b):
    y = launched(copy, x)
    y.view(torch.int64).copy_((a * x + b).view(torch.int64))
    return y


def a_view_that_negates(x, a, b):
    return torch._neg_view(launched(affine_kernel, x, -a, -b))


_kept = {}


def an_answer_in_a_global(x, a, b):
    _kept["answer"] = a * x.detach() + b
    launched(affine_kernel, x, a, b)
    return _kept.pop("answer")


def what_was_answered_before(x, a, b):
    launched(affine_kernel, x, a, b)
    return _kept.setdefault(x.numel(), a * x.detach() + b)


class BackwardOfTorch(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, a, b):
        ctx.a = a
        return launched(affine_kernel, x, a, b)

    @staticmethod
    def backward(ctx, grad):
        return launched(affine_kernel, grad, ctx.a, 0.0) + 0, None, None


CHEATS = [
    kernel_function(run, run_backward)
    for run, run_backward in [
        (torch_computes_and_a_kernel_copies, backward),
        (a_launch_beside_torch, backward),
        (torch_finishes, backward),
        (torch_finishes_in_place, backward),
        (numpy_computes, backward),
        (a_second_tensor_has_the_answer, backward),
        (written_over, backward),
        (numpy_writes_over, backward),
        (numpy_changes_a_copy, backward),
        (numpy_changes_what_is_given, backward),
        (numpy_fills_before_an_empty_launch, backward),
        (torch_fills_before_an_empty_launch, backward),
        (other_memory_behind_the_result, backward),
        (one_number_by_torch, backward),
        (joined_with_torch, backward),
        (the_other_row_of_a_stack, backward),
        (torch_chooses, backward),
        (torch_puts_some_elements, backward),
        (torch_writes_the_last_element, backward),
        (a_launch_writes_the_last_element, backward),
        (a_launch_on_a_clone, backward),
        (two_launches_and_neither_is_used, backward),
        (torch_writes_into_the_output, backward),
        (torch_writes_the_bytes, backward),
        (a_view_that_negates, backward),
        (an_answer_in_a_global, backward),
        (what_was_answered_before, backward),
        (forward, backward_by_torch),
        (forward, backward_beside_a_launch),
        (forward, backward_under_a_launch),
    ]
]
CHEATS.append(BackwardOfTorch.apply)


def contiguous_first(x, a, b):
    return launched(affine_kernel, x.contiguous(), a, b)


def by_rows(x, a, b):
    flat = x.reshape(-1)
    return launched(affine_kernel, flat, a, b).view(x.shape).clone()


def into_nan(x, a, b):
    y = torch.full_like(x, float("nan"))
    launch(affine_kernel, 64, 256, x, a, b, out=y)
    return y


def in_two_launches(x, a, b):
    return launched(affine_kernel, launched(affine_kernel, x, a, 0.0), 1.0, b)


def by_halves(x, a, b):
    middle = x.numel() // 2
    return torch.cat([launched(affine_kernel, part, a, b) for part in (x[:middle], x[middle:])])


def with_a_scaled_slope(x, a, b):
    return launched(affine_kernel, x, a * 2 / 2, b + 0)


def padded(x, a, b):
    full = torch.zeros(-(-x.numel() // 64) * 64, dtype=x.dtype)
    full[: x.numel()] = x
    return launched(affine_kernel, full, a, b)[: x.numel()]


def from_the_end(x, a, b):
    return launched(affine_kernel, x.flip(0), a, b).flip(0)


def stacked(x, a, b):
    return torch.stack([launched(affine_kernel, x, a, b)])[0]


def joined_with_what_is_given(x, a, b):
    return torch.cat([launched(affine_kernel, x, a, b), x])[: x.numel()]


def in_place(x, a, b):
    y = x.clone()
    launch(affine_of_the_output, blocks_for(x.numel()), 128, a, b, out=y)
    return y


def into_memory_of_its_own(x, a, b):
    y = torch.ones(2, x.numel(), dtype=x.dtype)
    launch(affine_kernel, blocks_for(x.numel()), 128, x, a, b, out=y[1])
    return y[1]


def into_halves(x, a, b):
    y = x.clone()
    half = x.numel() // 2
    for part in (slice(None, half), slice(half, None)):
        launch(affine_kernel, blocks_for(x.numel()), 128, x[part], a, b, out=y[part])
    return y


def with_a_bias_that_is_expanded(x, a, b):
    return launched(affine_with_an_array, x, torch.full((1,), b, dtype=x.dtype).expand(x.shape), a)


def in_chunks(x, a, b):
    return torch.cat([launched(affine_kernel, part, a, b) for part in x.split(100)])


def even_and_odd(x, a, b):
    odd = torch.nn.functional.pad(x[1::2], (0, x.numel() % 2))
    rows = [launched(affine_kernel, part, a, b) for part in (x[::2], odd)]
    return torch.stack(rows, dim=1).reshape(-1)[: x.numel()]


def rolled(x, a, b):
    return launched(affine_kernel, x.roll(3), a, b).roll(-3)


def copied_into_an_output(x, a, b):
    y = torch.zeros_like(x)
    middle = x.numel() // 2
    y[:middle] = launched(affine_kernel, x[:middle], a, b)
    y[middle:] = launched(affine_kernel, x[middle:], a, b)
    return y


def repeated(x, a, b):
    return launched(affine_kernel, x.repeat(2), a, b)[x.numel() :]


HONEST = [
    kernel_function(run, backward)
    for run in (
        forward,
        contiguous_first,
        by_rows,
        into_nan,
        in_two_launches,
        by_halves,
        with_a_scaled_slope,
        padded,
        from_the_end,
        stacked,
        joined_with_what_is_given,
        in_place,
        into_memory_of_its_own,
        into_halves,
        with_a_bias_that_is_expanded,
        in_chunks,
        even_and_odd,
        rolled,
        copied_into_an_output,
        repeated,
    )
]
KERNELS = [
    copy,
    copy_of_the_second,
    nothing,
    affine_kernel,
    constant,
    affine_of_the_output,
    affine_with_an_array,
]
