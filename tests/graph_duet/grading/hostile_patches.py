"""Submissions that replace parts of the notebook kernel, of Python or of a library, to make the grader see something
else.
"""

# ruff: noqa: E501 (an attack is easier to read as the one string that it is)
from __future__ import annotations

from collections.abc import Iterator

from tests.graph_duet.grading.hostile_case import PUBLIC, SHELL, WRONG, Case, answer

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
