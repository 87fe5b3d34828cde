"""The server of `duet class`: this machine alone, a token to come in, and no script or style but our own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from graph_duet.grading.class_page import handlers
from graph_duet.grading.class_page.room import Room
from graph_duet.grading.classroom.deadlines import in_words
from graph_duet.grading.classroom.gradebook import Gradebook
from graphviz_tools.errors import UserError
from graphviz_tools.language import _, _n

_HERE = Path(__file__).parent
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ClassServer:
    """A running server; it serves while the event loop of its thread runs. `url` has the token in it."""

    url: str
    http: HTTPServer


def serve(book: Gradebook, ip: str = LOOPBACK, port: int = 0, token: str = "") -> ClassServer:
    """Listen on `ip`; port 0 is any free one. Without a `token` one is drawn.

    Raises UserError when the address cannot be used.
    """
    try:
        sockets = bind_sockets(port, ip)
    except OSError as error:
        raise UserError(
            _(
                "cannot listen on {ip} port {port}: {strerror}",
                ip=ip,
                port=port,
                strerror=error.strerror or error,
            )
        ) from None
    port = sockets[0].getsockname()[1]
    token = token or secrets.token_urlsafe(24)
    # A cookie belongs to a host, not to a port: two servers must not share one.
    names = {ip, "localhost", LOOPBACK} if ip == LOOPBACK else set[str]()
    hosts = frozenset(f"{name}:{port}" for name in names)
    room = Room(book, _templates(), token, f"duet-class-{port}", hosts)
    http = HTTPServer(application(room))
    http.add_sockets(sockets)
    return ClassServer(f"http://{ip}:{port}/?token={token}", http)


def application(room: Room) -> Application:
    """The pages, by address."""
    shared: dict[str, Any] = {"room": room}
    routes: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
        (r"/", handlers.Start, shared),
        (r"/style\.css", handlers.Style, shared),
        (r"/keys\.js", handlers.Keys, shared),
        (r"/([^/]+)/", handlers.Class, shared),
        (r"/([^/]+)/submission", handlers.Submission, shared),
        (r"/([^/]+)/written/([^/]+)", handlers.Written, shared),
        (r"/([^/]+)/override", handlers.Override, shared),
        (r"/([^/]+)/comment", handlers.Comment, shared),
        (r"/([^/]+)/feedback", handlers.Feedback, shared),
        (r"/([^/]+)/export", handlers.Export, shared),
    ]
    return Application(
        routes,
        default_handler_class=handlers.NotFound,
        default_handler_args=shared,
        cookie_secret=secrets.token_hex(32),
        xsrf_cookies=True,
        xsrf_cookie_name=f"{room.cookie}-xsrf",
        xsrf_cookie_kwargs={"samesite": "Strict", "httponly": True},
    )


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=_, _n=_n)
    environment.globals["infinity"] = float("inf")
    environment.filters["number"] = lambda value: f"{value:g}"
    environment.filters["moment"] = in_words
    return environment
