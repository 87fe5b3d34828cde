"""The server side of the JupyterLab extension: checks, the course with its points, and resets to the shipped text."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "graph_duet.lab"}]


def _load_jupyter_server_extension(server: Any) -> None:
    from tornado.ioloop import IOLoop  # only in a server

    from graph_duet.lab.handlers import add_handlers
    from graph_duet.lab.saved_text import before_saving

    add_handlers(server)
    # Once the server runs: Jupytext's extension, which loads after this one, puts in a contents manager of its own.
    IOLoop.current().add_callback(lambda: server.contents_manager.register_pre_save_hook(before_saving))


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext graph_duet.lab`: makes `%duet check` known."""
    from graph_duet.lab.magics import register

    register(shell)
