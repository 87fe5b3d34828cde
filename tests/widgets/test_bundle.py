"""One module and one style sheet out of plain files."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from widgets import js_bundle


def test_the_script_is_one_module_with_no_import_left():
    text = js_bundle.script()
    assert "export default { render }" in text
    assert "\nimport " not in text and 'from "./' not in text


def test_the_style_has_every_variable_that_it_uses():
    import re

    text = js_bundle.style()
    defined = set(re.findall(r"(--[\w-]+):", text))
    used = set(re.findall(r"var\((--[\w-]+)", text))
    assert used <= defined


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('import x from "./dom.js";\n', "write 'import x from"),
        ('import { a } from "./b.js";\n', "circle of imports"),
    ],
)
def test_a_file_that_cannot_be_bundled_is_named(tmp_path, monkeypatch, text, words):
    (tmp_path / "a.js").write_text(text)
    (tmp_path / "b.js").write_text('import { b } from "./a.js";\nexport const a = 1;\n')
    monkeypatch.setattr(js_bundle, "STATIC", tmp_path)
    js_bundle._text.cache_clear()
    js_bundle.script.cache_clear()
    try:
        with pytest.raises(ValueError, match=words):
            js_bundle.script("a.js")
    finally:
        js_bundle._text.cache_clear()
        js_bundle.script.cache_clear()


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_pure_parts_of_the_front_end_pass_their_own_tests():
    found = subprocess.run(
        ["node", "--test", *map(str, sorted(_tests()))], capture_output=True, text=True, timeout=60
    )
    assert found.returncode == 0, found.stdout[-3000:]


def _tests():
    return js_bundle.STATIC.parents[1].joinpath("tests", "widgets").glob("*.test.js")
