"""An answer that is measured may not reach into the interpreter; one that is merely unusual may be measured."""

from __future__ import annotations

import pytest

from graph_duet.grading.judging.source_policy import reach
from graph_duet.grading.judging.tamper_check import _wrapped_by_its_framework


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
        ("from graph_duet.grading.judging import tamper_check", "graph_duet.grading.judging.tamper_check"),
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
        ("import dis", "dis"),
        ("import torch.fx as t", "torch.fx"),
        ("torch.fx.Graph()", "fx"),
        ("dataclasses._create_fn('f', (), ())", "_create_fn"),
        ("class A: _convert_ = 1\nenum.IntEnum._convert_('A')", "_convert_"),
        ("numpy.testing.measure('f()')", "testing"),
        ("from numpy.f2py import crackfortran", "numpy.f2py.crackfortran"),
        ("np.lib.stride_tricks.as_strided(x)", "as_strided"),
        ("class A:\n    def __getattr__(self, name): ...", "__getattr__"),
        ("class A: __array_interface__ = {}", "__array_interface__"),
        ("f(**{}, __array_struct__=1)", "__array_struct__"),
        ("type('A', (), names)", "type"),
        ("t = type", "type"),
        ("type(*parts)", "type"),
        ("torch._C._construct_storage_from_data_pointer(0, d, 8)", "_construct_storage_from_data_pointer"),
        ("open('/proc/self/' + 'mem', 'r+b')", "open"),
        ("import os\nos.open('/proc/self/mem', 2)", "os"),
        ("np.DataSource().open(p)", "DataSource"),
        ("functools.singledispatch(f)", "singledispatch"),
        ("del setattr", "del setattr"),
        ("tf.test.mock.patch", "mock"),
    ],
)
def test_what_reaches_into_the_interpreter_is_named(source: str, reached: str) -> None:
    assert reach(source) == reached


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def __init__(self): self._k = 1\n    def __radd__(self, o): return self._k + self._f()\n"
        "    def _f(self): ...",
        "import torch\ntorch._dynamo.reset()\ny.grad_fn._saved_self, x._version",
        "from numpy.lib.stride_tricks import sliding_window_view\nnp.lib.stride_tricks.sliding_window_view(x, 3)",
        "import os\nos.environ['A'] = '1'\nfrom os import cpu_count\nimport tensorflow as tf, keras",
        "type(x)(3)\nisinstance(x, (int, type))",
        "setattr(box, 'size', 3)",
        "import sys\nsys.setrecursionlimit(5000)",
        "from __future__ import annotations\nfrom math import *",
        "from graph_duet import show\nshow(x)",
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


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        ("from contextlib import os as o", "contextlib.os"),
        ("from typing_extensions import get_annotations", "typing_extensions.get_annotations"),
        ("from pathlib import Path", "pathlib.Path"),
        ("import collections\ncollections._sys.modules", "collections._sys"),
        ("import dataclasses\ndataclasses.inspect.stack()", "dataclasses.inspect"),
        ("import json\njson.codecs.open(p)", "json.codecs"),
        ("from enum import sys as s", "enum.sys"),
        ("from random import _os", "random._os"),
        ("import importlib.util", "importlib.util"),
        ("from threading import _sys", "threading._sys"),
        ("import heapq.gc", "heapq.gc"),
    ],
)
def test_only_what_is_on_the_list_is_imported(source: str, reached: str) -> None:
    assert reach(source) == reached


def test_a_framework_that_wraps_its_own_function_is_not_tampering() -> None:
    import functools

    import torch

    before = torch.manual_seed
    wrapped = torch.no_grad()(before)
    assert _wrapped_by_its_framework(wrapped, before)
    assert not _wrapped_by_its_framework(functools.wraps(before)(lambda seed: None), before)
    assert not _wrapped_by_its_framework(torch.no_grad()(lambda seed: None), before)
