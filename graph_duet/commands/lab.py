"""`duet lab`: put the lessons where the learner works, and open JupyterLab on the course map."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from graph_duet import server, workspace
from graph_duet.notebook_kernels.shared_zygote import can_fork_kernels, start_zygote
from graphviz_tools import language
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

console = Console(soft_wrap=True)


def lab(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Where your copies of the lessons live; default: here, if here they are, else my-lessons."
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port; default: the first free one.")
    ] = None,
    ip: Annotated[str, typer.Option(help="The address to listen on.")] = "localhost",
) -> None:
    """Copy the lessons and labs (never over your own work) and open JupyterLab on them."""
    if port is not None and not is_free(ip, port):
        raise UserError(_("port {port} is in use: stop what uses it, or name another with --port", port=port))
    folder = folder or workspace.own_folder()
    copied = workspace.fill(folder)
    console.print(copied.sentence(folder), highlight=False)
    console.print(_("Opening JupyterLab; Ctrl-C, twice, ends it."), highlight=False)
    arguments = [f"--ServerApp.root_dir={folder.resolve()}", f"--ServerApp.ip={ip}"]
    arguments += ["--log-level=WARN"]  # the address is printed all the same
    arguments += (
        ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    )  # a container's user
    arguments += [] if browser else ["--no-browser"]
    arguments += [] if port is None else [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    os.environ.update(server.settings(folder))
    language.choose()  # the one that is chosen in this folder's JupyterLab
    serve(arguments)


def is_free(ip: str, port: int) -> bool:
    """True when a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except OSError:
            return False
    return True


def serve(arguments: list[str]) -> None:
    """Run JupyterLab here: what stops this command then stops the server and its notebook kernels."""
    if can_fork_kernels():
        start_zygote()  # the frameworks are imported while JupyterLab starts
    sys.stdout.flush()
    from jupyterlab.labapp import main  # not before the settings are where it looks for them

    main(arguments)


def register(app: typer.Typer) -> None:
    app.command()(lab)
