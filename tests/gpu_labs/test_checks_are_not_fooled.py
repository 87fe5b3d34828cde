"""A function whose result no launch computed is refused; one that moves the data of its launches passes. The check at
once and the one of the grader say the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gpu_labs import cuda
from gpu_labs.autograd import blocks_for, kernel_function, launch
from gpu_labs.checks import FunctionTask, by_kernels, launches_of, relaunch
from gpu_labs.checks.launches import Launches
from gpu_labs.executor import run as running
from gpu_labs.G01_guards import task as g01
from gpu_labs.G06_block_reduction import task as g06
from graph_duet.grading.artifacts import torch_program
from graphviz_tools.errors import InternalError, own_code
from tests.gpu_labs.affine_functions import (
    CHEATS,
    HONEST,
    KERNELS,
    a_launch_beside_torch,
    backward,
    copy,
    copy_of_the_second,
    forward,
    launched,
)


def graded(task, function, kernels):
    """What the grader says of each case: the word after its title."""
    sent = launches_of(task, function, 7)
    programs = [
        program if isinstance(program, str) else torch_program.decode(torch_program.encode(program))
        for program in sent["programs"]
    ]
    lines = relaunch(task, sent | {"programs": programs}, kernels, 8)
    return [line.partition(": ")[2].split()[0] for line in lines]


def name(function):
    return function.__name__


@pytest.mark.parametrize("function", CHEATS, ids=name)
def test_a_function_that_torch_computes_is_refused(function):
    report = g01.function.check(function)
    assert report.first_failure is not None
    assert report.first_failure.reason in ("not-launched", "error", "gradient"), report
    assert "right" not in graded(g01.function, function, KERNELS)


@pytest.mark.parametrize("function", HONEST, ids=name)
def test_a_function_of_launches_passes_however_it_moves_its_data(function):
    report = g01.function.check(function)
    assert report.passed, report
    assert set(graded(g01.function, function, KERNELS)) == {"right"}


def _copies(rng):
    return [(f"n = {n}", (torch.from_numpy(rng.standard_normal(n)),)) for n in (3, 130)]


copies = FunctionTask("copies", _copies, lambda x: x.clone())


@pytest.mark.parametrize(
    ("run", "passes"),
    [
        (lambda x: launched(copy, x), True),
        (lambda x: x.clone(), False),
        (lambda x: x.flip(0).flip(0), False),
        (lambda x: torch.cat([launched(copy, x), x])[: len(x)], True),
        (lambda x: torch.cat([launched(copy, x), x])[len(x) :], False),
        (lambda x: torch.cat([launched(copy, x[:2]), x[2:]]), False),
        (lambda x: torch.stack([launched(copy, x), x])[0], True),
        (lambda x: torch.stack([launched(copy, x), x])[1], False),
        (lambda x: torch.where(x > 0, launched(copy, x), x), False),
        (lambda x: launched(copy, x).copy_(x), False),
    ],
)
def test_what_was_given_is_not_what_a_launch_wrote(run, passes):
    function = kernel_function(run, lambda grad: launched(copy, grad))
    assert copies.check(function).passed == passes
    assert graded(copies, function, KERNELS) == ["right" if passes else "not-launched"] * 2


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
    function = kernel_function(total_forward, run_backward)
    assert graded(g06.function, function, [sum_kernel, spread_kernel]) == [verdict] * 3


def breaks(*_: object) -> None:
    raise KeyError("ours")


@pytest.mark.parametrize(
    ("place", "name"), [(Launches, "_made_new"), (running._OneLaunch, "_stretch"), (running, "prepare")]
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
