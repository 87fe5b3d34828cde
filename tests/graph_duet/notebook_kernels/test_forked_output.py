"""What a forked kernel writes and draws: its frameworks were imported before there was a notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from graph_duet.notebook_kernels.kernelspec import install_kernelspec

PRINTING = """
import sys, tensorflow as tf
for turn in range(20):
    print("python", turn)
    tf.print("graph", turn, output_stream=sys.stdout)
"""
DRAWING = ("import matplotlib.pyplot as plt", "plt.plot([1, 2])\nplt.show()", "plt.plot([1, 2])")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[NotebookNode]]:
    """Run cells in a forked kernel and return their outputs, all in one list."""
    install_kernelspec(tmp_path / "kernels" / "python3")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    def outputs(*sources: str) -> list[NotebookNode]:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        NotebookClient(notebook, timeout=120, kernel_name="python3", coalesce_streams=True).execute()
        return [output for cell in notebook.cells for output in cell.outputs]

    return outputs


def test_tf_print_reaches_the_notebook_in_order(run: Callable[..., list[NotebookNode]]) -> None:
    printed = "".join(output.text for output in run(PRINTING))
    assert printed == "".join(f"python {turn}\ngraph {turn}\n" for turn in range(20))


def test_plots_reach_the_notebook_shown_or_not(run: Callable[..., list[NotebookNode]]) -> None:
    pictures = [output for output in run(*DRAWING) if "image/png" in output.get("data", {})]
    assert len(pictures) == 2
