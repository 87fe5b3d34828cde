"""Which tensor storages are alive, measured: a storage tells when it dies.

PyTorch keeps the Python object of a storage alive for as long as its memory, so a weak reference's callback
fires at the very moment the memory is freed. Nothing is kept alive to learn this.
"""

from __future__ import annotations

import weakref

import torch


class _Storage:
    """A piece of tensor memory that is alive."""

    __slots__ = ("base", "holders", "nbytes", "number", "tensors", "watches")

    def __init__(self, base: int, number: int, nbytes: int) -> None:
        self.base, self.number, self.nbytes = base, number, nbytes
        self.holders = 0  # tensors in it that autograd has saved
        self.tensors = 0  # tensors by which it is watched, where the storage itself is not
        self.watches: list[_Watch] = []


class _Watch(weakref.ref):
    """On a storage, or (`of_tensor`) on one of the tensors in it."""

    __slots__ = ("of_tensor", "storage")

    of_tensor: bool
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
        self.ended: list[_Watch] = []

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
            number = len(self.sizes)
            storage = self._by_base[base] = self._by_number[number] = _Storage(base, number, nbytes)
            if gradient:
                self._watch(tensor, storage)
            else:
                whole = tensor.untyped_storage()
                storage.nbytes = whole.nbytes()
                watch = _Watch(whole, self.ended.append)
                watch.storage, watch.of_tensor = storage, False
                storage.watches.append(watch)
            self.alive += storage.nbytes
            self.sizes.append(storage.nbytes)
        elif storage.tensors:
            self._watch(tensor, storage)
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
        """Watch no more; a watch and its storage refer to each other."""
        for storage in self._by_number.values():
            storage.watches.clear()
        self._by_number.clear()
        self._by_base.clear()
        self.ended.clear()

    def _watch(self, tensor: torch.Tensor, storage: _Storage) -> None:
        watch = _Watch(tensor, self.ended.append)
        watch.storage, watch.of_tensor = storage, True
        storage.tensors += 1
        storage.watches.append(watch)

    def settle(self) -> None:
        """Take what has ended since the last time off the books; `alive`, `saved` and `died` are right afterwards."""
        ended, by_number, by_base = self.ended, self._by_number, self._by_base
        while ended:
            watch = ended.pop(0)
            storage = watch.storage
            storage.tensors -= watch.of_tensor
            number = storage.number
            if storage.tensors or by_number.get(number) is not storage:
                continue
            self.alive -= storage.nbytes
            self.died.append(number)
            if storage.holders:
                self.saved -= storage.nbytes
            del by_number[number]
            if by_base.get(storage.base) is storage:
                del by_base[storage.base]
            storage.watches.clear()
