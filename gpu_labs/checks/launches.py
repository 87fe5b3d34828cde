"""Whether a function that a learner made differentiable runs on kernels, and not on torch's own operations.

Every operation that torch carries out is seen, and each tensor is followed: what was given, what a launch made of
that, and what torch computed. Moving data (a view, a copy, an empty tensor) does not change that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import torch

from gpu_labs.checks.private_names import seeing_operations, storage_address
from graphviz_tools.errors import own_code
from graphviz_tools.language import _

# "given": an argument; "made": by a launch from what was given; "blank": holds nothing of it; "computed": by torch
Origin = Literal["given", "made", "blank", "computed"]

_MOVES = {
    "_reshape_alias", "_to_copy", "_unsafe_view", "alias", "as_strided", "cat", "clone", "contiguous", "copy_",
    "detach", "expand", "flatten", "flip", "lift_fresh", "narrow", "permute", "reshape", "resolve_conj", "resolve_neg",
    "select", "slice", "split", "split_with_sizes", "squeeze", "stack", "t", "transpose", "unbind", "unsqueeze", "view",
}  # fmt: skip
_BLANKS = {
    "arange", "empty", "empty_like", "empty_strided", "fill_", "full", "full_like", "new_empty",
    "new_empty_strided", "new_full", "new_ones", "new_zeros", "ones", "ones_like", "zero_", "zeros", "zeros_like",
}  # fmt: skip
_WORST: dict[Origin, int] = {"blank": 0, "given": 1, "made": 2, "computed": 3}


class Launches:
    """Follows the tensors of a function while it is entered. `number` counts launches; `numbers` lists the Python
    numbers that went into launches and constant tensors, in order."""

    def __init__(self) -> None:
        self._seeing = seeing_operations(self._saw)
        self.number = 0
        self.numbers: list[Any] = []
        self._origins: dict[int, Origin] = {}
        self._alive: list[torch.Tensor] = []  # so that no address is used twice

    def give(self, *values: Any) -> None:
        """These tensors are arguments."""
        for value in _tensors(values):
            self._note(value, "given")

    def reason(self, result: Any) -> str:
        """Why a result is not the output of a launch that was computed from what was given; "" when it is."""
        for value in _tensors(result):
            origin = self._origin(value)
            if origin == "computed":
                return _("torch computed what is returned, or what the kernel was given")
            if origin != "made":
                return _("what is returned is not what a launch wrote")
        return ""

    def __enter__(self) -> Launches:
        self._seeing.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._seeing.__exit__(*raised)

    def _saw(self, func: Any, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        with own_code():
            self._follow(func, result, args, kwargs)

    def _follow(self, func: Any, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Note where the tensors of an operation come from."""
        if func is torch.ops.graph_duet.launch.default:
            names = ("kernel", "grid", "block", "order", "tensors", "numbers", "out")
            self._launched({**dict(zip(names, args, strict=False)), **kwargs})
            return
        name = func.overloadpacket.__name__
        origin = self._after(name, [*_tensors((args, kwargs))])
        if name in _BLANKS:
            self.numbers += [v for v in _leaves((args, kwargs)) if isinstance(v, (bool, int, float))]
        changed = args[:1] if name.endswith("_") else ()
        for value in _tensors((result, changed)):
            self._note(value, origin)

    def _after(self, name: str, inputs: list[torch.Tensor]) -> Origin:
        """Where the result of an operation of torch comes from."""
        if name in _BLANKS or not inputs:
            return "blank" if name in _BLANKS else "computed"
        origins: list[Origin] = [self._origin(value) for value in inputs]
        worst = max(origins, key=lambda origin: _WORST[origin])
        if name == "copy_":
            return self._origin(inputs[-1])
        return worst if name in _MOVES else "computed"

    def _launched(self, launch: dict[str, Any]) -> None:
        """A launch, with the arguments of the launch operator by name."""
        self.number += 1
        self.numbers += launch["numbers"]
        origins = {self._origin(value) for value in launch["tensors"]}
        origins_of_out = {self._origin(value) for value in launch["out"]}
        fit = bool(origins & {"given", "made"}) and "computed" not in origins | origins_of_out
        for value in launch["out"]:
            self._note(value, "made" if fit else "computed")

    def _origin(self, value: torch.Tensor) -> Origin:
        return self._origins.get(storage_address(value), "computed")

    def _note(self, value: torch.Tensor, origin: Origin) -> None:
        self._origins[storage_address(value)] = origin
        self._alive.append(value)


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    return (value for value in _leaves(values) if isinstance(value, torch.Tensor))


def _leaves(value: Any) -> Iterator[Any]:
    """What lies in lists, tuples and dicts, in order."""
    if not isinstance(value, (list, tuple, dict)):
        yield value
        return
    for item in value.values() if isinstance(value, dict) else value:
        yield from _leaves(item)


def by_kernels(function: Callable[..., torch.Tensor], x: torch.Tensor, *others: torch.Tensor) -> bool:
    """Whether the result of `function(x, *others)` is what a launch made of these, and the gradient of `x` what a
    launch made of the gradient of the result. `x` requires a gradient."""
    launches = Launches()
    launches.give(x, *others)
    with launches:
        value = function(x, *others)
        forward = launches.number > 0 and not launches.reason(value)
    launched = launches.number
    direction = torch.ones_like(value)
    launches.give(direction)
    with launches:
        (gradient,) = torch.autograd.grad(value, x, direction, allow_unused=True)
        backward = launches.number > launched and not launches.reason(gradient)
    return forward and backward
