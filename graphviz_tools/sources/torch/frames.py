"""From the handler of a call outward to the first line that is not PyTorch's own."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import torch
import typing_extensions

from graphviz_tools.sources.torch.tape import Site

_TORCH = str(Path(torch.__file__).parent)
_OPTIMIZERS = str(Path(torch.optim.__file__).parent)
_HERE = str(Path(__file__).resolve().parents[2])
_STDLIB = sysconfig.get_path("stdlib")
_INSTALLED = sysconfig.get_path("purelib")
_RECORDER = str(Path(__file__).with_name("recorder.py"))
_APPLY = torch.autograd.Function.apply.__func__.__code__  # pyright: ignore[reportFunctionMemberAccess]

_PASSES_ON = str(Path(typing_extensions.__file__))  # its decorators stand between a call and who made it
_COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})

_USER, _INTERNAL, _OPTIMIZER, _OUTERMOST = 0, 1, 2, 3
_files: dict[str, int] = {}
_numbers = count(1)


class _Run:
    """The mark of one run of a function: it lies on the frame and ends with it (a frame's `id` is soon another's).

    It lies where a debugger puts its trace function, and so can be called as one.
    """

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = next(_numbers)

    def __call__(self, *event: Any) -> _Run:
        return self


def calling_site(frame: FrameType | None) -> tuple[Site | None, bool]:
    """(the innermost call outside PyTorch, whether an optimizer's step lies between) from `frame` outward.

    The program begins where `record_torch` calls it: who called `record_torch` is no part of it.
    """
    optimizing, callee = False, None
    while frame is not None:
        code = frame.f_code
        kind = _files.get(code.co_filename)
        if kind is None:
            kind = _files[code.co_filename] = _sort(code.co_filename)
        if kind == _USER:
            around = frame
            if code.co_name in _COMPREHENSIONS:
                around, callee = _function_around(frame), frame
            return (code, frame.f_lasti, _run(around), _run(callee) if callee is not None else 0), optimizing
        if kind == _OUTERMOST:
            break
        if kind == _OPTIMIZER:
            optimizing = True
        frame, callee = frame.f_back, frame
    return None, optimizing


def applying_site(frame: FrameType | None) -> Site | None:
    """Where `Function.apply` was called, when `frame` lies inside a custom Function's forward."""
    while frame is not None:
        if frame.f_code is _APPLY:
            return calling_site(frame.f_back)[0]
        frame = frame.f_back
    return None


def raising_site(traceback: TracebackType | None) -> Site | None:
    """Where outside PyTorch an error was raised, or passed last."""
    site = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if _sort(code.co_filename) == _USER:
            site = (code, traceback.tb_lasti, 0, 0)
        traceback = traceback.tb_next
    return site


@contextmanager
def marking_runs() -> Iterator[None]:
    """Around a recording: the marks that it leaves are taken off the frames that outlive it."""
    first = next(_numbers)
    try:
        yield
    finally:
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            mark: Any = frame.f_trace
            if type(mark) is _Run and mark.number > first:
                frame.f_trace = None
            frame = frame.f_back


def _run(frame: FrameType) -> int:
    """The number of this run of the function; of one that a debugger watches, the frame's `id`."""
    mark: Any = frame.f_trace
    if mark is None:
        mark = frame.f_trace = _Run()
    return mark.number if type(mark) is _Run else id(frame)


def _function_around(frame: FrameType) -> FrameType:
    """The function that a comprehension is written in, when that is what runs it."""
    outer = frame.f_back
    while outer is not None and frame.f_code in outer.f_code.co_consts:
        if outer.f_code.co_name not in _COMPREHENSIONS:
            return outer
        frame, outer = outer, outer.f_back
    return frame


def _sort(filename: str) -> int:
    if filename == _RECORDER:
        return _OUTERMOST
    if filename.startswith(_TORCH):
        return _OPTIMIZER if filename.startswith(_OPTIMIZERS) else _INTERNAL
    if filename.startswith(_HERE) or (filename.startswith(_STDLIB) and not filename.startswith(_INSTALLED)):
        return _INTERNAL
    return _INTERNAL if filename.startswith("<frozen") or filename == _PASSES_ON else _USER
