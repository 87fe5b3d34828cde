"""Where else a notebook can be opened: its addresses there, and the cell that installs Graph Duet there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from nbformat import NotebookNode, v4

REPOSITORY = "https://github.com/graph-duet/graph-duet"
_ON_GITHUB = "graph-duet/graph-duet"
# What Colab and Kaggle have stays as it is there, so --no-deps; what lessons, labs and checks need more is named.
# `%pip` would not be Python to the tools that read lessons.
MISSING_THERE = ("nbval>=0.11,<0.12", "numba-cuda>=0.28,<0.31", "pygraphviz>=2.0.1,<3")
INSTALL = f"""# Only where Graph Duet is missing, as on Colab and Kaggle: installs it, in about a minute.
try:
    import graphviz_tools
except ImportError:
    pip = get_ipython().run_line_magic
    pip("pip", "install -q --no-deps git+{REPOSITORY}")
    pip("pip", "install -q {" ".join(map(repr, MISSING_THERE))}")"""


def in_repository(source: Path) -> str:
    """The path of the notebook that is built from `source`, as the repository names it."""
    folder = source.resolve().parent
    return f"{folder.parent.name}/{folder.name}/{source.stem}.ipynb"


def colab(notebook: str) -> str:
    """The address that opens a notebook of the repository in Google Colab."""
    return f"https://colab.research.google.com/github/{_ON_GITHUB}/blob/main/{notebook}"


def binder(notebook: str) -> str:
    """The address that opens it on Binder."""
    return f"https://mybinder.org/v2/gh/{_ON_GITHUB}/main?urlpath=lab/tree/{notebook}"


def nbgitpuller(notebook: str, hub: str) -> str:
    """The address that brings the course to a learner's own place on the JupyterHub `hub`, and opens it there."""
    opened = quote(f"lab/tree/graph-duet/{notebook}", safe="")
    return f"{hub}/hub/user-redirect/git-pull?repo={quote(REPOSITORY, safe='')}&branch=main&urlpath={opened}"


def links(source: Path) -> str:
    """Markdown for the top of a notebook."""
    notebook = in_repository(source)
    return f"open in [Colab]({colab(notebook)}) or [Binder]({binder(notebook)})"


def install_cell() -> NotebookNode:
    """The cell that does nothing where Graph Duet is installed; JupyterLab shows it folded."""
    return v4.new_code_cell(INSTALL, id="install", metadata={"jupyter": {"source_hidden": True}})
