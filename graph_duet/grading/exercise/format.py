"""What an exercise consists of, read from its master notebook: tasks, answers, checks and limits.

The format is described for authors in docs/exercise-format.md; this file is its one reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from nbformat import NotebookNode

from graph_duet.grading.exercise import solution_regions
from graph_duet.grading.exercise.cell_error import CellError, about_cell
from graph_duet.grading.exercise.notebooks import duet
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

TOLERANCE = 2e-4
DEADLINE = 60.0
CELL_SECONDS = 20.0
MAX_HINTS = 3

_CODE_KINDS = ("seed", "look", "answer", "kernel", "check", "hidden", "measure")
OF_TASK = ("answer", "kernel", "check", "hidden", "measure", "written", "hint")
_SEED = re.compile(r"\s*seed = \d+\s*")
_FIELDS = {
    "seed": set(),
    "look": set(),
    "answer": {"task", "title"},
    "kernel": {"task", "title"},
    "check": {"task", "points", "expects", "fresh", "sealed", "uses", "tolerance"},
    "hidden": {"task", "points", "expects", "fresh", "uses", "tolerance"},
    "measure": {"task"},
    "written": {"task", "points", "title", "rubric"},
    "hint": {"task"},
}


@dataclass(frozen=True, slots=True)
class Check:
    """One cell whose output is compared. `uses` are the tasks, beside its own, whose answers a fresh
    process runs; `measure` is the id of the cell that measures, in a process of its own, what this one
    submits."""

    cell: str
    task: str
    points: float
    hidden: bool = False
    fresh: bool = False
    sealed: bool = False
    expects: str = ""
    uses: tuple[str, ...] = ()
    tolerance: float = TOLERANCE
    measure: str = ""


class RubricItem(NamedTuple):
    """One thing that a written answer is marked for, and the points that it gives (below 0: takes off)."""

    text: str
    points: float


@dataclass(frozen=True, slots=True)
class Written:
    """A Markdown cell that an instructor reads and marks."""

    cell: str
    points: float
    rubric: tuple[RubricItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """What a learner is asked for: answer cells by id, the checks that judge them, and up to three hints; or a
    written answer, which an instructor marks."""

    id: str
    title: str
    answers: tuple[str, ...]
    checks: tuple[Check, ...]
    hints: tuple[str, ...]
    written: Written | None = None

    @property
    def points(self) -> float:
        by_hand = self.written.points if self.written is not None else 0.0
        return by_hand + sum(check.points for check in self.checks)


@dataclass(frozen=True, slots=True)
class Exercise:
    """An assignment. `deadline` and `cell_seconds` are seconds of wall time."""

    id: str
    title: str
    minutes: int
    tasks: tuple[Task, ...]
    deadline: float = DEADLINE
    cell_seconds: float = CELL_SECONDS

    @property
    def points(self) -> float:
        return sum(task.points for task in self.tasks)

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(check for task in self.tasks for check in task.checks)

    def task(self, task: str) -> Task:
        """Raises UserError with the known tasks when there is no such task."""
        for candidate in self.tasks:
            if candidate.id == task:
                return candidate
        known = ", ".join(t.id for t in self.tasks)
        raise UserError(_("{id} has no task {task!r}; it has {known}", id=self.id, task=task, known=known))


def kind(cell: NotebookNode) -> str:
    """ "given" for a cell without `duet` metadata."""
    return str(duet(cell).get("kind", "given"))


def for_learners(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that a learner gets: all but the hidden checks and what measures for them."""
    hidden: set[str] = {cell.id for cell in notebook.cells if kind(cell) == "hidden"}
    hidden |= {measure for check, measure in _measures(notebook).items() if check in hidden}
    return [cell for cell in notebook.cells if cell.id not in hidden]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def read_exercise(notebook: NotebookNode) -> Exercise:
    """The exercise that `notebook` (a master, or what was made from it) describes.

    Raises UserError with one sentence when the format is not followed; CellError where one cell is to blame.
    """
    head = duet(notebook)
    if not head.get("exercise"):
        raise UserError(_('the notebook\'s metadata has no "duet": {"exercise": ...}; it is not an exercise'))
    seeds = [cell for cell in notebook.cells if kind(cell) == "seed"]
    if len(seeds) != 1:
        sentence = _(
            'an exercise has exactly one cell of kind "seed"; this one has {seeds}', seeds=len(seeds)
        )
        raise CellError(str(seeds[1].get("id", "")), sentence) if seeds else UserError(sentence)
    for name in ("minutes", "deadline", "cell_seconds"):
        if name in head:
            _demand_positive(head[name], _('the notebook\'s metadata: "{name}"', name=name))
    _demand_unique_ids(notebook)
    first_of: dict[str, str] = {}
    for cell in notebook.cells:
        with about_cell(cell.id):
            _validate(cell)
        if "task" in duet(cell):
            first_of.setdefault(str(duet(cell)["task"]), cell.id)
    exercise = Exercise(
        id=str(head["exercise"]),
        title=str(head.get("title", head["exercise"])),
        minutes=int(head.get("minutes", 0)),
        tasks=tuple(_task(notebook, task, cell) for task, cell in first_of.items()),
        deadline=float(head.get("deadline", DEADLINE)),
        cell_seconds=float(head.get("cell_seconds", CELL_SECONDS)),
    )
    for check in exercise.checks:
        for used in check.uses:
            with about_cell(check.cell):
                exercise.task(used)
    return exercise


def _task(notebook: NotebookNode, task: str, first: str) -> Task:
    """The task of this id, whose first cell is `first`."""
    cells = [cell for cell in notebook.cells if str(duet(cell).get("task")) == task]
    answers = [cell for cell in cells if kind(cell) in ("answer", "kernel")]
    measures = _measures(notebook)
    checks = tuple(_check(c, measures.get(c.id, "")) for c in cells if kind(c) in ("check", "hidden"))
    hints = tuple(_hint_text(cell.source) for cell in cells if kind(cell) == "hint")
    written = [_written(cell) for cell in cells if kind(cell) == "written"]
    if written and (answers or checks or len(written) > 1):
        raise CellError(
            first, _("task {task} has a written cell: it takes no other answer and no check", task=task)
        )
    if not written and (not answers or not (checks or "release" in duet(notebook))):
        raise CellError(first, _("task {task} needs at least one answer cell and one check", task=task))
    if len(hints) > MAX_HINTS:
        sentence = _(
            "task {task} has {count} hints; at most {max_hints} are shown",
            task=task,
            count=len(hints),
            max_hints=MAX_HINTS,
        )
        raise CellError(first, sentence)
    titles = [str(duet(cell)["title"]) for cell in cells if "title" in duet(cell)]
    title = titles[0] if titles else _("Task {task}", task=task)
    by_hand = written[0] if written else None
    return Task(task, title, tuple(cell.id for cell in answers), checks, hints, by_hand)


def _written(cell: NotebookNode) -> Written:
    fields = duet(cell)
    rubric = tuple(RubricItem(str(i["text"]), float(i["points"])) for i in fields.get("rubric", ()))
    return Written(cell.id, float(fields["points"]), rubric)


def _check(cell: NotebookNode, measure: str) -> Check:
    fields = duet(cell)
    return Check(
        cell=cell.id,
        task=str(fields["task"]),
        points=float(fields["points"]),
        hidden=fields["kind"] == "hidden",
        fresh=bool(fields.get("fresh", False)),
        sealed=bool(fields.get("sealed", False)),
        expects=str(fields.get("expects", "")),
        uses=tuple(str(task) for task in fields.get("uses", ())),
        tolerance=float(fields.get("tolerance", TOLERANCE)),
        measure=measure,
    )


def _measures(notebook: NotebookNode) -> dict[str, str]:
    """Ids of measure cells by the id of the check cell that each follows. Raises CellError for one that
    follows no check of its task."""
    found: dict[str, str] = {}
    before: NotebookNode | None = None
    for cell in code_cells(notebook):
        if kind(cell) == "measure":
            task = duet(cell).get("task")
            if before is None or kind(before) not in ("check", "hidden") or duet(before)["task"] != task:
                sentence = _("the measure cell {id} does not follow a check cell of its task", id=cell.id)
                raise CellError(cell.id, sentence)
            found[before.id] = cell.id
        before = cell
    return found


def _validate(cell: NotebookNode) -> None:
    fields = duet(cell)
    if not fields:
        return
    what = kind(cell)
    where = _(
        "cell {cell} ({partition})",
        cell=cell.get("id", "?"),
        partition=cell.source.strip()[:40].partition(chr(10))[0] or _("empty"),
    )
    if what not in _FIELDS:
        raise UserError(
            _(
                "{where}: kind {what!r} is not one of {fields}",
                where=where,
                what=what,
                fields=", ".join(_FIELDS),
            )
        )
    if (cell.cell_type == "code") != (what in _CODE_KINDS):
        raise UserError(
            _("{where}: a cell of kind {what} is code", where=where, what=what)
            if what in _CODE_KINDS
            else _("{where}: a cell of kind {what} is Markdown", where=where, what=what)
        )
    unknown = set(fields) - _FIELDS[what] - {"kind"}
    if unknown:
        raise UserError(
            _(
                "{where}: a cell of kind {what} has no `{unknown}`",
                where=where,
                what=what,
                unknown=", ".join(sorted(unknown)),
            )
        )
    if what in OF_TASK and "task" not in fields:
        raise UserError(_('{where}: a cell of kind {what} names its "task"', where=where, what=what))
    _validate_content(cell, fields, what, where)


def _validate_content(cell: NotebookNode, fields: Mapping[str, Any], what: str, where: str) -> None:
    if what == "seed" and not _SEED.fullmatch(cell.source):
        raise UserError(_("{where}: the seed cell is exactly one line like 'seed = 7'", where=where))
    if what in ("check", "hidden", "written"):
        _demand_positive(fields.get("points"), f'{where}: "points"')
    if what == "written":
        _demand_rubric(fields.get("rubric", ()), where)
    if what in ("answer", "kernel"):
        try:
            number = solution_regions.count(cell.source)
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
        if number == 0:
            raise UserError(
                _("{where}: an answer cell has a hole, from '# >>> your code' to '# <<<'", where=where)
            )


def _demand_positive(number: Any, what: str) -> None:
    if isinstance(number, bool) or not isinstance(number, int | float) or not number > 0:
        raise UserError(_("{what} is a number above 0, not {number!r}", what=what, number=number))


def _demand_rubric(rubric: Any, where: str) -> None:
    for item in rubric:
        points = item.get("points") if isinstance(item, Mapping) else None
        if isinstance(points, bool) or not isinstance(points, int | float) or not str(item.get("text", "")):
            raise UserError(
                _(
                    "{where}: a rubric item is points and a text, such as `2 names the order of the calls`",
                    where=where,
                )
            )


def _demand_unique_ids(notebook: NotebookNode) -> None:
    seen: set[str] = set()
    for cell in notebook.cells:
        if not cell.get("id"):
            raise UserError(_("a cell has no id; open and save the notebook in JupyterLab to give it one"))
        if cell.id in seen:
            raise UserError(
                _("two cells have the id {id!r}; delete the copy's id in a text editor", id=cell.id)
            )
        seen.add(cell.id)


def _hint_text(source: str) -> str:
    """The hint without its `<details>` wrapping."""
    bare = re.sub(r"<summary>.*?</summary>", "", source, flags=re.DOTALL)
    return re.sub(r"</?details>", "", bare).strip()
