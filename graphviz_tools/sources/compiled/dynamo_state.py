"""Dynamo's process-wide state, used and restored: where it breaks, what it compiled, what it remembers.

Dynamo keeps compiled code on the user's code objects, and the sizes that it has seen by file and line.
"""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

import torch
from torch.fx import GraphModule

from graphviz_tools.cache_history import Break
from graphviz_tools.sources.common.user_code import is_user_file, source_line
from graphviz_tools.sources.compiled.errors import reason_in_a_line
from graphviz_tools.sources.compiled.private_names import (
    BREAK_LOG,
    DYNAMO_LOG,
    LIMIT,
    cache_entries,
    compilation_notes,
    forget,
    given_to_compile,
    noting_compiled_code,
    original_backend,
    without_seen_sizes,
)


def compiled_entries(code: CodeType, backend: Any = None) -> list[Any]:
    """The cache entries of a code object, the one tried first at the front; with `backend`, only its own."""
    entries = cache_entries(code) or []
    return entries if backend is None else [entry for entry in entries if entry.backend is backend]


def recompile_limit() -> int | None:
    """How many graphs Dynamo keeps for one code object; None when this PyTorch does not tell."""
    return LIMIT.find()


def backend_of(compiled: Any) -> Any:
    """The object by which Dynamo tells the results of different torch.compile calls apart; None if unknown."""
    around = getattr(compiled, "__closure__", None) and inspect.getclosurevars(compiled).nonlocals
    context = getattr(compiled, "dynamo_ctx", None) or (around or {}).get("self")
    return original_backend(getattr(context, "callback", None))


def compiled_function(compiled: Any) -> Any:
    """The Python function whose code Dynamo keeps the entries of `compiled` on.

    For a module of PyTorch's own that is a wrapper, which all such modules share: its `args` and `kwargs` are
    the module's arguments, its `fn` is the module.
    """
    given = given_to_compile(compiled)
    if not isinstance(given, torch.nn.Module):
        return given
    called = given_to_compile(compiled.forward)
    return called if isinstance(called, FunctionType) else given.forward


def compiled_by(entry: Any) -> Any:
    """The backend of a cache entry, as it was given to torch.compile."""
    return getattr(entry.backend, "compiler_fn", entry.backend)


def guards(entry: Any) -> list[str]:
    """What a cache entry asks of a call, as Dynamo's own checks."""
    return list(entry.guard_manager.code_parts)


def accepts(entry: Any, values: dict[str, Any]) -> bool:
    """Whether a call with these local variables would use the entry."""
    return bool(entry.guard_manager.check(values))


def refusals(entry: Any, values: dict[str, Any]) -> list[str]:
    """The first check that fails, in the words that Dynamo has for it."""
    return list(entry.guard_manager.check_verbose(values).verbose_code_parts)


@dataclass(frozen=True, slots=True)
class Compilation:
    """What Dynamo noted of one compilation: the function's name and line, how many ops its graph has, what the guards
    of earlier graphs refused, and how long it took."""

    id: str
    name: str
    line: int = 0
    ops: int = 0
    refusals: tuple[str, ...] = ()
    seconds: float | None = None


def compilations() -> list[Compilation]:
    """Dynamo's notes of the latest compilations (it keeps 64)."""
    return [
        Compilation(
            str(note.compile_id),
            note.co_name or "",
            note.co_firstlineno or 0,
            note.graph_op_count or 0,
            tuple(re.findall(r"^\d+/\d+: ([^\n]+)", note.recompile_reason or "", re.MULTILINE)),
            note.entire_frame_compile_time_s,
        )
        for note in compilation_notes()
    ]


def codes_of(fn: Any) -> list[CodeType]:
    """The code of `functions_of(fn)`."""
    return list(functions_of(fn))


def functions_of(fn: Any) -> dict[CodeType, Any]:
    """A function or a module's `forward`, and the user's functions that it names, by their code."""
    found: dict[CodeType, Any] = {}
    waiting: list[Any] = [fn.forward if isinstance(fn, torch.nn.Module) else fn]
    while waiting:
        function = getattr(waiting[0], "__func__", waiting[0])
        del waiting[0]
        code = getattr(function, "__code__", None)
        if not isinstance(code, CodeType) or code in found or not is_user_file(code.co_filename):
            continue
        found[code] = function
        names = inspect.getclosurevars(function) if isinstance(function, FunctionType) else None
        if names is not None:
            waiting += [*names.globals.values(), *names.nonlocals.values()]
    return found


def forget_skips(codes: list[CodeType]) -> None:
    """Let Dynamo try again to compile functions that it gave up on. Those with graphs are left alone."""
    for code in codes:
        if cache_entries(code) == []:
            forget(code)


@contextmanager
def borrowed_dynamo(backend: Any = None) -> Iterator[None]:
    """Compile with `backend` (export has none) in the block, and leave nothing behind.

    Code compiled with other backends too keeps its entries, ours among them. Sizes seen before are forgotten
    inside, so that the same program gives the same graphs whenever it is recorded, and remembered afterwards.
    """
    seen: list[CodeType] = []
    try:
        with without_seen_sizes(), noting_compiled_code(seen.append):
            yield
    finally:
        for code in seen:
            entries = cache_entries(code)
            if entries is not None and all(compiled_by(entry) is backend for entry in entries):
                forget(code)


@contextmanager
def watching_breaks(on_break: Callable[[Break], None]) -> Iterator[None]:
    """Call `on_break` at every graph break, in place of what Dynamo would print about it."""
    handler = _BreakHandler(on_break)
    log, noise = logging.getLogger(BREAK_LOG), logging.getLogger(DYNAMO_LOG)
    level, propagates, noise_level = log.level, log.propagate, noise.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    noise.setLevel(logging.ERROR)
    # A program may have turned all logging off; this log is only ours while it is watched.
    disabled, log.disabled = log.disabled, False
    log.__dict__["isEnabledFor"] = lambda level: True
    try:
        yield
    finally:
        del log.__dict__["isEnabledFor"]
        log.disabled = disabled
        log.removeHandler(handler)
        log.propagate = propagates
        log.setLevel(level)
        noise.setLevel(noise_level)


def ending_break(module: GraphModule) -> Break | None:
    """The break at which Dynamo ended the graph that it gives to a backend; None where the function ends."""
    reason = getattr(module, "compile_subgraph_reason", None)
    if reason is None or not reason.graph_break:
        return None
    frames = [frame for frame in reason.user_stack if is_user_file(frame.filename)]
    line = source_line(frames[-1].filename, frames[-1].lineno or 0) if frames else None
    return Break(line, reason_in_a_line(reason.reason))


class _BreakHandler(logging.Handler):
    def __init__(self, on_break: Callable[[Break], None]) -> None:
        super().__init__()
        self._on_break = on_break

    def emit(self, record: logging.LogRecord) -> None:
        found = _BREAK.search(record.getMessage())
        if found is not None:
            file, line, reason = found.groups()
            self._on_break(Break(source_line(file, int(line)), reason_in_a_line(reason)))


_BREAK = re.compile(r"in user code at (.+):(\d+)\nGraph Break Reason: (.*)", re.DOTALL)
