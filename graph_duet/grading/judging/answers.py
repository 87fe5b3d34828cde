"""What is taken from a submission: the sources of its answer cells, by cell id, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.format import Check, Exercise, Task
from graph_duet.grading.exercise.notebooks import duet
from graph_duet.grading.judging.answer_cells import Match, find_answers, pieces
from graph_duet.grading.judging.source_policy import defined
from graph_duet.grading.judging.written_answers import written_answers
from graph_duet.grading.report import WrittenAnswer
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

# Where `show` was until 0.1; saved answers may still import it from there.
_OLD_SHOW = re.compile(r"^([ \t]*)from (?:duet|grading|grading\.values) import show\b", re.MULTILINE)
_WORD = re.compile(r"\w+")


class Foreign(UserError):
    """The notebook belongs to another assignment; the message says which."""


@dataclass(frozen=True, slots=True)
class Graft:
    """Answer cells' sources by id, the faults of those that cannot be used, remarks that cost nothing, and what was
    written."""

    answers: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    written: tuple[WrittenAnswer, ...] = ()

    def fault(self, task: Task) -> str:
        """Why the task cannot be run at all; "" when it can."""
        faults = [self.faults.get(answer, "") for answer in task.answers]
        for worst in ("ambiguous", "missing"):
            if worst in faults:
                return worst
        return "empty" if all(fault == "empty" for fault in faults) else ""

    def not_run(self, exercise: Exercise) -> dict[str, str]:
        """The checks of tasks that cannot be run, with the fault of each."""
        faults = {check.cell: self.fault(task) for task in exercise.tasks for check in task.checks}
        return {cell: fault for cell, fault in faults.items() if fault}


def graft(bundle: Bundle, submission: NotebookNode) -> Graft:
    """The answers in `submission`. Raises Foreign when it is another assignment's notebook."""
    found: dict[str, list[str]] = {}
    for cell in submission.cells:
        if isinstance(cell.get("id"), str) and cell.get("cell_type") == "code":
            found.setdefault(cell.id, []).append(cell.source)
    missing = [cell for cell in bundle.untouched if cell not in found]
    rediscovered = find_answers(bundle, submission, missing) if missing else {}
    for cell, whole in pieces(bundle, submission).items():
        found[cell] = [whole]
        rediscovered[cell] = Match(whole, _("joining the pieces into which its cell was split"))
    written = tuple(written_answers(bundle, submission))
    has_answers = bool(rediscovered) or len(missing) < len(bundle.untouched)
    _demand_same_exercise(bundle, submission, has_answers or any(not answer.fault for answer in written))
    notes = [
        _("the answer to {task_of} was found by {by}", task_of=_task_of(bundle, cell), by=how.by)
        for cell, how in rediscovered.items()
    ]
    answers: dict[str, str] = {}
    faults: dict[str, str] = {}
    for cell, untouched in bundle.untouched.items():
        sources = found.get(cell, [])
        if cell in rediscovered:
            sources = [rediscovered[cell].source]
        if len(sources) != 1:
            faults[cell] = "ambiguous" if sources else "missing"
            continue
        answers[cell] = _OLD_SHOW.sub(r"\1from graph_duet import show", sources[0])
        if _bare(sources[0]) == _bare(untouched):
            faults[cell] = "empty"
    # Where an editor made new ids for all cells, a check that is not found was not deleted either.
    checks = [] if rediscovered else _notes(bundle, found)
    outside = _left_outside(bundle, submission, answers, faults)
    return Graft(answers, faults, (*notes, *checks, *outside), written)


def _left_outside(
    bundle: Bundle, submission: NotebookNode, answers: Mapping[str, str], faults: Mapping[str, str]
) -> list[str]:
    """A note for each answer that does not run: one that is no longer a code cell, and one that uses a name which
    a cell of the learner's own defines."""
    notes = [
        _("the answer to {task_of} is not a code cell: make it one again", task_of=_task_of(bundle, cell.id))
        for cell in submission.cells
        if faults.get(cell.get("id", "")) == "missing" and cell.get("cell_type") != "code"
    ]
    known = {cell.id for cell in bundle.notebook.cells}
    own = [c for c in submission.cells if c.get("cell_type") == "code" and c.get("id") not in known]
    taken = {_bare(source) for source in answers.values()}
    names = {name for cell in own if _bare(cell.source) not in taken for name in defined(cell.source)}
    if not names:
        return notes
    known_names = {name for cell in bundle.notebook.cells for name in defined(cell.source)}
    for cell, source in answers.items():
        used = sorted((names - known_names - defined(source)) & set(_WORD.findall(source)))
        if used and cell not in faults:
            task_of, listed = _task_of(bundle, cell), ", ".join(used)
            notes.append(
                _(
                    "the answer to {task_of} uses {names}, from a cell that is not run: put that into the answer",
                    task_of=task_of,
                    names=listed,
                )
            )
    return notes


def _demand_same_exercise(bundle: Bundle, submission: NotebookNode, has_answers: bool) -> None:
    """Raise Foreign for a notebook that says it is another one, or says nothing and has no answer cell of this one."""
    claimed = duet(submission).get("exercise")
    if claimed == bundle.exercise.id or (not claimed and has_answers):
        return
    what = (
        _("exercise {claimed!r}", claimed=str(claimed)[:40]) if claimed else _("no exercise of this course")
    )
    raise Foreign(_("the notebook is {what}, not {id}", what=what, id=bundle.exercise.id))


def _task_of(bundle: Bundle, cell: str) -> str:
    return next(_("task {id}", id=task.id) for task in bundle.exercise.tasks if cell in task.answers)


def _notes(bundle: Bundle, found: dict[str, list[str]]) -> list[str]:
    notes: list[str] = []
    for check in bundle.exercise.checks:
        sources = found.get(check.cell, [])
        if check.hidden:
            continue
        if not sources:
            notes.append(_("{name} was deleted; the grader's own was used", name=_name(check)))
        elif len(sources) > 1 or _bare(sources[0]) != _bare(_source(bundle, check)):
            notes.append(_("{name} was edited; the grader's own was used", name=_name(check)))
    return notes


def _source(bundle: Bundle, check: Check) -> str:
    return next(cell.source for cell in bundle.notebook.cells if cell.id == check.cell)


def _name(check: Check) -> str:
    return _("the check cell {cell} of task {task}", cell=check.cell, task=check.task)


def _bare(source: str) -> str:
    """The source without what an editor changes on its own."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
