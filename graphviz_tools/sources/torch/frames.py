"""From the handler of a call outward to the first line that is not PyTorch's own."""

from __future__ import annotations

import inspect
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

import torch
import typing_extensions

from graphviz_tools.sources.torch.tape import Run, Site, new_tuple

_TORCH = str(Path(torch.__file__).parent)
_OPTIMIZERS = str(Path(torch.optim.__file__).parent)
# A line of the learner's launches the kernel; the operator of ours that does it is not part of the program.
_OURS = tuple(str(Path(__file__).resolve().parents[3] / name) for name in ("graphviz_tools", "gpu_labs"))
_STDLIB = sysconfig.get_path("stdlib")
_INSTALLED = sysconfig.get_path("purelib")
_RECORDER = str(Path(__file__).with_name("recorder.py"))
_PASSES_ON = str(Path(typing_extensions.__file__))  # its decorators stand between a call and who made it
_COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})

_RESUMED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

_USER, _INTERNAL, _OPTIMIZER, _OUTERMOST = 0, 1, 2, 3
_files: dict[str, int] = {}
_numbers = count(1)


class _Call(NamedTuple):
    """A call in the user's code: `frame` is at it, `around` is the function that it is written in, and `callee`
    the frame that it is calling (None: none that is written in Python)."""

    frame: FrameType
    around: FrameType
    callee: FrameType | None

    def site(self, run: Run, callee: int) -> Site:
        return new_tuple(Site, (self.frame.f_code, self.frame.f_lasti, run, callee))


def calling_site(frame: FrameType | None) -> tuple[Site | None, bool]:
    """(the innermost call outside PyTorch, whether an optimizer's step lies between) from `frame` outward.

    The program begins where `record_torch` calls it: its callers are not part of the program.
    """
    call, optimizing = _innermost_call(frame)
    if call is None:
        return None, optimizing
    at, around, callee = call
    run: Any = around.f_trace  # most often this run has its mark, and the frame that it calls its number
    if type(run) is not Run or run.resumed:
        run = _run(around)
    mark: Any = callee.f_trace if callee is not None else None
    number = mark.number if type(mark) is Run else _number(callee)
    return new_tuple(Site, (at.f_code, at.f_lasti, run, number)), optimizing


def _innermost_call(frame: FrameType | None, callee: FrameType | None = None) -> tuple[_Call | None, bool]:
    optimizing = False
    while frame is not None:
        code = frame.f_code
        filename = code.co_filename
        kind = _files.get(filename)
        if kind is None:
            kind = _files[filename] = _sort(filename)
        if kind == _USER:
            if code.co_name in _COMPREHENSIONS:
                return new_tuple(_Call, (frame, _function_around(frame), frame)), optimizing
            return new_tuple(_Call, (frame, frame, callee)), optimizing
        if kind == _OUTERMOST:
            break
        if kind == _OPTIMIZER:
            optimizing = True
        frame, callee = frame.f_back, frame
    return None, optimizing


def applying_site(frame: FrameType | None) -> Site | None:
    """Where `Function.apply` was called, when `frame` lies inside a custom Function's forward."""
    while frame is not None:
        if frame.f_code.co_name.endswith("forward") and _is_of_a_function(frame.f_code):
            site, _ = calling_site(frame.f_back)
            return site
        frame = frame.f_back
    return None


@cache
def _is_of_a_function(code: CodeType) -> bool:
    """Whether `code` is the forward of a custom Function (of one that exists; a forward runs after its class)."""
    waiting: list[type] = [torch.autograd.Function]
    while waiting:
        cls = waiting.pop()
        forward = vars(cls).get("forward")
        if getattr(getattr(forward, "__func__", forward), "__code__", None) is code:
            return True
        waiting += cls.__subclasses__()
    return False


def raising_site(traceback: TracebackType | None) -> Site | None:
    """Where outside PyTorch an error was raised, or passed last."""
    site = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if _sort(code.co_filename) == _USER:
            site = Site(code, traceback.tb_lasti, Run(0), 0)
        traceback = traceback.tb_next
    return site


@contextmanager
def marking_runs() -> Iterator[None]:
    """Around a recording, which begins in the functions that run now: their callers are not part of it.

    The marks that it leaves are taken off the frames that outlive it.
    """
    first = next(_numbers)
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_trace is None and _sort(frame.f_code.co_filename) == _USER:
            frame.f_trace = Run(next(_numbers), began=frame.f_lineno or 0)
        frame = frame.f_back
    try:
        yield
    finally:
        frame = sys._getframe()
        while frame is not None:
            mark: Any = frame.f_trace
            if type(mark) is Run and mark.number > first:
                frame.f_trace = None
            frame = frame.f_back


def _number(frame: FrameType | None) -> int:
    """The number of this run of a function, PyTorch's own included; 0 for none."""
    if frame is None:
        return 0
    mark: Any = frame.f_trace
    if mark is None:
        mark = frame.f_trace = Run(next(_numbers), resumed=bool(frame.f_code.co_flags & _RESUMED))
    return mark.number if type(mark) is Run else id(frame)


def _run(frame: FrameType) -> Run:
    """This run of a function of the user's. Those that called it get their marks with it, from the outermost on."""
    mark: Any = frame.f_trace
    if type(mark) is Run and not mark.resumed:
        return mark
    unmarked: list[tuple[FrameType, _Call | None]] = []
    while type(mark) is not Run or mark.resumed:
        call, _ = _innermost_call(frame.f_back, frame)
        unmarked.append((frame, call))
        if call is None:
            break
        frame = call.around
        mark = frame.f_trace
    run: Any = mark
    for frame, call in reversed(unmarked):
        number = _number(frame)
        caller = None
        if call is not None:
            caller = call.site(run, number if call.callee is frame else _number(call.callee))
        run = Run(number, caller, resumed=bool(frame.f_code.co_flags & _RESUMED))
        if type(frame.f_trace) is Run:
            frame.f_trace = run
    return run


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
    if filename.startswith(_OURS) or (filename.startswith(_STDLIB) and not filename.startswith(_INSTALLED)):
        return _INTERNAL
    return _INTERNAL if filename.startswith("<frozen") or filename == _PASSES_ON else _USER
