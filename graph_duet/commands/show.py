"""`duet show model.py:fn`: record your own program and write its picture."""

from __future__ import annotations

import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from graph_duet.program import Program, load
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Recording

console = Console(soft_wrap=True)
ENDINGS = (".html", ".svg", ".png", ".gif", ".dot", ".json", ".json.gz")


class Source(StrEnum):
    """How to record: by what the file imports, or one way for certain."""

    auto = "auto"
    torch = "torch"
    tensorflow = "tensorflow"
    tensorflow_eager = "tensorflow-eager"
    compile = "compile"
    export = "export"
    jax = "jax"


def show(
    target: Annotated[str, typer.Argument(metavar="FILE.py:FUNCTION", help="What to record.")],
    inputs: Annotated[
        list[str] | None, typer.Option("--input", "-i", help="An argument, as Python: 'torch.randn(2, 3)'.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where to write: .html, .svg, .png, .gif, .dot or .json.gz."),
    ] = None,
    source: Annotated[Source, typer.Option("--source", "-s", help="Which recorder to use.")] = Source.auto,
    backward: Annotated[bool, typer.Option(help="Run backward too (PyTorch).")] = True,
    all_ops: Annotated[
        bool,
        typer.Option("--all-ops", help="Show a static graph's plumbing too: Identity, loop counters, ..."),
    ] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
) -> None:
    """Record FUNCTION step by step and write a page that plays it without a notebook kernel or network."""
    page = out or Path(target.rpartition(":")[2] + ".html")
    require_writable(page)
    program = load(target, tuple(inputs or ()))
    recording = record(program, source, backward)
    write(recording, page, all_ops)
    console.print(f"{recording!r}", markup=False, highlight=False)
    if recording.error:
        console.print(_("The program raised: {error}", error=recording.error), markup=False, style="yellow")
    console.print(_("Written to {page}", page=page), markup=False, highlight=False)
    if browser and page.suffix == ".html":
        webbrowser.open(page.resolve().as_uri())


def require_writable(page: Path) -> None:
    """Say what is wrong with the place before a program runs that may take long."""
    if not page.name.endswith(ENDINGS):
        raise UserError(
            _("{page} should end in one of {endings}", page=page.name, endings=", ".join(ENDINGS))
        )
    if not page.parent.is_dir():
        raise UserError(_("there is no folder {parent}: create it first", parent=page.parent))


def write(recording: Recording, page: Path, all_ops: bool = False) -> None:
    """Write `recording` in the form that the ending of `page` names; a saved Recording always has all ops."""
    import graphviz_tools as gt

    if page.suffix == ".html":
        from widgets import Stepper

        Stepper(recording, all_ops=all_ops).to_html(page)
    elif page.name.endswith((".json", ".json.gz")):
        gt.save(recording, page)
    else:
        picture = gt.draw(recording if all_ops else gt.without_plumbing(recording))
        {".svg": picture.to_svg, ".png": picture.to_png, ".gif": picture.to_gif, ".dot": picture.to_dot}[
            page.suffix
        ](page)


def record(program: Program, source: Source, backward: bool) -> Recording:
    """The Recording of `program` from the recorder that `source` names."""
    import graphviz_tools as gt

    chosen = program.framework if source is Source.auto else source.value
    if chosen == "tensorflow":
        return gt.record_tensorflow(program.call, *program.arguments)
    if chosen == "tensorflow-eager":
        return gt.record_tensorflow_eager(program.call, *program.arguments)
    if chosen == "jax":
        return gt.record_jax(program.call, *program.arguments)
    if chosen in ("compile", "export"):
        return gt.record_compiled(program.call, *program.arguments, how=chosen)
    return gt.record_torch(program.call, *program.arguments, backward=backward)


def register(app: typer.Typer) -> None:
    app.command()(show)
