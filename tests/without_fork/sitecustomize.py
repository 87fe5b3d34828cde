"""Every Python that starts with this folder in PYTHONPATH is, for our code, as on Windows: no fork, processes
start by `spawn`, and POSIX's own modules are missing.

    PYTHONPATH=tests/without_fork DUET_NO_ZYGOTE=1 python -m pytest tests/graph_duet/lab

docs/where-it-runs.md says which tests run so.
"""

import builtins
import multiprocessing
import os

POSIX = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
OURS = ("graph_duet", "gpu_labs", "graphviz_tools", "widgets")

for name in ("fork", "forkpty"):
    if hasattr(os, name):
        delattr(os, name)
multiprocessing.set_start_method("spawn", force=True)
plain_import = builtins.__import__


def windows_import(name, globals=None, locals=None, fromlist=(), level=0):
    """`__import__`, but POSIX's modules are missing for our own code; libraries find what they found."""
    if name in POSIX and str((globals or {}).get("__name__", "")).startswith(OURS):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return plain_import(name, globals, locals, fromlist, level)


builtins.__import__ = windows_import
