"""The table of answers: one entry for each exercise of the course."""

from tests.lessons.answers import Answers
from tests.lessons.answers.g01 import G01
from tests.lessons.answers.g02 import G02
from tests.lessons.answers.g05 import G05
from tests.lessons.answers.g06 import G06
from tests.lessons.answers.l01 import L01
from tests.lessons.answers.l02 import L02
from tests.lessons.answers.l03 import L03
from tests.lessons.answers.l04 import L04
from tests.lessons.answers.l05 import L05
from tests.lessons.answers.l06 import L06
from tests.lessons.answers.l12 import L12

EXERCISES: tuple[Answers, ...] = (L01, L02, L03, L04, L05, L06, L12, G01, G02, G05, G06)
