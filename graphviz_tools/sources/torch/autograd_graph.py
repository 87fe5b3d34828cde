"""The autograd graph as it grows: nodes with their numbers, edges as `next_functions` has them.

Holding a node from Python would keep its saved tensors alive, so a node's number lies in its own metadata and
ends with it. (Its sequence number is unique in one thread only.) An AccumulateGrad, which PyTorch may let go and
make again, is known by its variable.
"""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch.autograd.function import BackwardCFunction

from graphviz_tools.sources.torch.storage_ledger import StorageLedger
from graphviz_tools.sources.torch.tape import RawNode, Tape, make_edge, new_tuple
from graphviz_tools.sources.torch.tensor_registry import Tensors

_NO_SEQUENCE = 2**64 - 1
_SEVERAL = (tuple, list)


_LIFE = "graph_duet.life"  # the key in `Node.metadata` of an object that dies with the node


class _Life:
    __slots__ = ("__weakref__",)


class _Watch(weakref.ref):
    """On the life of autograd node number `node`."""

    __slots__ = ("node",)

    node: int


class AutogradGraph:
    """Adds the autograd nodes that appear behind new tensors to the tape, each once."""

    def __init__(self, tape: Tape, tensors: Tensors, ledger: StorageLedger) -> None:
        self._tape = tape
        self._tensors = tensors
        self._ledger = ledger
        self._mark = object()  # the key of a node's number in its metadata; no other recording has it
        self._sequences: dict[int, int] = {}
        self._leaves: dict[int, tuple[weakref.ref[torch.Tensor], int]] = {}
        self.variables: dict[int, weakref.ref[torch.Tensor]] = {}
        self.unpacking: set[int] = set()  # nodes whose saved tensors a hook gives back
        self._holds: dict[int, list[int]] = {}
        self._lives: dict[int, _Watch] = {}
        self.ended: list[_Watch] = []  # filled by the watches, as those of the ledger fill theirs
        self._saved_names: dict[type, list[tuple[str, str]]] = {}  # by the type of node
        self._plain_names: dict[type, str] = {}

    def number(self, function: Any) -> int | None:
        """The node number of an autograd function that was seen before."""
        number = function.metadata.get(self._mark)
        if number is not None or function._sequence_nr() != _NO_SEQUENCE:
            return number
        variable = getattr(function, "variable", None)
        kept, number = self._leaves.get(id(variable), (None, None))
        return number if kept is not None and kept() is variable else None

    def latest(self, nodes: set[int]) -> int | None:
        """Of these nodes the one that the forward pass made last, which the engine takes first."""
        return max(nodes, key=lambda node: self._sequences.get(node, _NO_SEQUENCE), default=None)

    def grow(
        self, function: Any, owner: int | None, first_output: int | None = None
    ) -> list[tuple[int, str, int]]:
        """Add `function` and all behind it that is new; `owner` made them, and `function` stands behind its
        outputs from `first_output` on. Returns what they saved as (node, field, value)."""
        saved: list[tuple[int, str, int]] = []
        if self.number(function) is not None:
            return saved
        mark, append, saved_names = self._mark, self._tape.edges.append, self._saved_names
        fresh = [(function, self._add(function, owner, first_output))]
        for current, node in fresh:  # grows while it is walked
            slot = -1
            for following, input_number in current.next_functions:
                slot += 1
                if following is None:
                    continue
                target = following.metadata.get(mark)
                if target is None:
                    target = self.number(following)
                    if target is None:
                        target = self._add(following, owner)
                        fresh.append((following, target))
                append(make_edge(node, target, slot, input_number, "autograd"))
            fields = saved_names.get(type(current))
            if fields is None or fields:
                self._save(current, node, saved)
        return saved

    def release(self, node: int) -> bool:
        """The engine gave up what `node` had saved; False if it had nothing."""
        held = self._holds.pop(node, None)
        if held is None:
            return False
        for storage in held:
            self._ledger.release(storage)
        return True

    def leave(self, functions: list[Any]) -> None:
        """Take what was put into autograd functions out again, from `functions` on."""
        self._lives.clear()
        self.ended.clear()
        seen: set[Any] = set()
        while functions:
            function = functions.pop()
            if function is not None and function not in seen:
                seen.add(function)
                metadata = function.metadata
                metadata.pop(_LIFE, None)
                metadata.pop(self._mark, None)
                functions += [following for following, _ in function.next_functions]

    def settle(self) -> None:
        """Count as released what the nodes had saved that have ended since the last time."""
        while self.ended:
            self.release(self.ended.pop(0).node)

    def _add(self, function: Any, owner: int | None, first_output: int | None = None) -> int:
        name = self._plain_names.get(type(function)) or self._plain_name(function)
        nodes, sequence = self._tape.nodes, function._sequence_nr()
        node = len(nodes)
        if sequence != _NO_SEQUENCE:
            self._sequences[node] = sequence
            function.metadata[self._mark] = node
        else:
            owner, first_output = self._add_leaf(getattr(function, "variable", None), node, owner)
        nodes.append(new_tuple(RawNode, ("autograd", name, "", name, None, owner, first_output)))
        return node

    def _add_leaf(self, variable: Any, node: int, owner: int | None) -> tuple[int | None, int]:
        """Know node `node`, an AccumulateGrad, by its variable; returns the node and slot that it belongs to."""
        if variable is None:
            return owner, 0
        ref = self.variables[node] = weakref.ref(variable)
        self._leaves[id(variable)] = ref, node
        known = self._tensors.last_seen(variable)
        return (known.node, known.slot) if known is not None else (owner, 0)

    def _save(self, function: Any, node: int, saved: list[tuple[int, str, int]]) -> None:
        """Append what autograd function `function` keeps for its backward."""
        held: list[int] = []
        alike, hold = self._tensors.alike, self._ledger.hold
        for name, raw in self._saved_fields(function):
            for item in raw if isinstance(raw, _SEVERAL) else (raw,):
                tensor = (
                    item.data
                )  # as it was packed: an unpack hook is not run (a checkpoint's would compute it again)
                if not isinstance(tensor, torch.Tensor):
                    if tensor is not None:
                        self.unpacking.add(node)
                    continue
                value, storage = alike(tensor)
                if storage is not None:
                    hold(storage)
                    held.append(storage)
                saved.append((node, name, value))
        if held:
            self._holds[node] = held
            life = function.metadata[_LIFE] = _Life()
            watch = self._lives[node] = _Watch(life, self.ended.append)
            watch.node = node

    def _plain_name(self, function: Any) -> str:
        """The node's name without its C++ namespace."""
        name: str = function.name().rpartition("::")[2]
        if type(function).__name__ == name:  # and not the one type of all that have none of their own
            self._plain_names[type(function)] = name
        return name

    def _saved_fields(self, function: Any) -> list[tuple[str, Any]]:
        if isinstance(function, BackwardCFunction):
            return [(f"saved_tensors[{i}]", raw) for i, raw in enumerate(function._raw_saved_tensors)]
        kind = type(function)
        names = self._saved_names.get(kind)
        if names is None:
            found = [name for name in dir(kind) if name.startswith("_raw_saved_")]
            names = self._saved_names[kind] = [(name.removeprefix("_raw_saved_"), name) for name in found]
        return [(name, getattr(function, field)) for name, field in names]
