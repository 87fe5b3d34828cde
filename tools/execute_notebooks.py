"""Run notebooks in place, so that every saved output is what running gives; release the masters among them.

    python tools/execute_notebooks.py                                       every lesson, exercise and lab
    python tools/execute_notebooks.py lessons/L01_define_by_run/lesson.ipynb ...

Each notebook runs from the top in a fresh kernel, in its own folder, with the checkout importable. What
differs from run to run without telling a reader anything (time stamps, widget model ids) is not stored; a
widget's static picture is. From a master, the learner's notebook and the grader's bundle are then made anew.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from graphviz_tools.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph_duet import grading  # noqa: E402
from graph_duet.notebook_kernels.kernelspec import install_kernelspec  # noqa: E402

WIDGET = "application/vnd.jupyter.widget-view+json"
KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def course() -> list[Path]:
    """Every notebook that a person wrote: the lessons, and the masters of exercises and labs."""
    written = [*ROOT.glob("lessons/L*/*.ipynb"), *ROOT.glob("gpu_labs/G*/*.ipynb")]
    return sorted(path for path in written if path.name in ("lesson.ipynb", "master.ipynb"))


def execute(path: Path, timeout: int) -> None:
    """Run the notebook at `path` and save it with its outputs.

    A cell that raises without saying so in its tags stops the run, and the file stays as it was.
    Raises CellExecutionError; `timeout` is seconds per cell.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        startup_timeout=300,  # the first kernel waits until the frameworks are imported
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        coalesce_streams=True,
    )
    client.execute()
    forget_the_volatile(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def forget_the_volatile(notebook: NotebookNode) -> None:
    """Strip time stamps, widget model ids and the machine's exact Python version, and keep the kernelspec,
    without which JupyterLab asks for a kernel in a modal dialog."""
    notebook.metadata.update(kernelspec=KERNELSPEC, language_info={"name": "python"})
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if len(data) > 1:
                data.pop(WIDGET, None)


def stderr_of(notebook: NotebookNode) -> list[str]:
    """What the notebook's saved outputs hold of stderr: a lesson should have none."""
    return [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]


def main() -> int:
    """Execute the notebooks named on the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of the course when none is named")
    parser.add_argument("--timeout", type=int, default=120, help="seconds for one cell (default 120)")
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with tempfile.TemporaryDirectory() as folder:
        # The kernels fork from one process that has imported the frameworks.
        install_kernelspec(Path(folder) / "kernels" / "python3")
        os.environ["JUPYTER_PATH"] = folder
        ran = [runs(path, arguments.timeout) for path in arguments.notebooks or course()]
    return 0 if all(ran) else 1


def runs(path: Path, timeout: int) -> bool:
    """Execute one notebook, release it if it is a master, and tell on the terminal how it went."""
    try:
        execute(path, timeout)
        if path.name == "master.ipynb":
            grading.release(path)
    except (CellExecutionError, UserError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return False
    noise = stderr_of(nbformat.read(path, as_version=4))
    print(f"{path}: ran" + (f", with noise on stderr: {noise[0][:200]}" if noise else ""), flush=True)
    return not noise


if __name__ == "__main__":
    raise SystemExit(main())
