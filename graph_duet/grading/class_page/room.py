"""What all pages of one server share."""

from __future__ import annotations

from dataclasses import dataclass

import jinja2

from graph_duet.grading.classroom.gradebook import Gradebook


@dataclass(frozen=True, slots=True)
class Room:
    """The gradebook that is shown, the templates, the token that lets in and the cookie that remembers it. `hosts` are
    the names by which the server may be called; none: any."""

    book: Gradebook
    templates: jinja2.Environment
    token: str
    cookie: str
    hosts: frozenset[str]
