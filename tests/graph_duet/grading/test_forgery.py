"""An answer that is measured may not reach into the interpreter; one that is merely unusual may be measured."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from graph_duet.grading.judging.source_policy import guard, reach
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
        ("int.__class__('A', (), names)", "__class__"),
        ("self.__class__(3)", "__class__"),
        ("match f:\n    case object(__class__=t): pass", "__class__"),
        ("import abc\nabc.ABCMeta('A', (), names)", "abc.ABCMeta"),
        ("from numbers import ABCMeta", "numbers.ABCMeta"),
        ("from uuid import Enum", "uuid.Enum"),
        ("import enum\nenum.Enum('A', names)", "enum"),
        ("torch.ops.load_library(p)", "load_library"),
        ("tf.load_op_library(p)", "load_op_library"),
        ("keras.models.model_from_json(t)", "model_from_json"),
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


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        ("torch.jit.annotations.parse_type_line(t, r, l)", "torch.jit.annotations"),
        ("import torch.jit.annotations as a", "torch.jit.annotations"),
        ("from torch.jit import annotations", "torch.jit.annotations"),
        ("t = torch.jit\nt.annotations", "torch.jit.annotations"),
        ("from torch import *\njit.annotations", "torch.jit.annotations"),
        ("from numpy import *\ntesting.measure('f()')", "numpy.testing"),
        ("torch._dynamo.polyfills.getattr_and_trace(f, n)", "torch._dynamo.polyfills"),
        ("d = torch._dynamo\nd.external_utils", "torch._dynamo.external_utils"),
        ("from torch._dynamo import utils", "torch._dynamo.utils"),
        ("def g(m): return m.jit\ng(torch)", "torch"),
        ("[torch.jit][0].annotations", "torch.jit"),
        ("torch.nn.functional.warnings.warn", "torch.nn.functional.warnings"),
        ("nn.functional.torch.jit", "torch"),
        ("torch.utils.collect_env.run(c)", "torch.utils.collect_env"),
        ("torch.multiprocessing.Process(target=f)", "multiprocessing"),
        ("tf.keras.saving.deserialize(c)", "deserialize"),
        ("tf.compat.v1.app.run(f)", "tensorflow.compat.v1.app"),
        ("numba.core.serialize", "numba.core.serialize"),
        ("jax.ffi.ffi_call(n)", "jax.ffi"),
        ("graphviz_tools.recording", "graphviz_tools.recording"),
    ],
)
def test_only_the_modules_of_a_framework_that_are_on_the_list_are_used(source: str, reached: str) -> None:
    assert reach(source) == reached


@pytest.mark.parametrize(
    "source",
    [
        "F = torch.nn.functional\nF.relu(np.random.random(3))",
        "import torch.nn.functional as F\nF.relu(x)",
        "from torch import nn\nclass Net(nn.Module):\n    def forward(self, x): return type(self)(3)",
        "tf.keras.layers.Dense(3); tf.nn.relu(np.array(x)); torch.trace(np.copy(x)); np.select(x, y)",
        "import jax, jax.numpy as jnp\njax.random.key(1); jnp.linalg.norm(x)",
        "torch._dynamo.reset()\ntorch._dynamo.config.verbose = True\ntorch.special.expm1(x)",
        "class F(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x): return x",
        "from secrets import choice\nfrom statistics import mean\nx.__class__ is y.__class__",
        "tf.compat.v1.placeholder(tf.float32, []); tf.math.log(x); tf.random.normal([3])",
    ],
)
def test_what_answers_use_of_the_frameworks_is_on_the_list(source: str) -> None:
    assert reach(source) == ""


def test_a_name_that_is_put_together_while_it_runs_leads_no_further() -> None:
    import torch

    names: dict[str, Any] = {}
    guard(SimpleNamespace(user_ns=names))
    assert names["type"](3) is int
    assert isinstance(int, names["type"])
    assert issubclass(type, names["type"])
    assert names["getattr"](torch, "exp") is torch.exp
    for ask in (
        lambda: names["type"](int),
        lambda: names["getattr"](int, "__class__"),
        lambda: names["getattr"](torch, "jit"),
    ):
        with pytest.raises(AttributeError, match="an answer that is measured"):
            ask()


def test_a_framework_that_wraps_its_own_function_is_not_tampering() -> None:
    import functools

    import torch

    before = torch.manual_seed
    wrapped = torch.no_grad()(before)
    assert _wrapped_by_its_framework(wrapped, before)
    assert not _wrapped_by_its_framework(functools.wraps(before)(lambda seed: None), before)
    assert not _wrapped_by_its_framework(torch.no_grad()(lambda seed: None), before)
