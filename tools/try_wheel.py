"""Install a built wheel into an empty environment, outside the checkout, and start the course from it.

    python tools/try_wheel.py dist/graph_duet-0.1.0-py3-none-any.whl

It prints the seconds of each part.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from packages import Installer
from setup_environment import torch_requirement

ADDRESS = re.compile(r"http://localhost:\S+")


def first_page(duet: Path, folder: Path) -> tuple[list[str], str]:
    """Start `duet lab` in `folder`, fetch its page and end it. Returns (the printed lines, the page)."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    lab = subprocess.Popen(
        [duet, "lab", "--no-browser"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    try:
        assert lab.stdout is not None
        for line in lab.stdout:
            lines.append(line.rstrip())
            if found := ADDRESS.search(line):
                return lines, fetched(found[0])
    finally:
        lab.send_signal(signal.SIGTERM)
        lab.wait(timeout=60)
    raise RuntimeError("duet lab ended early:\n" + "\n".join(lines))


def fetched(address: str) -> str:
    """The page at `address`, which the server prints shortly before it answers there."""
    for _ in range(60):
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            time.sleep(0.5)
    raise RuntimeError(f"nothing answers at {address}")


def main() -> int:
    wheel = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="duet-wheel-") as place:
        environment, work = Path(place) / "environment", Path(place) / "work"
        work.mkdir()
        start = time.monotonic()
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        programs = environment / ("Scripts" if os.name == "nt" else "bin")
        installer = Installer(programs / "python")
        installer.install_torch(torch_requirement(), gpu=False)
        installer.install([str(wheel)])
        installed = time.monotonic()
        lines, page = first_page(programs / "duet", work)
        served = time.monotonic()
        assert "jupyter-config-data" in page, page[:400]
        print("\n".join(lines[:2]))
        print(f"installed in {installed - start:.1f} s; JupyterLab's page {served - installed:.1f} s later")
    return 0


if __name__ == "__main__":
    sys.exit(main())
