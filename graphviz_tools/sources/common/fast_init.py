"""Make thousands of frozen objects without paying for their being frozen.

A frozen dataclass sets each field in its `__init__` by a call of `object.__setattr__`. Here the fields are set
on an open twin with the same slots, which then becomes the frozen class: a fifth of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@cache
def quick(cls: type[T]) -> Callable[..., T]:
    """A function that makes one of the frozen, slotted dataclass `cls`, given every field by position or by name."""
    names = [field.name for field in fields(cls)]  # pyright: ignore[reportArgumentType]
    twin = type(f"Open{cls.__name__}", (), {"__slots__": tuple(names)})
    setting = "".join(f"  made.{name} = {name}\n" for name in names)
    source = (
        f"def make({', '.join(names)}):\n  made = new(twin)\n{setting}  made.__class__ = cls\n  return made\n"
    )
    space: dict[str, Any] = {"new": object.__new__, "twin": twin, "cls": cls}
    exec(source, space)
    return space["make"]
