"""Noticing that an answer replaced what measures it. Runs inside the sandbox, in a fresh process.

`remember` notes, once the project and the frameworks are imported, every function and class that a
measurement could go through; `inspect` looks whether each is still the same object with the same code;
`separate` gives the check names that no answer reaches. It makes a forged count laborious, not impossible: an
answer runs in the same interpreter. That is why a check prints values beside a count, and why
graph_duet.grading.judging.source_policy refuses an answer that reaches for an interpreter's insides.
"""

from __future__ import annotations

import builtins
import hashlib
import linecache
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from graph_duet.grading.judging.private_names import COUNTING
from graph_duet.grading.judging.source_policy import guard
from graphviz_tools.language import _

_WATCHED = ("graphviz_tools", "gpu_labs", "graph_duet")
_SURFACES = (
    "torch",
    "torch.overrides",
    "torch.Tensor",
    "numpy",
    "numpy.testing",
    "numpy.random",
    "tensorflow",
)
# Modules, with their submodules, through which graphs, gradients and traces are counted and shown.
_COUNTING = (
    "ipykernel.iostream",
    "torch.autograd",
    *COUNTING,
)
_KINDS = (types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType, type)


class _Remembered(NamedTuple):
    """What was remembered, as closures: it has no name that an answer could assign to."""

    changed: Callable[[], list[str]]
    separate: Callable[[], None]
    digest: Callable[[], str]


class _Fingerprint(NamedTuple):
    """An object and the code that it runs, None where it has none."""

    thing: Any
    code: Any


_remembered: list[_Remembered] = []  # the one that `remember` made


def remember(shell: Any, secret: str) -> None:
    """Remember the protected objects, and the functions, classes and modules that given cells named in the
    IPython `shell`. `secret` proves that the later inspection is ours; nothing else keeps it."""
    _remembered[:] = [_closures(shell, secret)]
    guard(shell)
    linecache.cache.pop(sys._getframe(1).f_code.co_filename, None)  # the source of the cell, with the secret


def inspect() -> None:
    """Print a digest of the secret when nothing was replaced since `remember`, another one after `separate`; else
    print what was replaced."""
    (remembered,) = _remembered
    changed = remembered.changed()
    print(_("replaced: {changed}", changed=", ".join(changed[:5])) if changed else remembered.digest())


def separate() -> None:
    """Let the cells to come run in a namespace of their own: the functions of an answer keep the old one as
    their globals, and so have no name for anything that a check makes."""
    (remembered,) = _remembered
    remembered.separate()


def digest(secret: str, apart: bool) -> str:
    """What `inspect` prints, before `separate` and after."""
    return hashlib.sha256(f"{secret}:{apart}".encode()).hexdigest()


def _closures(shell: Any, secret: str) -> _Remembered:
    remembered = dict(_fingerprints())
    given = dict(shell.user_ns)
    names = {
        name: value
        for name, value in given.items()
        if isinstance(value, (*_KINDS, types.ModuleType)) and not name.startswith("_")
    }
    first, prove, out = shell.user_module, digest, (sys.stdout, set(vars(sys.stdout)))

    def changed() -> list[str]:
        now = dict(_fingerprints())
        gone = _Fingerprint(None, None)
        replaced = [name for name, before in remembered.items() if _replaced(now.get(name, gone), before)]
        replaced += [name for name, value in names.items() if shell.user_ns.get(name) is not value]
        return replaced if out == (sys.stdout, set(vars(sys.stdout))) else [*replaced, "sys.stdout"]

    def separate() -> None:
        apart = types.ModuleType("__main__")
        # A `sum` or a `print` of the answer's own is not the check's.
        kept = {n: v for n, v in shell.user_ns.items() if n in given or n not in vars(builtins)}
        vars(apart).update(kept, __builtins__=builtins)
        shell.user_module, shell.user_ns = apart, vars(apart)

    return _Remembered(changed, separate, lambda: prove(secret, shell.user_module is not first))


def _replaced(now: _Fingerprint, before: _Fingerprint) -> bool:
    same = now.thing is before.thing and now.code is before.code
    return not same and not _wrapped_by_its_framework(now.thing, before.thing)


def _fingerprints() -> Iterator[tuple[str, _Fingerprint]]:
    """Every protected object by its qualified name."""
    yield from _members("builtins", vars(builtins))
    for name, module in list(sys.modules.items()):
        watched = name.partition(".")[0] in _WATCHED or name.startswith(_COUNTING)
        if watched and isinstance(module, types.ModuleType):
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


def _members(owner: str, namespace: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, _Fingerprint]]:
    for name, thing in list(namespace.items()):
        if not isinstance(thing, _KINDS):
            continue
        yield f"{owner}.{name}", _Fingerprint(thing, getattr(thing, "__code__", None))
        if depth and isinstance(thing, type) and _is_ours_to_watch(thing.__module__):
            yield from _members(f"{owner}.{name}", vars(thing))


def _wrapped_by_its_framework(now: Any, before: Any) -> bool:
    """Whether a framework replaced its own function by a wrapper of it, as `torch._dynamo` does when it is imported.

    Its code is in the framework's folder, and an answer may not write `__wrapped__`.
    """
    file = getattr(getattr(now, "__code__", None), "co_filename", "")
    home = getattr(sys.modules.get("torch"), "__file__", None)
    inside = home is not None and file.startswith(home.removesuffix("__init__.py"))
    return inside and getattr(now, "__wrapped__", None) is before


def _is_ours_to_watch(module: str) -> bool:
    return module.partition(".")[0] in _WATCHED or module.startswith(_COUNTING)
