"""Create `.venv` and install Graph Duet: quick when nothing is to do, and one clear line when it fails.

Standard library only, and no syntax newer than Python 3.6: it runs before anything is installed, and must be able to
say that Python is too old.

    python3 tools/setup_environment.py [--extra test] [--extra jax] ... [--here]
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from packages import ROOT, TESTED, Installer, SetupError, base_has_pip, explained

OLDEST, NEWEST = (3, 11), (3, 13)
FREE_GIB = 6  # for a whole environment and temporary files


def main():
    parser = argparse.ArgumentParser(description="Create .venv and install Graph Duet into it.")
    parser.add_argument("--extra", action="append", default=[], help="an extra of pyproject.toml; repeatable")
    parser.add_argument("--here", action="store_true", help="into the Python that runs this, not into .venv")
    options = parser.parse_args()
    try:
        use_supported_python()
        refuse_intel_macs()
        install(Path(sys.prefix) if options.here else ROOT / ".venv", options.extra)
    except (SetupError, KeyboardInterrupt, OSError) as missing:
        print(f"graph-duet: {in_words(missing)}", file=sys.stderr)
        return 1
    return 0


def in_words(missing):
    if isinstance(missing, KeyboardInterrupt):
        return "stopped; the same command goes on from here"
    if isinstance(missing, OSError):
        return f"{missing.filename or ROOT}: {missing.strerror or missing}"
    return str(missing)


def use_supported_python():
    """Continue in a supported Python: this one, or another one on the PATH."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if (
            other
            and subprocess.run([other, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0
        ):
            os.execv(other, [other, *sys.argv])
    raise SetupError(
        "Python 3.11, 3.12 or 3.13 is needed and this is "
        f"{platform.python_version()}: install one, or name it with `make PYTHON=...`"
    )


def refuse_intel_macs():
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise SetupError(
            "PyTorch has no build of these versions for Intel Macs: open the lessons on Binder or Colab "
            "(docs/where-it-runs.md)"
        )


def install(venv, extras):
    """Make `venv` when it is missing, and install Graph Duet with `extras` into it."""
    gpu = has_nvidia_gpu()
    wanted = fingerprint({*extras, "gpu"} if gpu else extras)
    stamp = venv / "graph-duet-installed.json"
    if is_covered(stamp, wanted):
        return
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    usable = is_usable(python, venv, stamp, wanted)
    require_room_and_permission(FREE_GIB if not usable else FREE_GIB / 3)
    say(1, f"environment in {venv.name}")
    if usable:  # what it has stays, and is updated
        wanted = fingerprint({*wanted["extras"], *read_stamp(stamp).get("extras", [])})
    else:
        create_venv(venv)
    say(2, "PyTorch ({})".format("with CUDA" if gpu else "CPU build"))
    installer = Installer(python)
    installer.install_torch(torch_requirement(), gpu)
    names = ",".join(wanted["extras"])
    say(3, "Graph Duet and what it uses ({})".format(names or "no extras"))
    installer.install(["--editable", f".[{names}]" if names else ".", "pip"])
    stamp.write_text(json.dumps(wanted))
    say(4, "done")


def say(step, text):
    print(f"[{step}/4] {text}", flush=True)


def fingerprint(extras):
    """What decides an environment: the hash of pins and versions, the place, the Python, the extras."""
    pins = (ROOT / "pyproject.toml").read_bytes() + (ROOT / TESTED).read_bytes()
    project = hashlib.sha256(pins).hexdigest()
    python = platform.python_version()
    return {"project": project, "root": str(ROOT), "python": python, "extras": sorted(set(extras))}


def is_covered(stamp, wanted):
    """True when the environment has the same fingerprint, with at least these extras."""
    made = read_stamp(stamp)
    same = all(made.get(key) == wanted[key] for key in ("project", "root", "python"))
    return same and set(wanted["extras"]) <= set(made.get("extras", []))


def read_stamp(stamp):
    try:
        return json.loads(stamp.read_text())
    except (OSError, ValueError):
        return {}


def is_usable(python, venv, stamp, wanted):
    """True when packages can be added to `venv`: complete, of this Python, not moved since it was made."""
    if not python.exists():
        return False
    if venv == Path(sys.prefix):
        return True
    made = read_stamp(stamp)
    moved = made.get("root", wanted["root"]) != wanted["root"]
    made_for, wanted_for = (each.get("python", "").rpartition(".")[0] for each in (made or wanted, wanted))
    command = [str(python), "-m", "pip", "--version"]
    has_pip = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return has_pip.returncode == 0 and not moved and made_for == wanted_for


def require_room_and_permission(gib):
    if not os.access(str(ROOT), os.W_OK):
        raise SetupError(f"no permission to write in {ROOT}: clone the repository to a folder of your own")
    if shutil.disk_usage(str(ROOT)).free < gib * 2**30:
        raise SetupError(f"the disk is nearly full: {gib:.0f} GiB are needed under {ROOT}")


def has_nvidia_gpu():
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return False
    listed = subprocess.run([smi, "-L"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return listed.stdout.startswith(b"GPU")


def create_venv(venv):
    without = ["--without-pip"] if base_has_pip() else []  # the base pip works too, until uv installs one
    command = [sys.executable, "-m", "venv", "--clear", *without, str(venv)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if made.returncode and b"ensurepip" in made.stdout:
        raise SetupError("this Python makes no environments: `apt-get install python3-venv`, then again")
    if made.returncode:
        raise SetupError(f"could not create {venv}: {explained(made.stdout)}")


def torch_requirement():
    for line in (ROOT / "pyproject.toml").read_text().splitlines():
        if line.strip().startswith('"torch'):
            return line.strip().strip('",')
    raise SetupError("pyproject.toml names no torch: the checkout is damaged")


if __name__ == "__main__":
    sys.exit(main())
