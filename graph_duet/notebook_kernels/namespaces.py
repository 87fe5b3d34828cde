"""What a forked notebook kernel gives up before other people's code runs in it.

The zygote runs under bubblewrap already: no network, a read-only environment, nothing of the machine's
users. Each kernel then leaves even the zygote and its siblings: own process, mount, IPC, network and UTS
namespaces, own empty `/home/learner`, `/tmp`, `/dev/shm` and `/run`, no capability, no way to gain one. Its
network is a loopback of its own, over which its processes reach each other and nobody else. It is process 1 of
its namespace, so that when it ends, all that it started ends. Linux alone can import this.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import select
import signal
import socket
import struct
from pathlib import Path

from graph_duet.notebook_kernels.confinement import HOME, SOCKETS, Confinement

_CLONE = {"mount": 0x00020000, "uts": 0x04000000, "ipc": 0x08000000, "pid": 0x20000000, "net": 0x40000000}
_MS_NOSUID_NODEV = 0x2 | 0x4
_MS_NOEXEC = 0x8
_MS_BIND_REC = 0x1000 | 0x4000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = (
    1,
    4,
    24,
    38,
    47,
)
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_INTERFACE = struct.Struct("16sH22x")  # struct ifreq: a name and its flags

_libc = ctypes.CDLL(None, use_errno=True)


def enter(limits: Confinement, client: int) -> None:
    """Confine the calling, single-threaded process. Its fork comes back from here; it itself waits and ends
    with it, or ends it when the process at the other end of the socket `client` is gone.

    Raises OSError when the machine does not allow a step: then nobody else's code may run.
    """
    _check(_libc.unshare(sum(_CLONE.values())), "unshare")
    child = os.fork()
    if child:
        _wait_and_end_like(child, client)
    _check(_libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "prctl(PDEATHSIG)")
    _silence()
    # A machine where bubblewrap got a user namespace lets a new proc be mounted; it shows this kernel's
    # processes alone.
    _mount("proc", "/proc", "proc", _MS_NOSUID_NODEV | _MS_NOEXEC, "")
    shown = [(place, os.open(place, os.O_PATH)) for place in _mounts_below("/tmp")]
    for folder in (HOME, "/tmp", "/dev/shm", "/run"):
        options = f"size={limits.disk_bytes},nr_inodes=20000,mode=0700"
        _mount("tmpfs", folder, "tmpfs", _MS_NOSUID_NODEV, options)
    for place, handle in shown:  # a checkout or an environment in /tmp is as readable as any other
        Path(place).mkdir(parents=True, exist_ok=True)
        _mount(f"/proc/self/fd/{handle}", place, "", _MS_BIND_REC, "")
        os.close(handle)
    Path(SOCKETS).mkdir(mode=0o700)
    os.chdir(HOME)
    with contextlib.suppress(OSError):  # where it stays down, only an exercise between processes fails
        _bring_loopback_up()
    _give_up_capabilities()
    _set_limits(limits)


def _wait_and_end_like(child: int, client: int) -> None:
    _silence()
    os.closerange(3, client)
    os.closerange(client + 1, 4096)
    # A grader that is killed cannot end its kernels: this process, which nothing in the kernel reaches, does.
    ended = os.pidfd_open(child)
    events = select.poll()
    events.register(ended, select.POLLIN)
    events.register(client, select.POLLRDHUP)
    if all(descriptor != ended for descriptor, _ in events.poll()):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _silence() -> None:
    devnull = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(devnull, stream)


def _bring_loopback_up() -> None:
    """Data-parallel exercises need 127.0.0.1. The network namespace has no other interface and no route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, _INTERFACE.pack(b"lo", 0))
        _, flags = _INTERFACE.unpack(asked)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, _INTERFACE.pack(b"lo", flags | _IFF_UP))


def _give_up_capabilities() -> None:
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # EINVAL past the last one that this kernel knows
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(header, nothing), "capset")
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(NO_NEW_PRIVS)")
    # The grader reaches the kernel's sockets through /proc/PID/root, which needs a dumpable process.
    _check(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl(DUMPABLE)")


def _set_limits(limits: Confinement) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))
    if limits.processes:
        resource.setrlimit(resource.RLIMIT_NPROC, (limits.processes, limits.processes))
    if limits.address_space:
        ceiling = _address_space_in_use() + limits.address_space
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))


def _address_space_in_use() -> int:
    """Bytes mapped now: what the preloaded frameworks map is not the learner's."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


def _mounts_below(folder: str) -> list[str]:
    """The topmost folders below `folder` on which something is mounted."""
    found: list[str] = []
    with open("/proc/self/mountinfo", encoding="utf-8") as file:  # noqa: PTH123
        places = sorted(line.split()[4].encode().decode("unicode_escape") for line in file)
    for place in places:
        inside = any(place.startswith(f"{other}/") for other in found)
        if place.startswith(f"{folder}/") and not inside and os.path.isdir(place):  # noqa: PTH112
            found.append(place)
    return found


def _mount(source: str, target: str, kind: str, flags: int, options: str) -> None:
    done = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()
    )
    _check(done, f"mount {kind} on {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
