"""The error for a text that cannot be built."""

from __future__ import annotations

from pathlib import Path

from graphviz_tools.errors import UserError


class SourceError(UserError):
    """The text cannot be built; the message begins with `file:line`."""

    def __init__(self, path: Path, line: int, sentence: str) -> None:
        super().__init__(f"{path}:{line}: {sentence}")
        self.path, self.line, self.sentence = path, line, sentence
