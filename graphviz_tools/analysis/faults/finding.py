"""What is wrong, in words, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphviz_tools.language import _
from graphviz_tools.recording import Node, Recording, SourceLine

FaultKind = Literal[
    "non-finite value",
    "non-finite gradient",
    "no gradient",
    "zero gradient",
    "dead ReLU",
    "exploding gradient",
    "vanishing gradient",
    "unchanged parameter",
    "gradient not cleared",
    "in-place write",
    "kept alive",
    "train or eval",
    "softmax twice",
    "no logarithm",
    "crossed shapes",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. `sentence` says what is wrong and `advice` what to do; `step` is the index of the step at which
    it shows, `node` the box in the picture (None: no box), `line` the line of the user's code."""

    kind: FaultKind
    sentence: str
    advice: str
    step: int
    node: int | None = None
    line: SourceLine | None = None

    def __str__(self) -> str:
        where = _("line {line}: ", line=self.line.line) if self.line is not None else ""
        return f"{where}{self.sentence} {self.advice}"


def finding_at(recording: Recording, kind: FaultKind, step: int, sentence: str, advice: str) -> Finding:
    """A finding that takes its box and its line from the step at which it shows."""
    shown = recording.steps[step]
    node = None if shown.node is None else recording.seen(shown.node)
    line = shown.line
    if line is None and node is not None:
        line = recording.nodes[node].line
    return Finding(kind, sentence, advice, step, node, line)


def title(node: Node) -> str:
    """The title of a node in a sentence."""
    return node.label or node.op


def listed(names: list[str], shown: int = 4) -> str:
    """`a`, `b` and 3 more."""
    words = [f"`{name}`" for name in names]
    if len(words) > shown:
        words = [*words[: shown - 1], _("{count} more", count=len(words) - shown + 1)]
    return (
        words[0] if len(words) == 1 else _("{words} and {last}", words=", ".join(words[:-1]), last=words[-1])
    )
