"""From the handler of a call outward to the first line that is not PyTorch's own."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from types import FrameType, TracebackType

import torch

from graphviz_tools.sources.torch_tape import Site

_TORCH = str(Path(torch.__file__).parent)
_OPTIMIZERS = str(Path(torch.optim.__file__).parent)
_HERE = str(Path(__file__).resolve().parents[1])
_STDLIB = sysconfig.get_path("stdlib")
_INSTALLED = sysconfig.get_path("purelib")
_RECORDER = str(Path(__file__).with_name("pytorch.py"))
_APPLY = torch.autograd.Function.apply.__func__.__code__  # pyright: ignore[reportFunctionMemberAccess]

_USER, _INTERNAL, _OPTIMIZER, _OUTERMOST = 0, 1, 2, 3
_files: dict[str, int] = {}


def calling_site(frame: FrameType | None) -> tuple[Site | None, bool]:
    """(the innermost call outside PyTorch, whether an optimizer's step lies between) from `frame` outward.

    The program begins where `record_torch` calls it: who called `record_torch` is no part of it.
    """
    optimizing = False
    while frame is not None:
        code = frame.f_code
        kind = _files.get(code.co_filename)
        if kind is None:
            kind = _files[code.co_filename] = _sort(code.co_filename)
        if kind == _USER:
            outer = frame.f_back
            call = hash((id(frame), id(outer), outer.f_lasti if outer is not None else 0))
            return (code, frame.f_lasti, call), optimizing
        if kind == _OUTERMOST:
            break
        if kind == _OPTIMIZER:
            optimizing = True
        frame = frame.f_back
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
            site = (code, traceback.tb_lasti, 0)
        traceback = traceback.tb_next
    return site


def _sort(filename: str) -> int:
    if filename == _RECORDER:
        return _OUTERMOST
    if filename.startswith(_TORCH):
        return _OPTIMIZER if filename.startswith(_OPTIMIZERS) else _INTERNAL
    if filename.startswith(_HERE) or (filename.startswith(_STDLIB) and not filename.startswith(_INSTALLED)):
        return _INTERNAL
    return _INTERNAL if filename.startswith("<frozen") else _USER
