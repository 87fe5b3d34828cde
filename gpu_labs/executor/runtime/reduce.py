"""`cuda.reduce` on a machine without a GPU. Numba's own launches kernels of its own, which need a driver."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gpu_labs.executor.runtime.device_array import DeviceArray
from graphviz_tools.errors import UserError
from graphviz_tools.language import _


class Reduce:
    """Folds an array with a function of two numbers, one after the other."""

    def __init__(self, functor: Callable[[Any, Any], Any]) -> None:
        self._functor = functor

    def __call__(
        self, arr: Any, size: int | None = None, res: Any = None, init: Any = 0, stream: Any = 0
    ) -> Any:
        """The fold of the first `size` elements of a one-dimensional array, `init` first.

        The result goes to `res[0]`, and is returned where there is no `res`."""
        array = arr.host if isinstance(arr, DeviceArray) else np.asarray(arr)
        if array.ndim != 1:
            raise UserError(_("cuda.reduce takes a one-dimensional array"))
        total = array.dtype.type(functools.reduce(self._functor, array[:size], array.dtype.type(init)))
        if res is None:
            return total
        res[0] = total
        return None
