"""A process that checks one notebook: `python -m graph_duet.lab.check_worker` reads a request, answers, ends.

The grader is imported before the request comes, so that a worker which waits answers soon. One line of JSON
in, `{"notebook": path, "zygote": path or ""}`; one line out, `{"verdicts": ...}` or `{"problem": sentence}`.
Its own process, since pytest, which runs the checks, owns the process that it runs in.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from graph_duet.grading import progress, self_check
from graph_duet.lab.verdicts import verdicts
from graph_duet.notebook_kernels.shared_zygote import borrow_zygote
from graphviz_tools.errors import UserError
from graphviz_tools.language import _


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Check the notebook and remember the points. What a learner can correct comes back as `problem`."""
    if request["zygote"]:
        borrow_zygote(Path(request["zygote"]))
    try:
        run = self_check.check(request["notebook"], forked=bool(request["zygote"]))
    except (UserError, OSError) as error:
        return {"problem": str(error)}
    found = verdicts(run)
    try:
        progress.record(run.report, run.exercise.title)
    except (UserError, OSError) as error:
        found["notes"].append(_("the points were not kept: {error}", error=error))
    return {"verdicts": found}


def main() -> None:
    # What the checks print must not come between: stdout is ours alone, under another number.
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    line = sys.stdin.readline()
    if line:  # else the server has ended
        json.dump(answer(json.loads(line)), said)
        said.write("\n")
        said.flush()


if __name__ == "__main__":
    main()
