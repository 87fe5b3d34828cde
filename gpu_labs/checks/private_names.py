"""The private names of PyTorch that the checks of labs use; nothing here is touched before the first check."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch

from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.private_name import PrivateName

SEEN = "2.13"
DISPATCH_MODE = PrivateName(
    "torch.utils._python_dispatch",
    "TorchDispatchMode",
    SEEN,
    _("whether a function that was made differentiable runs on kernels"),
)
ATTRIBUTES = {"_cdata": SEEN}  # of a storage: its address

Seen = Callable[[Any, Any, tuple[Any, ...], dict[str, Any]], None]


def seeing_operations(see: Seen) -> AbstractContextManager[Any]:
    """While entered, `see(operation, result, args, kwargs)` is called for all that torch carries out.

    Raises:
        UserError: this version of PyTorch has no such mode; the text says what is lost.
    """
    mode: Any = DISPATCH_MODE.find()
    if mode is None:
        raise UserError(
            _(
                "PyTorch {installed} has no {name} any more, which {seen} had. Lost without it: {loses}.",
                installed=torch.__version__,
                name=f"{DISPATCH_MODE.module}.{DISPATCH_MODE.name}",
                seen=SEEN,
                loses=DISPATCH_MODE.loses,
            )
        )

    class Seeing(mode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
        ) -> Any:
            result = func(*args, **(kwargs or {}))
            see(func, result, args, kwargs or {})
            return result

    return Seeing()


def storage_address(value: torch.Tensor) -> int:
    """A number for the memory of a tensor, which its views share."""
    return value.untyped_storage()._cdata
