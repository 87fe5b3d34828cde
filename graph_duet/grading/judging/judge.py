"""The judge: nbval, run as a pytest plugin on notebook kernels that nobody trusts.

`judge(runs, kernels, ...)` lets nbval execute and compare each run of the schedule and returns what
happened to every cell. What this adds to nbval: a tolerance for real numbers, fault classes, a deadline for
the whole, a cap on what a cell prints, a notebook kernel's death noticed at once and the other tasks carried on in a
new one. Nothing that a submission stores is believed: no saved output, no comment such as NBVAL_SKIP, no
tag.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from graph_duet.grading.artifacts.transfer import MIME
from graph_duet.grading.judging.difference import why
from graph_duet.grading.judging.kernel_client import Budget, JudgedKernel, KernelFault
from graph_duet.grading.judging.tolerance import snap
from graphviz_tools.language import _

StartKernel = Callable[[], KernelManager]

_OPTIONS = (
    "--quiet",
    "--noconftest",
    "--disable-plugin-autoload",
    "--color=no",
    "--tb=no",
    "-pnbval.plugin",
    "-pno:cacheprovider",
    "-pno:faulthandler",
    "-pno:logging",
    "-pno:warnings",
    "-pno:unraisableexception",
    "-pno:threadexception",
    "-pno:doctest",
)


_NOT_PRINTED = ("image/", "application/vnd.jupyter.widget", MIME)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one judged cell; `fault` is "" when it ran and, if compared, agreed."""

    run: int
    role: str
    cell: str
    task: str
    fault: str
    message: str
    outputs: list[Any] = field(default_factory=list)


class InfrastructureFault(RuntimeError):
    """The grader failed: no verdict about the submission may be drawn."""


def judge(runs: Iterable[NotebookNode], start: StartKernel, budget: Budget) -> list[Outcome]:
    """The outcomes of all judged cells, in order.

    `start` starts a notebook kernel. Raises InfrastructureFault when the judge itself fails.
    """
    plugin = _Judge(start, budget)
    with tempfile.TemporaryDirectory(prefix="duet-judge-") as folder:
        for number, run in enumerate(runs):
            (Path(folder) / f"run{number:03}.ipynb").write_text(nbformat.writes(run), encoding="utf-8")
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            # Without `confcutdir` pytest would look at everything beside the folder, in all of /tmp.
            places = (f"--rootdir={folder}", f"--confcutdir={folder}", "-c", "/dev/null", folder)
            code = pytest.main([*_OPTIONS, *places], plugins=[plugin])
    if code == pytest.ExitCode.INTERRUPTED:  # pytest keeps Ctrl-C to itself
        raise KeyboardInterrupt
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise InfrastructureFault(f"the judge stopped with {code!r}: {said.getvalue()[-800:].strip()}")
    if plugin.broken:
        raise InfrastructureFault(plugin.broken)
    return plugin.outcomes


class _Judge:
    """The plugin: collects runs, gathers outcomes."""

    def __init__(self, start: StartKernel, budget: Budget):
        self.start = start
        self.budget = budget
        self.outcomes: list[Outcome] = []
        self.broken = ""

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector:
        notebook = JudgedNotebook.from_parent(parent, path=file_path)
        notebook.judge = self
        return notebook

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A failure outside a cell's own run is the grader's."""
        if report.failed and report.when != "call":
            self.broken = self.broken or str(report.longrepr)[-800:]


class _Ran(NamedTuple):
    """A cell that ran: what a new kernel replays. `task` is "" for a given cell."""

    source: str
    task: str


class JudgedNotebook(IPyNbFile):
    """One run: an nbval notebook whose kernel is started when a cell needs it, and again when it was lost."""

    judge: _Judge

    def collect(self) -> Generator[IPyNbCell, Any, None]:
        self.nb = nbformat.read(self.path, as_version=4)
        self.cell_seconds = float(self.nb.metadata.judge["cell_seconds"])
        # A fresh run is about one check: what ends its kernel ends it.
        self.fresh = any(cell.metadata.judge["role"] == "inspection" for cell in self.nb.cells)
        self.ran: list[_Ran] = []
        self.alone: str | None = None  # the one task whose answers the kernel has; None: it has all of them
        self.task_faults: dict[str, KernelFault] = {}
        self.task_errors: dict[str, str] = {}
        for number, cell in enumerate(self.nb.cells):
            compared = bool(cell.outputs)
            # nbval reads options from comments and tags; a judged cell has just these.
            raises = bool(cell.metadata.judge.get("raises"))
            options = defaultdict(bool, check=compared, check_exception=raises)
            yield JudgedCell.from_parent(
                self, name=_("Cell {number}", number=number), cell_num=number, cell=cell, options=options
            )

    def setup(self) -> None:
        self.setup_sanitize_files()

    def teardown(self) -> None:
        self.drop_kernel()

    def drop_kernel(self) -> None:
        kernel, self.kernel, self.alone = self.kernel, None, None
        if kernel is not None:
            kernel.stop()

    def live_kernel(self, task: str) -> JudgedKernel:
        """The kernel for a cell of this task, a new one after replaying earlier cells. Raises KernelFault when there
        is no time left."""
        if self.judge.budget.is_over():
            raise KernelFault("timeout", _("the time for this notebook was over before it began"))
        if self.alone is not None and task not in ("", self.alone):
            self.drop_kernel()
        return self.kernel or self._replay(self.ran)

    def kernel_alone(self, task: str) -> JudgedKernel:
        """A new kernel in which the given cells and this task's answers ran, and no other answer."""
        self.drop_kernel()
        kernel = self._replay([cell for cell in self.ran if cell.task in ("", task)])
        self.alone = task
        return kernel

    def has_others(self, task: str) -> bool:
        """Whether the answer of another task ran, which may have left a thread or a process behind."""
        return self.alone is None and any(cell.task not in ("", task) for cell in self.ran)

    def _replay(self, cells: Iterable[_Ran]) -> JudgedKernel:
        self.kernel = kernel = JudgedKernel(self.judge.start, self.judge.budget, self.fresh)
        for cell in cells:
            kernel.begin_cell(self.cell_seconds)
            message = kernel.execute_cell_input(cell.source, allow_stdin=False)
            kernel.await_reply(message)
            kernel.await_idle(message, None)
        return kernel


class JudgedCell(IPyNbCell):
    """One cell, run and compared by nbval; here its failures become fault classes."""

    parent: JudgedNotebook

    def setup(self) -> None:
        """nbval would mark cells after a timeout as expected failures; here they get a new kernel."""

    def runtest(self) -> None:
        facts = self.cell.metadata.judge
        role, task = facts["role"], facts.get("task", "")
        fault = message = ""
        try:
            lost = self.parent.task_faults.get(task)
            if lost is not None and role != "answer":
                raise lost
            self._run(task)
        except KernelFault as lost:
            self.parent.drop_kernel()
            fault, message = lost.fault, str(lost)
            if role == "answer" or self.parent.fresh:
                self.parent.task_faults[task] = lost
            raise
        except NbCellError:
            fault, message = self._classify(role, task)
            raise
        except Exception as error:
            self.parent.judge.broken = f"{type(error).__name__}: {error}"
            raise
        else:
            if role in ("given", "answer"):
                self.parent.ran.append(_Ran(self.cell.source, task))
        finally:
            self._record(role, task, fault, message)

    def _run(self, task: str) -> None:
        """Run the cell. When the kernel dies and another task's answer ran in it, that may have killed it, now or a
        little later, as fast as the machine is: so the cell runs once more without it."""
        try:
            self._run_in(self.parent.live_kernel(task))
        except KernelFault as lost:
            if lost.fault != "died" or self.parent.fresh or not self.parent.has_others(task):
                raise
            try:
                self._run_in(self.parent.kernel_alone(task))
            except NbCellError:
                if any(o.output_type == "error" for o in self.test_outputs or []):
                    self.test_outputs = []
                    raise lost from None  # it may have missed what the other answer defined
                raise

    def _run_in(self, kernel: JudgedKernel) -> None:
        kernel.begin_cell(self.parent.cell_seconds)
        self.output_timeout = float("inf")  # the budget's own limits end every wait
        super().runtest()

    def _classify(self, role: str, task: str) -> tuple[str, str]:
        raised = next((o for o in self.test_outputs or [] if o.output_type == "error"), None)
        if role == "inspection":
            said = "".join(o.get("text", "") for o in self.test_outputs or [])
            tampering = KernelFault("tampered", said.strip()[:300] or _("the tamper check could not run"))
            self.parent.task_faults[task] = tampering
            return "tampered", str(tampering)
        if raised is not None:
            message = f"{raised.ename}: {raised.evalue}"
            if role == "answer":
                self.parent.task_errors[task] = message
                self.parent.ran.append(_Ran(self.cell.source, task))
            return "error", self.parent.task_errors.get(task, message)
        if self.cell.metadata.judge.get(
            "sealed"
        ):  # nothing about a prediction: not even that it is there, and more
            return "wrong", ""
        came, wanted = printed(self.test_outputs or []), printed(self.cell.outputs)
        return "wrong", why(came, wanted, self._tolerance())

    def _record(self, role: str, task: str, fault: str, message: str) -> None:
        outcome = Outcome(
            run=int(self.path.stem[3:]),
            role=role,
            cell=self.cell.metadata.judge.get("cell", ""),
            task=task,
            fault=fault,
            message=message,
            outputs=list(self.test_outputs or []),
        )
        self.parent.judge.outcomes.append(outcome)

    def compare_outputs(self, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        """nbval's comparison of what was printed; pictures, stderr and other renderings are left out."""
        tolerance = self._tolerance()
        wanted, got = printed(ref), printed(test)
        snapped = snap(got, wanted, tolerance) if tolerance else got
        return super().compare_outputs(_as_stream(snapped), _as_stream(wanted), skip_compare)

    def _tolerance(self) -> float:
        return float(self.cell.metadata.judge.get("tolerance", 0.0))

    def format_output_compare(self, key: str, left: str, right: str) -> None:
        """Nobody reads nbval's list of differences, and making it can take longer than the deadline: its time
        grows with the square of what an answer printed."""


def printed(outputs: Iterable[Any]) -> str:
    """What a learner would read in the outputs: standard output, then results, without pictures and
    stderr."""
    streams = [o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout"]
    results = [
        str(o["data"]["text/plain"])
        for o in outputs
        if o["output_type"] in ("execute_result", "display_data")
        and "text/plain" in o["data"]
        and not any(kind.startswith(_NOT_PRINTED) for kind in o["data"])
    ]
    return "\n".join(line.rstrip() for line in "\n".join(["".join(streams), *results]).strip().split("\n"))


def _as_stream(text: str) -> list[NotebookNode]:
    return [nbformat.v4.new_output("stream", name="stdout", text=text)]
