"""Release: from the solved notebook to the learner's notebook and the grader's bundle."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from graph_duet.grading.exercise import notebooks, solution_regions
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.cell_error import CellError
from graph_duet.grading.exercise.format import for_learners, kind, read_exercise
from graph_duet.grading.exercise.measuring_rule import demand_measured_apart
from graph_duet.grading.exercise.notebooks import duet
from graph_duet.grading.judging.judge import Outcome, printed
from graph_duet.grading.judging.kernel_start import StartKernel, in_sandbox, modules_for, ordinary
from graph_duet.grading.judging.trial import Seeds, Trial
from graph_duet.notebook_kernels.sandbox import Limits, why_no_sandbox
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.whole_file import write_whole

_PATIENCE_SECONDS = 600.0
_OTHER_SEEDS = (1_234_567_891, 987_654_321)


@dataclass(frozen=True, slots=True)
class Release:
    """What a release made. `exercise` is for learners, `bundle_path` for the grader alone."""

    exercise: Path
    bundle_path: Path
    bundle: Bundle


def release(master: Path | str, to: Path | str | None = None) -> Release:
    """Make `exercise.ipynb` and `exercise.bundle.json` from a notebook with solutions, or the folder of its
    `master.ipynb`.

    For a notebook that a program has written; the course's exercises are released from their text alone, by
    `duet release`. The files are written beside it, or into `to`. Raises UserError as `notebooks.read` and
    `make_bundle` do, with the file's name.
    """
    path = Path(master)
    path = path / "master.ipynb" if path.is_dir() else path
    notebook = notebooks.read(path)
    try:
        bundle = make_bundle(notebook, path.parent)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    folder = Path(to) if to is not None else path.parent
    return write_release(bundle, folder, notebook)


def write_release(bundle: Bundle, folder: Path, executed: NotebookNode | None = None) -> Release:
    """Write the learner's notebook and the grader's bundle into `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    learners = folder / "exercise.ipynb"
    write_whole(learners, notebooks.dumps(exercise_notebook(bundle, executed)))
    return Release(learners, bundle.save(folder / "exercise.bundle.json"), bundle)


def make_bundle(solved: NotebookNode, folder: Path) -> Bundle:
    """The grader's bundle of a notebook with solutions, which runs twice, in the sandbox where there is one.

    Its saved outputs are not kept, so the same text gives the same bundle. `folder` is where it runs when it
    is not confined. Raises UserError that names the cell when the format is not followed, the solution
    fails, or a check prints something that changes from run to run.
    """
    outcomes = _run_twice(solved, folder)
    expected = {o.cell: o.outputs for o in outcomes if o.role in ("check", "measure")}
    bare = copy.deepcopy(solved)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return Bundle(bare, expected)


def exercise_notebook(bundle: Bundle, executed: NotebookNode | None = None) -> NotebookNode:
    """The notebook that learners get: holes emptied, hidden cells gone, check cells with the outputs to reach.

    From `executed`, a run of the solution, come the outputs of the cells above the first answer, which no
    answer can have made.
    """
    notebook = copy.deepcopy(bundle.notebook)
    shown = _shown_outputs(executed) if executed is not None else {}
    for cell in notebook.cells:
        if cell.id in shown:
            cell.outputs = copy.deepcopy(shown[cell.id].outputs)
            cell.execution_count = shown[cell.id].execution_count
    notebook.cells = for_learners(notebook)
    checks = {check.cell: check for check in bundle.exercise.checks}
    sealed: list[str] = []
    for cell in notebook.cells:
        check = checks.get(cell.id)
        if cell.id in bundle.written:
            cell.metadata.duet.pop("rubric", None)  # it tells what to write
        elif cell.id in bundle.untouched:
            cell.source = bundle.untouched[cell.id]
        elif check is not None and (check.sealed or check.measure):
            # What would give the solution away, and what was submitted, is not in a learner's file.
            sealed += [cell.id] if check.sealed else []
            cell.metadata.tags = sorted({*cell.metadata.get("tags", []), "nbval-ignore-output"})
        elif check is not None or kind(cell) == "measure":
            cell.outputs, cell.execution_count = copy.deepcopy(bundle.expected[cell.id]), 1
    hidden = {task.id: sum(c.points for c in task.checks if c.hidden) for task in bundle.exercise.tasks}
    notebook.metadata.duet.release = {
        "sealed": sealed,
        "hidden": {task: points for task, points in hidden.items() if points},
    }
    return notebook


def _shown_outputs(executed: NotebookNode) -> dict[str, NotebookNode]:
    """The given and look cells above the first answer, by id."""
    shown: dict[str, NotebookNode] = {}
    for cell in executed.cells:
        if kind(cell) in ("answer", "kernel"):
            break
        if cell.cell_type == "code" and kind(cell) in ("given", "look"):
            shown[cell.id] = cell
    return shown


def fill(notebook: NotebookNode, answers: Mapping[str, str | Sequence[str]]) -> NotebookNode:
    """A copy of a learner's notebook with text in the holes of some tasks, a list giving one text a hole,
    in order.

    Raises UserError for an unknown task, and where a task has more or fewer holes than texts are given.
    """
    filled = copy.deepcopy(notebook)
    for task, given in answers.items():
        cells = [c for c in filled.cells if kind(c) in ("answer", "kernel") and duet(c)["task"] == task]
        written = [c for c in filled.cells if kind(c) == "written" and duet(c)["task"] == task]
        if written:
            written[0].source = given if isinstance(given, str) else "\n\n".join(given)
            continue
        if not cells:
            raise UserError(_("the notebook has no task {task!r}", task=task))
        texts = [given] if isinstance(given, str) else list(given)
        holes = sum(solution_regions.count(cell.source) for cell in cells)
        if holes != len(texts):
            raise UserError(
                _(
                    "task {task} has {holes} holes, and {count} texts were given",
                    task=task,
                    holes=holes,
                    count=len(texts),
                )
            )
        for cell in cells:
            number = solution_regions.count(cell.source)
            cell.source, texts = solution_regions.filled(cell.source, texts[:number]), texts[number:]
    return filled


def solved(bundle: Bundle) -> NotebookNode:
    """The learner's notebook with the reference solution in its holes."""
    notebook = exercise_notebook(bundle)
    for cell in notebook.cells:
        if cell.id in bundle.solutions:
            cell.source = bundle.solutions[cell.id]
    return notebook


def differences(master: NotebookNode, learner: NotebookNode) -> list[str]:
    """Where a learner's notebook differs from its master outside the holes; empty when it is as released."""
    expected = for_learners(master)
    if [cell.id for cell in expected] != [cell.get("id") for cell in learner.cells]:
        return [_("the cells are not the same, or not in the same order")]
    different: list[str] = []
    for ours, theirs in zip(expected, learner.cells, strict=True):
        answer = kind(ours) in ("answer", "kernel")
        facts = {name: value for name, value in duet(ours).items() if name != "rubric"}
        same = (
            solution_regions.outside(ours.source) == solution_regions.outside(theirs.source)
            if answer
            else ours.source == theirs.source
        )
        if not same:
            different.append(
                _("cell {id} differs outside its holes", id=ours.id)
                if answer
                else _("cell {id} differs", id=ours.id)
            )
        if facts != dict(duet(theirs)):
            different.append(_("the duet metadata of cell {id} differs", id=ours.id))
    return different


def _run_twice(notebook: NotebookNode, folder: Path) -> list[Outcome]:
    """The solution's outcomes with the saved seed; raises UserError when they fail or change."""
    demand_measured_apart(read_exercise(notebook), notebook)
    bundle = Bundle(notebook, {})
    limits = Limits(memory=4 * 2**30, cpu_seconds=600)
    start = ordinary(folder) if why_no_sandbox() else in_sandbox(limits, modules=modules_for(notebook))
    first, second = (_run_once(bundle, start, Seeds(bundle.seed, bundle.seed)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        if one.role in ("check", "measure") and printed(one.outputs) != printed(other.outputs):
            raise CellError(
                one.cell, _("check cell {cell} prints something that changes from run to run", cell=one.cell)
            )
        if one.role in ("check", "measure") and not one.outputs:
            raise CellError(
                one.cell,
                _("check cell {cell} prints nothing; let it show the value that is compared", cell=one.cell),
            )
    # It must not fail with the seeds that graders draw either.
    _run_once(bundle, start, Seeds(*_OTHER_SEEDS))
    return first


def _run_once(bundle: Bundle, start: StartKernel, seeds: Seeds) -> list[Outcome]:
    exercise = bundle.exercise
    trial = Trial(exercise, bundle.notebook, start, exercise.cell_seconds, _PATIENCE_SECONDS)
    outcomes = trial.run(bundle.solutions, seeds)
    for outcome in outcomes:
        if outcome.fault:
            where = _("cell {cell}", cell=outcome.cell) if outcome.cell else _("a given cell")
            sentence = _("the solution fails in {where}: {message}", where=where, message=outcome.message)
            raise CellError(outcome.cell, sentence)
    return outcomes
