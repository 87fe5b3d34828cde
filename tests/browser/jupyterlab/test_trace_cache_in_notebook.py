"""TraceCache in JupyterLab: rows, and a typed call that is predicted and then run."""

from __future__ import annotations

CELL = """
import graphviz_tools
import tensorflow as tf
from widgets import TraceCache

@tf.function
def scale(x, n):
    return x * n

cache = TraceCache(scale)
cache(tf.ones(3), 2); cache(tf.ones(3), 2); cache(tf.ones(3), 3)
cache
"""


def test_a_typed_call_is_predicted_then_run(notebook, snap) -> None:
    page = notebook("trace_cache.ipynb", CELL)
    page.wait_for_selector(".trace-cache", timeout=90_000)
    assert page.locator(".calls tbody tr").count() == 3
    box = page.get_by_label("arguments of a call")
    assert "tf.ones([3]), 2" in str(box.get_attribute("placeholder"))
    box.fill("tf.zeros(3), 2")
    box.press("Enter")
    page.wait_for_selector(".entries li.lit")
    assert page.locator(".entries b").all_inner_texts() == ["#0", "#1"]
    assert "would reuse graph #0" in page.locator(".trace-cache > .status").inner_text()
    box.fill("tf.zeros(4), 2")
    page.get_by_role("button", name="call it (Shift+Enter)").click()
    page.wait_for_selector(".calls tbody tr:nth-child(4)")
    assert "traced" in page.locator(".calls tbody tr").nth(3).inner_text()
    snap(page, "trace-cache-jupyterlab")
    box.fill("tf.nothing")
    box.press("Enter")
    page.wait_for_selector(".trace-cache > .status.bad")
    assert "AttributeError" in page.locator(".trace-cache > .status").inner_text()
