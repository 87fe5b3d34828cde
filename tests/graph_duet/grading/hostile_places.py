"""Attacks on what surrounds the answer: the process, its folders, its messages, and the values it hands over."""

# ruff: noqa: E501 (an attack is easier to read as the one string that it is)
from __future__ import annotations

from collections.abc import Iterator

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
)


def places() -> Iterator[Case | Attack]:
    yield from values()
    yield from messages()
    yield from folders()
    yield from processes()


def values() -> Iterator[Case | Attack]:
    yield attack(
        "an array of a class that prints as it likes",
        "class A(np.ndarray):\n    def tolist(self): return [0.0, 0.2987, 0.0, 0.0, 0.0, 0.0, 0.06014]\ndef relu(x): return x.view(A)",
        "wrong",
    )
    yield attack(
        "a text that prints as the public values",
        f"class S(str):\n    def __repr__(self): return {PUBLIC!r}\ndef relu(x): return S('')",
        "wrong",
    )
    yield answer(
        "a trace function that reads what is shown",
        "import sys\nseen = []\ndef trace(frame, event, arg):\n    if event == 'return' and frame.f_code.co_name == 'text_of': seen.append(arg)\n    return trace\nsys.settrace(trace)\ndef relu(x): return str(seen)",
        "wrong",
    )
    yield body("a list that holds itself", "d = []\nd.append(d)\nreturn d", "error")
    yield body(
        "a mapping without end",
        "from collections.abc import Mapping\nclass M(Mapping):\n    def __getitem__(self, key): return 0\n    def __len__(self): return 1\n    def __iter__(self):\n        while True: yield 0\nreturn M()",
        "error",
        "timeout",
        "memory",
    )


def messages() -> Iterator[Case | Attack]:
    yield body(
        "a display with a script and points in its metadata",
        f"from IPython.display import display\ndisplay({{'text/plain': {PUBLIC!r}, 'text/html': '<script>alert(1)</script>', 'image/png': 'AAAA'}}, raw=True, metadata={{'points': 1000}}, transient={{'display_id': 'x'}})\nreturn x * 0",
        "wrong",
    )
    yield answer(
        "messages signed with the session's key",
        f"{SHELL}k = shell.kernel\ndef relu(x):\n    for kind, content in [('stream', {{'name': 'stdout', 'text': {PUBLIC!r}}}), ('update_display_data', {{'data': {{'text/plain': {PUBLIC!r}}}, 'metadata': {{}}, 'transient': {{'display_id': 'x'}}}}), ('comm_open', {{'comm_id': 'a', 'target_name': 'jupyter.widget', 'data': {{}}}}), ('status', {{'execution_state': 'idle'}})]:\n        k.session.send(k.iopub_socket, kind, content, parent=k.get_parent())\n    return x * 0",
        "wrong",
        "tampered",
    )
    yield body("an input asked for", "return input('points? ')", "error")
    yield body(
        "lone surrogates", "print('\\ud800\\udfff' * 10, '\\u202e\\0')\nreturn x * 0", "wrong", "error"
    )
    yield body(
        "stderr past Python", "os.write(2, b'e' * 10**8)\nreturn x * 0", "wrong", "output", "memory", "died"
    )


def folders() -> Iterator[Case | Attack]:
    yield alone(
        body(
            "files for the next interpreter",
            "for name in ('x.pth', 'conftest.py', 'usercustomize.py', 'sitecustomize.py', 'numpy.py', 'pytest.ini'):\n    for at in ('.', '/tmp', os.path.expanduser('~/.local/lib/python3.11/site-packages')):\n        os.makedirs(at, exist_ok=True)\n        open(os.path.join(at, name), 'w').write('import os; os._exit(0)')\nos.environ['LD_PRELOAD'] = '/tmp/x.so'\nreturn x * 0",
            "wrong",
        )
    )
    yield alone(
        body(
            "its folders taken away",
            "import shutil\nfor at in ('/home/learner', '/run/kernel', '/tmp'):\n    shutil.rmtree(at, ignore_errors=True)\n    os.path.exists(at) and os.chmod(at, 0)\nreturn x * 0",
            "wrong",
            "timeout",  # of 3 seconds: to take the folders away can last as long on a busy machine
        )
    )
    yield alone(body("a sparse file", "open('/tmp/s', 'wb').truncate(10**15)\nreturn x * 0", "error", "died"))
    yield alone(
        body("files without number", "for i in range(10**6): open(f'/tmp/{i}', 'w')", "error", "died")
    )
    yield body(
        "what /proc shows of others",
        "others = [p for p in os.listdir('/proc') if p.isdigit() and b'graph_duet.notebook_kernels.zygote' not in open(f'/proc/{p}/cmdline', 'rb').read()]\nreturn str(others + [k for k in open('/proc/1/environ').read().split(chr(0)) if 'SECRET' in k])",
        "wrong",
    )


def processes() -> Iterator[Case | Attack]:
    yield body(
        "stopped by its own child",
        "import signal\nme = os.getpid()\nif not os.fork():\n    os.setsid()\n    os.kill(me, signal.SIGSTOP)\n    os._exit(0)\ntime.sleep(0.2)\nreturn x * 0",
        "wrong",
        "died",
        "timeout",
    )
    yield answer(
        "a fork that goes on when its parent leaves", f"import os\nif os.fork(): os._exit(0){WRONG}", "died"
    )
    yield body("time held by C", "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')", "timeout")
    yield body(
        "ptrace and other system calls",
        "import ctypes\nlibc = ctypes.CDLL(None)\nreturn str([n for n in range(2, 40) if libc.ptrace(16, n, 0, 0) == 0] + [s for s in (425, 321, 250, 175) if libc.syscall(s, 0, 0, 0) >= 0])",
        "wrong",
    )
