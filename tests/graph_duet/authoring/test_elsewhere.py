"""A notebook opens elsewhere: its addresses there, and the cell that installs what is missing there."""

from __future__ import annotations

import shlex
import sys
from importlib.metadata import requires
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from IPython.core.interactiveshell import InteractiveShell
from packaging.requirements import Requirement
from typer.testing import CliRunner

from graph_duet.authoring.elsewhere import INSTALL, MISSING_THERE, binder, colab, in_repository, nbgitpuller
from graph_duet.authoring.folders import course_folders
from graph_duet.cli import app

ROOT = Path(__file__).resolve().parents[3]


def test_every_notebook_is_where_its_addresses_say() -> None:
    for folder in course_folders():
        for source in folder.glob("*.md"):
            if source.stem in ("lesson", "exercise"):
                notebook = in_repository(source)
                assert (ROOT / notebook).is_file()
                assert colab(notebook).endswith(f"/graph-duet/graph-duet/blob/main/{notebook}")
                assert parse_qs(urlsplit(binder(notebook)).query) == {"urlpath": [f"lab/tree/{notebook}"]}


def test_a_hub_opens_the_notebook_in_the_copy_that_it_brings() -> None:
    address = urlsplit(nbgitpuller("lessons/L00_map/lesson.ipynb", "https://hub.example.org"))
    assert (address.netloc, address.path) == ("hub.example.org", "/hub/user-redirect/git-pull")
    assert parse_qs(address.query) == {
        "repo": ["https://github.com/graph-duet/graph-duet"],
        "branch": ["main"],
        "urlpath": ["lab/tree/graph-duet/lessons/L00_map/lesson.ipynb"],
    }


def test_the_first_cell_installs_only_where_graph_duet_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    shell = InteractiveShell()
    shell.register_magic_function(installed.append, "line", "pip")  # pyright: ignore[reportArgumentType]
    assert shell.run_cell(INSTALL).success and not installed
    monkeypatch.setitem(sys.modules, "graphviz_tools", None)  # as if it could not be imported
    assert shell.run_cell(INSTALL).success
    assert installed[0] == "install -q --no-deps git+https://github.com/graph-duet/graph-duet"
    assert installed[1] == "install -q " + shlex.join(MISSING_THERE)  # quoted: a shell reads the line


def test_what_is_installed_elsewhere_is_what_the_package_asks_for() -> None:
    asked = [Requirement(line) for line in requires("graph-duet") or ()]
    for needed in map(Requirement, MISSING_THERE):
        assert [each.specifier for each in asked if each.name == needed.name and not each.extras][:1] == [
            needed.specifier
        ]


def test_the_links_of_the_whole_course_are_printed_for_a_course_page() -> None:
    run = CliRunner()
    said = run.invoke(app, ["links"]).output
    assert "- L01 Define-by-run, define-and-run, exercise: [Colab](https://colab" in said
    there = run.invoke(app, ["links", "--hub", "https://hub.example.org/"]).output.splitlines()
    assert len(there) == said.count("[Colab]") > 0
    for line in there:
        address = urlsplit(line.partition("](")[2].removesuffix(")"))
        assert (address.netloc, address.path) == ("hub.example.org", "/hub/user-redirect/git-pull")
        (opened,) = parse_qs(address.query)["urlpath"]
        assert (ROOT / opened.removeprefix("lab/tree/graph-duet/")).is_file(), line
    notebooks = [*ROOT.glob("lessons/L*/*.ipynb"), *ROOT.glob("gpu_labs/G*/*.ipynb")]
    assert len({line.partition("urlpath=")[2] for line in there}) == len(there) == len(notebooks)
    refused = run.invoke(app, ["links", "--hub", "hub"]).exception
    assert str(refused) == "write the hub's whole address: --hub https://hub.example.org"
