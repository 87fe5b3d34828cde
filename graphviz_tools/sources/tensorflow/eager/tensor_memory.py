"""Measure which memory of eager tensors is alive after each step: weak references say when its holders die.

A buffer is held by Python's tensor objects, which a tape keeps too, and by variables. Measuring keeps none alive.
"""

from __future__ import annotations

import weakref
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphviz_tools.recording import Memory, Saved, Step
from graphviz_tools.sources.tensorflow.private_names import buffer_of, tensor_number


@dataclass(eq=False, slots=True)
class _Buffer:
    """A piece of memory that is alive, from address `base` on; `holders` keep it alive."""

    storage: int
    base: int
    holders: int = 0


@dataclass(slots=True)
class _Moment:
    """Bytes alive after a step, the most alive while it ran, and the buffers that died before the next."""

    alive: int
    most: int
    died: list[int]


class _Holder(weakref.ref[Any]):
    """A tensor, or the handle of a variable, by which a buffer is held."""

    __slots__ = ("buffer", "number")

    buffer: _Buffer
    number: int


class TensorMemory:
    """Numbers buffers from 0 in order of appearance; `sizes` are their bytes."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._bases: list[int] = []
        self._by_base: dict[int, _Buffer] = {}
        self._holders: dict[int, _Holder] = {}  # by the number of the tensor or handle
        self._ended: list[_Holder] = []  # no Python code runs in the callback of a weak reference
        self._died: list[int] = []
        self._alive = self._most = 0
        self._moments: dict[int, _Moment] = {}  # by step
        self._existed: list[tuple[int, int]] = []  # (step, bytes) of variables that were there before
        self._saved: dict[tuple[int, str], tuple[int, Saved]] = {}  # by autograd node and name

    def storage(self, tensor: Any, holder: Any = None) -> int | None:
        """The number of the memory that `tensor` lies in; `holder` is the handle of the variable that holds it.
        None for memory that this process cannot see."""
        found = buffer_of(tensor)
        if found is None:
            return None
        self._settle()
        buffer = self._buffer(*found)
        holder = tensor if holder is None else holder
        number = tensor_number(holder)
        before = self._holders.get(number)
        if before is None or before.buffer is not buffer:
            made = _Holder(holder, self._ended.append)
            made.buffer, made.number = buffer, number
            buffer.holders += 1
            self._holders[number] = made
            if before is not None:
                self._let_go(before)
        return buffer.storage

    def existed(self, storage: int, step: int) -> None:
        """A variable that is read first at `step` was there before the program began."""
        self._existed.append((step, self.sizes[storage]))

    def begins(self, step: int) -> None:
        """Step `step` begins to run, or is about to be written: what has died by now died after the previous one."""
        self._settle()
        before = self._moments.get(step - 1)
        if before is None:
            self._moments[step - 1] = _Moment(self._alive, self._most, list(self._died))
            self._most = self._alive
        else:
            before.died += self._died
        self._died.clear()

    def saves(self, step: int, saved: Saved) -> None:
        """A tape has kept the tensor since `step` for its backward pass."""
        self._saved.setdefault((saved.node, saved.name), (step, saved))

    def steps(self, steps: Sequence[Step]) -> list[Step]:
        """`steps` with the memory after each."""
        existed = _held((0, step, nbytes) for step, nbytes in self._existed)
        kept: dict[int, list[Saved]] = {}
        for step, saved in self._saved.values():
            kept.setdefault(step, []).append(saved)
        by_tapes = _held(self._spans(steps))
        measured = []
        more = held = 0
        for step in steps:
            more += existed.get(step.index, 0)
            held += by_tapes.get(step.index, 0)
            moment = self._moments.get(step.index) or _Moment(self._alive, self._most, [])
            memory = Memory(moment.alive + more, held, moment.most + more)
            saved = tuple(kept.get(step.index, ()))
            measured.append(replace(step, memory=memory, released=tuple(moment.died), saved=saved))
        return measured

    def close(self) -> None:
        """Stop watching, which also breaks the cycles of holders and their callbacks."""
        self._holders.clear()
        self._ended.clear()

    def _spans(self, steps: Sequence[Step]) -> Iterator[tuple[int, int, int]]:
        """(from step, until step, bytes) that tapes keep for their backward pass, each buffer once at a time."""
        freed = {node: step.index for step in steps for node in step.freed}
        spans: dict[int, list[tuple[int, int]]] = {}  # by storage
        for step, saved in self._saved.values():
            if saved.value.storage is not None:
                spans.setdefault(saved.value.storage, []).append((step, freed.get(saved.node, len(steps))))
        for storage, several in spans.items():
            end = 0
            for start, until in sorted(several):
                if until > end:
                    yield max(start, end), until, self.sizes[storage]
                end = max(end, until)

    def _buffer(self, base: int, nbytes: int) -> _Buffer:
        """The buffer around `nbytes` at `base`: a part of one that is known, or a new one."""
        place = bisect_right(self._bases, base) - 1
        if place >= 0:
            around = self._by_base[self._bases[place]]
            if base == around.base or base < around.base + self.sizes[around.storage]:
                return around
        buffer = self._by_base[base] = _Buffer(len(self.sizes), base)
        insort(self._bases, base)
        self.sizes.append(nbytes)
        self._alive += nbytes
        self._most = max(self._most, self._alive)
        return buffer

    def _settle(self) -> None:
        while self._ended:
            holder = self._ended.pop(0)
            if self._holders.get(holder.number) is holder:
                del self._holders[holder.number]
                self._let_go(holder)

    def _let_go(self, holder: _Holder) -> None:
        buffer = holder.buffer
        buffer.holders -= 1
        if not buffer.holders:
            self._died.append(buffer.storage)
            self._alive -= self.sizes[buffer.storage]
            del self._by_base[buffer.base]
            self._bases.remove(buffer.base)


def _held(spans: Iterable[tuple[int, int, int]]) -> dict[int, int]:
    """By step, how many bytes more or less are held from it on."""
    changes: dict[int, int] = {}
    for start, until, nbytes in spans:
        changes[start] = changes.get(start, 0) + nbytes
        changes[until] = changes.get(until, 0) - nbytes
    return changes
