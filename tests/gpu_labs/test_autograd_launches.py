"""What a kernel function may launch on: inputs, outputs, their memory and their dtypes."""

import pytest
import torch

from gpu_labs import KernelError, KernelTypeError, KernelWarning, cuda
from gpu_labs.autograd import blocks_for, kernel_function, launch
from graphviz_tools.errors import UserError
from tests.gpu_labs.autograd_kernels import (
    double_in_place_kernel,
    numbers,
    past_the_end_kernel,
    scale,
    scale_forward,
    scale_kernel,
    tanh,
    tanh_forward,
    tanh_kernel,
    writes_its_input_kernel,
)


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
