"""Submissions that try to cheat, break or outlive the grader, each with the mark and the fault that it deserves.

Those that may harm more than their own task are handed in alone, beside a solved task 2 (1 point).
"""

# ruff: noqa: E501 (an attack is easier to read as the one string that it is)
from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

from graph_duet.grading import Bundle, solved
from tests.graph_duet.grading.hostile_case import (
    PUBLIC,
    SHELL,
    WRONG,
    Attack,
    Case,
    alone,
    answer,
    attack,
    body,
    dumps,
    edit,
    whole_file,
)
from tests.graph_duet.grading.hostile_measured import measurements
from tests.graph_duet.grading.hostile_places import places
from tests.graph_duet.grading.hostile_reaching import reaching
from tests.graph_duet.grading.masters import code


def cases() -> Iterator[Case | Attack]:
    yield Case("an honest solution", lambda bundle: dumps(solved(bundle)), 6, ("",))
    yield from objects_that_lie()
    yield from patches()
    yield from crashes()
    yield from floods()
    yield from spies()
    yield from measurements()
    yield from edited_files()
    yield from broken_files()
    yield from places()
    yield from reaching()


def objects_that_lie() -> Iterator[Case | Attack]:
    yield attack(
        "an __eq__ that is always True",
        "class Yes:\n    def __eq__(self, other): return True\n    __hash__ = None\ndef relu(x): return Yes()",
        "error",
    )
    yield attack(
        "a __repr__ that prints the public values",
        f"class Yes:\n    def __repr__(self): return {PUBLIC!r}\n    __str__ = __repr__\ndef relu(x): return Yes()",
        "error",
        "wrong",
    )
    yield attack(
        "an __array__ trick",
        "class Any:\n    shape = (7,)\n    dtype = np.dtype('float64')\n    def __array__(self, *a): return np.zeros(7)\n    def tolist(self): return [0.0, 0.2987, 0.0, 0.0, 0.0, 0.0, 0.06014]\ndef relu(x): return Any()",
        "wrong",
        "error",
    )
    yield attack(
        "numbers copied from the saved output",
        "def relu(x): return np.array([0.0, 0.2987, 0.0, 0.0, 0.0, 0.0, 0.06014])",
        "wrong",
    )
    yield answer(
        "the public seed brought back",
        "draw = np.random.default_rng\nnp.random.default_rng = lambda seed=None: draw(7)\ndef relu(x): return np.array([0.0, 0.2987, 0.0, 0.0, 0.0, 0.0, 0.06014])",
        "wrong",
    )
    yield attack("not-a-number everywhere", "def relu(x): return x * np.nan", "wrong")


MALFORMED = [
    ("status", {}),
    ("status", {"execution_state": 5}),
    ("stream", {"name": ["stdout"], "text": 5}),
    ("display_data", {"data": 5}),
    ("execute_result", {"data": {"text/plain": ["x"]}, "execution_count": "one"}),
    ("error", {"ename": 5, "evalue": None, "traceback": "x"}),
    ("clear_output", {}),
    ("unheard_of", {"a": 1}),
]


def patches() -> Iterator[Case]:
    says = f"print({PUBLIC!r})"
    yield answer(
        "a patched print",
        f"import builtins\nsaid = print\nbuiltins.print = lambda *a, **k: said({PUBLIC!r}){WRONG}",
        "wrong",
        points=0,
    )
    yield answer(
        "a patched showtraceback",
        f"{SHELL}shell.showtraceback = lambda *a, **k: {says}\ndef relu(x): raise ValueError",
        "wrong",
    )
    yield answer(
        "a patched run_cell",
        f"{SHELL}async def run(*a, **k):\n    {says}\n    class R: success = True; error_before_exec = error_in_exec = None; result = None; execution_count = 1\n    return R()\nshell.run_cell_async = run{WRONG}",
        "wrong",
        "error",
        points=0,
    )
    yield answer(
        "an input transformer",
        f"{SHELL}shell.input_transformers_cleanup.append(lambda lines: [{says!r}]){WRONG}",
        "wrong",
        points=0,
    )
    yield answer(
        "a patched numpy.testing",
        f"import numpy.testing\nfor n in dir(numpy.testing):\n    if n.startswith('assert'): setattr(numpy.testing, n, lambda *a, **k: None){WRONG}",
        "wrong",
    )
    yield answer(
        "a patched torch.allclose",
        f"import torch\ntorch.allclose = torch.equal = lambda *a, **k: True{WRONG}",
        "wrong",
    )
    yield answer(
        "a display hook",
        f"import sys\n{SHELL}sys.displayhook = lambda value: {says}\ntype(shell.displayhook).__call__ = lambda self, value: {says}\nshell.display_pub.publish = lambda *a, **k: None{WRONG}",
        "wrong",
        points=0,
    )
    yield answer("an atexit hook", f"import atexit\natexit.register({says!r}.__str__){WRONG}", "wrong")
    yield answer(
        "a forged message",
        f"{SHELL}kernel = shell.kernel\ndef relu(x):\n    kernel.send_response(kernel.iopub_socket, 'stream', {{'name': 'stdout', 'text': {PUBLIC!r}}})\n    kernel.send_response(kernel.iopub_socket, 'status', {{'execution_state': 'idle'}})\n    return x * 0",
        "wrong",
        "tampered",
    )
    yield answer(
        "a malformed message",
        f"{SHELL}kernel = shell.kernel\ndef relu(x):\n    kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', b'forged', b'{{', b'', b'', b'\\xff'])\n    return x * 0",
        "wrong",
    )
    yield answer(
        "messages without the fields that nbval reads",
        f"""{SHELL}kernel = shell.kernel
def relu(x):
    for kind, content in MALFORMED:
        kernel.send_response(kernel.iopub_socket, kind, content)
    return x * 0
MALFORMED = {MALFORMED!r}""",
        "wrong",
    )
    yield answer(
        "a reply that says aborted",
        f"{SHELL}kernel = shell.kernel\nasync def run(*a, **k): return {{'status': 'aborted'}}\ntype(kernel).do_execute = run{WRONG}",
        "died",
    )
    yield answer(
        "a request to shut down from within",
        f"from jupyter_client.blocking import BlockingKernelClient\nc = BlockingKernelClient(connection_file='/tmp/kernel.json')\nc.load_connection_file()\nc.start_channels()\nc.shutdown(){WRONG}",
        "wrong",
        "died",
    )
    yield answer(
        "the kernel's sockets replaced by links",
        f"import glob, os\nfor path in glob.glob('/run/kernel/*'):\n    os.unlink(path)\n    os.symlink('/run/docker.sock', path){WRONG}",
        "wrong",
    )
    yield answer(
        "clocks that stand still",
        "import time\ntime.time = time.monotonic = time.perf_counter = lambda: 0.0\ndef relu(x):\n    while True: pass",
        "timeout",
    )


LIAR = """class Liar(Exception):
    def __str__(self): raise Liar
    __repr__ = __str__
raise Liar"""


def crashes() -> Iterator[Case | Attack]:
    yield body("os._exit in the function", "os._exit(0)", "died")
    yield answer("os._exit in the cell", "import os\nos._exit(0)", "died")
    yield body(
        "signals to itself and to all",
        "import signal\nfor s in (signal.SIGKILL, signal.SIGSTOP): os.kill(os.getpid(), s)\nos.kill(-1, signal.SIGKILL)\nreturn x * 0",
        "wrong",
        "died",
        "error",
    )
    yield body("a crash in C", "import ctypes\nctypes.string_at(0)", "died")
    yield body("a function that calls itself for ever", "return relu(x)", "error")
    yield body("an exception whose text raises", LIAR, "error", "timeout", "wrong")
    # A file that is opened later may get the number of the channel, and write into it: "output".
    yield alone(
        body(
            "every descriptor closed",
            "os.closerange(0, 500)\nreturn x * 0",
            "died",
            "wrong",
            "error",
            "output",
        )
    )
    yield answer(
        "a fork that goes on as the kernel", f"import os\nos.fork(){WRONG}", "wrong", "error", "died"
    )
    yield body("SystemExit", "raise SystemExit(0)", "error")
    yield body("KeyboardInterrupt", "raise KeyboardInterrupt", "error")
    yield answer(
        "a thread that ends the process later",
        f"import os, threading, time\nthreading.Thread(target=lambda: (time.sleep(0.1), os._exit(0))).start(){WRONG}",
        "wrong",
        "died",
    )
    # However fast the machine is: task 2 has its point, because its cells run once more without this answer.
    yield answer(
        "a thread that ends the process in the next task",
        f"import os, threading, time\ndef wait():\n    while 'nodes' not in globals(): time.sleep(0.001)\n    os._exit(0)\nthreading.Thread(target=wait).start(){WRONG}",
        "wrong",
    )
    yield body("an infinite loop", "while True: pass", "timeout")
    yield body(
        "a swallowed interrupt",
        "while True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass",
        "timeout",
    )
    yield alone(
        body(
            "a fork bomb",
            "while True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
            "timeout",
            "memory",
            "died",
        )
    )
    yield alone(
        body(
            "a memory bomb", "hoard = []\nwhile True: hoard.append(bytearray(50_000_000))", "memory", "error"
        )
    )
    yield alone(
        body(
            "a kernel told to quit",
            "get_ipython().kernel.do_shutdown(False)\nos.kill(1, 15)\nreturn x * 0",
            "wrong",
            "died",
        )
    )
    yield body(
        "deep recursion",
        "sys.setrecursionlimit(10**9)\ndef f(): return f()\nreturn f()",
        "died",
        "memory",
        "error",
        "timeout",
    )


def floods() -> Iterator[Case | Attack]:
    yield body("1 GB of output in one piece", "print('x' * 10**9)\nreturn x * 0", "output", "memory")
    yield body(
        "lines that are nearly right",
        f"for i in range(26000): print({PUBLIC[:-1]!r}, i, sep='')\nreturn x * 0",
        "wrong",
    )
    # On a busy machine the kernel hoards what it has not sent: another limit may be met before that of output.
    yield body(
        "errors without end", "while True: sys.stderr.write('e' * 5000)", "output", "memory", "timeout"
    )
    # Which limit such small pieces meet first, bytes or seconds, depends on how fast the machine prints.
    yield body("small pieces without end", "while True: print('y', flush=True)", "output", "timeout")
    yield body("output without end", "while True: print('y' * 1000)", "output")
    yield body(
        "binary and ANSI output",
        "sys.stdout.write('\\x1b[31m\\x00\\x07\\x1b]0;title\\x07')\nos.write(1, bytes(range(256)))\nreturn x * 0",
        "wrong",
    )
    yield body(
        "deep JSON in a display",
        "from IPython.display import display\ndeep = []\nfor _ in range(900): deep = [deep]\ndisplay({'application/json': deep, 'text/plain': 'x'}, raw=True)\nreturn x * 0",
        "wrong",
        "error",
    )
    yield alone(
        body(
            "a disk filled",
            "with open('/tmp/big', 'wb') as f:\n    for _ in range(2000): f.write(bytes(2**20))",
            "error",
            "died",
            "memory",
        )
    )


def spies() -> Iterator[Case | Attack]:
    yield body("the network", "import socket\nsocket.create_connection(('192.0.2.1', 80), 2)", "error")
    yield body(
        "processes left behind",
        "import subprocess\nsubprocess.Popen(['sleep', '86399'], start_new_session=True)\nreturn x * 0",
        "wrong",
    )
    yield alone(
        body("files left behind", "open('/tmp/duet-left-behind', 'w').write('x')\nreturn x * 0", "wrong")
    )
    yield alone(body("another's files", "return open('/tmp/duet-left-behind').read()", "error"))
    yield body(
        "a search for bundles and gradebooks",
        "import glob, graph_duet\nhome = os.path.dirname(os.path.dirname(graph_duet.__file__))\nfound = [os.path.join(at, f) for root in (home + '/graph_duet', home + '/gpu_labs', home + '/lessons', '/home', '/tmp', '/run') for at, inner, files in os.walk(root) if not inner.__setitem__(slice(None), [d for d in inner if d != 'site-packages']) for f in files]\nsecret = [p for p in found if p.endswith(('bundle.json', 'exercise.md', '/answers.py', '.sqlite', '.db')) and os.path.getsize(p)]\nreturn str(secret)",
        "wrong",
    )
    yield body("the environment's secrets", "return str(dict(os.environ))", "wrong")
    yield answer(
        "every source that runs, told to the next check",
        f"{SHELL}heard = []\ndef listen(info): heard.append(str(info.raw_cell))\nshell.events.register('pre_run_cell', listen)\ndef relu(x): return str(heard)",
        "wrong",
    )
    yield body(
        "frames and the garbage collector",
        "import gc\nframe, seen = sys._getframe(), []\nwhile frame: seen.append(str(frame.f_locals)[:200]); frame = frame.f_back\nseen += [s for s in gc.get_objects() if isinstance(s, str) and 'hidden' in s]\nreturn str(seen)[:5000]",
        "wrong",
    )
    yield alone(
        body(
            "more rights",
            "import ctypes\nlibc = ctypes.CDLL(None)\nreturn str([libc.unshare(0x10000000), libc.mount(b'none', b'/mnt', b'tmpfs', 0, b''), libc.setuid(0)])",
            "wrong",
        )
    )


def edited_files() -> Iterator[Case]:
    def find(notebook: NotebookNode, id: str) -> NotebookNode:
        return next(cell for cell in notebook.cells if cell.id == id)

    def edited_check(n: NotebookNode) -> None:
        find(n, "relu-seen").source = f"print({PUBLIC!r})"

    def edited_output(n: NotebookNode) -> None:
        find(n, "relu-seen").outputs = [nbformat.v4.new_output("stream", name="stdout", text="anything\n")]

    def deleted_check(n: NotebookNode) -> None:
        n.cells = [cell for cell in n.cells if cell.id != "relu-seen"]

    def doubled_answer(n: NotebookNode) -> None:
        n.cells.append(code("relu", "def relu(x): return np.maximum(x, 0)"))

    def doubled_check(n: NotebookNode) -> None:
        n.cells.append(copy.deepcopy(find(n, "relu-seen")))

    def skip_comment(n: NotebookNode) -> None:
        for cell in n.cells:
            cell.source = f"# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n{cell.source}"

    def tags(n: NotebookNode) -> None:
        for cell in n.cells:
            cell.metadata.tags = ["nbval-skip", "nbval-ignore-output", "raises-exception"]

    def deleted_answer(n: NotebookNode) -> None:
        n.cells = [cell for cell in n.cells if cell.id != "relu"]

    def half_a_character(n: NotebookNode) -> None:
        find(n, "relu").source += "  # \ud800"

    def more_points(n: NotebookNode) -> None:
        find(n, "predict-check").metadata.duet.points = 1000

    yield edit("an edited check cell", edited_check, 1, "wrong")
    yield edit("an edited output", edited_output, 1, "wrong")
    yield edit("a deleted check", deleted_check, 1, "wrong")
    yield edit("an answer's id twice", doubled_answer, 1, "ambiguous")
    yield edit("a check's id twice", doubled_check, 1, "wrong")
    yield edit("# NBVAL_SKIP", skip_comment, 1, "wrong")
    yield edit("nbval's tags", tags, 1, "wrong")
    yield edit("a deleted answer", deleted_answer, 1, "missing")
    yield edit("half a surrogate pair in the source", half_a_character, 1, "wrong")
    yield edit("points made up", more_points, 1, "wrong")


def broken_files() -> Iterator[Case]:
    def foreign(bundle: Bundle) -> bytes:
        notebook = solved(bundle)
        notebook.metadata.duet.exercise = "L99"
        return dumps(notebook)

    def cut(bundle: Bundle) -> bytes:
        return dumps(solved(bundle))[:700]

    def old(bundle: Bundle) -> bytes:
        return json.dumps({**solved(bundle), "nbformat": 3}).encode()

    yield Case("another assignment's notebook", foreign, 0, ("foreign",))
    yield Case("a notebook cut off", cut, 0, ("unreadable",))
    yield Case("format 3", old, 0, ("unreadable",))
    yield whole_file("an empty file", b"")
    yield whole_file("no JSON", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    yield whole_file("a list", b"[]")
    yield whole_file("cells that are none", b'{"nbformat": 4, "cells": [1, "two", null]}')
    yield whole_file("deep JSON", b"[" * 200_000 + b"]" * 200_000)
    yield whole_file(
        "deep JSON in a notebook",
        b'{"nbformat": 4, "cells": [' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]}",
    )
    yield whole_file("100 MB", b'{"nbformat": 4, "cells": [], "x": "' + b"x" * 100_000_000 + b'"}')
