"""The parts of a lesson or lab and their order, aims, words, and what to remember."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from graph_duet.authoring.lint.page import Page, Problem, Section
from graphviz_tools.language import _

LESSON = (
    *("Why care", "Recall", "By hand", "Predict", "Run the pair", "Four corners", "Step the graphs"),
    *("Break it", "Repair it", "Check yourself", "What to remember", "Further"),
)
LAB = (
    *("Why care", "Recall", "The idea", "The shape of the problem", "Task", "A second opinion"),
    *("The profile page", "What to remember", "Further"),
)
FEWEST_WORDS = 600
MOST_REMEMBERED = 5
FURTHER_LINKS = 2
FEWEST_BELIEFS = 2
_ID = re.compile(r"[LG]\d\d")
_TASK = re.compile(r"Task \w+ · .+")
_LINK = re.compile(r"\]\([^)]+\)|<https?://")


def check(page: Page) -> Iterator[Problem]:
    yield from _id(page)
    if page.is_lesson or page.is_lab:
        yield from _order(page)
        yield from _remembered(page)
        yield from _aims(page)
        yield from _further(page)
    if page.is_lesson:
        yield from _words(page)
        yield from _beliefs(page)


def _id(page: Page) -> Iterator[Problem]:
    """The id is the beginning of the folder's name, by which links and `duet build L07` find it."""
    name = "exercise" if page.source.is_exercise else "lesson"
    folder = page.source.path.resolve().parent.name
    id, stated = folder.partition("_")[0], page.source.front[name]
    if _ID.fullmatch(id) and stated != id:
        sentence = _(
            "`{name}:` is {id}, as the folder {folder} says, not {stated}",
            name=name,
            id=id,
            folder=folder,
            stated=stated,
        )
        yield page.problem(page.source.lines[name], sentence)


def _order(page: Page) -> Iterator[Problem]:
    """Each part is there, once, and none comes before its turn. A lab may have other parts too."""
    expected: Sequence[str] = LAB if page.is_lab else LESSON
    if page.source.front.get("lesson") == "L00":  # a map steps through time, in a shape of its own
        expected = [part for part in expected if part != "Step the graphs"]
    seen = [_without_number(section) for section in page.sections if section.title]
    for part in expected:
        if part in [section.title for section in seen]:
            continue
        if line := _almost(page, part, expected):
            yield page.problem(line, _("write this heading as `## {part}`", part=part))
        else:
            yield page.problem(1, _("the part `## {part}` is missing", part=part))
    place = 0
    once: set[str] = set()
    for section in seen:
        if section.title not in expected:
            continue
        if section.title in once and section.title != "Task":
            yield page.problem(section.line, _("a second `## {title}`", title=section.title))
        once.add(section.title)
        if expected.index(section.title) < place:
            yield page.problem(
                section.line,
                _(
                    "`## {title}` comes before `## {expected}`, not after it",
                    title=section.title,
                    expected=expected[place],
                ),
            )
        place = max(place, expected.index(section.title))


def _almost(page: Page, part: str, expected: Sequence[str]) -> int:
    """The line of a heading that was probably meant for `part`: of another level, with other letters; 0 if none is."""
    for number, line in page.prose_lines():
        heading = re.match(r"(#+)\s*(.+?)\s*$", line)
        right = heading is not None and line == f"## {heading[2]}" and heading[2] in expected
        if heading and not right and get_close_matches(part.lower(), [heading[2].lower()], cutoff=0.8):
            return number
    return 0


def _without_number(section: Section) -> Section:
    """`Task 3 · The kernel` is a "Task"."""
    return section._replace(title="Task") if _TASK.match(section.title) else section


def _remembered(page: Page) -> Iterator[Problem]:
    section = page.section("What to remember")
    if section is None:
        return
    lines = [line for line in _text_below(page, section) if line.strip()]
    if not 1 <= sum(line.startswith("- ") for line in lines) <= MOST_REMEMBERED:
        yield page.problem(
            section.line,
            _(
                "what to remember is 1 to {most_remembered} lines that begin with `- `",
                most_remembered=MOST_REMEMBERED,
            ),
        )
    if any(not line.startswith(("- ", "  ")) for line in lines):
        yield page.problem(section.line, _("what to remember is a list and nothing else"))


def _aims(page: Page) -> Iterator[Problem]:
    if not 2 <= len(page.source.front.get("aims", ())) <= 4:
        line = page.source.lines.get("aims", 1)
        yield page.problem(line, _("the front matter needs `aims:`, a list of two to four"))
    for name in ("before", "next"):
        if name not in page.source.front:
            yield page.problem(1, _("the front matter needs `{name}:`, a link or a word", name=name))


def _words(page: Page) -> Iterator[Problem]:
    words = sum(
        any(letter.isalnum() for letter in word) for _, line in page.prose_lines() for word in line.split()
    )
    if words < FEWEST_WORDS:
        yield page.problem(
            1,
            _(
                "{words} words of prose; a lesson has at least {fewest_words}",
                words=words,
                fewest_words=FEWEST_WORDS,
            ),
        )


def _further(page: Page) -> Iterator[Problem]:
    section = page.section("Further")
    if section and sum(len(_LINK.findall(line)) for line in _text_below(page, section)) != FURTHER_LINKS:
        yield page.problem(
            section.line, _("`## Further` has {further_links} links", further_links=FURTHER_LINKS)
        )


def _beliefs(page: Page) -> Iterator[Problem]:
    believed = [cell for cell in page.code() if "belief" in cell.options]
    section = page.section("Break it")
    if section and len(believed) < FEWEST_BELIEFS:
        sentence = _(
            "{count} cells have a :belief:; a lesson trips at least {fewest_beliefs} misconceptions",
            count=len(believed),
            fewest_beliefs=FEWEST_BELIEFS,
        )
        yield page.problem(section.line, sentence)
    for cell in believed:
        missing = [name for name in ("predicted", "seen") if name not in cell.options]
        if missing:
            yield page.problem(
                cell.line, _("a cell with :belief: also has :{missing}:", missing=":, :".join(missing))
            )


def _text_below(page: Page, section: Section) -> Iterator[str]:
    """The lines of prose between a heading and the next."""
    later = [other.line for other in page.sections if other.line > section.line]
    end = min(later, default=10**9)
    return (line for number, line in page.prose_lines() if section.line < number < end)
