"""What installs packages: uv set up as pip is, pip where uv cannot, PyTorch without CUDA, one line of reason."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def packages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("packages", ROOT / "tools" / "packages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A bin folder whose `python` and `uv` note how they were called, and fail where a test says so."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("python", "uv"):
        program(folder / name, f'echo {name} "$@" >> {tmp_path}/calls\n[ ! -e {tmp_path}/{name}-fails ]')
    return folder


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def calls(folder: Path) -> list[str]:
    lines = (folder / "calls").read_text().splitlines()
    return [line for line in lines if "install" in line]


def test_the_tested_versions_are_installed_with_uv(packages: ModuleType, programs: Path) -> None:
    program(programs / "uv", f'echo uv "$@" ${{UV_CONSTRAINT##* }} >> {programs.parent}/calls')
    packages.Installer(programs / "python").install(["numpy"])
    assert calls(programs.parent) == [
        f"uv pip install --python {programs}/python numpy tools/tested-versions.txt"
    ]


def test_the_ends_of_the_range_can_be_tried(
    packages: ModuleType, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs / "uv", f'echo uv "$@" "[$UV_CONSTRAINT]" >> {programs.parent}/calls')
    monkeypatch.setenv("DUET_ANY_VERSIONS", "1")
    monkeypatch.delenv("UV_CONSTRAINT", raising=False)
    packages.Installer(programs / "python").install(["numpy"])
    assert "tested-versions" not in calls(programs.parent)[0]


def test_when_uv_fails_pip_installs_and_reports_it(
    packages: ModuleType, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (programs.parent / "uv-fails").touch()
    packages.Installer(programs / "python").install(["numpy"])
    made = calls(programs.parent)
    assert [line.split()[0] for line in made] == ["uv", "uv", "python"]
    assert "--constraint tools/tested-versions.txt" in made[-1] and "--no-compile" in made[-1]
    assert "with pip, which takes minutes" in capsys.readouterr().out


def test_where_nothing_can_install_the_last_reason_is_given(packages: ModuleType, programs: Path) -> None:
    for name in ("uv", "python"):
        program(
            programs / name,
            'case "$*" in *import*|*config*) ;; *) echo "error: no such thing"; exit 1;; esac',
        )
    with pytest.raises(packages.SetupError, match="error: no such thing"):
        packages.Installer(programs / "python").install(["numpy"])


def test_a_full_disk_is_reported_at_once(
    packages: ModuleType, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs / "uv", "echo 'failed to write: No space left on device (os error 28)' >&2; exit 2")
    with pytest.raises(packages.SetupError, match=r"^the disk is full$"):
        packages.Installer(programs / "python").install(["numpy"])
    assert capsys.readouterr().out == ""


def test_pip_installs_uv_when_it_is_missing(
    packages: ModuleType, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (programs / "uv").unlink()
    program(
        programs / "python",
        f'case "$*" in *"install"*uv) printf "#!/bin/sh\\n" > {programs}/uv; chmod +x {programs}/uv;; esac',
    )
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert packages.Installer(programs / "python").uv == f"{programs}/uv"


def test_without_a_network_one_line_says_so(
    packages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real pip, asked for uv, with an index that nobody serves."""
    venv.create(tmp_path / "empty", with_pip=False)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(packages.SetupError, match=r"^no package index answers: check the network"):
        packages.Installer(tmp_path / "empty" / "bin" / "python")


def test_pip_s_own_configuration_is_read(
    packages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real pip; a variable wins over a file, and the section for `install` over the global one."""
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://mirror/simple\ncert = /global.pem\ntimeout = 7\n"
        "extra-index-url =\n    https://a/simple\n    https://b/simple\n[install]\ncert = /install.pem\n"
    )
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("PIP_TIMEOUT", "9")
    read = packages.read_pip_configuration([sys.executable, "-m", "pip"])
    assert read["index-url"] == "https://mirror/simple"
    assert read["extra-index-url"].split() == ["https://a/simple", "https://b/simple"]
    assert read["cert"] == "/install.pem"
    assert read["timeout"] == "9"


def test_uv_is_set_up_as_pip_is(packages: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in packages.UV_SETTINGS.values():
        monkeypatch.delenv(name, raising=False)
    settings = packages.uv_environment(
        {
            "index-url": "https://mirror/simple",
            "extra-index-url": "https://a/simple\nhttps://b/simple",
            "find-links": "/wheels /more",
            "constraint": "/etc/limits.txt",
            "cert": "/company.pem",
            "proxy": "http://proxy:3128",
        },
        packages.TESTED,
    )
    assert settings["UV_INDEX_URL"] == "https://mirror/simple"
    assert settings["UV_EXTRA_INDEX_URL"] == "https://a/simple https://b/simple"
    assert settings["UV_FIND_LINKS"] == "/wheels,/more"
    assert settings["UV_CONSTRAINT"] == "/etc/limits.txt tools/tested-versions.txt"
    assert settings["SSL_CERT_FILE"] == "/company.pem"
    assert settings["ALL_PROXY"] == "http://proxy:3128"


def test_what_the_user_set_for_uv_stays(packages: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX_URL", "https://mine/simple")
    assert (
        packages.uv_environment({"index-url": "https://pip-s/simple"})["UV_INDEX_URL"]
        == "https://mine/simple"
    )


@pytest.mark.parametrize(
    ("gpu", "index_answers", "cuda_from", "options"),
    [
        (True, True, ([], ["--no-index"]), ["torch"]),
        (False, True, ([],), ["torch", "--no-deps", "--index-url", "https://download.pytorch.org/whl/cpu"]),
        (False, False, (), ["torch", "--no-deps"]),
        (
            False,
            False,
            ([],),
            ["torch", "--no-deps", "--no-index"],
        ),  # a CPU wheel that pip's find-links names
    ],
)
def test_torch_comes_without_cuda_unless_there_is_a_gpu(
    packages: ModuleType,
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
    gpu: bool,
    index_answers: bool,
    cuda_from: tuple[list[str], ...],
    options: list[str],
) -> None:
    installer, asked = linux_installer(packages, programs, monkeypatch)
    monkeypatch.setattr(packages, "answers", lambda url: index_answers)
    monkeypatch.setattr(installer, "draws_in_cuda", lambda requirement, source: source in cuda_from)
    installer.install_torch("torch", gpu)
    assert asked == [options]


def test_gigabytes_of_cuda_are_refused_on_a_machine_without_a_gpu(
    packages: ModuleType, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer, asked = linux_installer(packages, programs, monkeypatch)
    monkeypatch.setattr(packages, "answers", lambda url: False)
    monkeypatch.setattr(installer, "draws_in_cuda", lambda requirement, source: True)
    with pytest.raises(packages.SetupError, match="does not answer"):
        installer.install_torch("torch", gpu=False)
    assert asked == []


def linux_installer(
    packages: ModuleType, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[object, list[list[str]]]:
    """An installer on a user's Linux PC that notes what it is asked to install."""
    installer, asked = packages.Installer(programs / "python"), []
    monkeypatch.setattr(installer, "install", asked.append)
    monkeypatch.setattr(packages.sys, "platform", "linux")
    monkeypatch.setattr(packages.platform, "machine", lambda: "x86_64")
    return installer, asked


@pytest.mark.parametrize(
    ("needs", "cuda"), [("nvidia-cudnn-cu13; platform_system == 'Linux'", True), ("sympy", False)]
)
def test_cuda_is_seen_in_what_pip_would_install(
    packages: ModuleType, programs: Path, needs: str, cuda: bool
) -> None:
    report = f'{{"install": [{{"metadata": {{"requires_dist": ["{needs}"]}}}}]}}'
    program(programs / "python", f"cat <<'END'\n{report}\nEND")
    assert packages.Installer(programs / "python").draws_in_cuda("torch", []) is cuda


def test_a_closed_network_answers_within_seconds(packages: ModuleType) -> None:
    assert packages.answers("http://127.0.0.1:9/simple") is False


def test_the_reason_is_found_in_pip_s_many_lines(packages: ModuleType) -> None:
    lines = (
        b"  error: subprocess-exited-with-error\n\n  note: this is no problem with pip.\nhint: See above.\n"
    )
    assert packages.explained(lines) == "error: subprocess-exited-with-error"


def test_pip_says_how_far_it_is(
    packages: ModuleType, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs / "many", "for i in $(seq 45); do echo Collecting p$i; done")
    packages.run([str(programs / "many")])
    assert capsys.readouterr().out.split("\n")[:2] == ["      20 packages found", "      40 packages found"]


def test_the_tested_versions_are_the_ones_that_run_here() -> None:
    """The list names what the project requires, at versions that its pins allow."""
    import tomllib

    from packaging.requirements import Requirement

    listed = [Requirement(line) for line in (ROOT / "tools/tested-versions.txt").read_text().splitlines()]
    versions: dict[str, list[str]] = {}
    for each in listed:
        versions.setdefault(each.name, []).append(next(iter(each.specifier)).version)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = [Requirement(line) for line in project["dependencies"]]
    required = [each for each in required if each.name != "torch"]  # it comes from an index of its own
    assert [each.name for each in required if each.name not in versions] == []
    outside = [str(each) for each in required for one in versions[each.name] if one not in each.specifier]
    assert outside == []
    assert not [name for name in versions if name.startswith(("nvidia-", "torch", "triton"))]


def test_an_installer_without_its_own_pip_uses_the_one_outside(packages: ModuleType, tmp_path: Path) -> None:
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / "bin" / "python"
    program(python.parent / "uv", "true")
    command = packages.Installer(python).pip_install()
    assert command[:5] == [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run([*command[:5], "list"], check=True, stdout=subprocess.DEVNULL)
