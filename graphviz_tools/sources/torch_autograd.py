"""The autograd graph as it grows: nodes by sequence number, edges as `next_functions` has them.

Holding a node from Python would keep its saved tensors alive, so nodes are known by the sequence number that
the engine gives them (unique in a thread), and an AccumulateGrad, which has none, by its variable.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import torch
from torch.autograd.function import BackwardCFunction

from graphviz_tools.sources.torch_memory import StorageLedger
from graphviz_tools.sources.torch_tape import Tape
from graphviz_tools.sources.torch_tensors import Tensors

_NO_SEQUENCE = 2**64 - 1


class AutogradGraph:
    """Adds the autograd nodes that appear behind new tensors to the tape, each once."""

    def __init__(self, tape: Tape, tensors: Tensors, ledger: StorageLedger) -> None:
        self._tape = tape
        self._tensors = tensors
        self._ledger = ledger
        self._by_sequence: dict[int, int] = {}
        self._leaves: dict[int, tuple[weakref.ref[torch.Tensor], int, int]] = {}
        self.variables: dict[int, weakref.ref[torch.Tensor]] = {}
        self.holds: dict[int, list[int]] = {}
        self.freed: set[int] = set()
        self._saved_names: dict[str, tuple[str, ...]] = {}

    def number(self, function: Any) -> int | None:
        """The node number of an autograd function that was seen before."""
        sequence = function._sequence_nr()
        if sequence != _NO_SEQUENCE:
            return self._by_sequence.get(sequence)
        variable = getattr(function, "variable", None)
        if variable is None:
            return None
        leaf = self._leaves.get(id(variable))
        return leaf[1] if leaf is not None and leaf[0]() is variable else None

    def grow(self, function: Any, owner: int | None) -> list[tuple[int, str, int]]:
        """Add `function` and all behind it that is new; `owner` made them. Returns what they saved as
        (node, field, value)."""
        if function is None or self.number(function) is not None:
            return []
        saved: list[tuple[int, str, int]] = []
        fresh = [(function, self._add(function, owner))]
        for current, node in fresh:  # grows while it is walked
            for slot, (following, input_number) in enumerate(current.next_functions):
                if following is None:
                    continue
                target = self.number(following)
                if target is None:
                    target = self._add(following, owner)
                    fresh.append((following, target))
                self._tape.edge(node, target, slot, input_number, "autograd")
            saved += self._saved(current, node)
        return saved

    def release(self, node: int) -> bool:
        """The engine gave up what `node` had saved; False if it had nothing."""
        held = self.holds.pop(node, None)
        if held is None:
            return False
        for storage in held:
            self._ledger.release(storage)
        self.freed.add(node)
        return True

    def _add(self, function: Any, owner: int | None) -> int:
        name = function.name().rpartition("::")[2]
        sequence = function._sequence_nr()
        if sequence != _NO_SEQUENCE:
            node = self._tape.node("autograd", name, name=name, owner=owner)
            self._by_sequence[sequence] = node
            return node
        variable = getattr(function, "variable", None)
        if variable is not None:
            known = self._tensors.last_seen(variable)
            if known is not None:
                owner = known.node
        node = self._tape.node("autograd", name, name=name, owner=owner)
        if variable is not None:
            ref = weakref.ref(variable)
            self._leaves[id(variable)] = (ref, node, 0)
            self.variables[node] = ref
        return node

    def _saved(self, function: Any, node: int) -> Iterator[tuple[int, str, int]]:
        held: list[int] = []
        for name, tensor in self._saved_tensors(function):
            storage = self._ledger.number(tensor)
            if storage is not None:
                self._ledger.hold(storage)
                held.append(storage)
            yield node, name, self._tensors.value_of(tensor, storage)
        if held:
            self.holds[node] = held

    def _saved_tensors(self, function: Any) -> Iterator[tuple[str, torch.Tensor]]:
        if isinstance(function, BackwardCFunction):
            raw = function._raw_saved_tensors
            yield from (
                (f"saved[{i}]", t) for i, item in enumerate(raw) if (t := _unpacked(item)) is not None
            )
            return
        kind = function.name()
        names = self._saved_names.get(kind)
        if names is None:
            names = tuple(name for name in dir(function) if name.startswith("_raw_saved_"))
            self._saved_names[kind] = names
        for name in names:
            raw = getattr(function, name)
            for item in raw if isinstance(raw, tuple | list) else (raw,):
                tensor = _unpacked(item)
                if tensor is not None:
                    yield name.removeprefix("_raw_saved_"), tensor


def _unpacked(saved: Any) -> torch.Tensor | None:
    """The saved tensor, without running an unpack hook (a checkpoint's would compute it again)."""
    packed = saved.data
    return packed if isinstance(packed, torch.Tensor) else None
