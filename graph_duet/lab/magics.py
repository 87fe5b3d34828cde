"""`%duet check`: the same check in any front end of Jupyter, below a cell."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from graphviz_tools.language import _

USAGE = _("write %duet check, or %duet check FILE.ipynb where the notebook's own file is not known")


def register(shell: InteractiveShell) -> None:
    """Make `%duet` known to `shell`."""

    def duet(line: str) -> None:
        run(line, shell)

    shell.register_magic_function(duet, "line", "duet")  # pyright: ignore[reportArgumentType]


def run(line: str, shell: InteractiveShell) -> None:
    """Check the saved notebook and print a verdict for each task. Raises UsageError."""
    words = line.split()
    if not words or words[0] != "check" or len(words) > 2:
        raise UsageError(USAGE)
    notebook = Path(words[1]) if len(words) == 2 else this_notebook(shell.user_ns)
    print(_("Checking {notebook} as it was last saved …", notebook=notebook.name))
    worker = subprocess.run(
        [sys.executable, "-m", "graph_duet.lab.check_worker"],
        input=json.dumps({"notebook": str(notebook.resolve()), "zygote": ""}) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer = json.loads(worker.stdout)
    except ValueError:
        raise UsageError(
            _("the check itself failed: {stderr}", stderr=worker.stderr.strip()[-400:])
        ) from None
    if "problem" in answer:
        raise UsageError(answer["problem"])
    print(text(answer["verdicts"]))


def this_notebook(names: dict[str, Any]) -> Path:
    """The file of the notebook that runs: as the server or VS Code says, else `exercise.ipynb` in this folder.

    On Colab there is no such file; the browser has the notebook, saved or not, and gives it.
    """
    if "google.colab" in sys.modules:
        return colab_notebook(Path.cwd() / "exercise.ipynb")
    for said in (names.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME"), "exercise.ipynb"):
        path = Path(str(said)) if said else None
        for candidate in (path, Path(path.name)) if path else ():
            if candidate.suffix == ".ipynb" and candidate.is_file():
                return candidate
    raise UsageError(_("the file of this notebook is not known here: {usage}", usage=USAGE))


def colab_notebook(file: Path) -> Path:
    """Write the notebook to `file` as the browser has it now."""
    answer = importlib.import_module("google.colab._message").blocking_request("get_ipynb", timeout_sec=30)
    if not answer:
        raise UsageError(_("Colab did not give its notebook: save it, wait a moment, and check again"))
    file.write_text(json.dumps(answer["ipynb"]), "utf-8")
    return file


def text(found: dict[str, Any]) -> str:
    """The verdicts as lines: points, then each task with what it says, and its first hint."""
    lines = [
        _(
            "{title}: {points:g} of {possible:g} points",
            title=found["title"],
            points=found["points"],
            possible=found["possible"],
        )
    ]
    for task in found["tasks"]:
        mark = {"right": "✓", "written": "✎", "empty": "○", "missing": "○"}.get(task["state"], "✗")
        lines.append(f"{mark} {task['id']} {task['title']}")
        lines += [f"    {line}" for said in task["said"] for line in said.split("\n")]
        lines += [_("    Hint: {hint}", hint=hint) for hint in task["hints"][:1]]
    return "\n".join([*lines, *found["notes"]])
