"""CUDA kernels with and without a GPU.

`from gpu_labs import cuda` is `numba.cuda` itself where there is a GPU, and elsewhere the same names on
the project's own executor. `inspect` runs a kernel on the executor anywhere and tells what is wrong.
Names load when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpu_labs.executor.cuda_module import cuda
    from gpu_labs.executor.findings import KINDS, Finding
    from gpu_labs.executor.inspect import inspect
    from gpu_labs.executor.launch_record import (
        Access,
        ArrayInfo,
        KernelError,
        KernelTypeError,
        KernelWarning,
        Launch,
        Profile,
    )

_HOMES = {
    "Access": "launch_record",
    "ArrayInfo": "launch_record",
    "Finding": "findings",
    "KINDS": "findings",
    "KernelError": "launch_record",
    "KernelTypeError": "launch_record",
    "KernelWarning": "launch_record",
    "Launch": "launch_record",
    "Profile": "launch_record",
    "cuda": "cuda_module",
    "inspect": "inspect",
}

__all__ = [
    "KINDS",
    "Access",
    "ArrayInfo",
    "Finding",
    "KernelError",
    "KernelTypeError",
    "KernelWarning",
    "Launch",
    "Profile",
    "cuda",
    "inspect",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gpu_labs' has no attribute {name!r}")
    return getattr(import_module(f"gpu_labs.executor.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
