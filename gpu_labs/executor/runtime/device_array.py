"""Device arrays, streams and events on a machine without a GPU: the same methods, NumPy behind them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from gpu_labs.executor.runtime.memory import garbage
from graphviz_tools.errors import UserError
from graphviz_tools.language import _


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
    def flags(self) -> dict[str, bool]:
        """How the elements lie, as numba.cuda says it."""
        return {"C_CONTIGUOUS": self.is_c_contiguous(), "F_CONTIGUOUS": self.is_f_contiguous()}

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """Where the memory is, for libraries that share device arrays; here it is the host's."""
        host = self.host.__array_interface__
        strides = None if self.is_c_contiguous() else self.host.strides
        return {
            "shape": self.shape,
            "strides": strides,
            "data": host["data"],
            "typestr": host["typestr"],
            "stream": None,
            "version": 3,
        }

    @property
    def gpu_data(self) -> np.ndarray:
        """The memory itself: here the host's bytes."""
        return self.host.reshape(-1).view(np.uint8)

    def squeeze(self, axis: Any = None, stream: Any = 0) -> DeviceArray:
        """Without the dimensions of one element, on the same memory."""
        return DeviceArray(self.host.squeeze(axis))

    @property
    def T(self) -> DeviceArray:
        """The transpose, on the same memory."""
        return DeviceArray(self.host.T)

    def copy_to_host(self, ary: np.ndarray | None = None, stream: Any = 0) -> np.ndarray:
        """A NumPy copy, or a copy into `ary`.

        Raises:
            UserError: `ary` has another dtype.
            UserError: `ary` has another shape.
        """
        if ary is None:
            return self.host.copy(order="K")
        self._refuse_another_kind("copy_to_host", ary)
        ary[...] = self.host.reshape(ary.shape)
        return ary

    def copy_to_device(self, ary: Any, stream: Any = 0) -> None:
        """Overwrite with the contents of a host or device array.

        Raises:
            UserError: `ary` has another dtype: bytes are copied, and nothing converts them.
            UserError: `ary` has another shape.
        """
        source = ary.host if isinstance(ary, DeviceArray) else np.asarray(ary)
        if source.size == 0:
            return
        self._refuse_another_kind("copy_to_device", source)
        self.host[...] = source.reshape(self.host.shape)

    def _refuse_another_kind(self, method: str, other: np.ndarray) -> None:
        mine = self.host
        if other.dtype != mine.dtype:
            raise UserError(
                _(
                    "incompatible dtype: {method} copies bytes, and the device array has {dtype}, the other array "
                    "{other}. Convert with astype({dtype}) first.",
                    method=method,
                    dtype=mine.dtype,
                    other=other.dtype,
                )
            )
        if other.squeeze().shape != mine.squeeze().shape:
            raise UserError(
                _(
                    "incompatible shape: {method} needs an array of shape {mine}, not {other}.",
                    method=method,
                    mine=mine.shape,
                    other=other.shape,
                )
            )

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
            UserError: one of them was not recorded.
        """
        if self._at is None or other._at is None:
            raise UserError(_("Record both events before asking for the time between them."))
        return (other._at - self._at) * 1e3


class Argument:
    """`cuda.InOut`, and what every plain argument is: copied to the device and back."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def given(self) -> Any:
        """What the kernel works on: the array itself, which a kernel cannot distinguish from a copy."""
        return self.value


class In(Argument):
    """`cuda.In`: copied to the device and not back. A device array is used as it is."""

    def given(self) -> Any:
        """A copy, so that what the kernel writes is lost, as it is on a GPU."""
        if isinstance(self.value, DeviceArray):
            return self.value
        host = np.asarray(self.value)
        copy = host.copy(order="K")
        copy.flags.writeable = host.flags.writeable
        return copy


class Out(Argument):
    """`cuda.Out`: copied back from the device and not to it. A device array is used as it is."""

    def given(self) -> Any:
        """The array, with what it held overwritten: on a GPU the kernel never sees it."""
        if not isinstance(self.value, DeviceArray):
            overwrite(np.asarray(self.value))
        return self.value


def overwrite(array: np.ndarray) -> None:
    """Give every element the large number that marks memory which nobody has written."""
    array[...] = garbage(1, array.dtype)[0]


def unwritten(shape: Any, dtype: np.dtype[Any], order: Any) -> np.ndarray:
    """A new array of such elements."""
    array = np.empty(shape, dtype, order=order)
    overwrite(array)
    return array
