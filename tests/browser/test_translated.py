"""The widgets under a pseudo-locale: a plain English word, in the data too, is one that no translator gets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from gpu_labs import inspect
from graph_duet.authoring.translation.program_texts import front_end_texts
from graphviz_tools import language
from graphviz_tools.cache_history import CacheHistory, Call, Entry
from tests.browser.test_kernel_view import both_stray
from tests.browser.test_stepper_page import press
from tests.widgets.recordings import eager_loop, static_loop
from widgets import Duet, KernelView, Stepper, front_end
from widgets.page import write_page
from widgets.trace_cache import history_json

WORD = re.compile(r"[A-Za-z_]*[A-Za-z]{3,}")
SHOWN = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest('style, script, code')) found.push(walk.currentNode.data);
  }
  for (const name of ['title', 'aria-label', 'placeholder', 'aria-valuetext']) {
    for (const node of document.querySelectorAll(`main [${name}]`)) found.push(node.getAttribute(name));
  }
  return found;
}"""
# Plain words that are shown and are not language, with what they are.
NAMES = {
    *("PyTorch", "TensorFlow", "Duet", "Stepper", "TraceCache", "HTML"),  # products, widgets, a format
    *(
        "input",
        "output",
        "Placeholder",
        "AccumulateGrad",
        "Less",
        "Sum",
        "Mul",
        "bool",
        "False",
        "True",
    ),  # ops, values
    *("while", "cond", "body"),  # Python's word for a loop, TensorFlow's for its two functions
    *("grad", "requires_grad", "self", "other", "Tensor", "shape", "dtype"),  # PyTorch's and TensorFlow's own
    *(
        "float",
        "profile",
        "both_stray",
        "loss",
        "sum",
        "mul",
    ),  # types, a value of `level=`, what the program calls things
}


@pytest.fixture
def translated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Python and the front end speak the pseudo-locale."""
    catalogue: dict[str, object] = {"": {"language": "en"}}
    for text, many, _file, _line in front_end_texts():
        catalogue[text] = [language.pseudo(form) for form in (text, many) if form]
    monkeypatch.setattr(language, "_catalogue", language._Pseudo())
    monkeypatch.setattr(front_end, "front_end_texts", lambda: json.dumps(catalogue))
    front_end.script.cache_clear()
    yield
    front_end.script.cache_clear()


def plain(page) -> set[str]:
    """The English words that are shown, widgets' data included, and are no names."""
    return {word for text in page.evaluate(SHOWN) for word in WORD.findall(text)} - NAMES


def test_a_stepper_is_translated(show, translated) -> None:
    page = show(Stepper(eager_loop()))
    assert plain(page) == set()
    for key in ["ArrowRight"] * 4 + ["End"]:
        press(page, key)
        assert plain(page) == set()
    page.locator(".help-button").click()
    page.locator(".box").first.click()
    assert plain(page) == set()
    page.locator(".mode").nth(1).click()
    assert plain(page) == set()


def test_a_duet_is_translated(show, translated) -> None:
    page = show(Duet(eager_loop(), static_loop()), width=1400)
    for key in ["Home"] + ["ArrowRight"] * 6 + ["End"]:
        press(page, key)
        assert plain(page) == set()


def test_a_kernel_view_is_translated(show, translated) -> None:
    x = np.arange(20, dtype=np.float32)
    page = show(KernelView(inspect(both_stray, 3, 8, x, x.copy(), level="profile")))
    for key in ("Home", "ArrowRight", "End"):
        page.locator(".kernel-view").press(key)
        assert plain(page) == set()
    page.locator(".thread").first.hover()
    page.locator(".findings summary").first.click()
    page.locator(".mode").nth(1).click()
    assert plain(page) == set()


def test_a_trace_cache_is_translated(show, translated) -> None:
    calls = (Call(0, "f(x)", True, (0,), (), 0.5),)
    history = CacheHistory("tensorflow", "f", (Entry(0, ("x: float32[3]",), 4, 0.5),), calls)
    data = {"name": "TraceCache", "title": "f", "history": history_json(history)}
    page = show(
        SimpleNamespace(to_html=lambda path: write_page(data, path, "trace_cache_app.js", ["kernel.css"]))
    )
    assert plain(page) == set()
