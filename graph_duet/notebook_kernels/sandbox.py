"""Notebook kernels for other people's code: forked inside bubblewrap, confined, and under limits of memory, processes
and CPU time."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Instance, Unicode

from graph_duet.notebook_kernels.cgroups import ControlGroup
from graph_duet.notebook_kernels.confinement import HOME, SOCKETS, Confinement
from graph_duet.notebook_kernels.forked_process import ForkedProcess
from graph_duet.notebook_kernels.shared_zygote import Zygote
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

PROJECT = Path(__file__).resolve().parents[2]
_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/fonts",
)
_ROOMS = ("graphviz_tools", "widgets", "gpu_labs", "graph_duet")
SECRET = ("exercise.md", "answers.py", "master.ipynb", "*.bundle.json")
_NVIDIA = Path("/dev/nvidiactl")
_SCRIPT = "import sys; from graph_duet.notebook_kernels.zygote import main; main(*sys.argv[1:])"


class NoSandbox(UserError):
    """This machine cannot confine a kernel; the message says why."""


class NoGpu(UserError):
    """A kernel was to have the GPU, and this machine has none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one kernel may use: bytes of memory (the forked frameworks' shared pages not counted) and of
    each of its private disks, threads and processes, and CPU seconds."""

    memory: int = 2 * 2**30
    disk: int = 256 * 2**20
    processes: int = 256
    cpu_seconds: int = 60


@lru_cache(maxsize=1)
def why_no_sandbox() -> str:
    """Empty when this machine can confine other people's code, else one sentence that says what is missing."""
    if sys.platform != "linux":
        return _("the sandbox requires Linux (its namespaces)")
    if shutil.which("bwrap") is None:
        return _("bubblewrap is not installed: `apt-get install bubblewrap`")
    folder = Path(tempfile.mkdtemp(prefix="duet-"))
    try:
        tried = subprocess.run(
            [
                *_bubblewrap(folder, gpu=False),
                sys.executable,
                "-c",
                "import ctypes; ctypes.CDLL(None).unshare(0x20020000) and exit(9)",
            ],
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _("bubblewrap does not run here: {error}", error=error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if tried.returncode == 9:
        return _("this machine allows no nested namespaces (a container's seccomp profile?)")
    if tried.returncode:
        return _("bubblewrap does not run here: {stderr}", stderr=tried.stderr.strip()[:200])
    return ""


def require_gpu() -> None:
    """Raise NoGpu where no NVIDIA driver offers its device."""
    if not _NVIDIA.exists():
        raise NoGpu(
            _(
                "--gpu needs an NVIDIA GPU, and this machine has none (no {nvidia}): without it, labs are graded "
                "on the CPU by the executor",
                nvidia=_NVIDIA,
            )
        )


def start_confined_zygote(modules: Sequence[str], gpu: bool = False) -> Zygote:
    """A zygote inside bubblewrap, from which SandboxProvisioner forks. Raises NoSandbox where there can be
    none."""
    reason = why_no_sandbox()
    if reason:
        raise NoSandbox(reason)
    folder = Path(tempfile.mkdtemp(prefix="duet-"))
    folder.chmod(0o700)
    command = [*_bubblewrap(folder, gpu), sys.executable, "-c", _SCRIPT, f"{_INSIDE}/zygote", *modules]
    return Zygote(command, folder / "zygote")


class SandboxProvisioner(LocalProvisioner):
    """Forks a kernel from a confined zygote; registered as `duet-sandbox`.

    The kernelspec's provisioner config gives `zygote` (the socket) and `limits`. There is no fallback:
    where the sandbox fails, launching raises. The kernel talks over Unix sockets in its own mount
    namespace, which this process reaches through `/proc/PID/root`; its network is a loopback of its own.
    """

    zygote = Unicode()
    limits = Instance(Limits, ())
    group: ControlGroup | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        key = secrets.token_hex(32)
        inside = {
            "transport": "ipc",
            "ip": f"{SOCKETS}/s",
            "key": key,
            "signature_scheme": "hmac-sha256",
            **{f"{channel}_port": port for port, channel in enumerate(_CHANNELS, start=1)},
        }
        self.group = ControlGroup.create(self.limits.memory, self.limits.processes)
        limits = Confinement(
            cpu_seconds=self.limits.cpu_seconds,
            file_bytes=self.limits.disk,
            disk_bytes=self.limits.disk,
            address_space=0 if self.group.limits_memory else self.limits.memory,
            processes=0 if self.group.limits_processes else self.limits.processes,
        )
        request = {
            "connection": inside,
            "cwd": HOME,
            "env": _ENVIRONMENT | _threads(),
            "confinement": asdict(limits),
        }
        with ExitStack() as undo:  # a launch that fails is never cleaned up after
            undo.callback(self.group.remove)
            kernel = ForkedProcess(Path(self.zygote), request)
            self.process = cast(Any, kernel)
            undo.callback(kernel.kill)
            self.group.add(kernel.pid)
            kernel.go()
            kernel.wait_until_bound()
            undo.pop_all()
        self.pid = kernel.pid
        outside = inside | {"ip": f"/proc/{kernel.pid}/root{SOCKETS}/s", "key": key.encode()}
        self.connection_info = cast(KernelConnectionInfo, outside)
        return self.connection_info

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        # No connection file and no ports: both would lie outside the sandbox.
        return kwargs | {"cmd": self.kernel_spec.argv}

    async def cleanup(self, restart: bool = False) -> None:
        if self.group is not None:
            self.group.remove()

    def ran_out_of_memory(self) -> bool:
        """True when the control group killed something of this kernel for memory."""
        return self.group is not None and self.group.killed_for_memory()


_CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
_INSIDE = "/run/duet"
_ENVIRONMENT = {
    "HOME": HOME,
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": f"{HOME}/.matplotlib",
    "IPYTHONDIR": f"{HOME}/.ipython",
    "NUMBA_CACHE_DIR": f"{HOME}/.numba",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "PYTHONHASHSEED": "0",
}


def _threads() -> dict[str, str]:
    """One thread for each framework: marks must not depend on how many cores grade them."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    return dict.fromkeys(names, "1")


def _bubblewrap(folder: Path, gpu: bool) -> list[str]:
    """The command line up to the program. `folder` is the one place that both sides see: the zygote's
    socket."""
    command = [
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--uid",
        "1000",
        "--gid",
        "1000",
    ]
    # The zygote runs nothing but our imports; each kernel uses these to leave it and to bring up the loopback of
    # its own network, then drops them.
    command += ["--cap-drop", "ALL"]
    for capability in ("CAP_SYS_ADMIN", "CAP_SETPCAP", "CAP_NET_ADMIN"):
        command += ["--cap-add", capability]
    # Not `--dev`: its devpts makes bubblewrap add a second user namespace, in which no new /proc may be
    # mounted.
    command += ["--proc", "/proc", "--tmpfs", "/dev", "--dir", "/dev/shm"]
    for device in ("null", "zero", "full", "random", "urandom"):
        command += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    command += ["--tmpfs", "/tmp", "--tmpfs", "/run", "--dir", HOME]
    for path in _readable():
        command += ["--ro-bind", str(path), str(path)]
    for path in _secrets():
        command += ["--ro-bind", "/dev/null", str(path)]
    command += ["--bind", str(folder), _INSIDE, "--chdir", "/"]
    if gpu:
        for device in sorted(Path("/dev").glob("nvidia*")):
            command += ["--dev-bind", str(device), str(device)]
        command += ["--ro-bind-try", "/sys", "/sys"]
    for name, value in {**_ENVIRONMENT, **_threads(), "PYTHONPATH": os.pathsep.join(_import_path())}.items():
        command += ["--setenv", name, value]
    return command


def _readable() -> Iterator[Path]:
    """What a kernel may read: the system's programs, this Python, its packages and the project's own
    rooms."""
    seen: list[Path] = []
    candidates = [Path(p) for p in (*_SYSTEM, sys.base_prefix, sys.prefix, *sysconfig.get_paths().values())]
    for path in (*candidates, *(PROJECT / room for room in _ROOMS)):
        inside = any(path.is_relative_to(other) for other in seen)
        if path.exists() and not inside and path != Path("/"):
            seen.append(path)
            yield path


def _secrets() -> Iterator[Path]:
    """Solutions and bundles that lie where a kernel may read."""
    for room in _ROOMS:
        for pattern in SECRET:
            yield from (PROJECT / room).rglob(pattern)


def _import_path() -> list[str]:
    return [str(PROJECT), *dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))]
