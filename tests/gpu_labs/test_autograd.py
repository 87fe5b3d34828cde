"""`kernel_function`: kernels whose gradients torch trusts."""

import math
import warnings

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from gpu_labs import KernelError, KernelTypeError, KernelWarning, cuda
from gpu_labs.autograd import blocks_for, kernel_function, launch
from graphviz_tools.errors import UserError


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


def test_values_and_gradients_are_torchs_own():
    x, twin = numbers(3, 5).requires_grad_(), numbers(3, 5).requires_grad_()
    tanh(x).square().sum().backward()
    torch.tanh(twin).square().sum().backward()
    torch.testing.assert_close(x.grad, twin.grad)


def test_the_graph_node_is_named_after_the_forward():
    assert "TanhBackward" in type(tanh(numbers(3).requires_grad_()).grad_fn).__name__


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


def test_a_launch_bumps_the_version_of_what_it_writes_and_of_nothing_else():
    x, y = numbers(5), torch.empty(5, dtype=torch.float64)
    before = x._version, y._version
    launch(tanh_kernel, 2, 4, x, out=y)
    assert (x._version, y._version) == (before[0], before[1] + 1)


def test_a_write_that_the_forward_hides_is_refused():
    def forward(x):
        launch(double_in_place_kernel, 2, 4, out=x)
        return torch.empty_like(x)

    with pytest.raises(UserError, match="wrote into x unseen by autograd: return x"):
        kernel_function(forward)(numbers(5))


def test_a_kernel_that_writes_its_input_is_rejected_before_it_runs():
    x, y = numbers(5), torch.zeros(5, dtype=torch.float64)
    with pytest.raises(KernelTypeError, match=r"read-?only"):
        launch(writes_its_input_kernel, 2, 4, x, out=y)
    torch.testing.assert_close(x, numbers(5))


def test_a_failed_launch_leaves_its_outputs_as_they_were():
    y = torch.full((6,), 7.0)
    with pytest.raises(KernelError, match="out-of-bounds") as caught:
        launch(past_the_end_kernel, 2, 4, torch.ones(6), out=y)
    assert y.tolist() == [7.0] * 6
    assert "as they were before" in caught.value.__notes__[0]


def test_prints_warnings_and_the_record_of_a_launch_come_through(capsys):
    @cuda.jit
    def talks(x, y):
        i = cuda.grid(1)
        y[i] = x[i]
        cuda.syncthreads()
        if i == 0:
            print("hello from thread", i)

    with pytest.warns(KernelWarning, match="useless-barrier"):
        launch(talks, 1, 4, torch.ones(4), out=torch.empty(4))
    assert capsys.readouterr().out == "hello from thread 0\n"
    assert talks.last_launch.grid == (1, 1, 1)


def test_a_kernel_that_numba_itself_decorated_runs_on_cpu_tensors():
    from numba import cuda as numbas_own

    kernel = numbas_own.jit(tanh_kernel.py_func)
    y = torch.empty(5, dtype=torch.float64)
    launch(kernel, 2, 4, numbers(5), out=y)
    torch.testing.assert_close(y, torch.tanh(numbers(5)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_every_float_type_keeps_its_type(dtype):
    y = scale(numbers(6, dtype=dtype), 2.0)
    assert y.dtype == dtype
    torch.testing.assert_close(y, 2 * numbers(6, dtype=dtype))


@pytest.mark.parametrize(
    "make",
    [
        lambda: numbers(3, 4).t(),
        lambda: numbers(12)[::3],
        lambda: numbers(1).expand(6),
        lambda: numbers(2, 3, 2)[:, 1],
    ],
    ids=["transposed", "every third", "stride 0", "a slice"],
)
def test_strided_inputs_are_read_where_they_lie(make):
    x = make()
    y = torch.empty(x.shape, dtype=x.dtype)
    for row_in, row_out in zip(x.reshape(-1, x.shape[-1]), y.view(-1, x.shape[-1]), strict=True):
        launch(tanh_kernel, blocks_for(row_in.numel(), 4), 4, row_in, out=row_out)
    torch.testing.assert_close(y, torch.tanh(x))


def test_a_strided_output_is_written_where_it_lies():
    memory = torch.zeros(8, dtype=torch.float64)
    launch(scale_kernel, 1, 4, numbers(4), 2.0, out=memory[::2])
    torch.testing.assert_close(memory[::2], 2 * numbers(4))
    assert memory[1::2].tolist() == [0] * 4


def test_an_empty_tensor_launches_nothing():
    x = torch.empty(0, dtype=torch.float64, requires_grad=True)
    tanh(x).sum().backward()
    assert x.grad is not None and x.grad.shape == (0,)


def test_the_stride_0_gradient_of_a_sum_is_read_in_place():
    x = numbers(5).requires_grad_()
    seen = []

    def backward(grad):
        seen.append(grad.stride())
        out = torch.empty_like(grad)
        launch(scale_kernel, 2, 4, grad, 3.0, out=out)
        return out

    kernel_function(scale_forward, lambda grad: backward(grad))(x).sum().backward()
    assert seen == [(0,)]
    torch.testing.assert_close(x.grad, torch.full_like(x, 3))


def test_a_conjugate_view_is_read_as_the_numbers_it_stands_for():
    z = torch.tensor([1 + 2j, 3 - 4j], dtype=torch.complex128)
    out = torch.empty(2, dtype=torch.complex128)
    launch(scale_kernel, 1, 4, z.conj(), 2.0, out=out)
    torch.testing.assert_close(out, 2 * z.conj().resolve_conj())


@pytest.mark.parametrize(
    ("inputs", "out", "error", "words"),
    [
        (
            (torch.ones(4, dtype=torch.bfloat16),),
            torch.empty(4),
            TypeError,
            r"bfloat16: pass tensor\.float\(\)",
        ),
        ((torch.ones(4).to_sparse(),), torch.empty(4), TypeError, "to_dense"),
        ((torch.nested.nested_tensor([torch.ones(2)]),), torch.empty(4), TypeError, "one by one"),
        ((torch.ones(4),), torch.empty(1).expand(4), ValueError, "share memory"),
        ((torch.ones(4, device="meta"),), torch.empty(4), ValueError, "move them to one device"),
        ((torch.ones(4, requires_grad=True),), torch.empty(4), UserError, "would lose its gradient"),
        (([1.0],), torch.empty(4), TypeError, "not list"),
        (
            (torch.ones(4),),
            torch.ones(4, dtype=torch.complex64).conj(),
            ValueError,
            "lazy conjugate: pass tensor.resolve_conj",
        ),
        ((torch.ones(4),), (), ValueError, "at least one tensor to write"),
    ],
)
def test_what_no_kernel_can_take_is_refused_in_one_line(inputs, out, error, words):
    with pytest.raises(error, match=words) as caught:
        launch(tanh_kernel, 1, 4, *inputs, out=out)
    assert "\n" not in str(caught.value)


def test_a_launch_without_its_grid_says_how_a_launch_is_written():
    with pytest.raises(TypeError, match=r"the grid of a launch .* not Tensor: launch\(kernel, grid, block"):
        launch(tanh_kernel, torch.ones(4), 4, out=torch.empty(4))
    with pytest.raises(TypeError, match=r"the block of a launch .* not float"):
        launch(tanh_kernel, (1, 2), (4, 2.0), torch.ones(4), out=torch.empty(4))


def test_an_output_that_overlaps_an_input_is_seen_as_the_race_it_is():
    x = torch.ones(5)
    with pytest.raises(KernelError, match="missing-barrier"):
        launch(scale_kernel, 1, 4, x[:4], 2.0, out=x[1:])
    assert x.tolist() == [1, 1, 1, 1, 1]


def test_a_plain_function_is_not_a_kernel():
    with pytest.raises(TypeError, match=r"made by @cuda\.jit, not function"):
        launch(tanh_forward, 1, 4, torch.ones(4), out=torch.empty(4))


def test_a_parameter_updated_in_place_needs_no_grad():
    weight = torch.ones(4, requires_grad=True)
    with torch.no_grad():
        launch(double_in_place_kernel, 1, 4, out=weight)
    assert weight.tolist() == [2.0] * 4


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
