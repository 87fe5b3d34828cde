"""The limits of a notebook kernel for other people's code, as data: sandbox.py sets them, namespaces.py applies them.

Apart from namespaces.py, which only Linux can import: learners check their own work everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

HOME = "/home/learner"
SOCKETS = "/run/kernel"


@dataclass(frozen=True, slots=True)
class Confinement:
    """Limits of one kernel. `cpu_seconds` is CPU time of each process; `address_space` and `file_bytes` are
    bytes; `processes` counts threads too. 0 leaves a limit to the control group."""

    cpu_seconds: int
    file_bytes: int
    disk_bytes: int
    address_space: int = 0
    processes: int = 0
