"""Which tensor storages are alive, measured: a storage tells when it dies.

PyTorch keeps the Python object of a storage alive for as long as its memory, so a weak reference's callback
fires at the very moment the memory is freed. Nothing is kept alive to learn this.
"""

from __future__ import annotations

import weakref
from typing import Any

import torch


class _StorageRef(weakref.ref):
    __slots__ = ("base", "holders", "nbytes", "number")

    base: int
    holders: int
    nbytes: int
    number: int


class StorageLedger:
    """Every storage seen, numbered from 0 in order of appearance; `alive` and `saved` are in bytes."""

    def __init__(self) -> None:
        self.alive = 0
        self.saved = 0
        self._count = 0
        self._by_base: dict[Any, _StorageRef] = {}
        self._by_number: dict[int, _StorageRef] = {}

    def number(self, tensor: torch.Tensor) -> int | None:
        """The number of the storage below `tensor`; None where there is no memory (meta, sparse, empty)."""
        try:
            base = tensor.data_ptr() - tensor.storage_offset() * tensor.itemsize
        except RuntimeError:
            return None
        known = self._by_base.get(base)
        if known is not None:
            return known.number
        if not base:
            return None
        storage = tensor.untyped_storage()
        ref = _StorageRef(storage, self._died)
        ref.base, ref.number, ref.nbytes, ref.holders = base, self._count, storage.nbytes(), 0
        self._count += 1
        self.alive += ref.nbytes
        self._by_base[base] = self._by_number[ref.number] = ref
        return ref.number

    def hold(self, number: int) -> None:
        """Autograd saved a tensor in this storage."""
        ref = self._by_number.get(number)
        if ref is not None:
            if not ref.holders:
                self.saved += ref.nbytes
            ref.holders += 1

    def release(self, number: int) -> None:
        """Autograd gave one such tensor back."""
        ref = self._by_number.get(number)
        if ref is not None and ref.holders:
            ref.holders -= 1
            if not ref.holders:
                self.saved -= ref.nbytes

    def _died(self, ref: _StorageRef) -> None:
        self.alive -= ref.nbytes
        if ref.holders:
            self.saved -= ref.nbytes
        del self._by_number[ref.number]
        if self._by_base.get(ref.base) is ref:
            del self._by_base[ref.base]
