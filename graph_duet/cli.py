"""The command line. Each command is a thin function in `graph_duet.commands`; an error is one line."""

from __future__ import annotations

import os
import sys
from typing import Annotated, cast

import typer
from rich.console import Console

from graph_duet import __version__
from graph_duet.commands import doctor, grading, lab, show

app = typer.Typer(
    name="duet",
    help="Watch the same program become a graph twice: PyTorch eager code beside TensorFlow static graphs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for room in (lab, doctor, show, grading):
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
    return sentence and f"{sentence}; `{command} --help` lists what it takes"


def _words(mistake: Exception) -> str:
    """The system's own errors as `file: what is wrong`, without their number."""
    if isinstance(mistake, OSError) and mistake.strerror and mistake.filename:
        return f"{mistake.filename}: {mistake.strerror}"
    return str(mistake)


def main() -> None:
    """Run the command line. What a user can mend is one line on stderr and exit status 2; `DUET_DEBUG=1`
    gives the traceback instead."""
    try:
        # By itself Typer would put a box round a usage error.
        sys.exit(app(prog_name="duet", standalone_mode=False) or 0)
    except _UsageError as mistake:
        _complain(_usage(mistake))
    except (ValueError, TypeError, OSError, LookupError, RuntimeError, ImportError, SyntaxError) as mistake:
        if os.environ.get("DUET_DEBUG"):
            raise
        _complain(" ".join(_words(mistake).split()) or type(mistake).__name__)
    sys.exit(2)


def _complain(sentence: str) -> None:
    if sentence:
        Console(stderr=True, soft_wrap=True).print(
            "duet:", sentence, style="bold red", markup=False, highlight=False
        )
