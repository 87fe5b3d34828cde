"""Run a notebook from the top in a fresh notebook kernel, forked from a process with the frameworks in it."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from nbformat import NotebookNode

from graph_duet.grading.exercise.cell_error import CellError
from graph_duet.notebook_kernels.kernelspec import install_kernelspec
from graph_duet.notebook_kernels.sandbox import PROJECT
from graphviz_tools.language import _

if TYPE_CHECKING:
    from nbclient import NotebookClient

_WIDGET = "application/vnd.jupyter.widget-view+json"
_OF_AUTHOR = (
    "kernelspec",
    "language_info",
)  # what a notebook says of its kernel stays as its author wrote it
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINE_IN_CELL = re.compile(r"Cell In\[\d+\], line (\d+)")


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
    widget model ids) is not kept; a widget's static picture is. Raises CellError for the cell that raised, took
    longer than `cell_seconds` or ended the kernel. At Ctrl-C the kernel is killed before KeyboardInterrupt goes on.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    begun: list[NotebookNode] = []
    client = NotebookClient(
        notebook,
        timeout=int(cell_seconds),
        startup_timeout=300,  # the first kernel waits until the frameworks are imported
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        coalesce_streams=True,
        shutdown_kernel="immediate",
        on_cell_execute=lambda cell, **_: begun.append(cell),
    )
    metadata = {name: notebook.metadata[name] for name in _OF_AUTHOR if name in notebook.metadata}
    try:
        _finish(client)
    except CellTimeoutError:
        sentence = _("this cell ran longer than {cell_seconds:g} seconds", cell_seconds=cell_seconds)
        raise CellError(begun[-1].id, sentence) from None
    except DeadKernelError:
        sentence = _("the notebook kernel ended in this cell; did the memory run out?")
        raise CellError(begun[-1].id if begun else "", sentence) from None
    except CellExecutionError as error:
        said = " ".join(str(error.evalue).split())
        sentence = _("this raised {kind}: {said}", kind=error.ename, said=said)
        raise CellError(begun[-1].id, sentence, _line_in_cell(error.traceback)) from None
    notebook.metadata.update(metadata)
    _drop_volatile(notebook)


def _finish(client: NotebookClient) -> None:
    """Run to the end; in a thread of its own where a loop runs in this one, as in a notebook."""

    def finish() -> None:
        with asyncio.Runner(loop_factory=_LoopWithoutSignals) as runner:
            runner.run(_executed(client))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        finish()
    else:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(finish).result()


def _line_in_cell(traceback: str) -> int:
    """The line, counted from 1, that a traceback names first: a function of an earlier cell may come after it."""
    lines = _LINE_IN_CELL.findall(_COLOURS.sub("", traceback))
    return int(lines[0]) if lines else 1


class _LoopWithoutSignals(asyncio.SelectorEventLoop):
    """Leaves Ctrl-C to `asyncio.Runner`. With a handler of its own, nbclient takes it for a cell that raised."""

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: object) -> NoReturn:
        raise NotImplementedError


async def _executed(client: NotebookClient) -> None:
    from nbclient.exceptions import DeadKernelError

    try:
        await client.async_execute()
    except DeadKernelError:  # which nbclient also raises when this task is cancelled
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from None
        raise


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
