"""The table of answers: one entry for each exercise of the course."""

from tests.lessons.answers import Answers
from tests.lessons.answers.l01 import L01
from tests.lessons.answers.l02 import L02
from tests.lessons.answers.l03 import L03

EXERCISES: tuple[Answers, ...] = (L01, L02, L03)
