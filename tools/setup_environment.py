"""Create `.venv` and install Graph Duet into it: quickly when there is nothing to do, in one line when it cannot.

Standard library only, and in the syntax of old Pythons, since it runs before anything is installed and has to
be able to say that Python is too old.

    python3 tools/setup_environment.py [--extra test] [--extra jax] ...
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST, NEWEST = (3, 11), (3, 13)
FREE_GIB = 6
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


class SetupError(Exception):
    """Something is missing that the learner has to supply; its text is the whole message."""


def main():
    parser = argparse.ArgumentParser(description="Create .venv and install Graph Duet into it.")
    parser.add_argument("--extra", action="append", default=[], help="an extra of pyproject.toml; repeatable")
    parser.add_argument("--venv", default=os.path.join(ROOT, ".venv"))
    options = parser.parse_args()
    try:
        use_supported_python()
        install(os.path.abspath(options.venv), sorted(set(options.extra)))
    except SetupError as missing:
        print("graph-duet: %s" % missing, file=sys.stderr)
        return 1
    return 0


def use_supported_python():
    """Go on in a supported Python, changing to another on the PATH where this one is not."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which("python3.%d" % minor)
        if other:
            os.execv(other, [other] + sys.argv)
    raise SetupError(
        "Python 3.11, 3.12 or 3.13 is needed and this is %s: install one, or name it with `make PYTHON=...`"
        % platform.python_version()
    )


def install(venv, extras):
    gpu = has_nvidia_gpu()
    extras = sorted(set(extras) | ({"gpu"} if gpu else set()))
    stamp = os.path.join(venv, "graph-duet-installed.json")
    wanted = fingerprint(extras)
    if is_covered(stamp, wanted):
        return
    if shutil.disk_usage(ROOT).free < FREE_GIB * 2**30:
        raise SetupError("the disk is nearly full: %d GiB are needed under %s" % (FREE_GIB, ROOT))
    python = venv_python(venv)
    say(1, "environment in %s" % os.path.relpath(venv, os.getcwd()))
    if not os.path.exists(python):
        create_venv(venv)
    say(2, "PyTorch (%s)" % ("with CUDA" if gpu else "CPU build"))
    install_torch(python, gpu)
    say(3, "Graph Duet and what it uses (%s)" % (", ".join(extras) or "no extras"))
    target = ROOT + ("[%s]" % ",".join(extras) if extras else "")
    pip(python, ["--editable", target])
    say(4, "done")
    with open(stamp, "w") as file:
        json.dump(wanted, file)


def say(step, text):
    print("[%d/4] %s" % (step, text), flush=True)


def fingerprint(extras):
    """What the environment was made from: the project file's hash and the extras."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        project = hashlib.sha256(file.read()).hexdigest()
    return {"project": project, "root": ROOT, "python": platform.python_version(), "extras": extras}


def is_covered(stamp, wanted):
    """True when the environment was made from the same project file with at least these extras."""
    try:
        with open(stamp) as file:
            made = json.load(file)
    except (OSError, ValueError):
        return False
    same = all(made.get(key) == wanted[key] for key in ("project", "root", "python"))
    return same and set(wanted["extras"]) <= set(made.get("extras", []))


def has_nvidia_gpu():
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return False
    return subprocess.run([smi, "-L"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.startswith(b"GPU")


def venv_python(venv):
    return os.path.join(venv, "Scripts", "python.exe") if os.name == "nt" else os.path.join(venv, "bin", "python")


def create_venv(venv):
    made = subprocess.run([sys.executable, "-m", "venv", venv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode:
        if b"ensurepip" in made.stdout:
            raise SetupError("this Python cannot make environments: run `apt-get install python3-venv` and try again")
        raise SetupError("could not create %s: %s" % (venv, last_line(made.stdout)))


def install_torch(python, gpu):
    """PyTorch first and alone, so that no later requirement draws in a build with gigabytes of CUDA packages."""
    with_cuda = sys.platform.startswith("linux") and platform.machine() == "x86_64"
    requirement = torch_requirement()
    if gpu or not with_cuda or is_installed(python, requirement):
        pip(python, [requirement])
    elif answers(TORCH_CPU_INDEX + "/torch/"):
        pip(python, [requirement, "--index-url", TORCH_CPU_INDEX])
    elif not draws_in_cuda(python, requirement):
        pip(python, [requirement])
    else:
        raise SetupError(
            "PyTorch's CPU index (%s) does not answer, and elsewhere torch brings gigabytes of CUDA packages: "
            "check the network and try again" % TORCH_CPU_INDEX
        )


def torch_requirement():
    with open(os.path.join(ROOT, "pyproject.toml")) as file:
        for line in file:
            if line.strip().startswith('"torch'):
                return line.strip().strip('",')
    raise SetupError("pyproject.toml names no torch: the checkout is damaged")


def is_installed(python, requirement):
    report = dry_run(python, requirement)
    return report is not None and not report.get("install")


def draws_in_cuda(python, requirement):
    """True when what pip would install for `requirement` depends on NVIDIA's CUDA packages, or pip finds nothing."""
    report = dry_run(python, requirement)
    if report is None:
        raise SetupError("no package index answers: check the network and try again")
    needs = [need for found in report["install"] for need in found["metadata"].get("requires_dist", [])]
    return any(need.lower().startswith(("nvidia-", "cuda-")) for need in needs)


def dry_run(python, requirement):
    """pip's plan for `requirement` alone, or None when it finds no way."""
    command = [python, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps", "--report", "-", requirement]
    planned = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        return json.loads(planned.stdout.decode()) if planned.returncode == 0 else None
    except ValueError:
        return None


def answers(url, seconds=5):
    """True when `url` answers soon; one try, so that a closed network costs seconds and not minutes."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds):
            return True
    except (urllib.error.URLError, OSError):
        return False


def pip(python, arguments):
    """`pip install`, with its own progress bars on a terminal and its last line as the error."""
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--retries", "2"] + arguments
    if sys.stdout.isatty():
        failed = subprocess.run(command).returncode
        reason = "see pip's lines above"
    else:
        done = subprocess.run(command + ["--quiet"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        failed, reason = done.returncode, explained(done.stdout)
    if failed:
        raise SetupError("installing %s failed: %s" % (arguments[-1] if len(arguments) < 3 else arguments[0], reason))


def explained(output):
    """The one thing that a learner can act on in pip's output."""
    if b"No space left" in output:
        return "the disk is full"
    if b"NewConnectionError" in output or b"Name or service not known" in output or b"ReadTimeout" in output:
        return "no package index answers: check the network and try again"
    return last_line(output)


def last_line(output):
    errors = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    named = [line for line in errors if line.startswith("ERROR")]
    return (named or errors or ["no reason given"])[-1]


if __name__ == "__main__":
    sys.exit(main())
