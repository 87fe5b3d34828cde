"""Rebuild Google Colab's environment from its published list, and run a lesson and a lab there from a built wheel.

    python3.13 tools/try_colab.py dist/graph_duet-0.1.0-py3-none-any.whl

The first cell of each notebook installs the wheel, in place of the repository. Where PyTorch's own index cannot be
reached, pip's newest build of our range stands for Colab's torch; the versions that ran are printed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from packages import ROOT, Installer
from setup_environment import torch_requirement

NOTEBOOKS = ("lessons/L01_define_by_run/lesson.ipynb", "gpu_labs/G01_guards/exercise.ipynb")
REPOSITORY = "git+https://github.com/graph-duet/graph-duet"
# A lab that nobody has solved stops at each task: only what the given cells do counts here.
RUN = """
import json, sys, nbformat
from nbclient import NotebookClient
path, wheel, repository = sys.argv[1:]
notebook = nbformat.read(path, as_version=4)
# A CUDA build of torch brings Triton, which must come before TensorFlow; Colab's CPU build has none.
notebook.cells.insert(0, nbformat.v4.new_code_cell("try: import triton\\nexcept ImportError: pass"))
for cell in notebook.cells:
    cell.source = cell.source.replace(repository, wheel)
NotebookClient(notebook, timeout=600, kernel_name="python3", allow_errors=True).execute()
errors = [o.ename + ": " + o.evalue for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "error"]
print(json.dumps([e for e in errors if not e.startswith("NotImplementedError: task")]))
"""
VERSIONS = """
import sys, numba, tensorflow, torch
print(sys.version.split()[0], torch.__version__, tensorflow.__version__, numba.__version__)
"""


def ran(python, wheel, notebook):
    """Run a notebook of the checkout in Colab's environment: the errors that are not those of open tasks."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [str(python), "-c", RUN, str(ROOT / notebook), wheel, REPOSITORY]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    wheel = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="duet-colab-") as place:
        python = Path(place) / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        installer = Installer(python)
        installer.install_torch(torch_requirement(), gpu=False)
        os.environ["DUET_ANY_VERSIONS"] = "1"  # Colab's, not those that we test
        installer.install(["-r", "tools/colab-versions.txt"])
        subprocess.run([python, "-m", "ipykernel", "install", "--sys-prefix"], check=True)
        failed = False
        for notebook in NOTEBOOKS:
            start = time.monotonic()
            errors = ran(python, wheel, notebook)
            failed |= bool(errors)
            print(f"{notebook}: {time.monotonic() - start:.1f} s", *errors, sep="\n    ", flush=True)
        subprocess.run([python, "-c", VERSIONS], check=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
