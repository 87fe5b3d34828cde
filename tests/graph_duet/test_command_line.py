"""The `duet` command as a shell sees it: a mistake is one line and exit status 2, a bug is a traceback and 70."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from gpu_labs import KernelTypeError
from graph_duet import cli
from graphviz_tools import load
from graphviz_tools.errors import NotInstalledError, UserError

DUET = [sys.executable, "-c", "from graph_duet.cli import main; main()"]
PROGRAM = """
import torch
w = torch.tensor(3.0, requires_grad=True)
def f(x):
    if x.sum() > 1:
        x = x * w
    return x.sum()
def nothing():
    return 3
"""


def duet(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DUET, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(PROGRAM)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "nowhere.py:f"], "duet: there is no file nowhere.py"),
        (["show", "model.py:g"], "duet: model.py has no g; it has f, nothing"),
        (
            ["show", "model.py:f"],
            "duet: model.py:f: missing a required argument: 'x'; give each argument with --input",
        ),
        (["show", "model.py:f", "-o", "x.pdf"], "duet: x.pdf should end in one of .html"),
        (["check", "nowhere.ipynb"], "nowhere.ipynb"),
        (["check", "model.py"], "model.py"),
        (["export", "L02", "-g", "typo.sqlite"], "duet: there is no gradebook typo.sqlite"),
        (["export", "L02", "--roster", "canvas.csv"], "duet: --roster is what Canvas or Moodle exported"),
        (["lab", "model.py"], "duet: model.py is a file: name a folder for the lessons"),
        (["check", "."], "duet: . is a folder: name the notebook in it"),
        (
            ["grade", ".", "-a", "L02", "--unsafe-no-sandbox"],
            "there is no bundle L02: `duet release FOLDER` makes it",
        ),
        (["override", "L02", "ann", "1", "two", "--reason", "x"], "duet: Invalid value for"),
        (
            ["override", "L02", "ann", "1", "-2", "--reason", "x", "-g", "typo.sqlite"],
            "there is no gradebook",
        ),
        (["override", "L02", "ann", "1", "2"], "; `duet override --help` lists what it takes"),
        (["grade", ".", "-a", ".", "--workers", "0"], "duet: Invalid value for '--workers'"),
        (["release", "."], "duet: there is no exercise.md: an exercise is released from its text"),
        (["frob"], "duet: No such command 'frob'; `duet --help` lists"),
    ],
)
def test_a_mistake_gives_one_line(program: Path, arguments: list[str], message: str) -> None:
    done = duet(*arguments, folder=program)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (program / "typo.sqlite").exists()


def run_and_raise(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status of `duet progress` when that command raises `error`."""
    monkeypatch.setattr("graph_duet.grading.progress.standings", Mock(side_effect=error))
    monkeypatch.setattr(sys, "argv", ["duet", "progress"])
    with pytest.raises(SystemExit) as exited:
        cli.main()
    assert isinstance(exited.value.code, int)
    return exited.value.code


@pytest.mark.parametrize(
    "bug",
    [
        TypeError("t"),
        ValueError("v"),
        KeyError("k"),
        RuntimeError("r"),
        OSError("no number"),
        ImportError("i"),
    ],
)
def test_our_own_bug_shows_its_traceback_and_asks_for_a_report(
    bug: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_and_raise(bug, monkeypatch) == 70
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert f"{type(bug).__name__}: {bug}" in printed
    assert "Please report it" in printed


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (UserError("name a file\nthat exists"), "duet: name a file that exists"),
        (NotInstalledError("run `pip install jax`"), "duet: run `pip install jax`"),
        (KernelTypeError("`x` is a list"), "duet: `x` is a list"),
        (OSError(28, "No space left on device"), "duet: No space left on device"),
        (PermissionError(13, "Permission denied", "marks.csv"), "duet: marks.csv: Permission denied"),
    ],
)
def test_what_the_user_can_correct_is_one_line(
    mistake: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_and_raise(mistake, monkeypatch) == 2
    assert capsys.readouterr().err.strip() == sentence


def test_ctrl_c_ends_the_command_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_and_raise(KeyboardInterrupt(), monkeypatch) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("message", "brief"),
    [
        ("ValueError: one\ntwo\nthree", "ValueError: one"),
        (
            "KernelError: out-of-bounds: line 5: y[i] = 1\n  thread 9 ...\n  Try: guard it.",
            "KernelError: out-of-bounds: line 5: y[i] = 1\nTry: guard it.",
        ),
        (
            "SyntaxError: '{' was never closed (439294345.py, line 1)",
            "SyntaxError: '{' was never closed (line 1)",
        ),
        (
            'OperatorNotAllowedInGraphError: in user code:\n\n    File "a.py", line 2, in f  *\n        if x:\n\n'
            "    OperatorNotAllowedInGraphError: Using a symbolic `tf.Tensor` as a `bool` is not allowed.\n",
            "OperatorNotAllowedInGraphError: Using a symbolic `tf.Tensor` as a `bool` is not allowed.",
        ),
        ("RuntimeError: " + "x" * 500, "RuntimeError: " + "x" * 226 + " …"),
        ("", ""),
    ],
)
def test_an_error_is_shortened_to_its_first_line_and_its_advice(message: str, brief: str) -> None:
    from graph_duet.commands.checking import in_brief

    assert in_brief(message) == brief


def test_show_writes_the_recording_of_a_users_program(program: Path) -> None:
    done = duet("show", "model.py:f", "-i", "torch.ones(3)", "-o", "f.json.gz", folder=program)
    assert done.returncode == 0, done.stderr
    recording = load(program / "f.json.gz")
    assert [step.op for step in recording.steps][:3] == ["sum", "gt", "__bool__"]
    assert "backward" in {step.phase for step in recording.steps}


def test_show_writes_a_page_that_stands_alone(program: Path) -> None:
    done = duet("show", "model.py:f", "-i", "torch.ones(3)", "--no-browser", folder=program)
    assert done.returncode == 0, done.stderr
    assert (program / "f.html").stat().st_size < 300_000


def test_a_program_without_a_tensor_says_so(program: Path) -> None:
    done = duet("show", "model.py:nothing", "--no-browser", folder=program)
    assert "Traceback" not in done.stderr
    assert "no tensor" in done.stdout + done.stderr


def test_doctor_finds_this_environment_whole(tmp_path: Path) -> None:
    done = duet("doctor", folder=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "Everything a learner needs is here." in done.stdout


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = duet("lab", "--no-browser", "--port", port, folder=tmp_path)
    assert f"duet: port {port} is in use" in done.stderr
