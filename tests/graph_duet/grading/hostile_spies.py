"""Submissions that look for what is not theirs: the network, other files, the grader's own data."""

# ruff: noqa: E501 (an attack is easier to read as the one string that it is)
from __future__ import annotations

from collections.abc import Iterator

from tests.graph_duet.grading.hostile_case import SHELL, Attack, Case, alone, answer, body


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
