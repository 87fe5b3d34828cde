"""JupyterLab's settings: ours are ours, a learner's stay, and `duet` is found from within."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph_duet import server


def test_what_the_learner_chose_stays_and_our_own_is_brought_up_to_date(tmp_path: Path) -> None:
    server.settings(tmp_path)
    chosen = next((tmp_path / ".duet" / "lab").rglob("notification.jupyterlab-settings"))
    ours = tmp_path / ".duet" / "config" / "jupyter_server_config.json"
    chosen.write_text('{"fetchNews": "true"}')
    ours.write_text("{}")
    server.settings(tmp_path)
    assert json.loads(chosen.read_text()) == {"fetchNews": "true"}
    assert json.loads(ours.read_text()) == server.SERVER


def test_duet_is_found_by_what_the_server_starts(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": "/usr/bin:/bin"} | server.settings(tmp_path)
    found = subprocess.run(["which", "duet"], env=environment, capture_output=True, text=True, check=False)
    assert Path(found.stdout.strip()) == Path(sys.executable).parent / "duet"


@pytest.mark.skipif(not hasattr(os, "forkpty"), reason="the test opens a terminal, which forks")
@pytest.mark.parametrize("options", [[], ["-l"]], ids=["plain", "login"])
def test_duet_is_found_at_the_prompt_of_a_shell(tmp_path: Path, options: list[str]) -> None:
    """A login shell sets the PATH again from /etc/profile."""
    pexpect = pytest.importorskip("pexpect", reason="there are no terminals of this kind on Windows")
    here = {"HOME": str(tmp_path), "TERM": "dumb", "PATH": "/usr/bin:/bin"}
    environment = {**os.environ, **here} | server.settings(tmp_path)
    shell = pexpect.spawn("bash", ["-i", *options], env=environment, timeout=60, encoding="utf-8")
    shell.sendline("echo found=$(command -v duet)=")
    shell.expect("found=(/[^=]*)=")
    shell.close()
    assert Path(shell.match[1]) == Path(sys.executable).parent / "duet"


def test_a_search_path_that_was_set_is_extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PATH", "/elsewhere")
    ours, theirs = server.settings(tmp_path)["JUPYTER_PATH"].split(os.pathsep)
    assert (Path(ours) / "kernels" / "python3" / "kernel.json").is_file()
    assert theirs == "/elsewhere"
