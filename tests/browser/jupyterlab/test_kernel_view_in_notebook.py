"""KernelView in JupyterLab: Python and the browser agree."""

from __future__ import annotations

CELL = """
import numpy as np
from gpu_labs import cuda, inspect
from widgets import KernelView

@cuda.jit
def affine(a, x, b, y):
    i = cuda.grid(1)
    y[i] = a * x[i] + b

x = np.arange(21, dtype=np.float32)
KernelView(inspect(affine, 3, 8, np.float32(2), x, np.float32(1), np.zeros_like(x)))
"""


def test_in_jupyterlab_python_and_browser_agree_on_the_frame(notebook, snap) -> None:
    page = notebook("kernel_view.ipynb", CELL)
    page.wait_for_selector(".kernel-view", timeout=60_000)
    assert "2 findings" in page.locator(".verdict").inner_text()
    page.get_by_label("next (right arrow)").click()
    snap(page, "kernel-view-jupyterlab")
