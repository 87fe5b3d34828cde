"""What the corpus of faulty and sound models is made of.

A faulty program has `# fault` on the line at which its finding must point, unless `line=False` says that the line is
one that other programs share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Program = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Faulty:
    """A program and the kinds of all findings that it must give, no more and no fewer."""

    program: Program
    kinds: frozenset[str]
    line: bool


FAULTY: list[Faulty] = []
SOUND: list[Program] = []


def faulty(*kinds: str, line: bool = True) -> Callable[[Program], Program]:
    """A decorator: the program has faults of these kinds."""

    def enter(program: Program) -> Program:
        FAULTY.append(Faulty(program, frozenset(kinds), line))
        return program

    return enter


def sound(program: Program) -> Program:
    """A decorator: the program has no fault."""
    SOUND.append(program)
    return program
