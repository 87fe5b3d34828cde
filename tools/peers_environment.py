"""Make `.venv-peers`: the benchmarks' peers, in a layer over `.venv` that shadows nothing for learners.

    python3 tools/peers_environment.py

The peers (nbgrader above all) install JupyterLab extensions, so they stay out of `.venv`. Packages that `.venv`
has already are used from there. Without a network the benchmarks still run, and say what is missing.
"""

import subprocess
import sys
from pathlib import Path

from packages import ROOT, Installer, SetupError

LAYER = ROOT / ".venv-peers"


def main() -> int:
    stamp = LAYER / "graph-duet-peers.txt"
    wanted = "\n".join(peers())
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    try:
        make_layer()
        print("[1/1] the benchmarks' peers in .venv-peers", flush=True)
        Installer(LAYER / "bin" / "python").install(peers())
        stamp.write_text(wanted)
    except SetupError as missing:
        print(f"graph-duet: {missing}; benchmarks of these peers will say so", file=sys.stderr)
    return 0


def peers() -> list[str]:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["optional-dependencies"]["peers"]


def make_layer() -> None:
    """Make an environment that also sees every package of `.venv`, through a `.pth` file."""
    base = ROOT / ".venv" / "bin" / "python"
    subprocess.run([str(base), "-m", "venv", "--clear", str(LAYER)], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    under, over = (
        subprocess.run(
            [str(python), "-c", where], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()
        for python in (base, LAYER / "bin" / "python")
    )
    # addsitedir, and not the bare path: .venv has .pth files of its own.
    Path(over, "under.pth").write_text(f"import site; site.addsitedir({under!r})\n")


if __name__ == "__main__":
    sys.exit(main())
