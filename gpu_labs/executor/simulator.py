"""Numba's own simulator, for a kernel that Numba can compile for a GPU and neither engine can run.

One Python thread runs for each CUDA thread, so it is slow, and it finds nothing.
"""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from gpu_labs.executor.findings import Dim3
from gpu_labs.executor.frontend.private_names import NAMES, CUDADispatcher, find
from gpu_labs.executor.launch_record import KernelTypeError
from graphviz_tools.language import _


class _Cuda:
    """Stands for `cuda` inside a kernel: the simulator's names for the thread that asks."""

    def __getattr__(self, name: str) -> Any:
        return getattr(find("_get_kernel_context")(), name)


def simulated_kernel(
    function: Callable[..., Any], grid: Dim3, block: Dim3, shared_bytes: int
) -> Callable[..., None]:
    """What runs `function` for every thread when it is called with the arguments; arrays change in place. It raises
    whatever the kernel raises, as Python raises it.

    Raises:
        KernelTypeError: this numba-cuda has no simulator any more.
    """
    kernel_class = NAMES["FakeCUDAKernel"].find()
    if kernel_class is None:
        raise KernelTypeError(
            _(
                "The executor cannot run this kernel, and this version of numba-cuda has no simulator: run it on a GPU."
            )
        )
    return kernel_class(_rebuilt(function, {}), device=False)[grid, block, 0, shared_bytes]


def _rebuilt(function: Callable[..., Any], made: dict[int, Any]) -> Any:
    """A copy of a Python function that reaches the simulator where the original reaches `cuda` and the like."""
    code: types.CodeType = function.__code__
    outer = {
        name: _replaced(value, made) for name, value in function.__globals__.items() if name in code.co_names
    }
    closure = tuple(
        types.CellType(_replaced(cell.cell_contents, made)) for cell in function.__closure__ or ()
    )
    scope = {**function.__globals__, **outer}
    return types.FunctionType(code, scope, code.co_name, function.__defaults__, closure or None)


def _replaced(value: Any, made: dict[int, Any]) -> Any:
    if isinstance(value, types.ModuleType) and getattr(value, "jit", None) and hasattr(value, "threadIdx"):
        return _Cuda()
    if isinstance(value, CUDADispatcher):
        if id(value) not in made:
            made[id(value)] = device = find("FakeCUDAKernel")(lambda *_: None, device=True)
            device.fn = _rebuilt(value.py_func, made)
        return made[id(value)]
    return value
