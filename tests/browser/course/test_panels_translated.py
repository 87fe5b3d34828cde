"""The course and the check panel where JupyterLab speaks a pseudo-locale: no plain English word of ours is left."""

from __future__ import annotations

import json
import re
import time

from graph_duet.authoring.translation.program_texts import front_end_texts
from graphviz_tools.language import pseudo

EXERCISE = "lessons/L01_define_by_run/exercise.ipynb"
WORD = re.compile(r"[A-Za-z]{3,}")
SHOWN = """(panel) => {
  const found = [];
  const walk = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) found.push(walk.currentNode.data);
  for (const name of ['title', 'aria-label']) {
    for (const node of [panel, ...panel.querySelectorAll(`[${name}]`)]) found.push(node.getAttribute(name) ?? '');
  }
  return found;
}"""
# What the server says, in its own language: here no word of it is plain.
WRONG = {
    "id": "3",
    "title": "·",
    "state": "wrong",
    "tried": True,
    "points": 0,
    "possible": 2,
    "cells": ["answer-3"],
}
VERDICTS = {
    "exercise": "L01",
    "title": "·",
    "points": 2,
    "possible": 4,
    "hidden": 1,
    "notes": [],
    "tasks": [
        {**WRONG, "said": ["·"], "hints": ["·", "·"]},
        {**WRONG, "id": "2", "state": "right", "points": 2, "said": [], "hints": []},
        {**WRONG, "id": "4", "state": "written", "said": [], "hints": []},
        {**WRONG, "id": "5", "tried": False, "said": [], "hints": []},
    ],
}


def catalogue() -> dict[str, object]:
    """The front end's texts as a language pack has them."""
    rules = {"language": "en-XA", "plural_forms": "nplurals=2; plural=(n != 1);"}
    texts = {text: [pseudo(form) for form in (text, many) if form] for text, many, *_ in front_end_texts()}
    return {"": rules, **texts}


def plain(panel) -> set[str]:
    """The English words that a panel shows; the course's own names of lessons are no texts of the panel."""
    named = set(WORD.findall(" ".join(panel.locator(".gd-part, .gd-main").all_inner_texts())))
    return {word for text in panel.evaluate(SHOWN) for word in WORD.findall(text)} - named


def test_no_english_word_is_left_in_the_panels(chromium, course, snap) -> None:
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    spoken = json.dumps({"data": {"graph_duet": catalogue()}, "message": ""})
    page.route(
        re.compile(r"/api/translations\b"),
        lambda asked: asked.fulfill(body=spoken, content_type="application/json"),
    )
    checked = json.dumps({"verdicts": VERDICTS})
    page.route(
        re.compile(r"/graph-duet/check\b"),
        lambda asked: asked.fulfill(body=checked, content_type="application/json"),
    )
    address = course.address.replace("lessons/README.md", EXERCISE)
    page.goto(address.replace("/lab/tree/", f"/lab/workspaces/{time.time_ns()}/tree/"))
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()

    page.evaluate("() => { window.jupyterapp.commands.execute('graph-duet:course'); }")
    panel = page.locator("#graph-duet-course")
    panel.locator("li").first.wait_for()
    assert plain(panel) == set()
    snap(page, "extension-course-translated")

    page.locator(".jp-Toolbar").get_by_text(pseudo("Check")).click()
    points = page.locator("#graph-duet-points")
    points.locator(".gd-task").first.wait_for()
    points.get_by_role("button", name=pseudo("Show hint")[:6]).first.click()
    assert plain(points) == set()
    snap(page, "extension-check-translated")
    page.close()
