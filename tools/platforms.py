"""Resolve Graph Duet's requirements for other platforms, and print what each would install.

    python tools/platforms.py

Nothing is installed: it shows that a set of packages with wheels exists, not that it works. The exit status is 1 where
one is missing that docs/where-it-runs.md promises.
"""

import re
import subprocess
import sys

from packages import ROOT, Installer, read_pip_configuration, uv_environment

PLATFORMS = {
    "Linux, x86-64": "x86_64-unknown-linux-gnu",
    "Linux, Arm": "aarch64-unknown-linux-gnu",
    "macOS, Apple silicon": "aarch64-apple-darwin",
    "macOS, Intel": "x86_64-apple-darwin",
    "Windows, x86-64": "x86_64-pc-windows-msvc",
    "Windows, Arm": "aarch64-pc-windows-msvc",
}
WITHOUT_TORCH = {"macOS, Intel", "Windows, Arm"}
PYTHONS = ("3.11", "3.12", "3.13")
SHOWN = ("torch", "tensorflow", "tensorflow-cpu", "numba", "jupyterlab")


def resolved(installer: Installer, platform: str, python: str) -> str:
    """The versions of the main packages, or why no set of packages exists."""
    command = [installer.uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    ran = subprocess.run(
        [*command, "--python-platform", platform, "--python-version", python, "pyproject.toml"],
        cwd=ROOT,
        env=uv_environment(read_pip_configuration(installer.pip)),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        hint = re.search(r"hint: (.+)", ran.stderr)
        return f"none: {hint[1] if hint else ran.stderr.strip().splitlines()[-1]}"
    versions = dict(re.findall(r"^([\w-]+)==([\w.+]+)", ran.stdout, re.MULTILINE))
    shown = [f"{name} {versions[name]}" for name in SHOWN if name in versions]
    return f"{len(versions)} packages: {', '.join(shown)}"


def main() -> int:
    installer = Installer(sys.executable)
    missing = set()
    for name, platform in PLATFORMS.items():
        for python in PYTHONS:
            said = resolved(installer, platform, python)
            print(f"{name}, Python {python}: {said}", flush=True)
            if said.startswith("none"):
                missing.add(name)
    return int(not missing <= WITHOUT_TORCH)


if __name__ == "__main__":
    sys.exit(main())
