"""Which cells run in which process, in which order: the canonical notebook with a learner's answers in
it.

The result is a few notebooks (*runs*) for the judge, each with its own notebook kernel. The first has the visible
checks that are not fresh, the second the hidden ones, so that no output that a learner will see is made by a process
that has seen them. In both a check runs in its place, a hidden one right after its task's last cell: what a later
answer does to a name costs nothing. Each fresh check has a run of its own. What checks submit is measured in one
more run, in which no answer runs.
"""

from __future__ import annotations

import ast
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import nbformat
from nbformat import NotebookNode

from graph_duet.grading.exercise.format import Check, Exercise, code_cells, kind
from graph_duet.grading.judging.cuda_source import kernels_only
from graph_duet.grading.judging.source_policy import parsed, refused
from graph_duet.grading.judging.tamper_check import digest

Outputs = list[Any]

_REMEMBER = (
    "from graph_duet.grading.judging.tamper_check import remember as _remember\n"
    "_remember(get_ipython(), {secret!r})\ndel _remember"
)
_INSPECT = "from graph_duet.grading.judging.tamper_check import inspect as _inspect\n_inspect()"
_DELIVER = "from graph_duet.grading.artifacts import deliver as _deliver\n_deliver({artifacts!r})"
_SEPARATE = "from graph_duet.grading.judging.tamper_check import separate as _separate\n_separate()"


def plan(
    exercise: Exercise,
    canonical: NotebookNode,
    answers: Mapping[str, str],
    seed: int,
    expected: Mapping[str, Outputs] | None = None,
    skip: Iterable[str] = (),
) -> list[NotebookNode]:
    """The runs for one submission.

    `answers` maps the ids of answer cells to source; a cell that is not in it does not run. `expected` maps
    the ids of check cells to the outputs to compare with; a check that is not in it runs without being
    compared. Checks in `skip` do not run.
    """
    cells = code_cells(canonical)
    wanted = [check for check in exercise.checks if check.cell not in set(skip)]
    together = [check for check in wanted if not check.fresh]
    builder = _Builder(exercise, answers, seed, expected, _imports(canonical))
    runs: list[NotebookNode] = []
    for hidden in (False, True):
        checks = {check.cell: check for check in together if check.hidden is hidden}
        if checks:
            runs.append(builder.run(builder.together(_in_order(cells, exercise), checks)))
    return runs + [builder.run(builder.fresh(cells, check)) for check in wanted if check.fresh]


def measuring(
    exercise: Exercise,
    canonical: NotebookNode,
    answers: Mapping[str, str],
    seed: int,
    artifacts: Mapping[str, str],
    expected: Mapping[str, Outputs] | None = None,
) -> list[NotebookNode]:
    """The run in which measure cells run, or none when nothing was submitted.

    `artifacts` maps check cells to what they submitted, JSON text for `deliver`. `seed` is another one than the
    answers had: they cannot know what is drawn from it. Of the answers only CUDA kernels' source is there.
    """
    measured = {
        check.measure: check for check in exercise.checks if check.measure and check.cell in artifacts
    }
    if not measured:
        return []
    builder = _Builder(exercise, answers, seed, expected, _imports(canonical))
    cells: list[NotebookNode] = []
    for cell in code_cells(canonical):
        if kind(cell) in ("given", "seed", "kernel"):
            cells += builder.code(cell, fresh=True)
        elif cell.id in measured:
            check = measured[cell.id]
            cells.append(_cell(_DELIVER.format(artifacts=artifacts[check.cell]), "given"))
            cells += builder.check(cell, replace(check, cell=cell.id), role="measure")
    return [builder.run(cells)]


def refusals(exercise: Exercise, canonical: NotebookNode, answers: Mapping[str, str]) -> dict[str, str]:
    """Why the answers that some fresh checks measure are not run, in a sentence, by check cell."""
    kernels = {cell.id for cell in code_cells(canonical) if kind(cell) == "kernel"}
    found: dict[str, str] = {}
    for check in (check for check in exercise.checks if check.fresh):
        tasks = [exercise.task(task) for task in (check.task, *check.uses)]
        cells = [cell for task in tasks for cell in task.answers if cell in answers]
        found[check.cell] = refused(kernels_only(answers[c]) if c in kernels else answers[c] for c in cells)
    return {cell: sentence for cell, sentence in found.items() if sentence}


def _imports(canonical: NotebookNode) -> str:
    """The import statements of the given cells."""
    statements = [
        ast.unparse(statement)
        for cell in code_cells(canonical)
        if kind(cell) == "given"
        for statement in parsed(cell.source)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    ]
    return "\n".join(statements)


def _in_order(cells: list[NotebookNode], exercise: Exercise) -> list[NotebookNode]:
    """The cells with each task's hidden checks right after the last other cell of the task."""
    hidden = {check.cell: check.task for check in exercise.checks if check.hidden}
    ordered = [cell for cell in cells if cell.id not in hidden]
    for task in (task for task in exercise.tasks if task.answers):
        mine = {*task.answers, *(check.cell for check in task.checks if not check.hidden)}
        last = max(place for place, cell in enumerate(ordered) if cell.id in mine)
        ordered[last + 1 : last + 1] = [cell for cell in cells if hidden.get(cell.id) == task.id]
    return ordered


class _Builder:
    """Makes judged cells; holds what all of them need."""

    def __init__(
        self,
        exercise: Exercise,
        answers: Mapping[str, str],
        seed: int,
        expected: Mapping[str, Outputs] | None,
        imports: str,
    ):
        self.exercise = exercise
        self.answers = answers
        self.seed = f"seed = {seed}"
        self.expected = expected or {}
        self.imports = imports
        self.task_of = {cell: task.id for task in exercise.tasks for cell in task.answers}

    def run(self, cells: list[NotebookNode]) -> NotebookNode:
        run = nbformat.v4.new_notebook(cells=cells)
        run.metadata.judge = {"cell_seconds": self.exercise.cell_seconds}
        return run

    def code(self, cell: NotebookNode, fresh: bool) -> list[NotebookNode]:
        """A cell that is not a check, as it runs: nothing for an answer that the learner did not give."""
        what = kind(cell)
        if what == "seed":
            return [_cell(self.seed, "given")]
        if what == "given":
            raises = "raises-exception" in cell.metadata.get("tags", [])
            return [_cell(cell.source, "given", raises=raises)]
        if what in ("answer", "kernel") and cell.id in self.answers:
            source = self.answers[cell.id]
            if what == "kernel" and fresh:
                source = kernels_only(source)
            return [_cell(source, "answer", cell=cell.id, task=self.task_of[cell.id])]
        return []

    def together(self, cells: Iterable[NotebookNode], checks: Mapping[str, Check]) -> list[NotebookNode]:
        """All answers and some checks in one process."""
        made: list[NotebookNode] = []
        for cell in cells:
            made += self.check(cell, checks[cell.id]) if cell.id in checks else self.code(cell, fresh=False)
        return made

    def check(self, cell: NotebookNode, check: Check, role: str = "check") -> list[NotebookNode]:
        """Reset the seed, whatever an answer made of it, then the check. Where that submits something, what given
        cells imported has its names back too."""
        restored = [_cell(self.imports, "given")] if check.measure and role == "check" else []
        return [_cell(self.seed, "given"), *restored, self._compared(cell, check, role)]

    def fresh(self, cells: list[NotebookNode], check: Check) -> list[NotebookNode]:
        """A run of its own: given cells, the start of the tamper check, the task's answers, inspection, then, with
        no access to the answers' names, check and inspection."""
        position = [cell.id for cell in cells].index(check.cell)
        above, cell = cells[:position], cells[position]
        tasks = {check.task, *check.uses}
        answers = [c for c in above if self.task_of.get(c.id) in tasks]
        given = [c for c in above if kind(c) in ("given", "seed")]
        run = [made for c in given for made in self.code(c, fresh=True)]
        answered = [made for c in answers for made in self.code(c, fresh=True)]
        secret = secrets.token_hex(16)
        # IPython keeps the last cell that it ran: let it not be the one with the secret when an answer runs.
        run += [_cell(_REMEMBER.format(secret=secret), "given"), _cell(self.seed, "given")]
        run += answered
        run += [self._inspection(check, digest(secret, apart=False)), _cell(_SEPARATE, "given")]
        return [*run, *self.check(cell, check), self._inspection(check, digest(secret, apart=True))]

    def _compared(self, cell: NotebookNode, check: Check, role: str) -> NotebookNode:
        facts = {"cell": cell.id, "task": check.task, "tolerance": check.tolerance, "sealed": check.sealed}
        made = _cell(cell.source, role, **facts)
        if cell.id in self.expected:
            made.outputs = [nbformat.from_dict(output) for output in self.expected[cell.id]]
            made.execution_count = 1  # what nbval takes as "has been run, compare"
        return made

    def _inspection(self, check: Check, intact: str) -> NotebookNode:
        made = _cell(_INSPECT, "inspection", cell=check.cell, task=check.task)
        made.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"{intact}\n")]
        made.execution_count = 1
        return made


def _cell(source: str, role: str, **facts: Any) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata={"judge": {"role": role, **facts}})
