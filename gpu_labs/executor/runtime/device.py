"""The one device of a machine without a GPU: what `cuda.gpus` and `cuda.get_current_device()` give there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple, overload

from graphviz_tools.language import _


class MemoryInfo(NamedTuple):
    """Bytes of this machine's memory."""

    free: int
    total: int


class Context:
    """What `cuda.current_context()` returns."""

    @property
    def device(self) -> Device:
        """The device used in place of a GPU."""
        return Device()

    def get_memory_info(self) -> MemoryInfo:
        """Free and total memory: this machine's, since arrays lie there."""
        page = os.sysconf("SC_PAGE_SIZE")
        return MemoryInfo(os.sysconf("SC_AVPHYS_PAGES") * page, os.sysconf("SC_PHYS_PAGES") * page)

    def synchronize(self) -> None:
        """Nothing to wait for."""

    def reset(self) -> None:
        """Nothing to reset."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"The executor has no `{name}` of a context: it does not model a GPU's hardware."
        )


class Device:
    """What `cuda.get_current_device()` returns where there is no GPU: the limits that the executor keeps."""

    id = 0
    name = b"teaching executor (no GPU)"
    compute_capability = (8, 0)
    WARP_SIZE = 32
    MAX_THREADS_PER_BLOCK = 1024
    MAX_BLOCK_DIM_X, MAX_BLOCK_DIM_Y, MAX_BLOCK_DIM_Z = 1024, 1024, 64
    MAX_GRID_DIM_X, MAX_GRID_DIM_Y, MAX_GRID_DIM_Z = 2**31 - 1, 65535, 65535
    MAX_SHARED_MEMORY_PER_BLOCK = 48 * 1024
    MULTIPROCESSOR_COUNT = 1
    supports_float16 = True
    supports_bfloat16 = True

    def reset(self) -> None:
        """Nothing to reset."""

    def get_primary_context(self) -> Context:
        """The context, which is always there."""
        return Context()

    def __enter__(self) -> Context:
        return Context()

    def __exit__(self, *_: object) -> None:
        """There is no other device to go back to."""

    def __repr__(self) -> str:
        return f"<device 0: {self.name.decode()}>"


class Devices(Sequence[Device]):
    """What `cuda.gpus` is: one device."""

    @property
    def current(self) -> Device:
        """The device in use."""
        return Device()

    def __len__(self) -> int:
        return 1

    @overload
    def __getitem__(self, index: int) -> Device: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Device]: ...
    def __getitem__(self, index: int | slice) -> Device | Sequence[Device]:
        if isinstance(index, slice):
            return [Device()][index]
        if index not in (0, -1):
            raise IndexError(
                _("There is no device {index}: without a GPU there is device 0, the executor.", index=index)
            )
        return Device()


def select_device(device_id: int) -> Context:
    """Use device 0, the only one.

    Raises:
        IndexError: any other number.
    """
    return Devices()[device_id].get_primary_context()


def detect() -> bool:
    """Say what kernels run on."""
    print(_("No CUDA device was found: kernels run on the teaching executor, on this machine's processor."))
    return True
