"""The endpoints of the JupyterLab extension, below `/graph-duet/`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tornado.web
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join

from graph_duet.lab.checker import Checker
from graph_duet.lab.course import course
from graph_duet.lab.reset import reset
from graphviz_tools.errors import UserError
from graphviz_tools.language import _


class _Handler(APIHandler):
    """What the endpoints share: the folder that is served, a body of JSON, a mistake as one sentence."""

    def initialize(self, root: Path, checker: Checker) -> None:
        self.root = root
        self.checker = checker

    def file(self, name: str) -> Path:
        """The file that the front end calls `name`. Raises UserError for one outside the served folder."""
        path = (self.root / name.lstrip("/")).resolve()
        if not path.is_relative_to(self.root):
            raise UserError(_("{name} is not in the folder that this server serves", name=name))
        return path

    def body(self) -> dict[str, Any]:
        found = self.get_json_body()
        return found if isinstance(found, dict) else {}

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A user's mistake is an answer with `problem`, which the front end shows as it is."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, UserError | OSError):
            self.set_status(200)
            self.finish(json.dumps({"problem": str(error)}))
        else:
            super().write_error(status_code, **kwargs)


class CheckHandler(_Handler):
    @tornado.web.authenticated
    async def post(self) -> None:
        path = self.file(str(self.body().get("path", "")))
        self.finish(json.dumps(await self.checker.check(path)))


class CourseHandler(_Handler):
    @tornado.web.authenticated
    async def get(self) -> None:
        self.finish(json.dumps(asdict(await asyncio.to_thread(course, self.root))))


class FrontEndHandler(_Handler):
    """The widgets' own module or style sheet, for outputs that were saved."""

    @tornado.web.authenticated
    async def get(self, name: str) -> None:
        from widgets.front_end import script, style

        if name == "style.css":
            sheets = [sheet for sheet in self.get_arguments("sheet") if sheet == "kernel.css"]
            self.finish(style(*sheets), set_content_type="text/css")
        elif name in ("app.js", "kernel_app.js", "trace_cache_app.js"):
            self.finish(script(name), set_content_type="text/javascript")
        else:
            raise tornado.web.HTTPError(404)


class ResetHandler(_Handler):
    @tornado.web.authenticated
    async def post(self) -> None:
        asked = self.body()
        path = self.file(str(asked.get("path", "")))
        backup = await asyncio.to_thread(reset, self.root, path, str(asked.get("task", "")))
        self.finish(json.dumps({"backup": backup.relative_to(self.root).as_posix()}))


def add_handlers(server: Any) -> None:
    """Put the endpoints into `server`, and have a worker ready for the first check."""
    root = Path(server.contents_manager.root_dir).resolve()
    checker = Checker()
    base = server.web_app.settings["base_url"]
    endpoints = {
        "check": CheckHandler,
        "course": CourseHandler,
        "reset": ResetHandler,
        r"front-end/([\w.]+)": FrontEndHandler,
    }
    server.web_app.add_handlers(
        ".*$",
        [
            (url_path_join(base, "graph-duet", name), handler, {"root": root, "checker": checker})
            for name, handler in endpoints.items()
        ],
    )
    server.io_loop.add_callback(checker.warm_up)
