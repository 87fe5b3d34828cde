"""A Gradescope autograder: the zip that an instructor uploads, and what runs in Gradescope's container.

https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import json
import zipfile
from importlib import metadata
from pathlib import Path

from graph_duet.grading.classroom.export import gradescope_results
from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.classroom.submissions import intake
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.grader import Conditions, Grader
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_EXECUTABLE = 0o755 << 16
_SETUP = """#!/usr/bin/env bash
set -eu
apt-get update
apt-get install -y bubblewrap python3 python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install {package}
"""
_RUN = """#!/usr/bin/env bash
exec /autograder/venv/bin/duet autograde /autograder/submission \\
    --assignment /autograder/source/exercise.bundle.json --to /autograder/results/results.json{unsafe}
"""


def write_autograder(bundle: Bundle, to: Path, wheel: Path | None = None, unsafe: bool = False) -> None:
    """Write the zip: `setup.sh`, `run_autograder` and the bundle. `wheel` is installed in place of the released
    package; `unsafe` lets submissions run without a sandbox.

    Raises UserError when there is no such wheel.
    """
    if wheel is not None and not wheel.is_file():
        raise UserError(_("there is no file {wheel}", wheel=wheel))
    package = (
        f"graph-duet=={metadata.version('graph-duet')}"
        if wheel is None
        else f"/autograder/source/{wheel.name}"
    )
    to.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("setup.sh", _SETUP.format(package=package)),
            ("run_autograder", _RUN.format(unsafe=" --unsafe-no-sandbox" if unsafe else "")),
        ):
            info = zipfile.ZipInfo(name)
            info.external_attr = _EXECUTABLE
            archive.writestr(info, text)
        content = {"format": 1, **json.loads(bundle.dumps())}
        archive.writestr("exercise.bundle.json", json.dumps(content))
        if wheel is not None:
            archive.write(wheel, wheel.name)


def autograde(folder: Path, bundle: Bundle, conditions: Conditions, to: Path) -> Mark:
    """Grade the notebook in `folder` and write Gradescope's `results.json`.

    Raises UserError when the folder holds no notebook or the grader itself fails: then nothing is written, and
    Gradescope shows a fault of the autograder, not a mark.
    """
    submission = intake(folder, bundle.exercise.id).submissions[-1]
    with Grader(bundle, conditions=conditions) as grader:
        report = grader.grade(submission.read())
    if report.fault == "infrastructure":
        raise UserError(_("the grader failed, not the submission: {message}", message=report.message))
    mark = Mark(submission.student, submission.name, report)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(gradescope_results(bundle.exercise, mark), indent=1) + "\n", encoding="utf-8")
    return mark
