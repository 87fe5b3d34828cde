"""The bundle: what a grader holds of an exercise, in one JSON file with a checksum that never reaches a learner."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import nbformat
from nbformat import NotebookNode

from graph_duet.grading.exercise import solution_regions
from graph_duet.grading.exercise.format import Exercise, code_cells, kind, read_exercise
from graph_duet.grading.exercise.notebooks import Unreadable, duet
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.whole_file import write_whole

FORMAT = 1


@dataclass(frozen=True)
class Bundle:
    """The canonical notebook with solutions and hidden cells, and what its checks print with the saved seed.

    `expected` maps check cells' ids to nbformat outputs.
    """

    notebook: NotebookNode
    expected: dict[str, list[Any]]

    @cached_property
    def exercise(self) -> Exercise:
        return read_exercise(self.notebook)

    @cached_property
    def solutions(self) -> dict[str, str]:
        """Answer cells' ids and their solved sources."""
        return {cell.id: solution_regions.solution(cell.source) for cell in _answers(self.notebook)}

    @cached_property
    def untouched(self) -> dict[str, str]:
        """Answer cells' ids and their sources as a learner gets them."""
        if "release" in duet(self.notebook):  # a learner's own notebook: its holes are empty already
            return {cell.id: cell.source for cell in _answers(self.notebook)}
        return {
            cell.id: solution_regions.emptied(cell.source, str(duet(cell)["task"]))
            for cell in _answers(self.notebook)
        }

    @cached_property
    def written(self) -> dict[str, str]:
        """Written cells' ids and their text before anybody wrote."""
        return {cell.id: cell.source for cell in self.notebook.cells if kind(cell) == "written"}

    @cached_property
    def seed(self) -> int:
        """The saved seed, with which `expected` was made."""
        cell = next(cell for cell in self.notebook.cells if kind(cell) == "seed")
        return int(cell.source.split("=")[1])

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over everything in the bundle, in hexadecimal."""
        content = {"notebook": self.notebook, "expected": self.expected}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def save(self, path: Path) -> Path:
        content = {
            "format": FORMAT,
            "checksum": self.checksum,
            "notebook": self.notebook,
            "expected": self.expected,
        }
        write_whole(path, json.dumps(content, indent=1) + "\n")
        return path

    def dumps(self) -> str:
        """The bundle as text, to send to a worker; `loads` reads it back."""
        return json.dumps({"checksum": self.checksum, "notebook": self.notebook, "expected": self.expected})

    @classmethod
    def loads(cls, text: str) -> Bundle:
        """Raises Unreadable when the text is not a bundle or does not match its checksum."""
        node = cast(Callable[[Any], Any], nbformat.from_dict)  # pyright: ignore[reportUnknownMemberType]
        try:
            content = json.loads(text)
            older = "checksum" not in content and {"notebook", "expected"} <= set(content)
            notebook = NotebookNode(node(content["notebook"]))
            expected = NotebookNode(node(content["expected"]))
            bundle, checksum = cls(notebook, dict(expected)), content.get("checksum")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unreadable(_("the file is not a bundle that `duet release` made")) from None
        if older:
            raise Unreadable(
                _("the bundle was made by an older version of `duet release`: run `duet release` again")
            )
        if bundle.checksum != checksum:
            raise Unreadable(
                _("the bundle was changed after `duet release` made it: run `duet release` again")
            )
        return bundle

    @classmethod
    def load(cls, path: Path) -> Bundle:
        """Raises UserError, or Unreadable with the file's name."""
        if not path.is_file():
            raise UserError(
                _("there is no bundle {path}: `duet release FOLDER` makes it from an exercise.md", path=path)
            )
        try:
            return cls.loads(path.read_text(encoding="utf-8"))
        except Unreadable as error:
            raise Unreadable(f"{path}: {error}") from None


def _answers(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in code_cells(notebook) if kind(cell) in ("answer", "kernel")]
