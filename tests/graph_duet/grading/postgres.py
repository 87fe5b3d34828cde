"""A real PostgreSQL server for a test: started from Debian's package in a folder of its own, ended with the test."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a server, without a database name. Skips where there is none, but fails in CI."""
    programs = _programs()
    if programs is None:
        reason = "PostgreSQL is not installed: `apt-get install postgresql`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # The postgres user must reach the folder, which pytest's own, below a private one, is not.
    home = Path(tempfile.mkdtemp(prefix="duet-postgres-"))
    user = _unprivileged()
    if user is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    data, port = home / "data", _free_port()
    _run(user, programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1"
    _run(user, programs / "pg_ctl", "-D", data, "-l", home / "log", "-w", "-o", options, "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        _run(user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


def _programs() -> Path | None:
    """The newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: the user that its package made, when we are root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _run(user: pwd.struct_passwd | None, *command: object) -> None:
    words = [str(word) for word in command]
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user is not None else {}
    done = subprocess.run(
        words, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, **as_user
    )
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
