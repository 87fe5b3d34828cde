"""A function whose result no launch computed is refused; one that moves the data of its launches passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gpu_labs import cuda
from gpu_labs.autograd import blocks_for, kernel_function, launch
from gpu_labs.checks import by_kernels, launches_of, relaunch
from gpu_labs.checks.launches import Launches
from gpu_labs.executor import run as running
from gpu_labs.G01_guards import task as g01
from gpu_labs.G06_block_reduction import task as g06
from graph_duet.grading.artifacts import torch_program
from graphviz_tools.errors import InternalError, own_code


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


def one_number_at_a_time(x, a, b):
    y = torch.empty_like(x)
    for i in range(x.numel()):
        launch(constant, 1, 1, x, float(a * x[i].item() + b), out=y[i : i + 1])
    return y


@pytest.mark.parametrize(
    ("run", "run_backward"),
    [
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
        (one_number_at_a_time, backward),
        (forward, backward_by_torch),
        (forward, backward_beside_a_launch),
        (forward, backward_under_a_launch),
    ],
    ids=lambda function: function.__name__,
)
def test_a_function_that_torch_computes_is_refused(run, run_backward):
    report = g01.function.check(kernel_function(run, run_backward))
    assert report.first_failure is not None
    assert report.first_failure.reason == "not-launched", report


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


MOVED = [
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
]


@pytest.mark.parametrize("run", MOVED, ids=lambda function: function.__name__)
def test_a_function_of_launches_passes_however_it_moves_its_data(run):
    report = g01.function.check(kernel_function(run, backward))
    assert report.passed, report


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        (by_halves, "right"),
        (padded, "right"),
        (from_the_end, "right"),
        (stacked, "right"),
        (joined_with_what_is_given, "not-launched"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_is_relaunched_may_move_its_data_too(run, verdict):
    sent = launches_of(g01.function, kernel_function(run, backward), 7)
    programs = [torch_program.decode(torch_program.encode(program)) for program in sent["programs"]]
    lines = list(relaunch(g01.function, sent | {"programs": programs}, [affine_kernel], 8))
    assert [line.partition(": ")[2].split()[0] for line in lines] == [verdict] * len(programs)


def test_by_kernels_says_the_same():
    x = torch.from_numpy(np.linspace(-2, 2, 9)).requires_grad_()
    right = kernel_function(lambda x: forward(x, 2.0, 1.0), lambda grad: backward(grad, 2.0))
    wrong = kernel_function(lambda x: a_launch_beside_torch(x, 2.0, 1.0), lambda grad: backward(grad, 2.0))
    assert by_kernels(right, x)
    assert not by_kernels(wrong, x)


def test_by_kernels_is_given_the_other_arguments_too():
    x, other = torch.from_numpy(np.linspace(-2, 2, 18)).reshape(2, 9)
    second = kernel_function(
        lambda x, other: launched(copy_of_the_second, x, other), lambda grad: (launched(copy, grad), None)
    )
    x = x.clone().requires_grad_()
    assert by_kernels(second, x, other)
    assert not by_kernels(lambda t: second(t, other), x)  # where the other came from, nobody knows


@cuda.jit
def sum_kernel(x, partial):
    i = cuda.grid(1)
    if i < x.size:
        cuda.atomic.add(partial, 0, x[i])


@cuda.jit
def spread_kernel(grad, grad_x):
    i = cuda.grid(1)
    if i < grad_x.size:
        grad_x[i] = grad[0]


def total_forward(x):
    first, second = x.new_zeros(1), x.new_zeros(1)
    launch(sum_kernel, blocks_for(x.numel()), 128, x, out=first)
    launch(sum_kernel, 1, 128, first, out=second)
    return second


def spread(grad, x):
    grad_x = torch.empty_like(x)
    launch(spread_kernel, blocks_for(x.numel()), 128, grad, out=grad_x)
    return grad_x


def expanded_beside_a_launch(grad, x):
    spread(grad, x)
    return grad.expand(x.shape).clone()


@pytest.mark.parametrize(
    ("run_backward", "verdict"), [(spread, "right"), (expanded_beside_a_launch, "not-launched")]
)
def test_what_is_relaunched_must_be_what_a_launch_wrote(run_backward, verdict):
    sent = launches_of(g06.function, kernel_function(total_forward, run_backward), 7)
    programs = [torch_program.decode(torch_program.encode(program)) for program in sent["programs"]]
    lines = list(relaunch(g06.function, sent | {"programs": programs}, [sum_kernel, spread_kernel], 8))
    assert [line.partition(": ")[2].split()[0] for line in lines] == [verdict] * 3


def breaks(*_: object) -> None:
    raise KeyError("ours")


@pytest.mark.parametrize(
    ("place", "name"), [(Launches, "_after"), (running._OneLaunch, "_stretch"), (running, "prepare")]
)
def test_a_bug_of_ours_is_never_a_verdict(monkeypatch, place, name):
    monkeypatch.setattr(place, name, breaks)
    with pytest.raises(InternalError, match="please report it") as raised:
        g06.function.check(kernel_function(total_forward, spread), 7)
    assert isinstance(raised.value.__cause__, KeyError)


def test_a_bug_of_ours_is_never_a_submission(monkeypatch):
    def broken(x):
        with own_code():
            breaks()
        return x

    with pytest.raises(InternalError, match="please report it"):
        launches_of(g06.function, broken, 7)
    sent = launches_of(g06.function, lambda x: x.no_such_thing, 7)
    assert all(program.startswith("AttributeError") for program in sent["programs"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x: 3, "it returns int, not a tensor"),
        (lambda x: x.no_such_thing, "AttributeError"),
        (lambda x: x.detach(), "does not require grad"),
    ],
)
def test_whatever_a_function_raises_is_its_own(wrong, words):
    report = g06.function.check(wrong, 7)
    assert not report.passed
    assert words in str(report)
