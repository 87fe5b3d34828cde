"""Which tensor storages are alive, measured: a storage tells when it dies.

PyTorch keeps the Python object of a storage alive for as long as its memory, so a weak reference's callback
fires at the very moment the memory is freed. Nothing is kept alive to learn this.
"""

from __future__ import annotations

import weakref
from typing import final

import torch


class _Storage(weakref.ref):
    """A piece of tensor memory that is alive: a reference to its storage, or to the first tensor seen in it."""

    __slots__ = ("base", "holders", "nbytes", "number", "others", "refers")

    base: int
    number: int
    nbytes: int
    holders: int  # tensors in it that autograd has saved
    refers: int  # to what is alive: the storage, or the tensors seen in it
    others: list[_Other] | None  # for the further tensors; None where the storage itself is referred to


@final
class _Other(weakref.ref):
    """To a further tensor in a piece of memory."""

    __slots__ = ("storage",)

    storage: _Storage


class StorageLedger:
    """Every storage seen, numbered from 0 in order of appearance; `alive` and `saved` are in bytes."""

    def __init__(self) -> None:
        self.alive = 0
        self.saved = 0
        self.died: list[int] = []  # the storages whose memory was freed since this list was last emptied
        self.sizes: list[int] = []  # in bytes, by number
        self._by_base: dict[int, _Storage] = {}
        self._by_number: dict[int, _Storage] = {}
        # What has ended and is not settled yet, filled by the weak references. No Python code runs in their callback:
        # Python would swallow what is raised there, and the stop button raises where Python code happens to run.
        self.ended: list[_Storage | _Other] = []

    def number(self, tensor: torch.Tensor, pointer: int, nbytes: int, gradient: bool = False) -> int:
        """The number of the storage below `tensor` of `nbytes` bytes, whose first element is at `pointer`.

        The engine adds gradients in place only where nobody else refers to their storage, so of a gradient
        only the tensors are watched: its memory counts as freed when the last of them is.
        """
        if self.ended:
            self.settle()
        offset = tensor.storage_offset()
        base = pointer - int(offset) * tensor.itemsize if offset else pointer
        storage = self._by_base.get(base)
        if storage is None:
            if gradient:
                storage = _Storage(tensor, self.ended.append)
                storage.others = []
            else:
                whole = tensor.untyped_storage()
                nbytes = whole.nbytes()
                storage = _Storage(whole, self.ended.append)
                storage.others = None
            number = storage.number = len(self.sizes)
            storage.base, storage.nbytes, storage.holders, storage.refers = base, nbytes, 0, 1
            self._by_base[base] = self._by_number[number] = storage
            self.alive += nbytes
            self.sizes.append(nbytes)
            return number
        if storage.others is not None:
            other = _Other(tensor, self.ended.append)
            other.storage = storage
            storage.others.append(other)
            storage.refers += 1
        return storage.number

    def hold(self, number: int) -> None:
        """Autograd saved a tensor in this storage."""
        storage = self._by_number.get(number)
        if storage is not None:
            if not storage.holders:
                self.saved += storage.nbytes
            storage.holders += 1

    def release(self, number: int) -> None:
        """Autograd gave one such tensor back."""
        storage = self._by_number.get(number)
        if storage is not None and storage.holders:
            storage.holders -= 1
            if not storage.holders:
                self.saved -= storage.nbytes

    def close(self) -> None:
        """Watch no more; the references to a piece of memory refer to each other."""
        for storage in self._by_number.values():
            storage.others = None
        self._by_number.clear()
        self._by_base.clear()
        self.ended.clear()

    def settle(self) -> None:
        """Take what has ended since the last time off the books; `alive`, `saved` and `died` are right afterwards."""
        ended, by_number, by_base = self.ended, self._by_number, self._by_base
        while ended:
            gone = ended.pop(0)
            storage = gone.storage if type(gone) is _Other else gone
            storage.refers -= 1
            number = storage.number
            if storage.refers or by_number.get(number) is not storage:
                continue
            self.alive -= storage.nbytes
            self.died.append(number)
            if storage.holders:
                self.saved -= storage.nbytes
            del by_number[number]
            if by_base.get(storage.base) is storage:
                del by_base[storage.base]
            storage.others = None
