"""Make a `torch.autograd.Function` from a forward and a backward that launch kernels.

    def relu_forward(x):
        y = torch.empty_like(x)
        launch(relu_kernel, blocks_for(x.numel()), 128, x, out=y)
        return y

    def relu_backward(grad, x):
        grad_x = torch.empty_like(x)
        launch(relu_grad_kernel, blocks_for(x.numel()), 128, x, grad, out=grad_x)
        return grad_x

    relu = kernel_function(relu_forward, relu_backward)
    relu(x).sum().backward()

The names of the backward's parameters say what autograd must save; nothing else is saved. A forward that writes its
input in place returns that input.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import torch

from gpu_labs.launching import blocks_for, launch
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

__all__ = ["KernelFunction", "blocks_for", "kernel_function", "launch"]

_OUTPUT_NAME = re.compile(r"out(\d*)")


class KernelFunction:
    """A differentiable function made of kernels; `function` is its `torch.autograd.Function`."""

    def __init__(self, forward: Callable[..., Any], backward: KernelFunction | Callable[..., Any] | None):
        self.forward = forward
        self.signature = inspect.signature(forward)
        self.__name__ = re.sub(r"_?forward$", "", forward.__name__) or forward.__name__
        self.__doc__ = forward.__doc__
        if backward is not None and not isinstance(backward, KernelFunction):
            backward = KernelFunction(backward, None)
        self.function = _autograd_function(self.__name__, tuple(self.signature.parameters), forward, backward)

    def __call__(self, *args: Any, **named: Any) -> Any:
        bound = self.signature.bind(*args, **named)
        bound.apply_defaults()
        return self.function.apply(*bound.args)

    def __repr__(self) -> str:
        return f"<kernel function {self.__name__}{self.signature}>"


def kernel_function(
    forward: Callable[..., Any], backward: KernelFunction | Callable[..., Any] | None = None
) -> KernelFunction:
    """A function of tensors whose values and gradients come from kernels.

    Args:
        forward: takes tensors and Python numbers, launches kernels and returns one tensor or a tuple of them.
        backward: takes first the gradient of the output (of each output, where there are several), in the
            output's shape and dtype; then, by name, what it needs of forward's parameters and of its results
            (`out`; `out0`, `out1`, ... of several). It returns one gradient for each tensor that forward
            takes, in order, or None where there is no gradient. A plain function can be differentiated once.
            A kernel function has a backward of its own: then double backward works too.

    Returns:
        A callable with forward's parameters. It works under `gradcheck`, `torch.vmap` (one launch for each
        row), `torch.func.grad` and `torch.compile(fullgraph=True)`; forward-mode differentiation is refused.

    Raises:
        TypeError: backward asks for a name that forward does not have, or has too few parameters.
        RuntimeError: when used, if forward writes to an input without returning it, or a gradient is asked
            for without a backward.
    """
    return KernelFunction(forward, backward)


def _autograd_function(
    name: str, parameters: tuple[str, ...], forward: Callable[..., Any], backward: KernelFunction | None
) -> Any:
    # torch.compile can follow closures over functions, classes and plain data, not over objects of ours.

    def run_rows(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> tuple[Any, Any]:
        """`torch.vmap`: one call for each row, since a kernel knows nothing of a batch."""
        rows: list[Any] = []
        for row in range(info.batch_size):
            inputs = [
                arg if dim is None else arg.select(dim, row) for arg, dim in zip(args, in_dims, strict=True)
            ]
            rows.append(function.apply(*inputs))
        if not rows:
            raise UserError(_("vmap over {name} needs at least one row", name=name))
        if isinstance(rows[0], tuple):
            columns = tuple(_stacked(outputs) for outputs in zip(*rows, strict=True))
            return columns, tuple(None if column is None else 0 for column in columns)
        return _stacked(rows), 0

    # The class is named before it is made, because torch names the graph node after it: `ReluBackward`.
    methods: dict[str, Any] = {
        "forward": _forward_of(name, parameters, forward),
        "setup_context": _setup_context_of(name, parameters, backward),
        "backward": _backward_of(name, backward),
        "vmap": run_rows,
    }
    title = "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    function: Any = type(title, (torch.autograd.Function,), {k: staticmethod(v) for k, v in methods.items()})
    return function


def _forward_of(name: str, parameters: tuple[str, ...], forward: Callable[..., Any]) -> Callable[..., Any]:
    def run_forward(*args: Any) -> Any:
        if torch.compiler.is_compiling():
            return forward(*args)
        before = _versions(args)
        result = forward(*args)
        _refuse_hidden_writes(name, parameters, args, before, result)
        return result

    return run_forward


def _setup_context_of(
    name: str, parameters: tuple[str, ...], backward: KernelFunction | None
) -> Callable[..., None]:
    gradients, wanted = _asked_for(name, parameters, backward)
    has_backward = backward is not None

    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        outputs = cast(tuple[Any, ...], output if isinstance(output, tuple) else (output,))
        ctx.output_is_tensor = [isinstance(value, torch.Tensor) for value in outputs]
        returned = sum(ctx.output_is_tensor)
        if has_backward and returned != gradients:
            raise UserError(
                _(
                    "{name} returns {returned} tensor(s), but its backward takes {gradients} gradient(s) "
                    "before the names of what it needs: {parameters} or out",
                    name=name,
                    returned=returned,
                    gradients=gradients,
                    parameters=", ".join(parameters),
                )
            )
        written = [value for value in inputs if any(value is result for result in outputs)]
        if written:
            ctx.mark_dirty(*written)
        kept = [inputs[place] if of_inputs else outputs[place] for of_inputs, place in wanted]
        ctx.save_for_backward(*[value if isinstance(value, torch.Tensor) else None for value in kept])
        ctx.numbers = [None if isinstance(value, torch.Tensor) else value for value in kept]
        ctx.is_tensor = [isinstance(value, torch.Tensor) for value in inputs]

    return setup_context


def _backward_of(name: str, backward: KernelFunction | None) -> Callable[..., Any]:
    body = backward.forward if backward else None
    apply = backward.function.apply if backward else None

    def run_backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        if body is None or apply is None:
            raise UserError(
                _(
                    "{name} has no backward, so it cannot be differentiated{how_to_differentiate}",
                    name=name,
                    how_to_differentiate=_how_to_differentiate(name),
                )
            )
        kept = [
            number if tensor is None else tensor
            for tensor, number in zip(ctx.saved_tensors, ctx.numbers, strict=True)
        ]
        asked = [grad for grad, is_tensor in zip(grads, ctx.output_is_tensor, strict=True) if is_tensor]
        # A compiled backward is never differentiated again, and cannot hold a second Function.
        run = body if torch.compiler.is_compiling() else apply
        result = run(*asked, *kept)
        results: list[Any] = [*result] if isinstance(result, tuple) else [result]
        if len(results) != sum(ctx.is_tensor):
            raise UserError(
                _(
                    "the backward of {name} returned {count} gradient(s) for {is_tensor} "
                    "tensor(s): return one for each, and None for an input without a gradient",
                    name=name,
                    count=len(results),
                    is_tensor=sum(ctx.is_tensor),
                )
            )
        return tuple([results.pop(0) if is_tensor else None for is_tensor in ctx.is_tensor])

    return run_backward


def _stacked(rows: Sequence[torch.Tensor | None]) -> torch.Tensor | None:
    tensors = [row for row in rows if row is not None]
    return torch.stack(tensors) if tensors else None


class _Wanted(NamedTuple):
    """What a backward asks for besides gradients: the place of an input or of an output."""

    is_input: bool
    place: int


def _asked_for(
    name: str, parameters: Sequence[str], backward: KernelFunction | None
) -> tuple[int, list[_Wanted]]:
    """How many gradients backward takes, and where to find the rest."""
    if backward is None:
        return 0, []
    asked = list(backward.signature.parameters)
    if not asked:
        raise UserError(
            _(
                "the backward of {name} takes no gradient: give it a first parameter, as in backward(grad)",
                name=name,
            )
        )

    def place(wanted: str) -> _Wanted | None:
        if wanted in parameters:
            return _Wanted(True, parameters.index(wanted))
        output = _OUTPUT_NAME.fullmatch(wanted)
        return _Wanted(False, int(output[1] or 0)) if output else None

    gradients = 1
    while gradients < len(asked) and place(asked[gradients]) is None:
        gradients += 1
    wanted: list[_Wanted] = []
    for parameter in asked[gradients:]:
        found = place(parameter)
        if found is None:
            raise UserError(
                _(
                    "the backward of {name} asks for {parameter!r}, but {name} has only "
                    "{parameters} and its result, out",
                    name=name,
                    parameter=parameter,
                    parameters=", ".join(parameters),
                )
            )
        wanted.append(found)
    return gradients, wanted


def _how_to_differentiate(name: str) -> str:
    if name.endswith("backward") or name == "<lambda>":
        return _(" again: make it a kernel_function with a backward of its own")
    return _(": pass one to kernel_function")


def _versions(args: Sequence[Any]) -> list[int | None]:
    """Version counters of the tensors among `args`; tensors made in inference mode have none."""
    return [a._version if isinstance(a, torch.Tensor) and not a.is_inference() else None for a in args]


def _refuse_hidden_writes(
    name: str, parameters: Sequence[str], args: Sequence[Any], before: Sequence[int | None], result: Any
) -> None:
    results = cast(tuple[Any, ...], result if isinstance(result, tuple) else (result,))
    # A backward is such a forward too, and has None where an argument has no gradient.
    if result is None or not all(value is None or isinstance(value, torch.Tensor) for value in results):
        raise UserError(
            _(
                "the forward of {name} must return a tensor or a tuple of tensors, not {result}",
                name=name,
                result=f"{result!r:.60}",
            )
        )
    for parameter, arg, old, new in zip(parameters, args, before, _versions(args), strict=True):
        if old != new and not any(arg is value for value in results):
            raise UserError(
                _(
                    "the forward of {name} wrote into {parameter} unseen by autograd: "
                    "return {parameter} to say so, or write to a new tensor",
                    name=name,
                    parameter=parameter,
                )
            )
