"""The tensors inside what a program was given or gave back, each with the Python expression that leads to it."""

from __future__ import annotations

import types
from collections.abc import Callable, Generator, Iterator
from typing import Any

import torch

_ENDS = (
    str, bytes, int, float, complex, type(None), slice, type, torch.nn.Module, torch.dtype, torch.device,
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, types.GeneratorType,
)  # fmt: skip
_DEPTH = 8  # of containers and objects inside one another

Found = dict[int, tuple[str, torch.Tensor]]


def tensor_paths(thing: Any, name: str = "") -> list[tuple[str, torch.Tensor]]:
    """(`ab[1]['x'].mean`, tensor) for each tensor in nested containers, dataclasses and plain objects, in order, each
    once. `name` is what the program calls `thing`. Nothing is computed: properties and iterators are left alone."""
    found: Found = {}
    _collect(thing, name, found, set(), _DEPTH)
    return list(found.values())


def _collect(thing: Any, path: str, found: Found, visited: set[int], depth: int) -> None:
    if isinstance(thing, torch.Tensor):
        found.setdefault(id(thing), (path, thing))
    elif depth and not isinstance(thing, _ENDS) and id(thing) not in visited:
        visited.add(id(thing))
        for step, item in _items(thing):
            _collect(item, path + step, found, visited, depth - 1)


def _items(thing: Any) -> Iterator[tuple[str, Any]]:
    """What is inside, with what is written behind the name of `thing` to get there."""
    cls = type(thing)
    # Asked of the class: an object that answers to any name, such as a Proxy of torch.fx, is not a dataclass.
    fields = getattr(cls, "__dataclass_fields__", None) or getattr(cls, "_fields", None)
    if fields is not None:
        for field in fields:
            yield f".{field}", getattr(thing, field, None)
    elif isinstance(thing, dict):
        for key, item in thing.items():
            yield f"[{key!r}]", item
    elif isinstance(thing, tuple | list):
        for place, item in enumerate(thing):
            yield f"[{place}]", item
    elif isinstance(thing, set | frozenset):
        yield from (("{...}", item) for item in thing)
    elif not cls.__module__.startswith(("torch.", "numpy", "_")) or cls.__module__.startswith(
        "torch.distributions"
    ):
        for attribute, item in _attributes(thing, cls):
            yield f".{attribute}", item


def _attributes(thing: Any, cls: type) -> Iterator[tuple[str, Any]]:
    own = getattr(thing, "__dict__", None)
    if isinstance(own, dict):
        yield from list(own.items())
    for parent in cls.__mro__:
        slots = parent.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if slot not in ("__dict__", "__weakref__") and isinstance(
                parent.__dict__.get(slot), types.MemberDescriptorType
            ):
                yield slot, getattr(thing, slot, None)


def naming(
    items: Generator[Any, Any, Any], name: str, met: Callable[[str, torch.Tensor], None]
) -> Generator[Any, Any, Any]:
    """The same generator; `met(path, tensor)` is called for each tensor as the program draws it."""
    place = 0
    try:
        item = next(items)
        while True:
            for path, tensor in tensor_paths(item, f"{name}[{place}]"):
                met(path, tensor)
            place += 1
            try:
                sent = yield item
            except GeneratorExit:
                items.close()
                raise
            except BaseException as error:
                item = items.throw(error)
            else:
                item = items.send(sent)
    except StopIteration as end:
        return end.value
