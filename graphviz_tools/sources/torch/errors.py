"""What PyTorch's common errors mean for the learner, and what the failing step was given."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from graphviz_tools.language import _
from graphviz_tools.recording import SourceLine, Value
from graphviz_tools.sources.torch.error_meanings import MEANINGS

_PATTERNS = tuple((re.compile(pattern, re.S), words) for pattern, words in MEANINGS)
# Errors of the call of backward() or grad() itself, not of a node.
_OF_THE_CALL = ("does not have a grad_fn", "appears to not have been used")
_SHOWN = 4


def concerns_the_call(message: str) -> bool:
    """Whether no node failed, but what was asked of the engine could not be."""
    return any(words in message for words in _OF_THE_CALL)


def explanation(message: str) -> str:
    """The meaning of an error, "" where the message says it all."""
    return next((words for pattern, words in _PATTERNS if pattern.search(message)), "")


@dataclass(frozen=True, slots=True)
class Operand:
    """A tensor that the failing call was given: its value, the kind of node that made it, and that node's line."""

    value: Value
    kind: str
    line: SourceLine | None

    def words(self, place: int) -> str:
        """`weight: float32 (2, 4), a parameter`; `h: float32 (2, 3), from line 12`."""
        value = self.value
        shape = _("of no fixed shape") if value.shape is None else str(value.shape).replace("None", "?")
        device = "" if value.device == "cpu" else _(" on {device}", device=value.device)
        origin = f"from line {self.line.line}" if self.line is not None else _ORIGINS.get(self.kind, "")
        made = f", {origin}" if origin else ""
        return _(
            "{value}: {dtype} {shape}{device}{made}",
            value=value.name or f"operand {place}",
            dtype=value.dtype,
            shape=shape,
            device=device,
            made=made,
        )


_ORIGINS = {"input": _("an input"), "parameter": "a parameter", "variable": "a buffer"}


def clash(operands: Iterable[Operand]) -> str:
    """What the failing call was given, each with its dtype, shape and where it came from; "" for no tensors."""
    words = [operand.words(place) for place, operand in enumerate(operands, 1)]
    more = [_("and {count} more", count=len(words) - _SHOWN)] if len(words) > _SHOWN else []
    return _("It was given ") + "; ".join(words[:_SHOWN] + more) + "." if words else ""
