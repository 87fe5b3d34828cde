"""The built wheel beside packages that once had the same import names: nothing is overwritten, and all run."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import sysconfig
import venv
from collections import Counter
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Hugging Face's `kernels`, which transformers imports, and the `duet` that cirq needs.
BESIDE = ("transformers", "kernels", "duet")
USE_ALL = """
import duet, kernels, transformers
async def double(n): return 2 * n
assert duet.run(double, 21) == 42
import torch
assert transformers.activations.ACT2FN["relu"](torch.tensor([-1.0])).item() == 0.0
assert kernels.get_kernel is not None
import gpu_labs, graph_duet, graphviz_tools, lessons, widgets
graph_duet.show(torch.ones(2))
recording = graphviz_tools.record_torch(torch.relu, torch.ones(2))
print(len(recording.steps), [module.__file__ for module in (graph_duet, graphviz_tools, widgets, gpu_labs)])
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the wheel and `BESIDE`; other packages come from this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], check=True, timeout=600)
    wheel = next(folder.glob("graph_duet-*.whl"))
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run(
        [*pip, f"--python={python}", "install", "--no-deps", wheel, *BESIDE], check=True, timeout=600
    )
    (packages_of(folder / "venv") / "shared.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


def packages_of(environment: Path) -> Path:
    return Path(
        sysconfig.get_path("purelib", "venv", {"base": str(environment), "platbase": str(environment)})
    )


def test_no_file_belongs_to_two_packages(installed: Path) -> None:
    folder = packages_of(installed.parents[1])
    found = list(distributions(path=[str(folder)]))
    assert {each.name for each in found} >= {"graph-duet", *BESIDE}
    owners = Counter(str(file) for each in found for file in each.files or ())
    assert [file for file, number in owners.items() if number > 1] == []


def test_the_wheel_has_all_our_code_and_no_solution(installed: Path) -> None:
    folder = packages_of(installed.parents[1])
    rooms = ("graph_duet", "graphviz_tools", "widgets", "gpu_labs", "lessons")
    listed = subprocess.run(["git", "ls-files", *rooms], cwd=ROOT, capture_output=True, text=True, check=True)
    missing = [name for name in listed.stdout.splitlines() if not (folder / name).exists()]
    assert missing == [name for name in listed.stdout.splitlines() if is_for_authors(name)] != []


def is_for_authors(name: str) -> bool:
    sources = r"(lessons|gpu_labs)/[LG]\d\d_\w+/(lesson\.md|exercise\.md|answers\.py)"
    return re.fullmatch(sources, name) is not None


def test_all_run_side_by_side(installed: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [installed, "-c", USE_ALL], cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    assert ran.returncode == 0, ran.stderr
    assert "float32[2]" in ran.stdout
    assert ran.stdout.count(str(packages_of(installed.parents[1]))) == 4


def test_the_command_is_still_duet(installed: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [installed.with_name("duet"), "--version"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.stdout.startswith("graph-duet "), ran.stderr


def test_the_course_starts_in_an_empty_folder_and_says_what_it_copied(
    installed: Path, tmp_path: Path
) -> None:
    tried = load_tool("try_wheel")
    lines, page = tried.first_page(installed.with_name("duet"), tmp_path)
    assert re.fullmatch(r"Lessons in my-lessons: \d+ new\.", lines[0])
    assert "jupyter-config-data" in page
    assert (tmp_path / "my-lessons" / "lessons" / "L01_define_by_run" / "lesson.ipynb").is_file()


def load_tool(name: str) -> ModuleType:
    """A script of tools/, which import one another as they do when run."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "tools"))
