"""`duet new`: a folder for a lesson or lab that builds and passes its tests before anything is changed in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Template

from graph_duet.authoring.folders import course_folders
from graph_duet.authoring.notebooks_from_text import points_of
from graph_duet.authoring.source import read_source
from graph_duet.workspace import package_folder
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_TEMPLATE = Path(__file__).parent / "templates" / "lesson"
_MODEL_LAB = "G01_guards"
_LAB_FILES = ("__init__.py", "task.py", "exercise.md", "answers.py")


def new_lesson(id: str, title: str) -> Path:
    """Make `lessons/<id>_<title>` from the template, with its row on the map; returns the folder.

    Raises UserError when the id is not like L21 or is taken.
    """
    if not _TEMPLATE.is_dir():
        raise UserError(
            _("lessons are written in a checkout of the repository, and this is an installed package")
        )
    folder = _new_folder(package_folder("lessons"), id, title, "L")
    for source in sorted(_TEMPLATE.iterdir()):
        if source.is_file():
            text = Template(source.read_text(encoding="utf-8"))
            text = text.substitute(id=id, title=title, quoted_title=json.dumps(title, ensure_ascii=False))
            (folder / source.name).write_text(text, encoding="utf-8")
    links = (f"[{title}]({folder.name}/{name}.ipynb)" for name in ("lesson", "exercise"))
    _add_rows("## Lessons", f"| {id} | say what | – | {' | '.join(links)} | {_points(folder)} |")
    beliefs = (f"{id}'s first misconception", f"{id}'s second misconception")
    _add_rows("## Which misconception trips where", *(f"| {belief} | {id} |" for belief in beliefs))
    return folder


def new_lab(id: str, title: str) -> Path:
    """Make `gpu_labs/<id>_<title>` as a copy of the first lab under its own name, with its row on the map.

    Returns the folder. Raises UserError when the id is not like G13 or is taken.
    """
    model = package_folder("gpu_labs") / _MODEL_LAB
    folder = _new_folder(package_folder("gpu_labs"), id, title, "G")
    for name in _LAB_FILES:
        text = (model / name).read_text(encoding="utf-8")
        text = text.replace(_MODEL_LAB, folder.name).replace("G01", id)
        text = re.sub(
            r"^title: .*\nheading: .*$",
            lambda _: f"title: {json.dumps(title, ensure_ascii=False)}",
            text,
            flags=re.MULTILINE,
        )
        (folder / name).write_text(text, encoding="utf-8")
    link = f"[{title}](../gpu_labs/{folder.name}/exercise.ipynb)"
    _add_rows("## GPU labs", f"| {id} | say what | – | {link} | {_points(folder)} |")
    return folder


def _points(folder: Path) -> str:
    return f"{points_of(read_source(folder / 'exercise.md')):g}"


def _new_folder(room: Path, id: str, title: str, letter: str) -> Path:
    if not re.fullmatch(rf"{letter}\d\d", id):
        raise UserError(
            _("{id!r} is not an id: write {letter} and two digits, such as {letter}21", id=id, letter=letter)
        )
    taken = [folder.name for folder in course_folders() if folder.name.startswith(f"{id}_")]
    if taken:
        raise UserError(_("{id} is taken by {taken}: choose another number", id=id, taken=taken[0]))
    words = "_".join(re.findall(r"[a-z0-9]+", title.lower()))
    if not words:
        raise UserError(_("the title needs a word of letters or digits, of which the folder's name is made"))
    folder = room / f"{id}_{words}"
    folder.mkdir()
    return folder


def _add_rows(heading: str, *rows: str) -> None:
    """Add rows to the end of the table below a heading of the course's map."""
    course_map = package_folder("lessons") / "README.md"
    lines = course_map.read_text(encoding="utf-8").splitlines()
    at = lines.index(heading)
    end = next((n for n in range(at + 1, len(lines)) if lines[n].startswith("## ")), len(lines))
    last = max(n for n in range(at, end) if lines[n].startswith("|"))
    lines[last + 1 : last + 1] = rows
    course_map.write_text("\n".join(lines) + "\n", encoding="utf-8")
