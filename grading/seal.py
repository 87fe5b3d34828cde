"""Noticing that an answer replaced what measures it. Runs inside the sandbox, in a fresh process.

`seal` remembers, once the project and the frameworks are imported, every function and class that a
measurement could go through; `inspect` looks whether each is still the same object with the same code. It
makes a forged count laborious, not impossible: an answer runs in the same interpreter. That is why a check
prints values beside a count.
"""

from __future__ import annotations

import builtins
import hashlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_WATCHED = ("graphviz_tools", "gpu_labs", "grading")
_SURFACES = (
    "torch",
    "torch.autograd",
    "torch.overrides",
    "torch.Tensor",
    "numpy",
    "numpy.testing",
    "tensorflow",
)
_KINDS = (types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType, type)


def seal(given: Mapping[str, Any]) -> None:
    """Remember the sealed objects, and the functions, classes and modules that given cells named in
    `given`."""
    remembered = dict(_fingerprints())
    names = {
        name: value
        for name, value in given.items()
        if isinstance(value, (*_KINDS, types.ModuleType)) and not name.startswith("_")
    }
    _Seal.check = _checker(remembered, names)


def inspect(given: Mapping[str, Any], nonce: str) -> None:
    """Print a digest of `nonce` when nothing was replaced since `seal`, else what was."""
    changed = _Seal.check(given)
    print(
        f"replaced: {', '.join(changed[:5])}"
        if changed
        else hashlib.sha256(f"{nonce}:intact".encode()).hexdigest()
    )


class _Seal:
    check: Callable[[Mapping[str, Any]], list[str]] = staticmethod(lambda given: ["the seal was never set"])


def _checker(remembered: dict[str, tuple[Any, Any]], names: dict[str, Any]) -> Callable[..., list[str]]:
    """The check as a closure, so that what was remembered has no name that an answer could assign to."""

    def changed(given: Mapping[str, Any]) -> list[str]:
        now = dict(_fingerprints())
        replaced = [
            name
            for name, (thing, code) in remembered.items()
            if now.get(name, (None,))[0] is not thing or now[name][1] is not code
        ]
        return replaced + [name for name, value in names.items() if given.get(name) is not value]

    return changed


def _fingerprints() -> Iterator[tuple[str, tuple[Any, Any]]]:
    """(qualified name, (object, code object)) of everything that is sealed."""
    yield from _members("builtins", vars(builtins))
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _WATCHED and isinstance(module, types.ModuleType):
            yield from _members(name, vars(module), depth=1)
    for name in _SURFACES:
        surface = _find(name)
        if surface is not None:
            yield from _members(name, vars(surface))


def _find(name: str) -> Any:
    """What is imported under `name`, without importing anything or asking a lazy module for an attribute."""
    if name in sys.modules:
        return sys.modules[name]
    parent, _, member = name.rpartition(".")
    return vars(sys.modules[parent]).get(member) if parent in sys.modules else None


def _members(
    owner: str, namespace: Mapping[str, Any], depth: int = 0
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name, thing in list(namespace.items()):
        if not isinstance(thing, _KINDS) or (name.startswith("_") and owner == "builtins"):
            continue
        yield f"{owner}.{name}", (thing, getattr(thing, "__code__", None))
        if (
            depth
            and isinstance(thing, type)
            and thing.__module__.partition(".")[0] in _WATCHED
            and thing is not _Seal
        ):
            yield from _members(f"{owner}.{name}", vars(thing))
