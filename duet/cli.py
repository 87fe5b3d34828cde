"""The command line. Each command is a thin function in `duet.commands`; an error is one line."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from duet import __version__
from duet.commands import doctor, grading, lab, show

app = typer.Typer(
    name="duet",
    help="Watch the same program become a graph twice: PyTorch eager code beside TensorFlow static graphs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for room in (lab, doctor, show, grading):
    room.register(app)


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


def _words(mistake: Exception) -> str:
    """The system's own errors as `file: what is wrong`, without their number."""
    if isinstance(mistake, OSError) and mistake.strerror and mistake.filename:
        return f"{mistake.filename}: {mistake.strerror}"
    return str(mistake)


def main() -> None:
    """Run the command line. What a user can mend is one line on stderr and exit status 2; `DUET_DEBUG=1`
    gives the traceback instead."""
    try:
        app()
    except (ValueError, TypeError, OSError, LookupError, RuntimeError, ImportError, SyntaxError) as mistake:
        if os.environ.get("DUET_DEBUG"):
            raise
        sentence = " ".join(_words(mistake).split()) or type(mistake).__name__
        Console(stderr=True, soft_wrap=True).print(
            "duet:", sentence, style="bold red", markup=False, highlight=False
        )
        sys.exit(2)
