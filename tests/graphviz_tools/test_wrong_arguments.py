"""A wrong argument gives one clear line, whatever it is and whichever function is given it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from graphviz_tools import (
    align,
    autograd_graph,
    collapse,
    diff,
    draw,
    findings,
    load,
    memory,
    save,
    summary,
    trace_cache,
    without_plumbing,
)
from graphviz_tools.errors import UserError
from graphviz_tools.recording import Recording, Scope
from tests.widgets.recordings import eager_loop
from widgets import Duet, Stepper, TraceCache

RIGHT = eager_loop()
EMPTY_SCOPE = Recording(
    "torch", nodes=RIGHT.nodes, edges=RIGHT.edges, steps=RIGHT.steps, scopes=(*RIGHT.scopes, Scope(("idle",), "module"))
)  # fmt: skip
THINGS: dict[str, Any] = {
    "None": None, "a number": 3, "a text": "x", "a list": [RIGHT], "a tensor": torch.ones(2), "a dict": {},
}  # fmt: skip
TAKES_ONE: dict[str, Callable[[Any], object]] = {
    "draw": draw, "Stepper": Stepper, "summary": summary, "findings": findings, "memory": memory,
    "collapse": collapse, "without_plumbing": without_plumbing, "TraceCache": TraceCache, "trace_cache": trace_cache,
    "autograd_graph": autograd_graph,
    "Duet, left": lambda it: Duet(it, RIGHT), "Duet, right": lambda it: Duet(RIGHT, it),
    "align, left": lambda it: align(it, RIGHT), "align, right": lambda it: align(RIGHT, it),
    "diff, left": lambda it: diff(it, RIGHT), "diff, right": lambda it: diff(RIGHT, it),
    "save": lambda it: save(it, "never.json"),
}  # fmt: skip
LOSS = (torch.ones(2, requires_grad=True) * 2).sum()
PICTURE = draw(RIGHT)
REFUSED: dict[str, Callable[[], object]] = {
    f"{function.__name__}(open={asked!r})": lambda function=function, asked=asked: function(RIGHT, open=asked)
    for function in (draw, Stepper)
    for asked in ([3], 3, True, [None], [(3,)], b"x", 1.5, "forward", ["forward"], [("no such",)], [torch.ones(1)])
} | {
    f"{function.__name__}(open=a scope with nothing in it)": lambda function=function: function(
        EMPTY_SCOPE, open=[("idle",)]
    )
    for function in (draw, Stepper)
} | {
    "draw(fold='yes')": lambda: draw(RIGHT, fold="yes"),  # type: ignore[arg-type]
    "draw(autograd=1)": lambda: draw(RIGHT, autograd=1),  # type: ignore[arg-type]
    "draw(step=True)": lambda: draw(RIGHT, step=True),
    "draw(theme=None)": lambda: draw(RIGHT, theme=None),  # type: ignore[arg-type]
    "to_svg(None)": lambda: PICTURE.to_svg(None),  # type: ignore[arg-type]
    "to_png('')": lambda: PICTURE.to_png(""),
    "to_dot(b'x')": lambda: PICTURE.to_dot(b"x"),  # type: ignore[arg-type]
    "to_gif(seconds='a')": lambda: PICTURE.to_gif("x.gif", "a"),  # type: ignore[arg-type]
    "to_gif(seconds=nan)": lambda: PICTURE.to_gif("x.gif", float("nan")),
    "load(a large tensor)": lambda: load(torch.rand(50, 50)),  # type: ignore[arg-type]
    "load('missing.json')": lambda: load("missing.json"),
    "autograd_graph([])": lambda: autograd_graph([]),
    "autograd_graph(parameters=3)": lambda: autograd_graph(LOSS, 3),  # type: ignore[arg-type]
    "autograd_graph(parameters=[...])": lambda: autograd_graph(LOSS, [LOSS]),  # type: ignore[arg-type]
}  # fmt: skip


def refused(call: Callable[[], object]) -> None:
    with pytest.raises(UserError) as caught:
        call()
    assert "\n" not in str(caught.value) and 10 < len(str(caught.value)) < 300


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("function", TAKES_ONE)
def test_what_is_not_a_recording_or_a_function_is_refused_in_one_line(
    function: str, thing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(lambda: TAKES_ONE[function](THINGS[thing]))


@pytest.mark.parametrize("call", REFUSED)
def test_a_wrong_choice_is_refused_in_one_line(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(REFUSED[call])
