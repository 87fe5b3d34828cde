"""`TraceCache(fn)`: calls against traces, and which graph the next call would use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import traitlets

from graphviz_tools.cache_history import ArgumentError
from graphviz_tools.drawing.palette import Theme
from graphviz_tools.language import _
from graphviz_tools.recording import SourceLine
from graphviz_tools.trace_cache import CacheHistory, Call, Prediction, trace_cache
from widgets.front_end import script, style
from widgets.page import packed, write_page, write_svg
from widgets.static_fallback import Twin
from widgets.trace_cache_picture import trace_cache_svg

_RAISED = "raised "  # how the sources begin a reason that is an error


class TraceCache(Twin):
    """Watch the cache of a `tf.function` or of what `torch.compile` returned.

    Call it as the function itself; each call becomes a row that says whether it traced and why. In the
    notebook a learner types arguments (as Python, with the notebook's own names) and sees which graph they
    would hit before running them. Raises UserError for a function that has no cache.
    """

    _esm = script("trace_cache_app.js")
    _css = style("kernel.css")
    _history = traitlets.Dict().tag(sync=True)
    _answer = traitlets.Dict().tag(sync=True)

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.cache = trace_cache(fn)
        super().__init__(_history=history_json(self.cache.history))
        self.on_msg(self._asked)  # pyright: ignore[reportUnknownMemberType]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; returns its result and adds a row."""
        try:
            return self.cache(*args, **kwargs)
        finally:
            self._history = history_json(self.cache.history)

    @property
    def history(self) -> CacheHistory:
        return self.cache.history

    def plain(self, *args: Any, **kwargs: Any) -> Any:
        """Call the Python function itself, for a comparison of times."""
        try:
            return self.cache.plain(*args, **kwargs)
        finally:
            self._history = history_json(self.cache.history)

    def predict(self, *args: Any, **kwargs: Any) -> Prediction:
        """Which graph the call would use, found out without running it."""
        return self.cache.predict(*args, **kwargs)

    def _asked(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        text = str(message.get("arguments", ""))
        try:
            args, kwargs = typed_arguments(text)
        except Exception as error:  # typed text may raise anything
            self._answer = answer(text, None, "", _in_a_line(error))
            return
        verb, before = message.get("verb"), len(self.history.calls)
        try:
            if verb == "run":
                self(*args, **kwargs)
                self._answer = answer(text, None, _("The call ran: see its row."))
            elif verb == "plain":
                self.plain(*args, **kwargs)
                self._answer = answer(text, None, _("The plain function ran: see the times above."))
            else:
                found = self.predict(*args, **kwargs)
                self._answer = answer(text, found.entry, prediction_words(found))
        except Exception as error:
            made = self.history.calls[before:]
            words = _raised(made[-1]) if made else ""  # as its row has it
            # The function's own error has a row or came of a plain call; any other but ArgumentError is a bug of ours.
            if not (words or verb == "plain" or isinstance(error, ArgumentError)):
                raise
            self._answer = answer(text, None, "", words or _in_a_line(error))

    def stored(self) -> dict[str, Any]:
        data = {"history": self._history}
        return {"entry": "trace_cache_app.js", "sheets": ["kernel.css"], "data": packed(data)}

    def to_html(self, path: str | Path) -> Path:
        """Write the history as one self-contained page; returns its path. Nothing can be tried on it: that
        needs the function. Raises UserError for another ending than .html."""
        data = {"name": "TraceCache", "title": self.history.function, "history": self._history}
        return write_page(data, path, "trace_cache_app.js", ["kernel.css"])

    def to_svg(self, path: str | Path, theme: Theme = "light") -> Path:
        """Write the still picture; returns its path."""
        return write_svg(trace_cache_svg(self._history, theme), path)

    def still(self) -> str:
        return trace_cache_svg(self._history)

    def __repr__(self) -> str:
        calls = self.history.calls
        traced = sum(call.traced for call in calls)
        return f"<TraceCache of {self.history.function}: {len(calls)} calls, {traced} traces>"


def typed_arguments(text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The positional and keyword arguments that `text` writes, evaluated with the notebook's names."""
    notebook = sys.modules["__main__"]  # asked for now: a kernel forked from a preloaded process has another
    return eval(f"(lambda *args, **kwargs: (args, kwargs))({text}\n)", dict(vars(notebook)))


def prediction_words(found: Prediction) -> str:
    if found.entry is not None:
        return _("This call would reuse graph #{entry}.", entry=found.entry)
    why = f": {'; '.join(found.reasons)}" if found.reasons else ""
    return _("This call would trace a new graph{why}.", why=why)


def answer(arguments: str, entry: int | None, words: str, error: str = "") -> dict[str, Any]:
    return {"arguments": arguments, "entry": entry, "words": words, "error": error}


def history_json(history: CacheHistory) -> dict[str, Any]:
    """The history as plain JSON, with the lines of breaks worded."""
    breaks = [{"line": line_words(each.line), "reason": each.reason} for each in history.breaks]
    calls = [
        {**asdict(call), "verb": _verb(call), "time": time_words(call.seconds)} for call in history.calls
    ]
    entries = [
        {**asdict(entry), "time": "" if entry.seconds is None else time_words(entry.seconds)}
        for entry in history.entries
    ]
    return {
        **asdict(history),
        "entries": entries,
        "calls": calls,
        "breaks": breaks,
        "cost": cost_words(history),
    }


def cost_words(history: CacheHistory) -> str:
    """What tracing has cost so far, and from which call on it has paid."""
    if not history.tracing:
        return ""
    cost = _("{time} spent tracing and compiling.", time=time_words(history.tracing))
    reused = [call.seconds for call in history.calls if call.entries and not call.traced]
    if not reused or not history.plain:
        missing = _("a call that reuses a graph") if history.plain else _("a plain call")
        return _("{cost} Make {missing} to see from which call on it pays.", cost=cost, missing=missing)
    times = _(
        "A call takes {reused}, a plain one {plain}",
        reused=time_words(median(reused)),
        plain=time_words(median(history.plain)),
    )
    paid = history.pays_from()
    pays = _("it pays from call {paid} on", paid=paid) if paid is not None else _("it does not pay")
    return f"{cost} {times}: {pays}."


def time_words(seconds: float) -> str:
    """`340 µs`, `1.2 ms`, `3.4 s`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def _verb(call: Call) -> str:
    if call.traced:
        return "traced"
    return "raised" if _raised(call) and not call.entries else "reused"


def _raised(call: Call) -> str:
    """What a call raised, or "": the last of its reasons."""
    last = call.reasons[-1] if call.reasons else ""
    return last.removeprefix(_RAISED) if last.startswith(_RAISED) else ""


def _in_a_line(error: BaseException) -> str:
    if isinstance(error, ArgumentError):
        error = error.__cause__ or error
    # A syntax error's own words name a file that nobody wrote.
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {(said.splitlines() or [''])[0]}"


def line_words(line: SourceLine | None) -> str:
    return "" if line is None else _("line {line}: {code}", line=line.line, code=line.text.strip())
