"""Whether a function that a learner made differentiable runs on kernels, and not on torch's own operations.

Every operation that torch carries out is seen, and each element of each tensor is followed: what was given, what a
launch made of that, and what torch computed. Moving data (a view, a copy, a join) moves where it came from too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any

import torch

from gpu_labs.checks.private_names import seeing_operations, storage_address
from graphviz_tools.errors import own_code
from graphviz_tools.language import _


class Origin(IntEnum):
    """Where an element comes from."""

    BLANK = 0  # memory that holds nothing of what was given
    GIVEN = 1  # an argument
    MADE = 2  # by a launch, from what was given
    COMPUTED = 3  # by torch, or nobody knows how


# What copies elements to new memory, and what looks at the same memory in another way.
_MOVES = {"_to_copy", "cat", "clone", "constant_pad_nd", "flip", "repeat", "roll", "stack"}
_VIEWS_IN_PLACE = {"as_strided_", "detach_", "squeeze_", "t_", "transpose_", "unsqueeze_"}
_BLANKS = {
    "arange", "empty", "empty_like", "empty_permuted", "empty_strided", "fill_", "full", "full_like", "new_empty",
    "new_empty_strided", "new_full", "new_ones", "new_zeros", "ones", "ones_like", "zero_", "zeros", "zeros_like",
}  # fmt: skip


class Launches:
    """Follows the tensors of a function while it is entered. `number` counts launches; `numbers` lists the Python
    numbers that went into launches and constant tensors, in order."""

    def __init__(self) -> None:
        self._seeing = seeing_operations(self._saw)
        self.number = 0
        self.numbers: list[Any] = []
        self._origins: dict[int, torch.Tensor] = {}  # of each memory, an `Origin` for each element
        self._alive: list[torch.Tensor] = []  # so that no address is used twice

    def give(self, *values: Any) -> None:
        """These tensors are arguments."""
        for value in _tensors(values):
            self._note(value, Origin.GIVEN)

    def reason(self, result: Any) -> str:
        """Why a result is not the output of a launch that was computed from what was given; "" when it is."""
        for value in _tensors(result):
            origins = self._of(value)
            if (origins == Origin.COMPUTED).any():
                return _("torch computed what is returned, or what the kernel was given")
            if (origins == Origin.GIVEN).any() or not (origins == Origin.MADE).any():
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
        """Note where the results of an operation come from."""
        if func is torch.ops.graph_duet.launch.default:
            names = ("kernel", "grid", "block", "order", "tensors", "numbers", "out")
            self._launched({**dict(zip(names, args, strict=False)), **kwargs})
            return
        name = func.overloadpacket.__name__
        if name in _BLANKS:
            self.numbers += [v for v in _leaves((args, kwargs)) if isinstance(v, (bool, int, float))]
        changed = [*_tensors(args[:1])] if name.endswith("_") else [*_tensors(kwargs.get("out"))]
        if name == "copy_":
            self._note(args[0], self._of(args[1]).expand(args[0].shape))
        elif not changed:
            self._made_new(func, name, result, args, kwargs)
        elif name not in _VIEWS_IN_PLACE:
            by_number = name in _BLANKS and len([*_tensors(args)]) == 1
            for value in changed:
                self._note(value, Origin.BLANK if by_number else Origin.COMPUTED)

    def _made_new(
        self, func: Any, name: str, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Note the results of an operation that changes none of its arguments: a view shares memory with one."""
        results = [*_tensors(result)]
        memories = {_memory(value) for value in _tensors((args, kwargs))}
        fresh = [value for value in results if _memory(value) not in memories]
        for value in fresh:
            if name in _BLANKS:
                self._note(value, Origin.BLANK)
            elif name in _MOVES:
                self._note(value, self._moved(func, name, args, kwargs))
            else:
                self._note(value, Origin.COMPUTED)

    def _moved(self, func: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
        """The origins that an operation moves as it moves the elements."""
        moved = args[:2] if name == "constant_pad_nd" else args  # what it pads with is nobody's: blank
        named = {key: value for key, value in kwargs.items() if key not in ("dtype", "device", "pin_memory")}
        return func(*(self._in_place_of(value) for value in moved), **named)

    def _in_place_of(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._in_place_of(item) for item in value]
        return self._of(value) if isinstance(value, torch.Tensor) else value

    def _launched(self, launch: dict[str, Any]) -> None:
        """A launch, with the arguments of the launch operator by name."""
        self.number += 1
        self.numbers += launch["numbers"]
        touched = [self._of(value) for value in (*launch["tensors"], *launch["out"])]
        from_given = any(((o == Origin.GIVEN) | (o == Origin.MADE)).any() for o in touched)
        by_torch = any((o == Origin.COMPUTED).any() for o in touched)
        for value in launch["out"]:
            self._note(value, Origin.MADE if from_given and not by_torch else Origin.COMPUTED)

    def _of(self, value: torch.Tensor) -> torch.Tensor:
        """The origin of each element, in the shape of the tensor."""
        origins = self._origins.get(_memory(value))
        if origins is None or origins.numel() != _elements(value) or value.is_neg() or value.is_conj():
            return torch.full(value.shape, Origin.COMPUTED, dtype=torch.int8)
        return _window(origins, value)

    def _note(self, value: torch.Tensor, origin: Origin | torch.Tensor) -> None:
        if value.layout != torch.strided:
            return  # what nobody noted was computed
        self._alive.append(value)
        origins = self._origins.get(_memory(value))
        if origins is None:
            origins = self._origins[_memory(value)] = torch.zeros(_elements(value), dtype=torch.int8)
        if origins.numel() != _elements(value) or value.is_neg() or value.is_conj():
            origins.fill_(Origin.COMPUTED)  # the same bytes as numbers of another kind
        elif isinstance(origin, torch.Tensor):
            _window(origins, value).copy_(origin)
        else:
            _window(origins, value).fill_(origin)


def _window(origins: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """The part of the origins of a memory that a tensor looks at."""
    return origins.as_strided(value.shape, value.stride(), value.storage_offset())


def _memory(value: torch.Tensor) -> int:
    """A number for the memory of a tensor; 0 for one that is not strided, such as a sparse one."""
    return storage_address(value) if value.layout == torch.strided else 0


def _elements(value: torch.Tensor) -> int:
    """How many elements of its kind the memory of a tensor holds."""
    return value.untyped_storage().nbytes() // value.element_size()


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    return (value for value in _leaves(values) if isinstance(value, torch.Tensor))


def _leaves(value: Any) -> Iterator[Any]:
    """The items of nested lists, tuples and dicts, in order."""
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
