"""The `duet` command and what is behind it: notebook kernels, grading, the JupyterLab server side.

Exercises import from here: `from graph_duet import show`, and `submit` and `received` where they measure,
`compare` where a learner watches what was predicted.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_duet.grading.artifacts import received, submit
    from graph_duet.grading.exercise.predictions import compare
    from graph_duet.grading.exercise.values import show

__all__ = ["compare", "received", "show", "submit"]

try:
    __version__ = version("graph-duet")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> Any:
    # Loaded when first used, so that `duet --help` and the sandbox import nothing they do not need.
    if name == "show":
        from graph_duet.grading.exercise.values import show

        return show
    if name == "compare":
        from graph_duet.grading.exercise.predictions import compare

        return compare
    if name in __all__:
        from graph_duet.grading import artifacts

        return getattr(artifacts, name)
    raise AttributeError(f"module 'graph_duet' has no attribute {name!r}")
