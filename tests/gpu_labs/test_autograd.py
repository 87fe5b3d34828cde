"""`kernel_function`: kernels whose gradients torch trusts."""

import warnings
from pathlib import Path

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

import graphviz_tools as gt
from gpu_labs.autograd import blocks_for, kernel_function, launch
from graphviz_tools.errors import UserError
from tests.gpu_labs.autograd_kernels import (
    double_,
    numbers,
    run_flat,
    scale,
    sum_difference,
    sum_difference_forward,
    tanh,
    tanh_backward,
    tanh_forward,
    tanh_grad_kernel,
    tanh_kernel,
    tanh_once,
)


def test_values_and_gradients_are_torchs_own():
    x, twin = numbers(3, 5).requires_grad_(), numbers(3, 5).requires_grad_()
    tanh(x).square().sum().backward()
    torch.tanh(twin).square().sum().backward()
    torch.testing.assert_close(x.grad, twin.grad)


def test_the_graph_node_is_named_after_the_forward():
    assert "TanhBackward" in type(tanh(numbers(3).requires_grad_()).grad_fn).__name__


def test_a_recording_shows_the_lines_of_both_halves_and_none_of_this_package():
    def program(x):
        tanh_once(x).sum().backward()

    steps = gt.record_torch(program, numbers(3).requires_grad_()).steps
    launches = [step for step in steps if step.op.startswith("launch")]
    assert [(step.phase, step.line.text[:7]) for step in launches] == [
        ("forward", "launch("),
        ("backward", "launch("),
    ]
    assert {Path(step.line.file).name for step in steps} == {"autograd_kernels.py", "test_autograd.py"}


def test_gradcheck_and_gradgradcheck_pass():
    x = numbers(7).requires_grad_()
    assert gradcheck(tanh, (x,))
    assert gradgradcheck(tanh, (x,))


def test_gradcheck_rejects_a_wrong_backward():
    wrong = kernel_function(tanh_forward, lambda grad, out: run_flat(tanh_grad_kernel, out, grad, grad))
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        gradcheck(wrong, (numbers(7).requires_grad_(),))


def test_a_plain_backward_refuses_to_be_differentiated_again():
    x = numbers(4).requires_grad_()
    (grad,) = torch.autograd.grad(tanh_once(x).sum() + (x**3).sum(), x, create_graph=True)
    with pytest.raises(UserError, match=r"tanh_backward has no backward.*make it a kernel_function"):
        grad.sum().backward()


def test_a_function_without_backward_says_so():
    with pytest.raises(UserError, match="tanh has no backward"):
        kernel_function(tanh_forward)(numbers(4).requires_grad_()).sum().backward()


def test_numbers_defaults_and_keywords_reach_the_kernels():
    x = numbers(4).requires_grad_()
    for value, factor in ((scale(x), 3.0), (scale(x, 2.0), 2.0), (scale(x, a=-1.0), -1.0)):
        torch.testing.assert_close(value.detach(), factor * x.detach())
        (grad,) = torch.autograd.grad(value.sum(), x)
        torch.testing.assert_close(grad, torch.full_like(x, factor))


def test_several_outputs_bring_several_gradients():
    x, y = numbers(5).requires_grad_(), numbers(5).flip(0).requires_grad_()
    assert gradcheck(sum_difference, (x, y))
    total, _ = sum_difference(x, y)
    (grad_x, grad_y) = torch.autograd.grad(total.sum(), (x, y))
    torch.testing.assert_close(grad_x, torch.ones_like(x))
    torch.testing.assert_close(grad_y, torch.ones_like(y))


def test_only_what_the_backward_names_is_saved():
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t.shape) or t, lambda t: t):
        scale(numbers(6).requires_grad_())
        assert saved == []
        tanh_once(numbers(6).requires_grad_())
    assert len(saved) == 1


def test_an_in_place_kernel_is_part_of_the_graph():
    x = numbers(5).requires_grad_()
    hidden = x * 1
    returned = double_(hidden)
    assert returned is hidden
    hidden.sum().backward()
    torch.testing.assert_close(x.grad, torch.full_like(x, 2))


def test_an_in_place_kernel_makes_stale_saved_tensors_an_error():
    x = numbers(5).requires_grad_()
    hidden = x * 1
    squared = hidden**2
    double_(hidden)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        squared.sum().backward()


@pytest.mark.parametrize(
    ("backward", "error", "words"),
    [
        (lambda: None, TypeError, "takes no gradient"),
        (lambda grad, x, z: grad, TypeError, "asks for 'z', but tanh has only x and its result, out"),
    ],
)
def test_a_backward_that_asks_for_nonsense_is_refused_when_it_is_given(backward, error, words):
    with pytest.raises(error, match=words):
        kernel_function(tanh_forward, backward)


def test_a_forward_that_returns_nothing_is_refused():
    with pytest.raises(TypeError, match="must return a tensor"):
        kernel_function(lambda x: None)(numbers(3))


def test_a_backward_may_have_no_gradient_for_an_argument():
    def shifted(x, shift):
        return run_flat(tanh_kernel, x, x)

    function = kernel_function(shifted, lambda grad, out: (tanh_backward(grad, out), None))
    x, shift = numbers(4).requires_grad_(), numbers(4).requires_grad_()
    function(x, shift).sum().backward()
    assert x.grad is not None and shift.grad is None
    rows = torch.vmap(torch.func.grad(lambda row: function(row, row.detach()).sum()))(numbers(2, 4))
    assert rows.shape == (2, 4)


def test_a_misspelt_name_is_not_taken_for_a_gradient():
    with pytest.raises(TypeError, match=r"returns 1 tensor\(s\), but its backward takes 2 gradient"):
        kernel_function(tanh_forward, lambda grad, X: grad)(numbers(3).requires_grad_())


def test_too_few_gradients_are_counted():
    missing = kernel_function(sum_difference_forward, lambda grad_total, grad_difference: grad_total)
    with pytest.raises(UserError, match=r"returned 1 gradient\(s\) for 2 tensor"):
        missing(numbers(3).requires_grad_(), numbers(3))[0].sum().backward()


def test_vmap_runs_row_by_row_and_composes_with_grad():
    x = numbers(3, 4)
    torch.testing.assert_close(torch.vmap(tanh)(x), torch.tanh(x))
    torch.testing.assert_close(torch.vmap(tanh, in_dims=1, out_dims=1)(x), torch.tanh(x))
    slope = torch.vmap(torch.func.grad(lambda row: tanh(row).sum()))(x)
    torch.testing.assert_close(slope, 1 - torch.tanh(x) ** 2)
    total, difference = torch.vmap(sum_difference, in_dims=(0, None))(x, x[0])
    torch.testing.assert_close(total, x + x[0])
    torch.testing.assert_close(difference, x - x[0])


def test_jacobians_and_hessians_come_from_the_kernels():
    x = numbers(4)
    torch.testing.assert_close(torch.func.jacrev(tanh)(x), torch.diag(1 - torch.tanh(x) ** 2))
    hessian = torch.autograd.functional.hessian(lambda v: tanh(v).sum(), x)
    torch.testing.assert_close(hessian, torch.diag(-2 * torch.tanh(x) * (1 - torch.tanh(x) ** 2)))


def test_forward_mode_is_refused_by_name():
    with pytest.raises(RuntimeError, match="jvp"):
        torch.func.jvp(tanh, (numbers(3),), (numbers(3),))


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_torch_compile_carries_the_kernels_in_one_graph(backend):
    torch._dynamo.reset()
    x, twin = numbers(3, 4).requires_grad_(), numbers(3, 4).requires_grad_()
    compiled = torch.compile(lambda v: scale(tanh(v * 2), a=3.0) + 1, backend=backend, fullgraph=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        value = compiled(x)
    value.sum().backward()
    reference = 3 * torch.tanh(twin * 2) + 1
    reference.sum().backward()
    torch.testing.assert_close(value, reference)
    torch.testing.assert_close(x.grad, twin.grad)


def test_the_operator_keeps_torchs_rules():
    launch(
        tanh_kernel, 2, 4, numbers(5), out=torch.empty(5, dtype=torch.float64)
    )  # the kernel has a number now
    from gpu_labs.launching import _kernels, _launch_operator

    number = _kernels.index(tanh_kernel)
    out = torch.empty(5, dtype=torch.float64)
    torch.library.opcheck(
        _launch_operator,
        (number, [2], [4], "t", [numbers(5)], [], [out]),
        test_utils=("test_schema", "test_faketensor"),
    )


@pytest.mark.parametrize(
    ("elements", "threads", "blocks"), [(0, 128, 1), (1, 128, 1), (128, 128, 1), (129, 128, 2)]
)
def test_blocks_for_gives_every_element_a_thread(elements, threads, blocks):
    assert blocks_for(elements, threads) == blocks
