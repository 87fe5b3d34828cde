"""Check the code against the table of docs/architecture.md, and print what each room holds.

    python tools/rooms.py            # --write puts the result into the page too

The table's first column names files and folders, and its last what those may import: a folder (`widgets/`), a
folder's own files (`widgets/*.py`) or one file. The most exact row decides. An import that no row allows runs
upward. A package outside this project is one word, such as `torch`; a room's row lists them for all its files.
"""

from __future__ import annotations

import ast
import graphlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
ROOMS = ("graphviz_tools", "gpu_labs", "widgets", "graph_duet", "lessons")
_OPEN, _CLOSE = "<!-- rooms -->", "<!-- /rooms -->"
_WORD = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Row:
    """One row of the table: the paths that it is about, and what they may import."""

    paths: tuple[str, ...]
    may_import: tuple[str, ...]


@dataclass(frozen=True)
class Import:
    """One import in the code: `file` imports `target`, a file of ours or the name of a package outside."""

    file: str
    target: str


class Place(NamedTuple):
    """Where a file stands in the table: the path of the table that is about it, and that path's row."""

    path: str
    row: Row


def rows() -> list[Row]:
    """The rows of the table under the heading "Rooms"."""
    section = PAGE.read_text(encoding="utf-8").split("\n## Rooms\n")[1].split(_OPEN)[0]
    cells = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| `")]
    return [Row(tuple(_WORD.findall(first)), tuple(_WORD.findall(last))) for first, *_, last in cells]


def covers(pattern: str, file: str) -> bool:
    """Whether a path of the table, such as `gpu_labs/G*/` or `widgets/*.py`, is about `file`."""
    if pattern.endswith("/"):
        return fnmatch(file, pattern + "*")
    return fnmatch(file, pattern) and file.count("/") == pattern.count("/")


def place_of(file: str, table: list[Row]) -> Place | None:
    """The most exact path of the table about `file` (a named file, else a folder's own files, else the deepest
    folder), and its row."""
    found = [Place(path, row) for row in table for path in row.paths if covers(path, file)]
    return max(found, key=lambda place: _exactness(place.path)) if found else None


def _exactness(path: str) -> tuple[int, int, int]:
    return (path.count("/") - path.endswith("/"), not path.endswith("/"), "*" not in path)


def files_of(room: str) -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / room).rglob("*.py"))


def imports_of(file: str) -> Iterator[Import]:
    """Every import in `file`, at its top or inside a function, but none of the standard library."""
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in {_target(name) for name in names} - {"", file}:
            yield Import(file, target)


def _target(name: str) -> str:
    """The file of ours behind a dotted name, else the outside package's name; "" for the standard library."""
    root = name.partition(".")[0]
    if root not in ROOMS:
        return "" if root in sys.stdlib_module_names else root
    place = name.replace(".", "/")
    for path in (f"{place}.py", f"{place}/__init__.py"):
        if (ROOT / path).is_file():
            return path
    return _target(name.rpartition(".")[0])


def is_allowed(made: Import, table: list[Row]) -> bool:
    """Whether the row of the importing file lists what it imports. `folder/*.py` does not list those of the
    folder's files that have a row of their own."""
    place = place_of(made.file, table)
    if place is None:
        return False
    if not made.target.endswith(".py"):
        room = made.file.partition("/")[0]
        of_room = (each for each in table if f"{room}/" in each.paths)
        return any(made.target in row.may_import for row in (place.row, *of_room))
    target = place_of(made.target, table)
    if target is None or target.path == place.path:
        return target is not None
    listed = place.row.may_import
    return target.path in listed or any(
        covers(path, made.target) for path in listed if not path.endswith("/*.py")
    )


def upward(room: str) -> list[Import]:
    """The imports in `room` that the table does not allow."""
    table = rows()
    return [made for file in files_of(room) for made in imports_of(file) if not is_allowed(made, table)]


def circle(room: str) -> list[str]:
    """The files of one circle of imports in `room`; empty when there is none.

    A package's `__init__.py` is left out: it only names what others define.
    """
    files = [file for file in files_of(room) if not file.endswith("__init__.py")]
    needs = {file: {made.target for made in imports_of(file) if made.target in files} for file in files}
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def lines(file: str) -> int:
    return len((ROOT / file).read_text(encoding="utf-8").splitlines())


def report() -> str:
    """One line a room: its files, its fullest folder, and what breaks the table's rules."""
    out = [
        "| room | files | folders | most files in one folder | imports upward | circles | longest file |",
        "|---|---|---|---|---|---|---|",
    ]
    for room in ROOMS:
        files = files_of(room)
        folders = [file.rpartition("/")[0] for file in files]
        fullest = max(sorted(set(folders)), key=folders.count)
        longest = max(files, key=lines)
        out.append(
            f"| `{room}/` | {len(files)} | {len(set(folders))} | {folders.count(fullest)} in `{fullest}/` | "
            f"{len(upward(room))} | {1 if circle(room) else 0} | {lines(longest)} lines, `{longest}` |"
        )
    return "\n".join(out)


def main() -> int:
    if sys.argv[1:] == ["--write"]:
        text = PAGE.read_text(encoding="utf-8")
        before, after = text.split(_OPEN)[0], text.split(_CLOSE)[1]
        PAGE.write_text(f"{before}{_OPEN}\n{report()}\n{_CLOSE}{after}", encoding="utf-8")
    print(report())
    wrong = [made for room in ROOMS for made in upward(room)]
    for made in wrong:
        print(f"upward: {made.file} imports {made.target}", file=sys.stderr)
    for room in ROOMS:
        if circle(room):
            print(f"circle: {' -> '.join(circle(room))}", file=sys.stderr)
    return 1 if wrong or any(map(circle, ROOMS)) else 0


if __name__ == "__main__":
    sys.exit(main())
