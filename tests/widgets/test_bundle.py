"""The front end as one module and one style sheet, built from plain files."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from graphviz_tools.drawing.palette import KIND_COLOUR
from widgets.front_end import script, style

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = ROOT / "widgets" / "bundles"
ENTRIES = ("app.js", "kernel_app.js", "trace_cache_app.js")


@pytest.mark.skipif(
    not (ROOT / "node_modules/.bin/esbuild").exists(), reason="`npm ci` has not installed esbuild"
)
def test_the_bundles_are_what_the_sources_give(tmp_path):
    subprocess.run(
        ["npm", "run", "--silent", "bundle", "--", f"--outdir={tmp_path}"], cwd=ROOT, check=True, timeout=60
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in BUNDLES.iterdir())
    stale = [
        path.name for path in tmp_path.iterdir() if path.read_text() != (BUNDLES / path.name).read_text()
    ]
    assert not stale, "run `npm run bundle` and commit widgets/bundles"


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_bundle_imports_nothing_and_exports_what_a_widget_and_a_page_need(entry):
    text = script(entry)
    assert not re.search(r"^import\b", text, re.MULTILINE)
    exported = re.search(r"^export \{([^}]*)\};$", text, re.MULTILINE)
    assert exported is not None
    # A page calls `page` by this name, in the same module.
    assert [name.split(" as ")[-1].strip() for name in exported[1].split(",")] == ["default", "page"]
    assert "\nfunction page(" in text


def test_the_style_has_every_variable_that_it_uses():
    text = style()
    defined = set(re.findall(r"(--[\w-]+):", text))
    used = set(re.findall(r"var\((--[\w-]+)\)", text))  # one with a fallback may be undefined
    assert used <= defined


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_pure_parts_of_the_front_end_pass_their_own_tests():
    tests = sorted(map(str, (ROOT / "tests" / "widgets").glob("*.test.js")))
    ran = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout[-3000:]


def test_the_colours_of_boxes_have_one_source() -> None:
    theme = (ROOT / "widgets" / "static" / "theme.css").read_text(encoding="utf-8")
    for kind, colour in KIND_COLOUR.items():
        rule = f".duet .box.{kind} rect{{fill:var(--duet-{colour}-fill);stroke:var(--duet-{colour}-line)}}"
        assert rule in style() or kind == "op"
        assert not re.search(rf"\.box\.{kind} rect [^}}]*fill: var", theme)


@pytest.mark.parametrize(
    "text", ["0.5, 1, 2, 4, 8", '"loop", "cond", "body"', "●", '"kB"', "213, 94, 0", "graph-duet.view"]
)
def test_what_python_and_the_front_end_both_show_is_written_once(text: str) -> None:
    """It is in appearance.json, which both read. The turn of a loop has a dot of its own."""
    own = {"graph_panel.js"} if text == "●" else set[str]()
    places = [*(ROOT / "widgets/static").glob("*.js"), *(ROOT / "widgets").glob("*.py")]
    found = {path.name for path in places if text in path.read_text("utf-8")}
    assert found - own == set()
