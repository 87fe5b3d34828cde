"""An answer that is measured may not reach into the interpreter; one that is merely unusual may be measured."""

from __future__ import annotations

import pytest

from grading.forgery import reach


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        ("import gc", "gc"),
        ("from ctypes import memmove as copy", "ctypes.memmove"),
        ("import sys as s", "sys as s"),
        ("import sys\nsys._getframe(1)", "_getframe"),
        ("import sys\nsys.stdout = None", "sys"),
        ("from sys import settrace as t", "sys.settrace"),
        ("f.__globals__['calls'] = 1", "__globals__"),
        ("getattr(f, '__closure__')", "__closure__"),
        ("print.__self__", "__self__"),
        ("globals()['calls'] = 1", "globals"),
        ("eval('1')", "eval"),
        ("__builtins__ = {}", "__builtins__"),
        ("from contextlib import redirect_stdout as r", "contextlib.redirect_stdout"),
        ("from grading import seal", "grading.seal"),
        ("torch.inspect.stack()", "inspect"),
        ("x = %pwd", "get_ipython"),
        ("!ls", "get_ipython"),
        ("%%time\nimport gc", "gc"),
        ("%time globals()", "globals"),
        ("torch.sys.modules['gc']", "sys"),
        ("from contextlib import sys", "contextlib.sys"),
        ("random._os.getpid()", "_os"),
        ("from operator import *", "operator.*"),
        ("attrgetter('calls')(f)", "attrgetter"),
        ("match f:\n    case object(__globals__=g): pass", "__globals__"),
        ("match f:\n    case Thing(g): pass", "a class pattern by position"),
        ("functools.wraps(f, ('a' + 'b',))(g)", "wraps"),
        ("from functools import wraps\nw = wraps", "wraps"),
        ("string.Formatter().get_field(x, f, {})", "get_field"),
        ("del getattr", "del getattr"),
        ("try:\n    f()\nexcept ValueError as getattr:\n    pass", "del getattr"),
        ("np.lib.format.read_array(f, allow_pickle=True)", "allow_pickle"),
        ("def f(x: 'f.__globals__'): ...", "__globals__"),
        ("typing.get_type_hints(f)", "get_type_hints"),
        ("import jinja2", "jinja2"),
        ("torch.utils.benchmark.Timer('f()')", "Timer"),
    ],
)
def test_what_reaches_into_the_interpreter_is_named(source: str, reached: str) -> None:
    assert reach(source) == reached


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.setrecursionlimit(5000)",
        "from __future__ import annotations\nfrom math import *",
        "from grading import show\nshow(x)",
        "%matplotlib inline\n%timeit f(3)",
        "%%capture said\nx = 1",
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.__class__.__name__",
        "model.eval(); torch.compile(model); list(model.modules()); re.compile('x')",
        "global log\nlog: list[int] = [*range(3)]",
        "getattr(torch, name)(x)",
        "import functools\n@functools.wraps(f)\ndef g(x): return f(x)",
        "from functools import wraps\n@wraps(f)\ndef g(x): return f(x)",
        "match x.ndim:\n    case int(): pass\ncode = 'a text on traceback and inspect'; profile = code",
        "from torch import *\nfrom dataclasses import dataclass\nimport typing, operator, itertools, os, json",
        "def broken(:\n    gc",
    ],
)
def test_an_unusual_answer_is_measured(source: str) -> None:
    assert reach(source) == ""
