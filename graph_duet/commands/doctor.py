"""`duet doctor`: versions, GPU, memory, and what a learner has to fix. Imports no framework."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

import psutil
import typer
from packaging.requirements import Requirement
from rich.console import Console
from rich.table import Table

from graphviz_tools.language import _

MEMORY_GIB = 2.0  # one notebook kernel with both frameworks, and JupyterLab
DISK_GIB = 1.0


@dataclass(frozen=True)
class Finding:
    """One line of the report; `fix` is what to do, empty when there is nothing to do."""

    what: str
    found: str
    state: Literal["ok", "note", "fix"] = "ok"
    fix: str = ""


def doctor() -> None:
    """Print versions, GPU, memory, and what to fix; exit status 1 if anything."""
    findings = [*python(), *packages(), *gpu(), *machine(), *teachers_tools()]
    table = Table(box=None, pad_edge=False)
    for title in ("", "", "found", _("to do")):
        table.add_column(title)
    marks = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "fix": _("[bold red]fix[/]")}
    for each in findings:
        table.add_row(marks[each.state], each.what, each.found, each.fix)
    console = Console()
    console.print(table)
    to_fix = sum(each.state == "fix" for each in findings)
    console.print(
        _("{to_fix} to fix.", to_fix=to_fix) if to_fix else _("Everything a learner needs is here.")
    )
    raise typer.Exit(1 if to_fix else 0)


def python() -> Iterator[Finding]:
    yield Finding(
        "Python",
        _(
            "{python_version} on {system} {machine}",
            python_version=platform.python_version(),
            system=platform.system(),
            machine=platform.machine(),
        ),
    )


def packages() -> Iterator[Finding]:
    """Every requirement of graph-duet that applies here, with the version that is installed."""
    try:
        declared = requires("graph-duet") or []
    except PackageNotFoundError:
        yield Finding("graph-duet", _("not installed"), "fix", _("make install"))
        return
    for need in map(Requirement, declared):
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        yield package(need)


def package(need: Requirement) -> Finding:
    try:
        found = version(need.name)
    except PackageNotFoundError:
        return Finding(
            need.name,
            "missing",
            "fix",
            _('pip install "{need}{specifier}"', need=need.name, specifier=need.specifier),
        )
    if not need.specifier.contains(found, prereleases=True):
        return Finding(
            need.name,
            found,
            "fix",
            _('pip install "{need}{specifier}"', need=need.name, specifier=need.specifier),
        )
    return Finding(need.name, found)


def gpu() -> Iterator[Finding]:
    """The GPU, asked of its driver; and a CUDA torch that has nothing to run on."""
    smi = shutil.which("nvidia-smi")
    names = ""
    if smi is not None:
        command = [smi, "--query-gpu=name", "--format=csv,noheader"]
        names = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    if names:
        yield Finding("GPU", ", ".join(names.splitlines()))
    else:
        yield Finding("GPU", _("none: the labs' kernels run on the teaching executor"))


def machine() -> Iterator[Finding]:
    free = psutil.virtual_memory().available / 2**30
    state = "ok" if free >= MEMORY_GIB else "fix"
    advice = (
        ""
        if state == "ok"
        else _("close programs: a lesson needs {memory_gib:.0f} GiB", memory_gib=MEMORY_GIB)
    )
    yield Finding("memory", _("{free:.1f} GiB available", free=free), state, advice)
    space = shutil.disk_usage(Path.cwd()).free / 2**30
    state = "ok" if space >= DISK_GIB else "fix"
    yield Finding(
        "disk", _("{space:.0f} GiB free here", space=space), state, "" if state == "ok" else _("make room")
    )


def teachers_tools() -> Iterator[Finding]:
    """What only teachers and developers need."""
    for program, use in (("bwrap", _("grading others' work safely")), ("chromium", _("the browser tests"))):
        place = shutil.which(program)
        if place:
            yield Finding(program, place)
        else:
            yield Finding(program, _("not found"), "note", _("only for {use}", use=use))


def register(app: typer.Typer) -> None:
    app.command()(doctor)
