"""For every task of every exercise: another right solution, and wrong ones with the reason why they fail."""

from __future__ import annotations

from dataclasses import dataclass, field

# What goes into the holes of a task: one text, or one text for each hole.
Answer = str | list[str]


@dataclass(frozen=True)
class Wrong:
    """A plausible wrong answer. `why` is the mistake in words; `fault` the grader's word for it, and `says` a
    piece of what a check of the task printed or of what the grader told the learner. `most` is the most points
    that it may get; None: anything but full marks."""

    why: str
    answer: Answer
    fault: str = "wrong"
    says: str = ""
    most: float | None = None


@dataclass(frozen=True)
class Answers:
    """The answers to one exercise. `right` solves every task otherwise than the master does; `unusual` solves
    some of them as few people would, and right all the same."""

    folder: str
    right: dict[str, Answer]
    wrong: dict[str, list[Wrong]]
    unusual: dict[str, Answer] = field(default_factory=dict)
