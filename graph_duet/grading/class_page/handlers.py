"""The pages of `duet class`. Each asks the gradebook, so what is shown is what is there."""

from __future__ import annotations

import hmac
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tornado.web import Finish, HTTPError, RequestHandler

from graph_duet.grading.class_page import written_queue
from graph_duet.grading.class_page.overview import PAGE, STATE_WORDS, STATES, Wanted, overview
from graph_duet.grading.class_page.reading import code_style, read_cells, rendered
from graph_duet.grading.class_page.room import Room
from graph_duet.grading.classroom.export import FORMS, export
from graph_duet.grading.exercise.format import Exercise, Task
from graph_duet.grading.pages.feedback import ADVICE, feedback
from graph_duet.grading.report import CHECK_FAULTS, FILE_FAULTS
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class _Page(RequestHandler):
    """What all pages share: who may come in, templates, and a mistake as a sentence."""

    def initialize(self, room: Room) -> None:
        self.room = room
        self.book = room.book

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        """Let in anyone who has the token, by the address once and then by a cookie.

        Another name for this machine in the address is another site that had itself resolved to it.
        """
        if self.room.hosts and self.request.host not in self.room.hosts:
            raise HTTPError(403, reason="Another host")
        given = self.get_query_argument("token", "")
        if given and hmac.compare_digest(given.encode(), self.room.token.encode()):
            self.set_signed_cookie(
                self.room.cookie, "in", expires_days=None, httponly=True, samesite="Strict"
            )
            self.redirect(self.request.path)
            raise Finish
        if self.get_signed_cookie(self.room.cookie) != b"in":
            self.set_status(403)
            self.show(
                "problem.html", said=_("Open the address that `duet class` printed: it has the token in it.")
            )
            raise Finish

    def show(self, template: str, **facts: Any) -> None:
        self.finish(self.room.templates.get_template(template).render(**facts))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, UserError):
            self.set_status(400)
            self.show("problem.html", said=str(error))
        elif isinstance(error, HTTPError):
            self.set_status(status_code)
            self.show(
                "problem.html",
                said=error.reason or _("This page answered {status_code}.", status_code=status_code),
            )
        else:
            self.set_status(500)
            self.show("problem.html", said=_("This is a bug in Graph Duet; the terminal shows where."))

    def exercise(self, name: str) -> Exercise:
        return self.book.bundle(name).exercise

    def number(self, name: str, otherwise: float) -> float:
        """A number from the address or the form. Raises UserError for what is not one."""
        text = self.get_argument(name, "").strip().replace(",", ".")
        if not text:
            return otherwise
        try:
            return float(text)
        except ValueError:
            raise UserError(_("{text!r} is not a number", text=text)) from None

    def to_submission(self, exercise: str, student: str, task: str = "") -> None:
        place = f"#task-{quote(task)}" if task else ""
        self.redirect(
            f"/{quote(exercise, safe='')}/submission?{urlencode({'student': student})}{place}", status=303
        )


class NotFound(_Page):
    def get(self) -> None:
        raise HTTPError(404, reason="There is no such page.")

    post = get


class Start(_Page):
    """The exercises of the gradebook; the only one at once."""

    def get(self) -> None:
        names = self.book.exercises()
        if len(names) == 1:
            self.redirect(f"/{quote(names[0], safe='')}/")
            return
        self.show("start.html", exercises=[(name, self.exercise(name).title) for name in names])


class Style(_Page):
    def get(self) -> None:
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.finish((_HERE / "static" / "style.css").read_text(encoding="utf-8") + code_style())


class Keys(_Page):
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish((_HERE / "static" / "keys.js").read_text(encoding="utf-8"))


class Class(_Page):
    """Who, which task, how many points, which checks fail."""

    def get(self, exercise: str) -> None:
        seen = overview(self.exercise(exercise), self.book.marks(exercise))
        state = self.get_query_argument("state", "")
        wanted = Wanted(
            self.get_query_argument("name", ""),
            state if state in STATES else "",
            self.get_query_argument("check", ""),
            self.number("low", float("-inf")),
            self.number("high", float("inf")),
        )
        chosen = [mark for mark in seen.marks if wanted.fits(mark)]
        page = max(0, int(self.number("page", 0)))
        self.show(
            "class.html",
            seen=seen,
            exercise=seen.exercise,
            wanted=wanted,
            states=STATE_WORDS,
            chosen=chosen[page * PAGE : (page + 1) * PAGE],
            number=len(chosen),
            page=page,
            pages=max(1, -(-len(chosen) // PAGE)),
            tallest=max((bar.number for bar in seen.bars), default=0),
            deadline=self.book.deadline(exercise),
            forms=[*FORMS],
            file_faults=FILE_FAULTS,
        )


class Submission(_Page):
    """A student's notebook beside what was found."""

    def get(self, exercise: str) -> None:
        bundle = self.book.bundle(exercise)
        mark = self.book.mark(exercise, self.get_query_argument("student"))
        names = self.book.students(exercise)
        here = names.index(mark.student)
        notebook = self.book.notebook(mark.digest)
        sources = {cell.id: rendered(cell.source, True) for cell in bundle.notebook.cells}
        self.show(
            "submission.html",
            exercise=bundle.exercise,
            mark=mark,
            cells=[] if notebook is None else list(read_cells(bundle, notebook)),
            before=names[here - 1] if here else "",
            after=names[here + 1] if here + 1 < len(names) else "",
            history=self.book.history(exercise, mark.student),
            checks=sources,
            faults=CHECK_FAULTS,
            file_faults=FILE_FAULTS,
            advice=ADVICE,
            xsrf=self.xsrf_token.decode(),
        )


class Override(_Page):
    def post(self, exercise: str) -> None:
        student, task = self.get_body_argument("student"), self.get_body_argument("task")
        if self.get_body_argument("withdraw", ""):
            self.book.by_hand.withdraw(self.book.mark(exercise, student), exercise, task)
        else:
            points = self.number("points", float("nan"))
            self.book.override(exercise, student, task, points, self.get_body_argument("reason", ""))
        self.to_submission(exercise, student, task)


class Comment(_Page):
    def post(self, exercise: str) -> None:
        student, task = self.get_body_argument("student"), self.get_body_argument("task")
        self.exercise(exercise).task(task)
        self.book.mark(exercise, student)
        self.book.by_hand.comment(exercise, student, task, self.get_body_argument("comment", ""))
        self.to_submission(exercise, student, task)


class Written(_Page):
    """Written answers, one after another, with the rubric."""

    def get(self, exercise: str, task: str) -> None:
        described = self.exercise(exercise)
        queue = written_queue.queue(self.book.marks(exercise), self.task(described, task))
        student = self.get_query_argument("student", "") or queue.first_unread
        entry = next((entry for entry in queue.entries if entry.mark.student == student), None)
        self.show(
            "written.html",
            exercise=described,
            task=described.task(task),
            queue=queue,
            entry=entry,
            text="" if entry is None else rendered(entry.answer.text, False),
            xsrf=self.xsrf_token.decode(),
        )

    def post(self, exercise: str, task: str) -> None:
        described = self.exercise(exercise)
        chosen = self.task(described, task)
        mark = self.book.mark(exercise, self.get_body_argument("student"))
        rubric = chosen.written.rubric if chosen.written is not None else ()
        given = tuple(n for n in range(len(rubric)) if self.get_body_argument(f"item{n}", ""))
        summed = min(chosen.points, max(0.0, sum(rubric[n].points for n in given)))
        points = self.number("points", summed if given else float("nan"))
        self.book.by_hand.grade_written(mark, exercise, chosen, points, given)
        self.book.by_hand.comment(exercise, mark.student, task, self.get_body_argument("comment", ""))
        following = written_queue.queue(self.book.marks(exercise), chosen).after(mark.student)
        place = f"/{quote(exercise, safe='')}/written/{quote(task, safe='')}"
        self.redirect(f"{place}?{urlencode({'student': following})}" if following else place, status=303)

    def task(self, exercise: Exercise, task: str) -> Task:
        chosen = exercise.task(task)
        if chosen.written is None:
            raise UserError(
                _(
                    "task {task} of {id} is marked by its checks; nothing is written there",
                    task=task,
                    id=exercise.id,
                )
            )
        return chosen


class Feedback(_Page):
    """The page that the student gets. It brings its own policy, which allows no script at all."""

    def get(self, exercise: str) -> None:
        mark = self.book.mark(exercise, self.get_query_argument("student"))
        self.clear_header("Content-Security-Policy")
        self.finish(feedback(self.exercise(exercise), mark))


class Export(_Page):
    """Marks for a learning platform, as a download."""

    def get(self, exercise: str) -> None:
        form = self.get_query_argument("format", "csv")
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "marks"
            export(self.book, exercise, form, place)
            data = place.read_bytes() if place.is_file() else _zipped(place)
        ending = "csv" if form != "gradescope" else "zip"
        name = quote(f"{exercise}-{form}.{ending}")
        self.set_header("Content-Type", "text/csv; charset=utf-8" if ending == "csv" else "application/zip")
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
        self.finish(data)


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*.json")):
            archive.write(path, path.relative_to(folder))
    return buffer.getvalue()
