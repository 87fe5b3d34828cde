"""Submissions that end their process, never end, or flood it with output."""

# ruff: noqa: E501 (an attack is easier to read as the one string that it is)
from __future__ import annotations

from collections.abc import Iterator

from tests.graph_duet.grading.hostile_case import PUBLIC, WRONG, Attack, Case, alone, answer, body

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
