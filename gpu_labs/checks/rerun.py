"""A learner's function as the graph of what PyTorch saw of it, and that graph on other numbers.

NumPy, or a pointer, can write to a tensor's memory without PyTorch seeing it. The graph has no such step: on other
numbers it gives what the launches alone make of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from graphviz_tools.errors import InternalError


class AnswerError(Exception):
    """What a learner's function raised, in one line."""


def answered(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """`function(*arguments)`, where whatever is raised is the learner's mistake, unless it is known to be ours.

    Raises:
        AnswerError: the learner's code raised.
        InternalError: our code that it called did.
    """
    try:
        return function(*arguments, **named)
    except InternalError:
        raise
    except Exception as error:
        raise AnswerError(f"{type(error).__name__}: {error}") from error


def has_gradient(argument: Any) -> bool:
    """Whether it is a tensor of real numbers: those of whole numbers have no gradient."""
    return isinstance(argument, torch.Tensor) and argument.is_floating_point()


def both(function: Callable[..., torch.Tensor], arguments: Sequence[Any]) -> Callable[..., Any]:
    """A function of the tensors among `arguments` and a direction: the value, and each tensor's gradient."""

    def value_and_gradients(*tensors: torch.Tensor) -> list[torch.Tensor]:
        leaves = iter(tensors[:-1])
        given = [next(leaves).detach() if isinstance(a, torch.Tensor) else a for a in arguments]
        given = [a.requires_grad_() if has_gradient(a) else a for a in given]
        with torch.enable_grad():
            value = function(*given)
            wanted = [a for a in given if has_gradient(a)]
            return [value, *torch.autograd.grad(value, wanted, tensors[-1])]

    return value_and_gradients


def graph_of(
    function: Callable[..., torch.Tensor], arguments: Sequence[Any], *inputs: torch.Tensor
) -> torch.fx.GraphModule:
    """What PyTorch sees of `both(function, arguments)` on these tensors.

    Raises:
        AnswerError: the learner's code raised.
    """
    from torch.fx.experimental.proxy_tensor import make_fx

    return answered(make_fx(both(function, arguments)), *inputs)


def half_with_unseen_steps(
    function: Callable[..., torch.Tensor], arguments: Sequence[Any], other: Sequence[Any]
) -> str:
    """The half of a function, "forward" or "backward", whose graph for `arguments` gives something else on the tensors
    of `other` than the function does; "" when both give the same.

    Raises:
        AnswerError: the learner's code raised.
    """
    given = [a for a in arguments if isinstance(a, torch.Tensor)]
    fresh = [a for a in other if isinstance(a, torch.Tensor)]
    with torch.no_grad():
        direction = torch.ones_like(answered(function, *other))
    graph = graph_of(function, arguments, *given, direction)
    turned = torch.cos(1 + torch.arange(direction.numel(), dtype=direction.dtype)).reshape(direction.shape)
    wanted = answered(both(function, other), *fresh, turned)
    for place, (got, right) in enumerate(zip(graph(*fresh, turned), wanted, strict=True)):
        if not torch.allclose(got, right, equal_nan=True):
            return "backward" if place else "forward"
    return ""
