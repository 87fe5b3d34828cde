"""Device arrays, streams and events on a machine without a GPU: the same methods, NumPy behind them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from graphviz_tools.errors import UserError


class DeviceArray:
    """An array that only kernels are meant to touch; `copy_to_host` brings it back.

    Like numba.cuda's, it is made by `to_device` and `device_array` and has its own memory."""

    def __init__(self, host: np.ndarray) -> None:
        self.host = host

    shape = property(lambda self: self.host.shape)
    dtype = property(lambda self: self.host.dtype)
    ndim = property(lambda self: self.host.ndim)
    size = property(lambda self: self.host.size)
    nbytes = property(lambda self: self.host.nbytes)
    strides = property(lambda self: self.host.strides)
    itemsize = property(lambda self: self.host.itemsize)
    alloc_size = property(lambda self: self.host.nbytes)

    @property
    def T(self) -> DeviceArray:
        """The transpose, on the same memory."""
        return DeviceArray(self.host.T)

    def copy_to_host(self, ary: np.ndarray | None = None, stream: Any = 0) -> np.ndarray:
        """A NumPy copy, or a copy into `ary`.

        Raises:
            ValueError: `ary` has another shape.
        """
        if ary is None:
            return self.host.copy()
        if ary.shape != self.host.shape:
            raise UserError(f"copy_to_host needs an array of shape {self.host.shape}, not {ary.shape}.")
        ary[...] = self.host
        return ary

    def copy_to_device(self, ary: Any, stream: Any = 0) -> None:
        """Overwrite with the contents of a host or device array of the same shape."""
        source = ary.host if isinstance(ary, DeviceArray) else np.asarray(ary)
        if source.shape != self.host.shape:
            raise UserError(f"copy_to_device needs an array of shape {self.host.shape}, not {source.shape}.")
        self.host[...] = source

    def is_c_contiguous(self) -> bool:
        """Row-major without gaps."""
        return bool(self.host.flags.c_contiguous)

    def is_f_contiguous(self) -> bool:
        """Column-major without gaps."""
        return bool(self.host.flags.f_contiguous)

    def reshape(self, *shape: Any, order: Any = "C") -> DeviceArray:
        """Another shape on the same memory."""
        return DeviceArray(self.host.reshape(*shape, order=order))

    def ravel(self, order: Any = "C", stream: Any = 0) -> DeviceArray:
        """One dimension."""
        return DeviceArray(self.host.ravel(order=order))

    def transpose(self, axes: Any = None) -> DeviceArray:
        """Axes in another order, on the same memory."""
        return DeviceArray(self.host.transpose(axes))

    def view(self, dtype: Any) -> DeviceArray:
        """The same bytes as another dtype."""
        return DeviceArray(self.host.view(dtype))

    def split(self, section: int, stream: Any = 0) -> Iterator[DeviceArray]:
        """Pieces of `section` elements."""
        for start in range(0, self.size, section):
            yield DeviceArray(self.host[start : start + section])

    def bind(self, stream: Any = 0) -> DeviceArray:
        """The same array; there is only one queue."""
        return self

    def __getitem__(self, index: Any) -> Any:
        got = self.host[index]
        return DeviceArray(got) if isinstance(got, np.ndarray) else got

    def __setitem__(self, index: Any, value: Any) -> None:
        self.host[index] = value.host if isinstance(value, DeviceArray) else value

    def __len__(self) -> int:
        return len(self.host)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.host, dtype=dtype)

    def __repr__(self) -> str:
        return f"<device array, shape {self.shape}, {self.dtype}>"


class Stream:
    """A queue of work. Here everything is done when the call returns, so there is nothing to wait for."""

    handle = 0

    def synchronize(self) -> None:
        """Wait for the queued work."""

    @contextmanager
    def auto_synchronize(self) -> Iterator[Stream]:
        """Wait at the end of the block."""
        yield self

    def add_callback(self, callback: Callable[..., Any], arg: Any = None) -> None:
        """Call `callback(stream, status, arg)` when the queue is empty: at once."""
        callback(self, 0, arg)

    def __bool__(self) -> bool:
        return True


class Event:
    """A moment in a stream."""

    def __init__(self, timing: bool = True) -> None:
        self._at: float | None = None

    def record(self, stream: Any = 0) -> None:
        """Note the time."""
        self._at = time.perf_counter()

    def query(self) -> bool:
        """True: all work before it is done."""
        return True

    def synchronize(self) -> None:
        """Wait for the event."""

    def wait(self, stream: Any = 0) -> None:
        """Let a stream wait for the event."""

    def elapsed_time(self, other: Event) -> float:
        """Milliseconds from this event to `other`, on this machine's processor.

        Raises:
            ValueError: one of them was not recorded.
        """
        if self._at is None or other._at is None:
            raise UserError("Record both events before asking for the time between them.")
        return (other._at - self._at) * 1e3


class Argument:
    """`cuda.In`, `cuda.Out`, `cuda.InOut`: which way an argument is copied; here no copy is needed."""

    def __init__(self, value: Any) -> None:
        self.value = value
