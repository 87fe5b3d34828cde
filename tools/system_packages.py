"""Find the programs, beside Python packages, that the tests use; install them if this user may, else name them.

    python3 tools/system_packages.py

Under CI (`CI=true`) a program that is still missing is an error, because no test may be skipped there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Needed(NamedTuple):
    """The Debian package of a program, and the tests that need it."""

    package: str
    tests: str


NEEDED = {  # by program
    "chromium": Needed("chromium", "browser tests"),
    "bwrap": Needed("bubblewrap", "sandbox tests"),
    "initdb": Needed("postgresql", "PostgreSQL tests"),
    "node": Needed("nodejs", "JavaScript tests"),
    "npm": Needed("npm", "JavaScript tests"),
    "g++": Needed("g++", "the lesson on compilers, where Inductor compiles C++"),
}


def find(program: str) -> str | None:
    """Where `program` is; PostgreSQL's server programs are outside the PATH on Debian."""
    if program == "initdb":
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        return str(found[-1]) if found else shutil.which(program)
    return shutil.which(program)


def install(packages: list[str]) -> None:
    """Install Debian packages when this user may; do nothing without apt-get."""
    if shutil.which("apt-get") is None:
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and shutil.which("sudo") is None:
        return
    print(f"installing Debian packages: {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*sudo, "apt-get", *command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            print(done.stdout.decode(errors="replace").strip().splitlines()[-1:], file=sys.stderr)
            return


def main() -> int:
    missing = [program for program in NEEDED if find(program) is None]
    if missing:
        install(sorted({NEEDED[program].package for program in missing}))
    still = [program for program in NEEDED if find(program) is None]
    for program in still:
        package, tests = NEEDED[program]
        print(f"{program} is missing (Debian package {package}): {tests} will be skipped", file=sys.stderr)
    return 1 if still and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
