"""A lesson's text that JupyterLab saves keeps the form of what its author did not change.

Jupytext writes front matter and cell options in an order and with quotes and line breaks of its own, so that one
changed word would be a diff of twenty lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAMES = ("lesson.md", "exercise.md")
_CELL = re.compile(r"(`{3,})\{code-cell\}")
_LANGUAGE = re.compile(r"^(`{3,}\{code-cell\}) ipython3$")  # which JupyterLab adds, and all cells are in
_OPTION = re.compile(r":[\w-]+:(\s|$)")


def before_saving(model: dict[str, Any], path: str, contents_manager: Any, **_: Any) -> None:
    """Jupyter Server's hook before it saves a file."""
    if path.rpartition("/")[2] not in _NAMES or model.get("type") != "file":
        return
    saved = Path(contents_manager.root_dir, path.strip("/"))
    if saved.is_file():
        model["content"] = in_the_form_of(saved.read_text(encoding="utf-8-sig"), model["content"])


def in_the_form_of(old: str, new: str) -> str:
    """`new`, with each field of front matter and each cell option written as in `old` where its value is the same."""
    lines = [_LANGUAGE.sub(r"\1", line) for line in new.splitlines()]
    blocks = list(_blocks(lines))
    models = _models(list(_blocks(old.splitlines())), blocks)
    written: list[str] = []
    end = 0
    for at, block in enumerate(blocks):
        written += lines[end : block.start]
        written += models[at].filled(block) if at in models else lines[block.start : block.end]
        end = block.end
    return "\n".join([*written, *lines[end:]]) + "\n"


def _models(old: list[_Block], new: list[_Block]) -> dict[int, _Block]:
    """For the number of a new block, the old one whose form it gets: with the same fields, else the same names."""
    models: dict[int, _Block] = {}
    for names_only in (False, True):
        for at, block in enumerate(new):
            for each in () if at in models else old:
                if each.is_like(block, names_only):
                    models[at] = each
                    old.remove(each)
                    break
    return models


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines `start` to `end` with the fields of front matter, or of a code cell with the empty line below them.

    `texts` has the lines of each field.
    """

    is_option: bool
    start: int
    end: int
    fields: dict[str, Any]
    texts: dict[str, list[str]]
    around: tuple[list[str], list[str]]

    def is_like(self, other: _Block, names_only: bool) -> bool:
        if not self.is_option or not other.is_option:
            return self.is_option == other.is_option
        return set(self.fields) == set(other.fields) if names_only else self.fields == other.fields

    def filled(self, new: _Block) -> list[str]:
        """These lines with the values of `new`."""
        names = [name for name in self.fields if name in new.fields]
        names += [name for name in new.fields if name not in self.fields]
        before, after = self.around
        lines = [line for name in names for line in self._lines(name, new.fields[name])]
        return [*before, *lines, *after]

    def _lines(self, name: str, value: Any) -> list[str]:
        if name in self.fields and self.fields[name] == value:
            return self.texts[name]
        import yaml

        settings: dict[str, Any] = {"allow_unicode": True, "width": float("inf")}
        opening, _ = self.around
        if opening:
            return yaml.safe_dump({name: value}, default_flow_style=False, **settings).splitlines()
        listed = yaml.safe_dump([value], default_flow_style=True, **settings).strip()
        return [f":{name}: {listed.removeprefix('[').removesuffix(']')}"]


def _blocks(lines: list[str]) -> Iterator[_Block]:
    """The front matter and the options of each code cell, in order; what is not YAML is passed over."""
    if lines and lines[0] == "---":
        yield from _dashed(lines, 0, is_option=False)
    fence = ""
    for number, line in enumerate(lines):
        if fence:
            fence = "" if line == fence else fence
        elif cell := _CELL.match(line):
            fence = cell[1]
            yield from _options(lines, number + 1)


def _options(lines: list[str], start: int) -> Iterator[_Block]:
    if start < len(lines) and lines[start] == "---":
        yield from _dashed(lines, start, is_option=True)
        return
    end = start
    while end < len(lines) and _OPTION.match(lines[end]):
        end += 1
    if end > start:
        yield from _block(lines, start, end, [line[1:] for line in lines[start:end]], is_option=True)


def _dashed(lines: list[str], start: int, is_option: bool) -> Iterator[_Block]:
    end = next((at for at in range(start + 1, len(lines)) if lines[at] == "---"), None)
    if end is not None:
        yield from _block(lines, start, end + 1, lines[start + 1 : end], is_option, dashes=True)


def _block(
    lines: list[str], start: int, end: int, inside: list[str], is_option: bool, dashes: bool = False
) -> Iterator[_Block]:
    import yaml

    try:
        fields = yaml.safe_load("\n".join(inside))
        node: Any = yaml.compose("\n".join(inside), Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return
    if not isinstance(fields, dict) or len(fields) != len(node.value):
        return
    starts = [key.start_mark.line for key, _value in node.value]
    written = lines[start + dashes : end - dashes]
    cuts = [*starts, len(written)]
    texts = {
        str(name): written[cuts[at] : cuts[at + 1]]
        for at, name in enumerate(key.value for key, _ in node.value)
    }
    empty = 1 if is_option and not dashes and end < len(lines) and not lines[end] else 0
    around = (["---"] if dashes else [], ["---"] if dashes else [""] * empty)
    yield _Block(
        is_option, start, end + empty, {str(name): value for name, value in fields.items()}, texts, around
    )
