"""`answers.py` beside an exercise: it can be read, and has what every task needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nbformat import NotebookNode

from graph_duet.authoring.answers import Answers, Wrong, answers_of
from graph_duet.authoring.lint.page import Page, Problem
from graph_duet.authoring.notebooks_from_text import notebook_of
from graph_duet.authoring.regions import ANSWERED
from graph_duet.authoring.source_error import SourceError
from graph_duet.grading.exercise import solution_regions
from graph_duet.grading.exercise.format import kind
from graph_duet.grading.exercise.notebooks import duet
from graph_duet.grading.releasing import fill
from graph_duet.grading.report import CHECK_FAULTS
from graphviz_tools.language import _

FEWEST_WRONG = {"answer": 3, "kernel": 5}


def check(page: Page) -> Iterator[Problem]:
    if page.is_lesson:
        return
    path = page.source.path.with_name("answers.py")
    if not path.is_file():
        sentence = _("answers.py is missing: write right and wrong answers there, to try the checks with")
        yield page.problem(1, sentence)
        return
    try:
        answers = answers_of(path.parent)
    except SourceError as error:
        yield Problem(path, error.line, error.sentence)
        return
    cells = [cell for cell in notebook_of(page.source).cells if kind(cell) in ANSWERED]
    tasks = {str(duet(cell)["task"]): kind(cell) for cell in cells}
    regions = dict.fromkeys(tasks, 0)
    for cell in cells:
        regions[str(duet(cell)["task"])] += solution_regions.count(cell.source)
    lines = _Lines(path)
    if misshapen := list(_no_tables(answers)):
        yield from (Problem(path, lines.of(part), sentence) for sentence, part in misshapen)
        return
    for sentence, part in (
        *_missing(answers, tasks),
        *_of_no_task(answers, tasks),
        *_misshapen(answers, regions),
        *_not_python(answers, cells),
    ):
        yield Problem(path, lines.of(part), sentence)


def _no_tables(answers: Answers) -> Iterator[tuple[str, str]]:
    """Each problem as (sentence, what to look for in the file)."""
    for name in ("right", "unusual"):
        if not isinstance(getattr(answers, name), dict):
            yield _('`{name}` is written {{"1": "an answer"}}', name=name), name
    for name in ("wrong", "instant"):
        table = getattr(answers, name)
        if not isinstance(table, dict) or not all(isinstance(each, list) for each in table.values()):
            yield _('`{name}` is written {{"1": [Wrong(why, answer), ...]}}', name=name), name


def _not_python(answers: Answers, cells: Sequence[NotebookNode]) -> Iterator[tuple[str, str]]:
    """Right answers that cannot be compiled; a wrong one may be so."""
    for task, answer in (*answers.right.items(), *answers.unusual.items()):
        its = [cell for cell in cells if str(duet(cell)["task"]) == task]
        texts = _as_list(answer)
        holes = sum(solution_regions.count(cell.source) for cell in its)
        if not its or holes != len(texts) or not all(isinstance(text, str) for text in texts):
            continue  # which `_misshapen` reports
        for cell in fill(NotebookNode(cells=its), {task: [str(text) for text in texts]}).cells:
            try:
                ast.parse(cell.source)
            except SyntaxError as error:
                sentence = _("task {task}: this answer is not valid Python: {msg}", task=task, msg=error.msg)
                yield sentence, _first(answer)


def _as_list(answer: object) -> list[object]:
    return list(answer) if isinstance(answer, list) else [answer]


def _missing(answers: Answers, tasks: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each problem as (sentence, what to look for in the file)."""
    for task, what in tasks.items():
        if task not in answers.right:
            yield _("task {task} has no right answer in `right`", task=task), "right"
        number, fewest = len(answers.wrong.get(task, ())), FEWEST_WRONG[what]
        if number < fewest:
            sentence = _(
                "task {task} has {number} wrong answers in `wrong`; it needs at least {fewest}",
                task=task,
                number=number,
                fewest=fewest,
            )
            yield sentence, "wrong"


def _of_no_task(answers: Answers, tasks: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("right", "wrong", "unusual", "instant"):
        for task in getattr(answers, name):
            if task not in tasks:
                known = ", ".join(tasks)
                sentence = _(
                    "`{name}` answers task {task!r}; the exercise has {known}",
                    name=name,
                    task=task,
                    known=known,
                )
                yield sentence, str(task)


def _misshapen(answers: Answers, regions: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    for task, answer in (*answers.right.items(), *answers.unusual.items()):
        yield from _texts(task, answer, regions, _first(answer))
    for name in ("wrong", "instant"):
        for task, wrongs in getattr(answers, name).items():
            for wrong in wrongs:
                if not isinstance(wrong, Wrong):
                    yield (
                        _("task {task}: write Wrong(why, answer), not {wrong!r}", task=task, wrong=wrong),
                        _first(wrong),
                    )
                    continue
                yield from _texts(task, wrong.answer, regions, wrong.why)
                if name == "wrong" and wrong.fault not in CHECK_FAULTS:
                    known = ", ".join(CHECK_FAULTS)
                    sentence = _(
                        "unknown fault {fault!r}; the faults are {known}", fault=wrong.fault, known=known
                    )
                    yield sentence, wrong.why
                if not isinstance(wrong.most, int | float | None):
                    yield _("`most` is a number of points, not {most!r}", most=wrong.most), wrong.why


def _texts(task: str, answer: object, regions: Mapping[str, int], part: str) -> Iterator[tuple[str, str]]:
    """An answer is one text for each solution region of its task."""
    texts = _as_list(answer)
    if not all(isinstance(text, str) for text in texts):
        sentence = _(
            "task {task}: an answer is a text, or a list of texts, not {answer!r}", task=task, answer=answer
        )
        yield sentence, part
    elif task in regions and len(texts) != regions[task]:
        sentence = _(
            "task {task}: write one text for each of its solution regions ({regions}), not {count}",
            task=task,
            regions=regions[task],
            count=len(texts),
        )
        yield sentence, part


def _first(answer: object) -> str:
    return str(answer[0] if isinstance(answer, list) and answer else answer)


class _Lines:
    """The place in the file of a text that is written there."""

    def __init__(self, path: Path) -> None:
        self._tree = ast.parse(path.read_bytes())

    def of(self, part: str) -> int:
        for node in ast.walk(self._tree):
            match node:
                case ast.Constant(value) if str(value) == part:
                    return node.lineno
                case ast.keyword(arg) if arg == part:
                    return node.value.lineno
                case _:
                    pass
        return 1
