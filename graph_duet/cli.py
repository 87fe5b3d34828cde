"""The command line. Each command is a thin function in `graph_duet.commands`; a user's mistake is one line."""

from __future__ import annotations

import io
import os
import sys
import traceback
from typing import Annotated, Any, cast

import typer
from rich.console import Console

from graph_duet import __version__
from graph_duet.commands import (
    build,
    checking,
    class_page,
    deadlines,
    doctor,
    giving_back,
    grading,
    lab,
    links,
    new,
    platforms,
    show,
)
from graphviz_tools.errors import UserError, refused
from graphviz_tools.language import _

_BUG_STATUS = 70
_REPORT = _(
    "this is a bug in Graph Duet. Please report it, with the lines above, at "
    "https://github.com/graph-duet/graph-duet/issues"
)

app = typer.Typer(
    name="duet",
    help=_(
        "Watch the same program become a graph twice: PyTorch eager code beside TensorFlow static graphs."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for room in (
    lab,
    doctor,
    show,
    checking,
    grading,
    deadlines,
    class_page,
    giving_back,
    platforms,
    build,
    new,
    links,
):
    room.register(app)

# Typer gives no name of its own to what all usage errors are.
_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__bases__[0])


def print_version(asked: bool) -> None:
    if asked:
        print(f"graph-duet {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of `duet` itself."""


def _usage(mistake: typer.BadParameter) -> str:
    """What is wrong with the command's words, and where they are listed; empty where help was printed instead."""
    sentence = " ".join(mistake.format_message().split()).rstrip(".")
    command = mistake.ctx.command_path if mistake.ctx is not None else "duet"
    return sentence and _(
        "{sentence}; `{command} --help` lists what it takes", sentence=sentence, command=command
    )


def main() -> None:
    """Run the command line.

    A user's mistake, and what the system refuses (a full disk, a file without permission), is one line on stderr
    and exit status 2. Any other exception is our bug: its traceback, a request to report it, and status 70, as
    sysexits.h has it. `DUET_DEBUG=1` shows the traceback of a mistake too.
    """
    for stream in (sys.stdout, sys.stderr):  # a name that the locale has no letters for stops nothing
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        # By itself Typer would put a box round a usage error.
        sys.exit(_translated(typer.main.get_command(app))(prog_name="duet", standalone_mode=False) or 0)
    except (typer.Abort, KeyboardInterrupt):  # Ctrl-C, also before the command has begun
        sys.exit(130)
    except _UsageError as mistake:
        _print_error(_usage(mistake))
        sys.exit(2)
    except Exception as error:
        mistake = _mistake(error)
        if not mistake or os.environ.get("DUET_DEBUG"):
            traceback.print_exc()
        _print_error(" ".join((mistake or _REPORT).split()))
        sys.exit(2 if mistake else _BUG_STATUS)


def _translated(command: Any) -> Any:
    """The command, with its help and that of its parts in the reader's language."""
    command.help = command.help and _(command.help)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = _(parameter.help)
    for part in getattr(command, "commands", {}).values():
        _translated(part)
    return command


def _mistake(error: Exception) -> str:
    """What to tell a user who can correct it; empty when the error is our own bug."""
    if isinstance(error, UserError):
        return str(error)
    return refused(error) if isinstance(error, OSError) else ""


def _print_error(sentence: str) -> None:
    if sentence:
        Console(stderr=True, soft_wrap=True).print(
            "duet:", sentence, style="bold red", markup=False, highlight=False
        )
