"""Which tensor is which: every tensor seen, by identity and version, and who wrote it.

Tensors are known by weak reference, so that being known keeps none alive.
"""

from __future__ import annotations

import weakref
from typing import Any

import torch

from graphviz_tools.sources.torch_memory import StorageLedger
from graphviz_tools.sources.torch_summaries import Summaries
from graphviz_tools.sources.torch_tape import Tape

UNTRACKED = -1  # inference tensors have no version counter


class Known:
    """A tensor as last seen: the value it had, and output `slot` of `node`, which wrote it."""

    __slots__ = ("node", "ref", "requires_grad", "slot", "value", "version")

    def __init__(self, tensor: torch.Tensor, version: int, value: int, node: int | None, slot: int) -> None:
        self.ref = weakref.ref(tensor)
        self.requires_grad = tensor.requires_grad
        self.version, self.value, self.node, self.slot = version, value, node, slot


def version_of(tensor: torch.Tensor) -> int:
    """PyTorch's count of in-place writes to the tensor's memory."""
    try:
        return tensor._version
    except RuntimeError:
        return UNTRACKED


class Tensors:
    """`find` a tensor that is unchanged since it was last seen, or `describe` it anew."""

    def __init__(self, tape: Tape, ledger: StorageLedger, *, numbers: bool, max_values: int) -> None:
        self._tape = tape
        self._ledger = ledger
        self._by_id: dict[int, Known] = {}
        self._by_pointer: dict[int, int] = {}
        self._writers: dict[int, tuple[int, int]] = {}
        self._left = max_values
        self._max_values = max_values
        self.summaries = Summaries()
        self._numbers = numbers

    def find(self, tensor: torch.Tensor) -> Known | None:
        known = self._by_id.get(id(tensor))
        if known is not None and known.ref() is tensor and known.version == version_of(tensor):
            return known
        return None

    def writer(self, tensor: torch.Tensor) -> tuple[int, int] | None:
        """The (node, slot) that last wrote in place to the tensor's memory, through it or through a view."""
        number = self._ledger.number(tensor)
        return self._writers.get(number) if number is not None else None

    def last_seen(self, tensor: torch.Tensor) -> Known | None:
        """What was known of the tensor, at whatever version."""
        known = self._by_id.get(id(tensor))
        return known if known is not None and known.ref() is tensor else None

    def describe(
        self,
        tensor: torch.Tensor,
        node: int | None,
        slot: int,
        name: str = "",
        *,
        flags: tuple[str, ...] = (),
        written: bool = False,
    ) -> Known:
        """The tensor as it is now, output `slot` of `node`; `written` when its memory was written in place."""
        version = version_of(tensor)
        plain = tensor
        if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
            plain, wrappers = _unwrapped(tensor)
            flags = (*flags, *wrappers)
        storage = self._ledger.number(plain)
        ticket = None
        if self._numbers:
            if self._left > 0:
                self._left -= 1
                ticket = self.summaries.take(plain)
            else:
                self._tape.omitted["values", f"max_values={self._max_values}"] += 1
        self._tape.values.append(
            (
                tensor.shape,
                tensor.dtype,
                tensor.device,
                _flags(tensor) + flags,
                None if version == UNTRACKED else version,
                storage,
                plain.numel() * plain.itemsize,
                ticket,
                name,
                node,
            )
        )
        known = Known(tensor, version, len(self._tape.values) - 1, node, slot)
        if storage is not None:
            self._by_pointer[plain.data_ptr()] = known.value
        self._by_id[id(tensor)] = known
        if written and storage is not None and node is not None:
            self._writers[storage] = (node, slot)
        return known

    def value_of(self, tensor: torch.Tensor, storage: int | None) -> int:
        """The value of a tensor that may be another object over memory that was seen."""
        known = self.find(tensor)
        if known is not None:
            return known.value
        value = self._by_pointer.get(tensor.data_ptr()) if storage is not None else None
        if value is not None:
            shape, dtype, _, _, version, seen, *_ = self._tape.values[value]
            if (seen, version, shape, dtype) == (storage, version_of(tensor), tensor.shape, tensor.dtype):
                return value
        return self.describe(tensor, None, 0).value

    def forget(self, tensor: torch.Tensor) -> None:
        self._by_id.pop(id(tensor), None)


def _flags(tensor: torch.Tensor) -> tuple[str, ...]:
    requires_grad, leaf = tensor.requires_grad, tensor.is_leaf
    key = (
        requires_grad,
        leaf,
        not leaf and tensor.retains_grad,
        tensor._is_view(),
        tensor.layout is torch.strided and not tensor.is_contiguous(),
        tensor.is_inference(),
    )
    words = _WORDS.get(key)
    if words is None:
        words = _WORDS[key] = tuple(word for word, holds in zip(_NAMES, key, strict=True) if holds)
    return words


_NAMES = ("requires_grad", "leaf", "retains_grad", "view", "strided", "inference")
_WORDS: dict[tuple[bool, ...], tuple[str, ...]] = {}


def _unwrapped(tensor: torch.Tensor) -> tuple[torch.Tensor, list[str]]:
    """The tensor below the wrappers of torch.func, and a word for each wrapper ("vmapped": all examples)."""
    words: list[str] = []
    while torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        words.append("vmapped" if torch._C._functorch.is_batchedtensor(tensor) else "transformed")
        tensor = torch._C._functorch.get_unwrapped(tensor)
    return tensor, words


def tensors_in(arguments: Any) -> list[torch.Tensor]:
    """The tensors in nested tuples, lists, dicts and dataclass-like objects, in order, each once."""
    found: dict[int, torch.Tensor] = {}
    _collect(arguments, found, set())
    return list(found.values())


def _collect(thing: Any, found: dict[int, torch.Tensor], visited: set[int]) -> None:
    if isinstance(thing, torch.Tensor):
        found.setdefault(id(thing), thing)
        return
    if (
        isinstance(thing, str | bytes | int | float | complex | type(None) | torch.nn.Module)
        or id(thing) in visited
    ):
        return
    visited.add(id(thing))
    if isinstance(thing, dict):
        thing = thing.values()
    elif not isinstance(thing, tuple | list | set):
        if not hasattr(thing, "__dataclass_fields__"):
            return
        thing = (
            vars(thing).values()
            if hasattr(thing, "__dict__")
            else [getattr(thing, name) for name in thing.__dataclass_fields__]
        )
    for item in thing:
        _collect(item, found, visited)
