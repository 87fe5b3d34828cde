"""`cuda`: numba.cuda itself where there is a GPU, else the same names on the executor.

Without a GPU it is a module-like object. `cuda.jit` is Numba's own decorator; the kernel that it makes is
then made to run on the executor when it is launched. Everything else is taken from numba.cuda as it is.
"""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numba import cuda as numba_cuda
from numba.cuda import jit as numba_jit
from numba.cuda import random

from gpu_labs.executor.findings import Dim3
from gpu_labs.executor.frontend import type_inference
from gpu_labs.executor.frontend.private_names import (
    CUDADispatcher,
    normalize_signature,
    pysignature,
    typeof_impl,
)
from gpu_labs.executor.frontend.private_names import types as numba_types
from gpu_labs.executor.jit_options import refuse_unknown
from gpu_labs.executor.launch_options import LaunchOptions
from gpu_labs.executor.launch_record import KernelWarning, Launch
from gpu_labs.executor.run import run
from gpu_labs.executor.runtime.device import Context, Device, Devices, detect, select_device
from gpu_labs.executor.runtime.device_array import (
    Argument,
    DeviceArray,
    Event,
    In,
    Out,
    Stream,
    overwrite,
    unwritten,
)
from gpu_labs.executor.runtime.launch_shape import dimensions, dims
from gpu_labs.executor.runtime.reduce import Reduce
from gpu_labs.executor.vectorizers import refuse_vectorizers
from graphviz_tools.errors import UserError
from graphviz_tools.language import _, _n

Signature = tuple[tuple[Any, ...], Any]  # Numba types of the arguments and of the result


class ExecutorKernel(CUDADispatcher):
    """A kernel that Numba's decorator made, and that launches on the executor.

    `last_launch` is the record of its latest launch."""

    last_launch: Launch | None = None
    declared_signatures: Sequence[Signature] = ()

    def __getitem__(self, args: Any) -> Configured:
        if not isinstance(args, tuple) or not 2 <= len(args) <= 4:
            raise UserError(
                _("Launch a kernel as kernel[grid, block](...), with stream and shared bytes if needed.")
            )
        return self.configure(*args)

    def configure(self, griddim: Any, blockdim: Any, stream: Any = 0, sharedmem: int = 0) -> Configured:
        """The kernel with its launch shape, ready to be called."""
        shape = dims(griddim, "grid"), dims(blockdim, "block")
        written = max(dimensions(griddim), dimensions(blockdim))
        return Configured(self, *shape, _bytes(sharedmem), written)

    def forall(self, ntasks: int, tpb: int = 0, stream: Any = 0, sharedmem: int = 0) -> Configured:
        """As many threads as there are tasks, in blocks of `tpb` (default 256)."""
        tpb = tpb or 256
        for number in (ntasks, tpb):
            if not isinstance(number, (int, np.integer)) or number < 0:
                raise UserError(_("forall takes whole numbers from 0 on, not {number!r}.", number=number))
        return self.configure(max(1, -(-ntasks // tpb)), tpb, stream, sharedmem)

    def specialize(self, *args: Any) -> ExecutorKernel:
        """The kernel itself: the executor specialises at each launch."""
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise UserError(_("A kernel needs a launch shape: kernel[grid, block](...)."))


class DeviceFunction(CUDADispatcher):
    """What `@cuda.jit(device=True)` makes: kernels call it, the host cannot."""

    def configure(self, *args: Any, **named: Any) -> Any:
        raise UserError(
            _(
                "{name} is a function for kernels to call. To launch it, leave device=True out.",
                name=self.py_func.__name__,
            )
        )

    __getitem__ = forall = configure

    def __call__(self, *args: Any, **named: Any) -> Any:
        raise UserError(
            _(
                "{name} is a function for kernels to call; {name}.py_func is the Python function.",
                name=self.py_func.__name__,
            )
        )


def _bytes(sharedmem: Any) -> int:
    """The size of the dynamic shared memory."""
    if not isinstance(sharedmem, (int, np.integer)) or sharedmem < 0:
        raise UserError(
            _(
                "The fourth number of a launch is the bytes of shared memory, not {sharedmem!r}.",
                sharedmem=sharedmem,
            )
        )
    return int(sharedmem)


class Configured:
    """A kernel with its launch shape."""

    def __init__(
        self, kernel: ExecutorKernel, grid: Dim3, block: Dim3, shared_bytes: int, dimensions: int
    ) -> None:
        self.kernel, self.grid, self.block, self.shared_bytes = kernel, grid, block, shared_bytes
        self.dimensions = dimensions  # that the launch is written with

    def __call__(self, *args: Any, **named: Any) -> None:
        """Run the kernel; prints go to the cell's output.

        Raises:
            KernelTypeError: a GPU compiler would reject the kernel.
            KernelError: the launch had findings that make its result wrong.
        """
        if named:
            raise UserError(
                _("A launch takes its arguments by position, not by name ({named}=).", named=", ".join(named))
            )
        values = [a.given() if isinstance(a, Argument) else a for a in args]
        kernel = self.kernel
        declared = [args for args, _ in kernel.declared_signatures]
        launch = run(
            kernel.py_func,
            self.grid,
            self.block,
            values,
            LaunchOptions(self.shared_bytes, declared=declared, dimensions=self.dimensions),
        )
        kernel.last_launch = launch
        sys.stdout.write(launch.printed)
        for finding in launch.warnings:
            warnings.warn(str(finding), KernelWarning, stacklevel=2)
        launch.raise_for_errors()


def _jit(func_or_sig: Any = None, *args: Any, **options: Any) -> Any:
    """Numba's `cuda.jit`; kernels launch on the executor. A signature fixes the types of the arguments.

    Raises:
        KernelTypeError: a signature is given, and Numba rejects the function for it.
        UserError: an option is unknown, or the signature of a kernel names a result.
    """
    refuse_unknown(options)
    if isinstance(func_or_sig, types.FunctionType):
        return _adopt(numba_jit(func_or_sig, **options), [])
    if callable(func_or_sig) and not isinstance(func_or_sig, numba_types.Type):
        raise UserError(
            _("@cuda.jit goes before a Python function, not before {given!r}.", given=func_or_sig)
        )
    signatures = _signatures(func_or_sig)
    of_numba = numba_jit(**options)  # which warns of options that do not go together

    def decorate(function: Callable[..., Any]) -> Any:
        return _adopt(of_numba(function), signatures)

    return decorate


def _signatures(given: Any) -> list[Signature]:
    """The argument types and the result type (or None) of one signature, or of each one in a list."""
    each = given if isinstance(given, list) else [] if given is None else [given]
    try:
        pairs = [normalize_signature(signature) for signature in each]
    except (NameError, SyntaxError, TypeError) as error:
        raise UserError(
            _(
                "{given!r} is not a signature ({error}): write it as 'void(float32[:], int64)', with Numba's names of "
                "types.",
                given=given,
                error=error,
            )
        ) from None
    return [(tuple(args), returns) for args, returns in pairs]


def _adopt(dispatcher: Any, signatures: list[Signature]) -> Any:
    """A dispatcher of Numba's, with the signatures that were declared for it: typed now, as Numba does."""
    if type(dispatcher) is not CUDADispatcher:
        return dispatcher
    device = bool(dispatcher.targetoptions.get("device"))
    dispatcher.__class__ = DeviceFunction if device else ExecutorKernel
    dispatcher.declared_signatures = signatures  # type: ignore[attr-defined]
    recursive = dispatcher.py_func.__name__ in dispatcher.py_func.__code__.co_names  # has no name yet
    parameters = len(pysignature(dispatcher.py_func).parameters)
    for args, returns in signatures if not recursive else ():
        if len(args) != parameters:
            raise UserError(
                _n(
                    "{name} has {number} parameter, and its signature {types} types.",
                    "{name} has {number} parameters, and its signature {types} types.",
                    parameters,
                    name=dispatcher.py_func.__name__,
                    types=len(args),
                )
            )
        if not device and returns not in (None, numba_types.void):
            raise UserError(_("A CUDA kernel must have void return type: write @cuda.jit('void(...)')."))
        type_inference.check_signature(dispatcher.py_func, args, None if not device else returns, not device)
    return dispatcher


def _to_device(obj: Any, stream: Any = 0, copy: bool = True, to: DeviceArray | None = None) -> DeviceArray:
    """A device array with the contents of `obj`; `to` takes them instead of a new one."""
    if to is not None:
        to.copy_to_device(obj)
        return to
    return DeviceArray(np.array(obj.host if isinstance(obj, DeviceArray) else obj, copy=True))


def _device_array(
    shape: Any, dtype: Any = np.float64, strides: Any = None, order: Any = "C", stream: Any = 0
):
    """A device array whose contents are not set: a large number in each element."""
    return DeviceArray(unwritten(shape, _numpy_dtype(dtype), order))


def _device_array_like(ary: Any, stream: Any = 0) -> DeviceArray:
    """A device array of the same shape and dtype, whose contents are not set."""
    like = np.empty_like(ary.host if isinstance(ary, DeviceArray) else np.asarray(ary))
    overwrite(like)
    return DeviceArray(like)


def _host_array(
    shape: Any, dtype: Any = np.float64, strides: Any = None, order: Any = "C", **_: Any
) -> np.ndarray:
    """Pinned, mapped and managed memory: plain NumPy memory here."""
    return np.zeros(shape, _numpy_dtype(dtype), order=order)


def _host_array_like(ary: Any) -> np.ndarray:
    """Such memory of the shape, dtype and order of an array, which may be on the device."""
    return np.zeros_like(ary.host if isinstance(ary, DeviceArray) else np.asarray(ary))


def _numpy_dtype(dtype: Any) -> Any:
    return type_inference.numpy_dtype(dtype) if isinstance(dtype, numba_types.Type) else np.dtype(dtype)


@contextmanager
def _nothing(*_: Any, **__: Any) -> Iterator[None]:
    yield


def _pass(*_: Any, **__: Any) -> None:
    """Nothing to do: every call is done when it returns."""


class Facade(types.ModuleType):
    """The names of numba.cuda; those that need a GPU are replaced."""

    def __init__(self) -> None:
        super().__init__("cuda", __doc__)
        self.jit = _jit
        self.to_device = _to_device
        self.device_array = _device_array
        self.device_array_like = _device_array_like
        self.pinned_array = self.mapped_array = self.managed_array = _host_array
        self.pinned_array_like = self.mapped_array_like = _host_array_like
        self.as_cuda_array = _to_device_view
        self.is_cuda_array = lambda value: isinstance(value, DeviceArray)
        self.synchronize = self.close = self.profile_start = self.profile_stop = _pass
        self.stream = self.default_stream = self.per_thread_default_stream = lambda: Stream()
        self.legacy_default_stream = lambda: Stream()
        self.external_stream = lambda _: Stream()
        self.event = Event
        self.event_elapsed_time = lambda start, end: start.elapsed_time(end)
        self.pinned = self.mapped = self.defer_cleanup = self.profiling = _nothing
        self.get_current_device = lambda: Device()
        self.current_context = lambda devnum=None: Context()
        self.gpus, self.select_device, self.detect = Devices(), select_device, detect
        self.reduce = self.Reduce = Reduce
        self.list_devices = lambda: self.gpus
        self.is_available = lambda: True
        self.In, self.Out, self.InOut = In, Out, Argument

    def __getattr__(self, name: str) -> Any:
        return getattr(numba_cuda, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(numba_cuda)})


def _to_device_view(value: Any, sync: bool = True) -> DeviceArray:
    """A device array on the memory of `value`, without a copy."""
    return value if isinstance(value, DeviceArray) else DeviceArray(np.asarray(value))


@typeof_impl.register(Facade)
def _typeof_facade(value: Facade, context: Any) -> Any:
    """Inside a kernel the facade is numba.cuda."""
    return numba_types.Module(numba_cuda)


@typeof_impl.register(DeviceArray)
def _typeof_device_array(value: DeviceArray, context: Any) -> Any:
    return type_inference.type_of_argument(value.host, "array")


def _make() -> Any:
    if numba_cuda.is_available():
        return numba_cuda
    type_inference.contexts()
    refuse_vectorizers()
    facade = Facade()
    # `create_xoroshiro128p_states` makes its device array through this name.
    random.cuda = facade  # type: ignore[attr-defined]
    return facade


cuda: Any = _make()
