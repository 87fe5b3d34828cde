"""Running a notebook from the top in a fresh kernel that is forked from a process with the frameworks in it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbformat import NotebookNode

from graph_duet.notebook_kernels.kernelspec import install_kernelspec
from graph_duet.notebook_kernels.sandbox import PROJECT
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_WIDGET = "application/vnd.jupyter.widget-view+json"
_OF_AUTHOR = (
    "kernelspec",
    "language_info",
)  # what a notebook says of its kernel stays as its author wrote it
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@contextmanager
def forked_kernels() -> Iterator[None]:
    """Inside, `python3` is a kernel that forks, and finds this project's packages."""
    before = {name: os.environ.get(name) for name in ("JUPYTER_PATH", "PYTHONPATH")}
    with tempfile.TemporaryDirectory(prefix="duet-build-") as folder:
        install_kernelspec(Path(folder) / "kernels" / "python3")
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [folder, before["JUPYTER_PATH"]]))
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PROJECT), before["PYTHONPATH"]]))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def execute(notebook: NotebookNode, folder: Path, cell_seconds: float = 120) -> None:
    """Run `notebook` in place, with `folder` as its working directory, and keep its outputs.

    Call it inside `forked_kernels`. What changes from run to run and says nothing to a reader (time stamps,
    widget model ids) is not kept; a widget's static picture is. Raises UserError that names the cell which
    raised or took longer than `cell_seconds`.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    client = NotebookClient(
        notebook,
        timeout=int(cell_seconds),
        startup_timeout=300,  # the first kernel waits until the frameworks are imported
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        coalesce_streams=True,
    )
    metadata = {name: notebook.metadata[name] for name in _OF_AUTHOR if name in notebook.metadata}
    try:
        client.execute()
    except CellTimeoutError:
        raise UserError(
            _("a cell ran longer than {cell_seconds:g} seconds", cell_seconds=cell_seconds)
        ) from None
    except CellExecutionError as error:
        raise UserError(_COLOURS.sub("", str(error)).strip()) from None
    notebook.metadata.update(metadata)
    _drop_volatile(notebook)


def _drop_volatile(notebook: NotebookNode) -> None:
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if len(data) > 1:
                data.pop(_WIDGET, None)


def noise(notebook: NotebookNode) -> list[str]:
    """What the saved outputs hold of stderr: a lesson should have none."""
    return [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]
