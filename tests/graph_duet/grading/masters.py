"""A small exercise with every kind of cell, made as an author would write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode


def code(id: str, source: str, **duet: Any) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source, id=id)
    if duet:
        cell.metadata.duet = duet
    return cell


def prose(id: str, source: str, **duet: Any) -> NotebookNode:
    cell = nbformat.v4.new_markdown_cell(source, id=id)
    if duet:
        cell.metadata.duet = duet
    return cell


RELU = """def relu(x):
    # >>> your code, about 1 line
    return np.where(x > 0, x, 0.0)
    # <<<"""

PREDICTION = """# >>> your prediction
#| nodes = None
nodes = {"add": 1, "mul": 2}
# <<<"""

SERVE = """def serve(x, double):
    # >>> your code, about 1 line
    return double(x) + 1
    # <<<"""

COUNT = """calls = []
def double(x):
    calls.append(x)
    return 2 * x

show([serve(v, double) for v in x])
print('calls:', len(calls))"""


def master(exercise: str = "T01") -> NotebookNode:
    """Three tasks, 10 points: 1 has a visible and a hidden check, 2 a sealed one, 3 a fresh one that
    measures."""
    draw = "x = np.random.default_rng(seed).normal(size=7)"
    cells = [
        prose("title", "# A small exercise"),
        code("imports", "import numpy as np\nfrom graph_duet import show"),
        code("seed", "seed = 7", kind="seed"),
        code("relu", RELU, kind="answer", task="1", title="ReLU"),
        prose(
            "hint1",
            "<details><summary>Hint 1</summary>\n\nWhat is max(x, 0)?\n\n</details>",
            kind="hint",
            task="1",
        ),
        prose("hint2", "<details><summary>Hint 2</summary>\n\nnp.where\n\n</details>", kind="hint", task="1"),
        code(
            "relu-seen",
            f"{draw}\nshow(relu(x))",
            kind="check",
            task="1",
            points=2,
            expects="x, negatives set to 0",
        ),
        code("relu-hidden", f"{draw} + 1\nshow(relu(x))", kind="hidden", task="1", points=3),
        code("predict", PREDICTION, kind="answer", task="2", title="Predict the nodes"),
        code("predict-check", "print(nodes)", kind="check", task="2", points=1, sealed=True),
        code("serve", SERVE, kind="answer", task="3", title="Serve"),
        code(
            "serve-check",
            f"{draw}\n{COUNT}",
            kind="check",
            task="3",
            points=4,
            fresh=True,
        ),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata.duet = {"exercise": exercise, "title": "A small exercise", "minutes": 5, "deadline": 40}
    notebook.metadata.duet["cell_seconds"] = 3
    return notebook


def write_master(folder: Path, notebook: NotebookNode | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "master.ipynb"
    path.write_text(nbformat.writes(notebook or master()), encoding="utf-8")
    return path
