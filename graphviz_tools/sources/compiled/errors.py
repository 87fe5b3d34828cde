"""PyTorch's long messages about what it cannot compile, cut to what a learner needs."""

from __future__ import annotations

import re

from graphviz_tools.errors import class_and_text
from graphviz_tools.language import _


def error_text(error: BaseException) -> str:
    """The type of an error and its message, in one line; for Dynamo's error about an op, the op's message."""
    inner = (
        re.search(r"got (\w+)\((['\"])(?P<said>.*?)\2\)", str(error))
        if "fake tensors" in str(error)
        else None
    )
    if inner is not None:
        return f"{inner[1]}: {inner['said']}"
    return class_and_text(error, reason_in_a_line(str(error)))


def reason_in_a_line(text: str) -> str:
    """What broke the graph, in one line: Dynamo's title and explanation, without its hints."""
    explained = re.search(
        r"^(?P<title>[^\n]+)\n  Explanation: (?P<why>.+?)(?=\n\s+Hint:|\n\n)", text, re.M | re.S
    )
    if explained is None:
        return text.strip().split("\n", 1)[0]
    words = f"{explained['title']}: {' '.join(explained['why'].split())}"
    skipped = "Skipping the function" in text
    return _("{words} The whole function therefore runs as plain Python.", words=words) if skipped else words
