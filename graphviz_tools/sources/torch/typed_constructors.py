"""`torch.FloatTensor`, `torch.sparse.LongTensor` and the other classes that are named after a dtype.

PyTorch makes them in C, and nobody may replace what their call does. So a class replaces each while somebody
records: its call can be watched, and to all other questions (`isinstance`, `x.type(...)`, `.dtype`, `==`) it gives the
answers of the class that it replaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from graphviz_tools.sources.common.patches import Patch

_HOMES = (torch, torch.sparse, torch.cuda, torch.cuda.sparse)
_KIND = type(torch.FloatTensor)


class _Kind(type):
    """The class of the classes that replace them."""

    original: Any
    call: Callable[..., Any]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls.call(*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.original, name)

    def __instancecheck__(cls, thing: Any) -> bool:
        return isinstance(thing, cls.original)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.original

    def __hash__(cls) -> int:
        return hash(cls.original)

    def __repr__(cls) -> str:
        return repr(cls.original)


class TypedPatch(Patch):
    """A patch of a class that is named after a dtype."""

    def _replacement(self) -> Callable[..., Any]:
        original = self._original
        words = {
            "original": original,
            "call": super()._replacement(),
            "__module__": original.__module__,
            "__qualname__": original.__name__,
        }
        return _Kind(f"{original.__module__}.{original.__name__}", (), words)  # x.type() reads the whole name


class DefaultPatch(Patch):
    """`torch.set_default_tensor_type`, which takes no class but PyTorch's own."""

    def _replacement(self) -> Callable[..., Any]:
        set_default = super()._replacement()
        return lambda kind: set_default(_own(kind))


def _own(kind: Any) -> Any:
    """PyTorch's own class where `kind`, or what the name `kind` stands for, is standing in for it."""
    if isinstance(kind, str):
        home, _, name = kind.rpartition(".")
        found = next((vars(h).get(name) for h in _HOMES if h.__name__ == home), None)
        return found.original if isinstance(found, _Kind) else kind
    return kind.original if isinstance(kind, _Kind) else kind


def typed_constructors() -> Iterator[tuple[Patch, str]]:
    """A patch of each such class, and its name without the module."""
    for home in _HOMES:
        for name, kind in vars(home).items():
            if isinstance(kind, _KIND):
                yield TypedPatch(home, name), name
