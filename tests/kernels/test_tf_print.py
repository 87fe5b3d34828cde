"""`tf.print` in a forked kernel, whose TensorFlow was imported before there was a notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from kernels.kernelspec import install_kernelspec

SOURCE = """
import sys, tensorflow as tf
for turn in range(20):
    print("python", turn)
    tf.print("graph", turn, output_stream=sys.stdout)
"""


def test_tf_print_reaches_the_notebook_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_kernelspec(tmp_path / "kernels" / "python3")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    NotebookClient(notebook, timeout=120, kernel_name="python3", coalesce_streams=True).execute()
    printed = "".join(output.text for output in notebook.cells[0].outputs)
    assert printed == "".join(f"python {turn}\ngraph {turn}\n" for turn in range(20))
