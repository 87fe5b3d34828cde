"""Tell our own bugs from errors of the user's program, so that none is reported as the program's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, TracebackType
from typing import ParamSpec, TypeVar

from graphviz_tools.errors import UserError, own_code

_P = ParamSpec("_P")
_R = TypeVar("_R")

_ROOT = Path(__file__).resolve().parents[1]
_OURS = tuple(str(_ROOT / room) for room in ("graphviz_tools", "gpu_labs/executor"))
# What Python raises for a mistake in code.
_MISTAKES = (AssertionError, AttributeError, LookupError, NameError, TypeError, ValueError)
_RUNS_THE_PROGRAM: set[CodeType] = set()


def runs_the_program(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Mark a function of ours that only runs or compiles the program, or runs one of its ops: an error that comes out
    of it is the program's."""
    _RUNS_THE_PROGRAM.add(function.__code__)
    return function


def is_mistake(error: BaseException) -> bool:
    """True for what Python raises for a mistake in code, ours or the user's."""
    return isinstance(error, _MISTAKES) and not isinstance(error, UserError)


def is_own_bug(error: BaseException) -> bool:
    """True for a mistake in our code: the innermost of our functions on the way to the error is not one that runs the
    program."""
    error = _unwrapped(error)
    ours = [code for code in _codes(error) if code.co_filename.startswith(_OURS)]
    return is_mistake(error) and bool(ours) and ours[-1] not in _RUNS_THE_PROGRAM


def own_bug_behind(error: BaseException) -> BaseException | None:
    """The bug of ours among `error`, what it was raised from, and what was being handled then."""
    behind: BaseException | None = error
    seen: set[int] = set()  # an error may be its own cause
    while behind is not None and id(behind) not in seen:
        if is_own_bug(behind):
            return behind
        seen.add(id(behind))
        behind = behind.__cause__ or behind.__context__
    return None


def raised_in(error: BaseException, folder: str) -> bool:
    """True when a line of a file in `folder` raised `error`, or called C code that did."""
    codes = list(_codes(error))
    return bool(codes) and codes[-1].co_filename.startswith(folder)


def show_own_bug(error: BaseException | None) -> None:
    """Raise InternalError, which asks for a report, from a bug that showed while the user's program ran."""
    if error is not None:
        with own_code():
            raise _unwrapped(error)


def _unwrapped(error: BaseException) -> BaseException:
    """`error`, or what torch.compile's backend raised, where torch.compile reports that."""
    return getattr(error, "inner_exception", error)


def _codes(error: BaseException) -> Iterator[CodeType]:
    """The functions on the way to `error`, outermost first."""
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame.f_code
        traceback = traceback.tb_next
