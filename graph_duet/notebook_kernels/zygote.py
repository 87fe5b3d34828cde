"""A preloaded process from which notebook kernels are forked.

Importing PyTorch and TensorFlow takes seconds and hundreds of megabytes. Here that is done once; a kernel
is then a fork, which shares the pages and is ready in a fraction of a second. Run as

    python -m graph_duet.notebook_kernels.zygote SOCKET MODULE [MODULE ...] [-- MODULE ...]

it imports the modules (a name that cannot be imported is left out), listens on the Unix socket and serves one
connection a kernel; modules after `--` are imported one by one whenever nobody asks for a kernel:

    client → {"connection": {...}, "cwd": ..., "env": {...}, "confinement": {...} or null}
    kernel → {"pid": ...}      client → "go"      kernel → {"bound": true}      zygote → {"exit": status}

Its standard input is a leash: when the other end closes, it exits, and its kernels with it. Nothing of CUDA may be
initialised before a fork (a forked CUDA context is unusable); it refuses to fork if something was.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from graph_duet.notebook_kernels import json_lines, private_names
from graph_duet.notebook_kernels.confinement import Confinement
from graph_duet.notebook_kernels.namespaces import enter

_KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.core.completer",
    "matplotlib_inline.backend_inline",
)

_IDLE_SECONDS = (
    0.5  # without a request; then the next module is imported, for which a kernel waits a moment at most
)


def preload(modules: Iterable[str]) -> list[str]:
    """Import what can be imported, and return the names. `package.module:function` also calls the
    function."""
    done: list[str] = []
    for name in (*_KERNEL_MODULES, *modules):
        module, _, function = name.partition(":")
        try:
            imported = importlib.import_module(module)
            if function:
                getattr(imported, function)()
        except Exception as error:  # an optional framework that is broken must not take the others down
            print(f"zygote: {name} is not preloaded: {error}", file=sys.stderr)
        else:
            done.append(name)
    return done


def fork_is_safe() -> bool:
    """False when a CUDA context exists in this process."""
    torch = sys.modules.get("torch")
    return torch is None or not torch.cuda.is_initialized()


def serve(listener: socket.socket, leash: int, later: Iterable[str] = ()) -> None:
    """Fork a kernel for every request until the leash is closed. While there are none, import `later`."""
    waiting = list(later)
    running: dict[int, socket.socket] = {}
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        for readable in (listener, leash, woken):
            selector.register(readable, selectors.EVENT_READ)
        while True:
            ready = selector.select(_IDLE_SECONDS if waiting else None)
            if not ready:
                preload([waiting.pop(0)])
                _keep_pages_shared()
            for key, _ in ready:
                if key.fd == leash:
                    _kill(running)
                    return
                if key.fd == woken:
                    with contextlib.suppress(BlockingIOError):
                        os.read(woken, 4096)
                    _report_exits(running)
                else:
                    connection, _ = listener.accept()
                    with contextlib.suppress(
                        OSError, ValueError
                    ):  # a client that went away costs nobody else
                        _answer(connection, running)


def _answer(connection: socket.socket, running: dict[int, socket.socket]) -> None:
    connection.settimeout(10)
    request = json_lines.receive(connection)
    connection.settimeout(None)
    if request is None or request == {"ping": True} or not fork_is_safe():
        json_lines.send(connection, {"pong": request is not None, "safe": fork_is_safe()})
        connection.close()
        return
    child = os.fork()
    if child == 0:
        _become_kernel(connection, request)
    running[child] = connection


def _kill(kernels: Iterable[int]) -> None:
    """Kill kernels and what they started: each leads a session."""
    for kernel in kernels:
        with contextlib.suppress(ProcessLookupError):
            os.kill(kernel, signal.SIGKILL)
        with contextlib.suppress(OSError):  # nothing else of it is left, or it had begun no session yet
            os.killpg(kernel, signal.SIGKILL)


def _report_exits(running: dict[int, socket.socket]) -> None:
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if child == 0:
            return
        connection = running.pop(child, None)
        if connection is not None:
            with contextlib.suppress(OSError):
                json_lines.send(connection, {"exit": os.waitstatus_to_exitcode(status)})
            connection.close()


def _become_kernel(connection: socket.socket, request: dict[str, Any]) -> NoReturn:
    """The forked child's whole life; it never returns into the zygote's loop."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        _close_all_but(connection.fileno())
        os.environ.clear()
        os.environ.update(request["env"])
        if request.get("confinement"):
            enter(Confinement(**request["confinement"]), connection.fileno())
        if request.get("cwd"):
            os.chdir(request["cwd"])
            sys.path[0] = ""
        json_lines.send(connection, {"pid": os.getpid()})
        json_lines.receive(connection)  # "go": by now the client has put us under its limits
        status = _run_kernel(request["connection"], connection)
    except SystemExit as leave:
        status = leave.code if isinstance(leave.code, int) else 0
    except BaseException as error:
        with contextlib.suppress(OSError):
            json_lines.send(connection, {"error": f"{type(error).__name__}: {error}"})
    finally:
        os._exit(status)


def _run_kernel(connection_info: dict[str, Any], connection: socket.socket) -> int:
    from ipykernel.kernelapp import IPKernelApp

    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()  # every fork would else draw the same "random" numbers
    app = IPKernelApp.instance()
    # A warning at each start, that the loopback is not encrypted, would fill a learner's terminal.
    options = ["--IPKernelApp.log_level=ERROR"]
    file = connection_info.pop("file", None)
    confined = file is None
    if file is None:
        file = "/tmp/kernel.json"
        # A grader wants no file made, and reads the error's name and text alone: a long traceback takes seconds.
        options += ["--HistoryManager.enabled=False", "--InteractiveShell.xmode=Minimal"]
        with open(file, "w", encoding="utf-8") as stream:  # noqa: PTH123 (pathlib is one import less to trust here)
            json.dump(connection_info, stream)
    # With a parent named, ipykernel prints no banner, and ends when the zygote does.
    app.initialize(["-f", file, f"--IPKernelApp.parent_handle={os.getppid()}", *options])
    if confined:
        shell: Any = app.shell
        shell.system = shell.system_raw  # `!command` would ask for a terminal, and the sandbox has none
    _let_tf_print_write_to_the_notebook()
    _let_matplotlib_draw_in_the_notebook(app.shell)
    json_lines.send(connection, {"bound": True})
    connection.close()
    app.start()
    threading._shutdown()  # type: ignore[attr-defined]  # what an ordinary interpreter does before it ends
    return 0


def _let_tf_print_write_to_the_notebook() -> None:
    """TensorFlow looks for IPython once, while it is imported, and in the zygote there was none. Left so,
    `tf.print` would go to the process's own stdout, and reach the notebook late and out of order."""
    if "tensorflow" in sys.modules:
        private_names.let_tf_print_write_to_python()


def _let_matplotlib_draw_in_the_notebook(shell: Any) -> None:
    """Matplotlib looks for a notebook once, while pyplot is imported, and in the zygote there was none. Left so,
    `plt.show()` would show nothing."""
    if "matplotlib.pyplot" in sys.modules and "inline" in os.environ.get("MPLBACKEND", ""):
        shell.enable_matplotlib("inline")


def _close_all_but(keep: int) -> None:
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)


def main(path: str, *modules: str) -> None:
    """Preload, listen on the Unix socket at `path`, serve."""
    listener = socket.socket(socket.AF_UNIX)
    # At its path only when everything is imported and it listens: that it exists says that the zygote is ready.
    now, later = _split(modules)
    preload(now)
    _keep_pages_shared()
    listener.bind(f"{path}.new")
    listener.listen(64)
    Path(f"{path}.new").rename(path)
    serve(listener, leash=0, later=later)
    os._exit(0)  # there is nothing to save, and the frameworks take a second to end


def _split(modules: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    at = modules.index("--") if "--" in modules else len(modules)
    return modules[:at], modules[at + 1 :]


def _keep_pages_shared() -> None:
    """What is imported is never freed: a collection in a kernel must not write to its pages, which would copy them."""
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main(*sys.argv[1:])
