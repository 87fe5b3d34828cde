"""Dynamo's process-wide state, borrowed and given back: where it breaks, what it compiled, what it remembers.

Dynamo keeps compiled code on the user's code objects, and the sizes that it has seen by file and line. Every
private name of PyTorch's that recording needs for this is here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

from torch._C._dynamo.eval_frame import _debug_get_cache_entry_list, reset_code
from torch._dynamo import pgo
from torch._dynamo.convert_frame import register_bytecode_hook

from graphviz_tools.sources.compiled_errors import reason_in_a_line
from graphviz_tools.sources.user_code import source_line
from graphviz_tools.trace_cache import Break

BREAK_LOG = "torch._dynamo.symbolic_convert.__graph_breaks"


def compiled_entries(code: CodeType) -> list[Any]:
    """The cache entries of a code object, the one tried first at the front; [] for code never compiled."""
    return _debug_get_cache_entry_list(code)


def forget(code: CodeType) -> None:
    """Drop everything that Dynamo keeps on a code object; its next call compiles anew."""
    reset_code(code)


def compiled_by(entry: Any) -> Any:
    """The backend of a cache entry, as it was given to torch.compile."""
    return getattr(entry.backend, "compiler_fn", entry.backend)


@contextmanager
def borrowed_dynamo(backend: Any = None) -> Iterator[None]:
    """Compile with `backend` (export has none) inside, and leave nothing of that behind.

    Code compiled with other backends too keeps its entries, ours among them. Sizes seen before are forgotten
    inside, so that the same program gives the same graphs whenever it is recorded, and remembered afterwards.
    """
    seen: list[CodeType] = []
    hook = register_bytecode_hook(lambda code, new_code: seen.append(code))
    remembered, pgo._CODE_STATE = pgo._CODE_STATE, None
    try:
        yield
    finally:
        pgo._CODE_STATE = remembered
        hook.remove()
        for code in seen:
            if all(compiled_by(entry) is backend for entry in compiled_entries(code)):
                forget(code)


@contextmanager
def watching_breaks(told: Callable[[Break], None]) -> Iterator[None]:
    """Call `told` at every graph break, in place of what Dynamo would print about it."""
    handler = _BreakHandler(told)
    log, noise = logging.getLogger(BREAK_LOG), logging.getLogger("torch._dynamo")
    before = log.level, log.propagate, noise.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    noise.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = before[1]
        log.setLevel(before[0])
        noise.setLevel(before[2])


class _BreakHandler(logging.Handler):
    def __init__(self, told: Callable[[Break], None]) -> None:
        super().__init__()
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        found = _BREAK.search(record.getMessage())
        if found is not None:
            file, line, reason = found.groups()
            self._told(Break(source_line(file, int(line)), reason_in_a_line(reason)))


_BREAK = re.compile(r"in user code at (.+):(\d+)\nGraph Break Reason: (.*)", re.DOTALL)
