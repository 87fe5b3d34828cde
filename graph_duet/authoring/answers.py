"""The `answers.py` beside an exercise: more right answers, and wrong ones with the fault each must get."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb
from typing import Any

from graph_duet.authoring.source_error import SourceError
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

# What goes into the solution regions of a task: one text, or one text for each region.
Answer = str | list[str]


@dataclass(frozen=True)
class Wrong:
    """A plausible wrong answer.

    `why` is the mistake in words; `fault` the grader's word for it, and `says` a piece of what a check of the
    task printed or of what the grader told the learner. `most` is the most points it may get; None: anything
    but full marks.
    """

    why: str
    answer: Answer
    fault: str = "wrong"
    says: str = ""
    most: float | None = None


@dataclass(frozen=True)
class Answers:
    """The answers to one exercise, by task.

    `right` solves every task in another way than the solution in exercise.md; `unusual` solves some of them
    as few people would. `instant` are more wrong answers to a lab, tried on its instant checks alone, which is quick:
    there `says` is the verdict's reason.
    """

    right: dict[str, Answer]
    wrong: dict[str, list[Wrong]]
    unusual: dict[str, Answer] = field(default_factory=dict[str, Answer])
    instant: dict[str, list[Wrong]] = field(default_factory=dict[str, list[Wrong]])


def answers_of(folder: Path) -> Answers:
    """`ANSWERS` of the folder's `answers.py`.

    Raises UserError when there is no such file, and SourceError with the line where it cannot be run.
    """
    path = folder / "answers.py"
    if not path.is_file():
        raise UserError(_("there is no {path}: write the answers that its exercise is tried with", path=path))
    names: dict[str, Any] = {"__name__": f"answers_of_{folder.name}", "__file__": str(path)}
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), names)
    except SyntaxError as error:
        raise SourceError(path, error.lineno or 1, _("not valid Python: {msg}", msg=error.msg)) from None
    except (Exception, SystemExit) as error:  # the author's own code
        lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)]
        said = " ".join(str(error).split())
        sentence = _("this raised {kind}: {said}", kind=type(error).__name__, said=said)
        raise SourceError(path, (lines or [1])[-1] or 1, sentence) from None
    answers = names.get("ANSWERS")
    if not isinstance(answers, Answers):
        raise SourceError(path, 1, _("the file defines no ANSWERS = Answers(...)"))
    return answers
