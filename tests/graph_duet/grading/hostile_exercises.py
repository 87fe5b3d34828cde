"""The exercises that hostile answers are handed in to: the small one, and two whose tasks are all alike, so that one
submission holds many attacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import nbformat

from graph_duet.grading import Bundle, exercise_notebook
from tests.graph_duet.grading.hostile_case import Attack, dumps
from tests.graph_duet.grading.masters import COUNT, DRAW, RELU, SERVE, code, master

AT_ONCE = 14  # attacks in one submission
HONEST = "def relu(x):\n    return np.maximum(x, 0)"


def small() -> Bundle:
    """The small exercise without its fresh task: 6 points."""
    notebook = master()
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith("serve")]
    return _bundle(notebook)


def alike(fresh: bool) -> Bundle:
    """As many tasks of one kind as there are attacks in a submission, and a last one, each with one check."""
    cells = [
        code("imports", "import numpy as np\nfrom graph_duet import show"),
        code("seed", "seed = 7", kind="seed"),
    ]
    what, check = (SERVE, COUNT) if fresh else (RELU, "show(relu(x))")
    for task in map(str, range(AT_ONCE + 1)):
        cells += [
            code(f"answer-{task}", what, kind="answer", task=task),
            code(f"check-{task}", f"{DRAW}\n{check}", kind="check", task=task, points=1, fresh=fresh),
        ]
    if not fresh:  # something to look for
        cells.append(code("hidden", f"{DRAW}\nshow(relu(x * 3))", kind="hidden", task=str(AT_ONCE), points=1))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.duet = {"exercise": "T03", "title": "Attacks", "deadline": 120, "cell_seconds": 3}
    return _bundle(notebook)


def together(attacks: Sequence[Attack], bundle: Bundle) -> bytes:
    """One submission: an attack a task, and, where they share a process, an honest last answer."""
    notebook = exercise_notebook(bundle)
    cells = {cell.id: cell for cell in notebook.cells}
    for task, attack in enumerate(attacks):
        cells[f"answer-{task}"].source = attack.source
    if not attacks[0].fresh:
        cells[f"answer-{AT_ONCE}"].source = HONEST
    return dumps(notebook)


def batches(attacks: Sequence[Attack]) -> Iterator[Sequence[Attack]]:
    for fresh in (False, True):
        alike = [attack for attack in attacks if attack.fresh is fresh]
        for start in range(0, len(alike), AT_ONCE):
            yield alike[start : start + AT_ONCE]


def _bundle(notebook: nbformat.NotebookNode) -> Bundle:
    """A bundle that nobody ran: what checks print with the public seed is not in it."""
    bare = Bundle(notebook, {})
    return Bundle(notebook, {check.cell: [] for check in bare.exercise.checks})
