"""Run a kernel on torch tensors: `launch(kernel, grid, block, x, 2.0, out=y)`.

CUDA tensors go to the GPU with no copy, on torch's current stream. CPU tensors become NumPy views of the
same memory and the kernel runs on the teaching executor. Either way the launch is one `torch.library`
operator that says which tensors it writes, so autograd's version counters stay true and `torch.compile`
carries the launch through its graph as one opaque node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from gpu_labs.executor.cuda_module import ExecutorKernel
from gpu_labs.executor.inspect import inspect
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

Extent = int | tuple[int, ...]
Scalar = bool | int | float

_kernels: list[Any] = []


def kernel_names() -> dict[int, str]:
    """Names of the kernels that were launched in this process, by the number that the launch operator has for each."""
    return {number: kernel.__name__ for number, kernel in enumerate(_kernels)}


def blocks_for(elements: int, threads: int = 128) -> int:
    """The blocks of `threads` threads that give each of `elements` elements a thread of its own; at least 1,
    since CUDA refuses an empty grid."""
    return max(1, -(-elements // threads))


def launch(
    kernel: Any,
    grid: Extent,
    block: Extent,
    *inputs: torch.Tensor | Scalar,
    out: torch.Tensor | Sequence[torch.Tensor],
) -> None:
    """Run `kernel[grid, block](*inputs, *out)`.

    Args:
        kernel: a `@cuda.jit` kernel whose parameters are its inputs first, then its outputs.
        grid: the number of blocks, per dimension.
        block: the threads of one block, per dimension.
        inputs: tensors of any strides (expanded ones too), which the kernel may only read, and numbers.
        out: the tensor or tensors that it writes, on the same device. If all of them are empty, nothing runs.

    Raises:
        RuntimeError: an input requires grad while gradients are being recorded, which a kernel would lose.
        TypeError, ValueError: a grid or block that is not a number, or a tensor that no kernel can be given
            (bfloat16, sparse, mixed devices, an output whose elements share memory).
        Whatever the launch raised: the outputs on the CPU are then as they were before it; on a GPU their
            version counters say that they were written.
    """
    outputs = [out] if isinstance(out, torch.Tensor) else list(out)
    tensors = [value for value in inputs if isinstance(value, torch.Tensor)]
    numbers = [value for value in inputs if not isinstance(value, torch.Tensor)]
    if not torch.compiler.is_compiling():  # which bans asking a tensor for its layout
        _refuse_what_is_no_extent(grid=grid, block=block)
        _refuse_what_no_kernel_can_take(tensors, numbers, outputs)
    if all(tensor.numel() == 0 for tensor in outputs):
        return
    order = "".join("t" if isinstance(value, torch.Tensor) else "n" for value in inputs)
    _launch_operator(_number_of(kernel), _extents(grid), _extents(block), order, tensors, numbers, outputs)


class _Call(NamedTuple):
    """What the launch operator is given, with the kernel itself."""

    kernel: Any
    grid: tuple[int, ...]
    block: tuple[int, ...]
    order: str
    tensors: Sequence[torch.Tensor]
    numbers: Sequence[Scalar]
    out: Sequence[torch.Tensor]

    def inputs(self, array: Callable[[torch.Tensor], Any]) -> list[Any]:
        """The kernel's inputs in order, each tensor as `array` makes it."""
        tensors, numbers = iter(self.tensors), iter(self.numbers)
        return [array(next(tensors)) if letter == "t" else next(numbers) for letter in self.order]


@torch.library.custom_op("graph_duet::launch", mutates_args=("out",))
def _launch_operator(
    kernel: int,
    grid: Sequence[int],
    block: Sequence[int],
    order: str,
    tensors: Sequence[torch.Tensor],
    numbers: Sequence[Scalar],
    out: Sequence[torch.Tensor],
) -> None:
    """`order` has one letter for each input of the kernel: the next tensor (t) or the next number (n)."""
    run = _run_on_gpu if out[0].is_cuda else _run_on_executor
    run(
        _Call(
            kernel=_kernels[kernel],
            grid=tuple(grid),
            block=tuple(block),
            order=order,
            tensors=tensors,
            numbers=numbers,
            out=out,
        )
    )


@_launch_operator.register_fake
def _launch_without_data(kernel, grid, block, order, tensors, numbers, out) -> None:  # pyright: ignore[reportMissingParameterType]
    """A launch makes no new tensor: the caller has allocated the outputs."""


def _run_on_executor(call: _Call) -> None:
    before = [tensor.clone() for tensor in call.out]
    # Inputs are read-only views, so that Numba's own typing rejects a kernel that writes to one of them.
    inputs = call.inputs(_read_only)
    try:
        arguments = (*inputs, *(tensor.detach().numpy() for tensor in call.out))
        if isinstance(call.kernel, ExecutorKernel):
            call.kernel[call.grid, call.block](*arguments)
        else:  # Numba's own kernel, which would want a GPU for these arrays
            inspect(call.kernel, call.grid, call.block, *arguments).raise_for_errors()
    except BaseException as error:
        for tensor, old in zip(call.out, before, strict=True):
            tensor.copy_(old)
        error.add_note(_("The launch failed, so its outputs are as they were before it."))
        raise


def _run_on_gpu(call: _Call) -> None:
    from numba import cuda

    device = call.out[0].device
    stream = torch.cuda.current_stream(device).cuda_stream
    # No context manager of torch's does this for Numba: its own current device decides where kernels go.
    with cuda.gpus[device.index], torch.cuda.device(device):
        inputs = call.inputs(_device_array)
        try:
            launched = call.kernel[call.grid, call.block, cuda.external_stream(stream)]
            launched(*inputs, *map(_device_array, call.out))
        except BaseException:
            torch.autograd.graph.increment_version(tuple(call.out))
            raise


def _read_only(tensor: torch.Tensor) -> np.ndarray:
    view = _plain(tensor).numpy()
    view.flags.writeable = False
    return view


def _device_array(tensor: torch.Tensor) -> Any:
    from numba import cuda

    return cuda.as_cuda_array(_plain(tensor))


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor's own memory, out of autograd's sight, with a lazy conjugate or negative carried out."""
    return tensor.detach().resolve_conj().resolve_neg()


@torch.compiler.assume_constant_result
def _number_of(kernel: Any) -> int:
    """A kernel's place in `_kernels`: an operator takes numbers and tensors, not Python objects."""
    for number, known in enumerate(_kernels):
        if known is kernel:
            return number
    if not hasattr(kernel, "__getitem__"):
        raise UserError(_("launch needs a kernel made by @cuda.jit, not {kind}", kind=type(kernel).__name__))
    _kernels.append(kernel)
    return len(_kernels) - 1


def _extents(extent: Extent) -> list[int]:
    return list(extent) if isinstance(extent, tuple) else [extent]


def _refuse_what_is_no_extent(**extents: Any) -> None:
    for name, extent in extents.items():
        for size in _extents(extent):
            if not isinstance(size, (int, np.integer, torch.SymInt)):
                raise UserError(
                    _(
                        "the {name} of a launch is a whole number or a tuple of them, not {kind}: "
                        "launch(kernel, grid, block, inputs, out=y)",
                        name=name,
                        kind=type(size).__name__,
                    )
                )


def _refuse_what_no_kernel_can_take(
    tensors: Sequence[torch.Tensor], numbers: Sequence[Any], outputs: Sequence[torch.Tensor]
) -> None:
    if not outputs:
        raise UserError(_("launch needs at least one tensor to write: pass out="))
    device = outputs[0].device
    for tensor in (*tensors, *outputs):
        _refuse_tensor(tensor, device)
    if device.type not in ("cpu", "cuda"):
        raise UserError(_("kernels run on CPU and CUDA tensors, not on {device}", device=device))
    for number in numbers:
        if not isinstance(number, (bool, int, float, torch.SymInt, torch.SymFloat)):
            raise UserError(
                _("a launch takes tensors and Python numbers, not {kind}", kind=type(number).__name__)
            )
    for tensor in outputs:
        if any(stride == 0 and size > 1 for stride, size in zip(tensor.stride(), tensor.shape, strict=True)):
            raise UserError(
                _("an output of the launch is expanded: its elements share memory, so clone it first")
            )
        if tensor.is_conj() or tensor.is_neg():
            raise UserError(
                _("an output of the launch is a lazy conjugate: pass tensor.resolve_conj() instead")
            )


def _refuse_tensor(tensor: torch.Tensor, device: torch.device) -> None:
    if tensor.is_nested:
        raise UserError(_("a kernel cannot read a nested tensor: pass its tensors one by one"))
    if tensor.layout != torch.strided:
        raise UserError(
            _("a kernel cannot read a {layout} tensor: pass tensor.to_dense()", layout=tensor.layout)
        )
    if tensor.dtype == torch.bfloat16:
        raise UserError(_("a kernel cannot read bfloat16: pass tensor.float() and convert the result back"))
    if tensor.is_quantized:
        raise UserError(_("a kernel cannot read a quantized tensor: pass tensor.dequantize()"))
    if tensor.device != device:
        raise UserError(
            _(
                "one launch has tensors on {device} and on {other}: move them to one device",
                device=tensor.device,
                other=device,
            )
        )
    if tensor.requires_grad and torch.is_grad_enabled():
        raise UserError(
            _(
                "a launch on a tensor that requires grad would lose its gradient: "
                "wrap the launch with kernel_function, or pass tensor.detach()"
            )
        )
