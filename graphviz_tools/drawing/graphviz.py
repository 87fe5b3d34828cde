"""Graphviz, run in this process by pygraphviz, whose wheels carry it; no `dot` is needed on the PATH."""

from __future__ import annotations

from typing import Literal

import pygraphviz

from graphviz_tools.drawing.graphviz import muted_stderr


def run_graphviz(
    dot: str, engine: Literal["dot", "nop2"], output: Literal["json0", "png"], dpi: int = 96
) -> bytes:
    """The source text `dot`, laid out by `engine` ("nop2" keeps the positions that it has), as `output`."""
    graph = pygraphviz.AGraph(string=dot)
    graph.graph_attr["dpi"] = str(dpi)
    try:
        with muted_stderr():  # fontconfig warns of newer syntax in the system's own configuration
            drawn = graph.draw(format=output, prog=engine)
    finally:
        graph.close()
    assert drawn is not None  # only drawing into a file returns nothing
    return drawn
