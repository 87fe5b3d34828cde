"""Memory that a program shares with NumPy or another library, which may write to it without PyTorch knowing."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from graphviz_tools.sources.torch.tensor_registry import Tensors

_WHOLE = 1 << 20  # bytes up to which all are compared; of more, about so many, evenly strided


@dataclass(slots=True)
class _Shared:
    """Shared at `node`; `digest` is of the bytes that were last there."""

    node: int
    digest: int


class SharedMemory:
    """Compares the memory of a tensor that the program reads with what was there before, where it is shared."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self.any = False  # whether memory is shared at all; most programs share none
        self._by_storage: dict[int, _Shared] = {}

    def share(self, tensor: torch.Tensor, node: int) -> None:
        """From here on another library may write to the tensor's memory; `node` is where it was shared."""
        known = self._tensors.last_seen(tensor)
        if known is not None and known.storage is not None and tensor.device.type == "cpu":
            self._by_storage[known.storage] = _Shared(node, _digest(tensor))
            self.any = True

    def share_if_foreign(self, tensor: torch.Tensor, node: int) -> None:
        """The same for memory that was shared before the recording: PyTorch does not resize it any more."""
        try:
            foreign = not tensor.untyped_storage().resizable()
        except RuntimeError:  # sparse, a tensor class of the program's own
            return
        if foreign:
            self.share(tensor, node)

    def written_outside(self, tensor: torch.Tensor) -> bool:
        """Whether the memory has changed since it was last seen, and not by PyTorch; its new numbers are then the
        tensor's, and come from where the memory was shared."""
        known = self._tensors.last_seen(tensor) if self._by_storage else None
        shared = (
            self._by_storage.get(known.storage) if known is not None and known.storage is not None else None
        )
        if shared is None:
            return False
        digest = _digest(tensor)
        if digest == shared.digest:
            return False
        shared.digest = digest
        if self._tensors.find(tensor) is None:  # PyTorch knows of a write
            return False
        self._tensors.forget_numbers(tensor)
        self._tensors.describe(tensor, shared.node, 0, written=True)
        return True

    def written(self, tensor: torch.Tensor) -> None:
        """PyTorch itself has written to the tensor's memory."""
        known = self._tensors.last_seen(tensor) if self._by_storage else None
        shared = (
            self._by_storage.get(known.storage) if known is not None and known.storage is not None else None
        )
        if shared is not None:
            shared.digest = _digest(tensor)


def _digest(tensor: torch.Tensor) -> int:
    """A hash of the bytes of the whole storage, which views of it share."""
    storage = tensor.untyped_storage()
    size = storage.nbytes()
    if not size:
        return 0
    if size <= _WHOLE:
        return hash(ctypes.string_at(storage.data_ptr(), size))
    memory: Any = (ctypes.c_uint8 * size).from_address(storage.data_ptr())
    return hash(np.frombuffer(memory, np.uint8)[:: -(-size // _WHOLE)].tobytes())
