"""Graphviz, run in this process by pygraphviz, whose wheels carry it; no `dot` is needed on the PATH."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pygraphviz

_LOCK = threading.Lock()


def run_graphviz(
    dot: str, engine: Literal["dot", "nop", "nop2"], output: Literal["json0", "png"], dpi: int = 96
) -> bytes:
    """The source text `dot`, laid out by `engine`, as `output`; "nop" keeps the positions that boxes have, and "nop2"
    those of arrows too."""
    graph = pygraphviz.AGraph(string=dot)
    graph.graph_attr["dpi"] = str(dpi)
    try:
        with muted_stderr():  # fontconfig warns of newer syntax in the system's own configuration
            drawn = graph.draw(format=output, prog=engine)
    finally:
        graph.close()
    assert drawn is not None  # only drawing into a file returns nothing
    return drawn


@contextmanager
def muted_stderr() -> Iterator[None]:
    """Discard what is written to file descriptor 2 in the block; a notebook kernel would show such lines."""
    with _LOCK, Path(os.devnull).open("wb") as nowhere:
        kept = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
