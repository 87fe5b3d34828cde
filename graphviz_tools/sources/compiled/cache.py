"""The cache of a function that torch.compile returned: its graphs, their guards, its breaks, call by call."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from types import CodeType, FrameType
from typing import Any

import torch

from graphviz_tools.cache_history import ArgumentError, Break, CacheHistory, Call, Entry, Prediction
from graphviz_tools.language import _
from graphviz_tools.sources.common.stack_traces import own_name
from graphviz_tools.sources.compiled.argument_fit import misfits
from graphviz_tools.sources.compiled.dynamo import python_function
from graphviz_tools.sources.compiled.dynamo_state import (
    Compilation,
    accepts,
    backend_of,
    compilations,
    compiled_entries,
    compiled_function,
    guards,
    noting_compiled_code,
    recompile_limit,
    refusals,
    watching_breaks,
)
from graphviz_tools.sources.compiled.errors import error_text
from graphviz_tools.sources.compiled.guards import argument_words, guard_words, refusal_in_words

FIRST = _("first call: there is no graph yet")
CLEARED = _("the cache was cleared since, as torch._dynamo.reset() does")
NONE = _("no graph fits and none was compiled: the call ran as plain Python")


@dataclass(frozen=True, slots=True)
class _Ran:
    """What one call did: the graphs that it `made`, the compiled `codes` that ran, the error that it `raised`, why no
    graph fitted before it (`misfits`), and its `seconds`."""

    made: list[Compilation]
    codes: list[CodeType]
    raised: Exception | None
    misfits: tuple[str, ...]
    seconds: float


class CompiledCache:
    """`trace_cache` of a compiled function or module.

    Each segment between graph breaks has entries of its own; a call runs one of each segment that it passes.
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn = fn
        plain = python_function(fn)
        self._name = getattr(plain, "__name__", type(plain).__name__)
        self._function = plain.forward if isinstance(plain, torch.nn.Module) else plain
        self._entered = compiled_function(fn)
        self._backend = backend_of(fn)
        self._codes: list[CodeType] = [self._entered.__code__]
        self._guards: list[list[str]] = []  # of each entry
        self._plain: list[float] = []
        self._places: dict[int, int] = {}  # id of an entry's compiled code → its index
        self._kept: list[CodeType] = []  # so that no id in `_places` is used again
        self._entries: list[Entry] = []
        self._is_first: list[
            bool
        ] = []  # whether an entry is of the function itself, not of a part behind a break
        self._calls: list[Call] = []
        self._breaks: list[Break] = []
        self._read()
        self._before = len(self._entries)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function as before; its result is returned, and the call is added to `history`."""
        ran: list[CodeType] = []
        raised: Exception | None = None
        before = self._why_none_fits(args, kwargs)
        begin = perf_counter()
        with watching_breaks(self._broke), noting_compiled_code(self._learn), _noting_calls(ran):
            try:
                return self._fn(*args, **kwargs)
            except Exception as error:
                raised = error
                raise
            finally:
                seconds = perf_counter() - begin
                self._add_call(args, kwargs, _Ran(self._read(), ran, raised, before, seconds))

    def plain(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function or module that was given to torch.compile, without its graphs."""
        function = python_function(self._fn)
        begin = perf_counter()
        result = function(*args, **kwargs)
        self._plain.append(perf_counter() - begin)
        return result

    @property
    def history(self) -> CacheHistory:
        """The cache's entries and the calls made through this object, so far."""
        self._read()
        alive = set(self._live())
        entries = tuple(
            replace(entry, dropped=self._is_first[entry.index] and entry.index not in alive)
            for entry in self._entries
        )
        calls, breaks, plain = tuple(self._calls), tuple(self._breaks), tuple(self._plain)
        return CacheHistory("torch.compile", self._name, entries, calls, breaks, plain)

    @property
    def traces(self) -> int:
        """How many graphs were compiled since this object was made, through it or not."""
        self._read()
        return len(self._entries) - self._before

    def predict(self, *args: Any, **kwargs: Any) -> Prediction:
        """Which graph the call would begin with, worked out from the guards alone; nothing runs or is compiled.

        Raises ArgumentError (a TypeError) for arguments that the function does not take.
        """
        self._read()
        values = self._locals(args, kwargs)
        for entry in compiled_entries(self._codes[0], self._backend):
            if accepts(entry, values):
                return Prediction(self._places[id(entry.code)])
        reasons = self._why_none_fits(args, kwargs)
        if not reasons:
            for entry in compiled_entries(self._codes[0], self._backend):
                place = self._places[id(entry.code)]
                words = map(refusal_in_words, self._named(refusals(entry, values)))
                reasons += tuple(_("graph {place}: {word}", place=place, word=word) for word in words)
        return Prediction(None, reasons or (FIRST,))

    def _live(self) -> list[int]:
        """The entries of the function itself that are in the cache now."""
        found = (id(entry.code) for entry in compiled_entries(self._codes[0], self._backend))
        return [self._places[number] for number in found if number in self._places]

    def _why_none_fits(self, args: Any, kwargs: Any) -> tuple[str, ...]:
        """How the arguments differ from those of the nearest graph, or which dropped graph was for such arguments.
        () when the guards do not tell."""
        try:
            bound = self._bound(args, kwargs)
        except ArgumentError:
            return ()
        values = {**self._locals(args, kwargs), **bound}
        live = self._live()
        own = [index for index, is_first in enumerate(self._is_first) if is_first]
        found = {index: misfits(self._guards[index], values) for index in live or own}
        if not found:
            return ()
        nearest = min(reversed(list(found)), key=lambda index: len(found[index]))
        words = _("graph {nearest}: ", nearest=nearest) if len(found) > 1 else ""
        if live:
            return tuple(f"{words}{text}" for text in found[nearest])
        if not found[nearest]:
            return (
                _("graph {nearest} was for such arguments, but {cleared}", nearest=nearest, cleared=CLEARED),
            )
        return (*(f"{words}{text}" for text in found[nearest]), CLEARED)

    def _broke(self, found: Break) -> None:
        if found not in self._breaks:  # each recompilation meets it again
            self._breaks.append(found)

    def _learn(self, code: CodeType) -> None:
        if not any(code is known for known in self._codes):
            self._codes.append(code)

    def _read(self) -> list[Compilation]:
        """Add the new entries; returns what Dynamo noted when it compiled them."""
        noted = {note.id: note for note in compilations()}
        made: list[Compilation] = []
        for code in self._codes:
            for entry in reversed(compiled_entries(code, self._backend)):
                if id(entry.code) not in self._places:
                    note = noted.get(str(entry.compile_id)) or Compilation(
                        str(entry.compile_id), code.co_name
                    )
                    self._places[id(entry.code)] = len(self._entries)
                    self._kept.append(entry.code)
                    self._is_first.append(code is self._codes[0])
                    self._guards.append(self._named(guards(entry)))
                    keys = guard_words(self._guards[-1])
                    self._entries.append(Entry(len(self._entries), keys, note.ops, note.seconds))
                    made.append(note)
        return made

    def _add_call(self, args: Any, kwargs: Any, ran: _Ran) -> None:
        entries = tuple(
            dict.fromkeys(self._places[id(code)] for code in ran.codes if id(code) in self._places)
        )
        reasons = tuple(reason for note in ran.made for reason in self._reasons(note, ran.misfits))
        if ran.raised is not None:
            reasons = (*reasons, _("raised {error_text}", error_text=error_text(ran.raised)))
        elif not entries and not reasons:
            reasons = (self._why_not_compiled(),)
        try:
            bound = self._bound(args, kwargs)
        except ArgumentError:  # the call has raised, and said why
            arguments = _("arguments that the function does not take")
        else:
            arguments = argument_words(bound)
        self._calls.append(Call(len(self._calls), arguments, bool(ran.made), entries, reasons, ran.seconds))

    def _why_not_compiled(self) -> str:
        """Why a call ran as plain Python."""
        limit = recompile_limit()
        full = limit is not None and len(compiled_entries(self._codes[0], self._backend)) >= limit
        return (
            _("the limit of {limit} graphs for one function is reached; {none}", limit=limit, none=NONE)
            if full
            else NONE
        )

    def _reasons(self, note: Compilation, before: tuple[str, ...]) -> Iterator[str]:
        """Why Dynamo compiled; `before` is how the arguments differed from the nearest graph."""
        if note.name == self._codes[0].co_name:
            first = () if note.refusals else (FIRST,)
            yield from before or first
            if not before:
                yield from map(refusal_in_words, self._named(note.refusals))
        elif note.refusals:
            yield from map(refusal_in_words, self._named(note.refusals))
        else:
            yield _(
                "the part of {own_name} from line {line} on runs for the first time",
                own_name=own_name(note.name),
                line=note.line,
            )

    def _bound(self, args: Any, kwargs: Any) -> dict[str, Any]:
        signature = inspect.signature(self._function)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentError(str(error)) from error
        bound.apply_defaults()
        return dict(bound.arguments)

    def _locals(self, args: Any, kwargs: Any) -> dict[str, Any]:
        """What the guards look at: the arguments, `self`, and variables of enclosing functions."""
        around = inspect.getclosurevars(self._entered).nonlocals
        if self._wrapped:
            return {**around, "args": args, "kwargs": kwargs}
        owner = getattr(self._entered, "__self__", None)
        own = {self._codes[0].co_varnames[0]: owner} if owner is not None else {}
        return {**around, **own, **self._bound(args, kwargs)}

    @property
    def _wrapped(self) -> bool:
        """Whether the guards see the arguments through PyTorch's wrapper around its own modules."""
        return self._entered is not self._function and not hasattr(self._entered, "__self__")

    def _named(self, parts: Iterable[str]) -> list[str]:
        """The checks with the arguments' own names, without those of the wrapper alone."""
        if not self._wrapped:
            return list(parts)
        named = []
        for part in parts:
            for place, name in enumerate(inspect.signature(self._function).parameters):
                part = part.replace(f"L['args'][{place}]", f"L['{name}']")
            part = re.sub(r"L\['kwargs'\]\['(\w+)'\]", r"L['\1']", part)
            if (
                "L['args']" not in part
                and "L['kwargs']" not in part
                and not part.startswith("___check_type_id(L['fn']")
            ):
                named.append(part)
        return named


@contextmanager
def _noting_calls(ran: list[CodeType]) -> Iterator[None]:
    """Note the code of every Python call inside; compiled code is run as such a call."""

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            ran.append(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)
