"""Rebuild the environment of Google Colab or Kaggle from their published lists, and run a lesson and a lab there.

    python3.13 tools/try_hosted.py colab dist/graph_duet-0.1.0-py3-none-any.whl
    python3.12 tools/try_hosted.py kaggle dist/graph_duet-0.1.0-py3-none-any.whl

The first cell of each notebook installs the wheel, in place of the repository. Then `%duet check` checks the lab with
its solutions, and must find every task right. Where PyTorch's own index does not answer, the same version of torch
comes with CUDA.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from packages import ROOT, TORCH_CPU_INDEX, Installer, SetupError, answers

NOTEBOOKS = ("lessons/L01_define_by_run/lesson.ipynb", "gpu_labs/G01_guards/exercise.ipynb")
REPOSITORY = "git+https://github.com/graph-duet/graph-duet"
# What Colab offers its widgets, and a kernel's answer to it: anywidget asks there for Colab's own widget manager.
COLAB = """
import sys, types
google, colab, output = map(types.ModuleType, ("google", "google.colab", "google.colab.output"))
output._widgets = types.SimpleNamespace(_installed_url=None)
output.enable_custom_widget_manager = lambda: setattr(output._widgets, "_installed_url", "colab's manager")
sys.modules.update({"google.colab": colab, "google.colab.output": output})
"""
# A CUDA build of torch brings Triton, which must come before TensorFlow.
TRITON = "try: import triton\nexcept ImportError: pass"
RUN = """
import json, os, sys, nbformat
from pathlib import Path
from nbclient import NotebookClient
source, wheel, repository, prelude = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
cell = nbformat.v4.new_code_cell
if Path(source).stem == "exercise":
    from graph_duet.authoring.notebooks_from_text import solved_notebook
    solved = {each.id: each.source for each in solved_notebook(Path(source).parent).cells}
    for each in notebook.cells:
        if each.metadata.get("duet", {}).get("kind") in ("answer", "kernel"):
            each.source = solved[each.id]
    nbformat.write(notebook, "solved.ipynb")
    notebook.cells += [cell("%load_ext graph_duet.lab"), cell("%duet check solved.ipynb")]
notebook.cells[:0] = [cell(prelude)]
for each in notebook.cells:
    each.source = each.source.replace(repository, wheel)
NotebookClient(notebook, timeout=600, kernel_name="python3", allow_errors=True).execute()
outputs = [each for one in notebook.cells for each in one.get("outputs", [])]
widgets = [each for each in outputs if "application/vnd.jupyter.widget-view+json" in each.get("data", {})]
print(json.dumps({
    "errors": [each.ename + ": " + each.evalue for each in outputs if each.output_type == "error"],
    "widgets": len(widgets),
    "managed": sum("custom_widget_manager" in str(each.metadata) for each in widgets),
    "last": "".join(each.get("text", "") for each in notebook.cells[-1].get("outputs", [])),
}))
"""
VERSIONS = """
import sys, ipywidgets, numba, numpy, tensorflow, torch
shown = (torch, tensorflow, numba, numpy, ipywidgets)
print("Python", sys.version.split()[0], *(f"{each.__name__} {each.__version__}" for each in shown))
"""


def versions(place):
    """The published versions of a place, and its Python and torch among them."""
    published = f"tools/hosted/{place}.txt"
    text = (ROOT / published).read_text()
    python = re.search(r"python (3\.\d+)", text)[1]
    torch = re.search(r"^torch==.+", text, re.MULTILINE)[0]
    if f"{sys.version_info[0]}.{sys.version_info[1]}" != python:
        raise SetupError(f"{place} has Python {python}: run this script with python{python}")
    return published, torch


def rebuild(place, folder):
    """Make the environment of `place` in `folder`. Returns its Python."""
    published, torch = versions(place)
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    os.environ["DUET_ANY_VERSIONS"] = "1"  # the place's, not those that we test
    installer = Installer(python)
    installer.install_torch(torch, gpu=not answers(TORCH_CPU_INDEX + "/torch/"))
    installer.install(["-r", published, "jupytext"])  # Jupytext reads the lab's solutions
    subprocess.run([python, "-m", "ipykernel", "install", "--sys-prefix"], check=True)
    return python


def ran(python, wheel, notebook, prelude, folder):
    """Run a notebook of the checkout in the rebuilt environment. Returns what RUN prints of it."""
    patience = {"DUET_START_SECONDS": "600"}  # that this machine is busy is not the place's failure
    environment = {**os.environ, **patience, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [str(python), "-c", RUN, str(ROOT / notebook), wheel, REPOSITORY, prelude]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def problems(place, notebook, found):
    """What is wrong with a notebook of which RUN printed `found`, a line each; no line where all is well."""
    wrong = list(found["errors"])
    if place == "colab" and found["managed"] < found["widgets"]:
        wrong.append(f"{found['widgets'] - found['managed']} widgets do not ask for Colab's own manager")
    if notebook.endswith("exercise.ipynb"):
        points = re.search(r"(?P<got>[\d.]+) of (?P<most>[\d.]+) points", found["last"])
        marks = re.findall(r"^([✓✎○✗]) (\S+)", found["last"], re.MULTILINE)
        if points is None or not marks:
            wrong.append("%duet check printed no points or no task")
        elif points["got"] != points["most"]:
            wrong.append(f"%duet check: {points[0]}")
        wrong += [f"%duet check: {mark} {task}" for mark, task in marks if mark != "✓"]
    return wrong


def main():
    place, wheel = sys.argv[1], str(Path(sys.argv[2]).resolve())
    prelude = (COLAB if place == "colab" else "") + TRITON
    failed = False
    with tempfile.TemporaryDirectory(prefix=f"duet-{place}-") as folder:
        start = time.monotonic()
        python = rebuild(place, Path(folder))
        print(f"{place}'s environment: {time.monotonic() - start:.1f} s", flush=True)
        for notebook in NOTEBOOKS:
            start = time.monotonic()
            found = ran(python, wheel, notebook, prelude, folder)
            wrong = problems(place, notebook, found)
            failed |= bool(wrong)
            print(
                f"{notebook}: {time.monotonic() - start:.1f} s, {len(found['errors'])} errors, "
                f"{found['widgets']} widgets, {found['managed']} of them for Colab's own manager",
                found["last"],
                *(f"WRONG: {line}" for line in wrong),
                sep="\n",
                flush=True,
            )
        subprocess.run([python, "-c", VERSIONS], check=True)
    return int(failed)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SetupError as missing:
        sys.exit(f"graph-duet: {missing}")
