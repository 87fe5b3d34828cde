"""A small exercise with every kind of cell, made as an author would write it: as a notebook, and as text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from graph_duet.grading.exercise.format import kind
from graph_duet.grading.exercise.notebooks import duet


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


# Whatever the seed, some are negative and some are not: else a wrong answer is right with one seed in 128.
DRAW = "x = np.random.default_rng(seed).normal(size=7)\nx[:2] = -abs(x[0]), abs(x[1])"


def master(exercise: str = "T01") -> NotebookNode:
    """Three tasks, 10 points: 1 has a visible and a hidden check, 2 a sealed one, 3 a fresh one that
    measures."""
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
            f"{DRAW}\nshow(relu(x))",
            kind="check",
            task="1",
            points=2,
            expects="x, negatives set to 0",
        ),
        code("relu-hidden", f"{DRAW}\nshow(relu(x * 3))", kind="hidden", task="1", points=3),
        code("predict", PREDICTION, kind="answer", task="2", title="Predict the nodes"),
        code("predict-check", "print(nodes)", kind="check", task="2", points=1, sealed=True),
        code("serve", SERVE, kind="answer", task="3", title="Serve"),
        code(
            "serve-check",
            f"{DRAW}\n{COUNT}",
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


def tiny() -> NotebookNode:
    """One task with one check and no framework: one kernel a run. 1 point."""
    twice = "def twice(x):\n    # >>> your code\n    return 2 * x\n    # <<<"
    cells = [
        code("imports", "from graph_duet import show"),
        code("seed", "seed = 7", kind="seed"),
        code("twice", twice, kind="answer", task="1"),
        code("twice-check", "show(twice(seed))", kind="check", task="1", points=1),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.duet = {"exercise": "T00", "title": "Tiny", "deadline": 40, "cell_seconds": 3}
    return notebook


def write_master(folder: Path, notebook: NotebookNode | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "master.ipynb"
    path.write_text(nbformat.writes(notebook or master()), encoding="utf-8")
    return path


def write_text(folder: Path) -> Path:
    """The small exercise as its `exercise.md`, with the same cell ids; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    notebook = master()
    front = yaml.safe_dump(dict(duet(notebook)), sort_keys=False)
    cells = "\n\n".join(_text_of(cell) for cell in notebook.cells[1:])
    (folder / "exercise.md").write_text(f"---\n{front}---\n\n{cells}\n", encoding="utf-8")
    return folder


def _text_of(cell: NotebookNode) -> str:
    if kind(cell) == "hint":
        return f":::{{hint}}\n{re.sub('<.*?>', '', cell.source.partition('</summary>')[2]).strip()}\n:::"
    options = "".join(f":{name}: {json.dumps(value)}\n" for name, value in duet(cell).items())
    source = cell.source.replace("# >>>", "### BEGIN SOLUTION").replace("# <<<", "### END SOLUTION")
    heading = f"## Task {duet(cell)['task']} · {duet(cell)['title']}\n" if kind(cell) == "answer" else ""
    return f"{heading}```{{code-cell}}\n:name: {cell.id}\n{options}\n{source}\n```"
