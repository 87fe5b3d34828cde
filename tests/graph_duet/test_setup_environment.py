"""The installer: right source for torch, quick the second time, one line when something is missing."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def packages() -> ModuleType:
    return load("packages")


@pytest.fixture
def setup(packages: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setitem(sys.modules, "packages", packages)
    return load("setup_environment")


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Asked:
    """Stands for the Installer: what it is asked to install, instead of installing it."""

    def __init__(self, python: Path) -> None:
        self.calls: list[list[str]] = []

    def install_torch(self, requirement: str, gpu: bool) -> None:
        pass

    def install(self, arguments: list[str]) -> None:
        self.calls.append(arguments)


def test_a_full_disk_is_named(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda _: usage(10, 9, 1))
    with pytest.raises(setup.SetupError, match="disk is nearly full: 6 GiB are needed"):
        setup.install(tmp_path / "venv", [])


def test_an_old_python_is_named(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(setup.shutil, "which", lambda _: None)
    with pytest.raises(setup.SetupError, match=r"Python 3\.11, 3\.12 or 3\.13 is needed"):
        setup.use_supported_python()


def test_python_2_which_cannot_read_the_installer_is_refused_by_make(tmp_path: Path) -> None:
    python = tmp_path / "python2.7"
    python.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (2, 7, 18); $2"\n'
    )
    python.chmod(0o755)
    command = ["make", "--no-print-directory", "install", f"PYTHON={python}"]
    made = subprocess.run(command, cwd=TOOLS.parent, capture_output=True, text=True, check=False)
    assert made.returncode
    assert made.stderr.startswith(
        "graph-duet: Python 3.11, 3.12 or 3.13 is needed: name it with make PYTHON=...\n"
    )


def test_an_intel_mac_is_sent_elsewhere(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.sys, "platform", "darwin")
    monkeypatch.setattr(setup.platform, "machine", lambda: "x86_64")
    with pytest.raises(setup.SetupError, match="Intel Macs: open the lessons on Binder or Colab"):
        setup.refuse_intel_macs()
    monkeypatch.setattr(setup.platform, "machine", lambda: "arm64")
    setup.refuse_intel_macs()


def test_a_second_run_does_nothing_and_more_extras_do(setup: ModuleType, tmp_path: Path) -> None:
    stamp = tmp_path / "stamp"
    stamp.write_text(json.dumps(setup.fingerprint(["test", "jax"])))
    assert setup.is_covered(stamp, setup.fingerprint(["test"]))
    assert not setup.is_covered(stamp, setup.fingerprint(["test", "onnx"]))


def test_an_extra_that_is_there_is_kept_up_to_date_by_a_run_without_it(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = Asked(tmp_path)
    environment(tmp_path)
    stamp = tmp_path / "graph-duet-installed.json"
    stamp.write_text(json.dumps(setup.fingerprint(["jax"]) | {"project": "as it was before"}))
    monkeypatch.setattr(setup, "Installer", lambda python: asked)
    monkeypatch.setattr(setup, "has_nvidia_gpu", lambda: False)
    setup.install(tmp_path, ["test"])
    assert asked.calls == [["--editable", ".[jax,test]", "pip"]]
    assert json.loads(stamp.read_text())["extras"] == ["jax", "test"]


def environment(folder: Path, pip_works: bool = True) -> Path:
    """A venv whose Python does nothing but say whether it has pip."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\nexit {0 if pip_works else 1}\n")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize(
    ("made", "pip_works", "usable"),
    [
        ({}, True, True),
        ({}, False, False),  # stopped halfway
        ({"root": "/elsewhere"}, True, False),  # moved: its scripts name the old place
        ({"python": "3.8.1"}, True, False),
    ],
)
def test_an_environment_that_would_not_work_is_made_again(
    setup: ModuleType, tmp_path: Path, made: dict[str, str], pip_works: bool, usable: bool
) -> None:
    wanted = setup.fingerprint([])
    python = environment(tmp_path / "venv", pip_works)
    stamp = tmp_path / "stamp"
    stamp.write_text(json.dumps(wanted | made))
    assert setup.is_usable(python, tmp_path / "venv", stamp, wanted) is usable


def test_a_folder_without_permission_is_named(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup.os, "access", lambda *_: False)
    with pytest.raises(setup.SetupError, match="no permission to write in"):
        setup.install(tmp_path / "venv", [])


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (KeyboardInterrupt(), "stopped"),
        (PermissionError(13, "Permission denied", "a/b"), "a/b: Permission denied"),
    ],
)
def test_what_stops_the_installer_is_one_line(
    setup: ModuleType,
    mistake: BaseException,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(*_: object) -> None:
        raise mistake

    monkeypatch.setattr(setup, "install", stop)
    monkeypatch.setattr(setup.sys, "argv", ["setup_environment.py"])
    assert setup.main() == 1
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("script", ["setup_environment.py", "packages.py"])
def test_the_script_parses_in_old_pythons(script: str) -> None:
    """It has to run in order to say that Python is too old."""
    check = f"import ast; ast.parse(open({str(TOOLS / script)!r}).read(), feature_version=(3, 7))"
    subprocess.run([sys.executable, "-c", check], check=True)
