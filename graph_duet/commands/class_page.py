"""`duet class`: the gradebook as a page in the browser."""

from __future__ import annotations

import asyncio
import webbrowser
from typing import Annotated

import typer
from rich.console import Console

from graph_duet.commands.gradebooks import DEFAULT_BOOK, BookUrl, filled_book
from graphviz_tools.language import _

console = Console()


def class_page(
    gradebook: BookUrl = DEFAULT_BOOK,
    ip: Annotated[
        str, typer.Option(help="The address to listen on; any other lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: any free port.")] = 0,
    token: Annotated[
        str,
        typer.Option(envvar="DUET_TOKEN", help="The token that lets a browser in; default: a random one."),
    ] = "",
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Look through a class in the browser: points, failing checks, submissions, written answers."""
    asyncio.run(_serve(gradebook, ip, port, token, browser))


async def _serve(gradebook: str, ip: str, port: int, token: str, browser: bool) -> None:
    from graph_duet.grading.class_page.server import serve

    server = serve(filled_book(gradebook), ip, port, token)
    console.print(server.url, highlight=False, soft_wrap=True, markup=False)
    console.print(_("[dim]Ctrl-C ends it. The address lets in anyone who has it.[/]"))
    if browser:
        webbrowser.open(server.url)
    await asyncio.Event().wait()


def register(app: typer.Typer) -> None:
    app.command("class")(class_page)
