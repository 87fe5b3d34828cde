"""What the user calls each tensor among a program's arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any


def argument_names(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    leaves: Callable[[Any], Sequence[Any]],
) -> list[str]:
    """A name for each leaf of the arguments, as `leaves` flattens them: `x`, or `batch[0]`, `batch[1]`.

    [] where the signature is not known or does not fit; the call itself will report that.
    """
    try:
        bound = inspect.signature(_named(fn)).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return []
    names: list[str] = []
    for name, argument in bound.items():
        found = len(leaves(argument))
        names += [name] if found == 1 else [f"{name}[{place}]" for place in range(found)]
    return names


def _named(fn: Callable[..., Any]) -> Callable[..., Any]:
    """What names the arguments of `fn`: of a Keras model, whose `__call__` takes anything, its `call`."""
    return fn if inspect.isroutine(fn) else getattr(fn, "call", fn)
