"""What a graded check prints of a lab's task."""

from __future__ import annotations

import torch

from gpu_labs import cuda
from gpu_labs.checks import evidence, evidence_line
from gpu_labs.G01_guards import task
from tests.gpu_labs.solved_labs import solution

reference = solution("G01_guards")


@cuda.jit
def unguarded_kernel(x, a, b, y):
    i = cuda.grid(1)
    y[i] = a * x[i] + b


@cuda.jit
def reversed_kernel(x, a, b, y):
    i = cuda.grid(1)
    if i < x.size:
        y[x.size - 1 - i] = a * x[i] + b


def test_a_right_kernel_is_called_right_and_shows_the_same_value_in_every_thread_order():
    lines = list(evidence(task.forward, reference.affine_kernel, 7))
    assert all(" right " in line for line in lines)
    first_case = {line.rsplit(" ", 1)[1] for line in lines[:3]}
    assert len(lines) == 3 * 7 and len(first_case) == 1


def test_a_wrong_kernel_shows_the_reason():
    assert any("out-of-bounds" in line for line in evidence(task.forward, unguarded_kernel, 7))
    line = evidence_line(task.forward, unguarded_kernel, 7)
    assert line == "G01 forward: out-of-bounds in launch 1, n = 1, in order"


def test_one_line_speaks_for_all_launches():
    line = evidence_line(task.forward, reference.affine_kernel, 7)
    assert line.startswith("G01 forward: right 21 launches, weighted sum of all outputs ")
    assert line != evidence_line(task.forward, reference.affine_kernel, 8)
    reversed_line = evidence_line(task.forward, reversed_kernel, 7)
    assert reversed_line.startswith("G01 forward: wrong-values ")


def test_an_empty_hole_is_called_that_and_shows_no_sums():
    @cuda.jit
    def hole(x, a, b, y):
        raise NotImplementedError("task 2")

    @cuda.jit
    def refuses(x, a, b, y):
        raise ValueError("not today")

    def empty(x: torch.Tensor, a: float, b: float) -> torch.Tensor:
        raise NotImplementedError("task 4")

    for job, answer in [(task.forward, hole), (task.function, empty)]:
        assert all(line.endswith(": nothing is written in the hole yet") for line in evidence(job, answer, 7))
    assert all(line.endswith(": exception") for line in evidence(task.forward, refuses, 7))


def test_two_elements_that_changed_places_change_the_value():
    right = list(evidence(task.forward, reference.affine_kernel, 7))
    swapped = list(evidence(task.forward, reversed_kernel, 7))
    assert right[-1].rsplit(" ", 1)[1] != swapped[-1].rsplit(" ", 1)[1]


def test_another_seed_shows_other_values():
    assert list(evidence(task.forward, reference.affine_kernel, 7)) != list(
        evidence(task.forward, reference.affine_kernel, 8)
    )


def test_a_function_shows_its_value_and_gradient_and_an_error_shows_neither():
    lines = list(evidence(task.function, reference.affine, 7))
    assert all(len(line.partition(" right ")[2].split()) == 2 for line in lines)

    def raises(x: torch.Tensor, a: float, b: float) -> torch.Tensor:
        raise ValueError("not today")

    assert all(line.endswith(": error") for line in evidence(task.function, raises, 7))
