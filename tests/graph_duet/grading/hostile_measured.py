"""Attacks on a number that is counted: a fresh task asks how often a given function is called, and these call it twice."""

# ruff: noqa: E501 (an attack is easier to read as the one string that it is)
from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tests.graph_duet.grading.hostile_case import SHELL, Attack


def measurements() -> Iterator[Attack]:
    twice = "    double(x)\n    return double(x) + 1"

    def measured(name: str, source: str, *faults: str) -> Attack:
        return Attack(name, source, faults, fresh=True)

    def serves(name: str, text: str, *faults: str) -> Attack:
        return measured(
            name, "def serve(x, double):\n" + textwrap.indent(text, "    ") + "\n" + twice, *faults
        )

    yield measured("twice the calls", f"def serve(x, double):\n{twice}", "wrong")
    yield measured("a given function replaced", f"show = print\ndef serve(x, double):\n{twice}", "tampered")
    yield measured(
        "a print and a len of its own",
        f"say = print\ndef print(*a): say(*[7 if part == 14 else part for part in a])\nlen = lambda x: 7\ndef serve(x, double):\n{twice}",
        "wrong",
    )
    yield measured(
        "the standard output redirected",
        f"from contextlib import redirect_stdout\nimport io\nredirect_stdout(io.StringIO()).__enter__()\ndef serve(x, double):\n{twice}",
        "tampered",
    )
    yield measured(
        "the shell by name",
        f"{SHELL}kernel = shell.kernel\ndef serve(x, double):\n{twice}",
        "tampered",
    )
    yield measured(
        "torch replaced in a fresh process",
        f"import torch\nold = torch.add\ntorch.add = lambda *a: old(*a)\ndef serve(x, double):\n{twice}",
        "tampered",
    )
    yield serves("the check's own names", "calls.pop() if calls else None", "error")
    yield serves(
        "the check's names by way of its function", "double.__globals__['calls'].clear()", "tampered"
    )
    yield serves(
        "show replaced late",
        "import graph_duet.grading.exercise.values\ngrading.values.text_of = lambda *a: '7'",
        "tampered",
    )
    yield serves("the caller's frame", "import sys\nsys._getframe(1).f_globals['calls'].clear()", "tampered")
    yield serves("the caller's frame by way of a traceback", TRACEBACK, "tampered")
    yield serves(
        "every list there is",
        "import gc\nfor o in gc.get_objects(): type(o) is list and len(o) < 15 and o.clear()",
        "tampered",
    )
    yield serves("raw memory", "from ctypes import memmove as copy\ncopy(id(double), id(x), 8)", "tampered")
    yield serves("a trace function", "import sys as s\ns.settrace(lambda *a: None)", "tampered")
    yield serves("IPython's own objects", "get_ipython().user_ns['calls'].clear()", "tampered")
    yield measured(
        "the standard output rewritten",
        f"import sys\nsaid = sys.stdout.write\nsys.stdout.write = lambda t: said(t.replace('14', '7'))\ndef serve(x, double):\n{twice}",
        "tampered",
    )
    yield measured(
        "an attribute's name put together",
        "def serve(x, double):\n    getattr(double, '__glo' + 'bals__')['calls'].clear()\n" + twice,
        "error",
    )
    yield measured("an attribute by way of functools.wraps", WRAPS + twice, "tampered")
    yield serves(
        "an attribute by way of a class pattern",
        "match double:\n    case object(__globals__=names): names['calls'].clear()",
        "tampered",
    )
    yield serves(
        "a module by way of another's",
        "import contextlib\ncontextlib.sys.modules['gc'].get_objects()",
        "tampered",
    )

    def forged(name: str, before: str, text: str, *faults: str) -> Attack:
        """A case that takes the second call back, so that the count and the values are right."""
        body = textwrap.indent(f"double(x)\nv = double(x) + 1\n{text}\nreturn v", "    ")
        return measured(name, f"{before}\ndef serve(x, double):\n{body}", *faults)

    yield forged(
        "the counter's code exchanged",
        "",
        "setattr(double, '__co' + 'de__', serve)\ndouble(x)",
        "error",
    )
    yield forged(
        "a text that dataclasses run",
        "import dataclasses",
        "dataclasses._create_fn('f', ('d',), ['d.__glo' + 'bals__[\"calls\"].pop()'])(double)",
        "tampered",
    )
    yield forged(
        "a text that numpy.testing runs",
        "import numpy as np",
        "np.testing.measure('double.__glo' + 'bals__[\"calls\"].pop()')",
        "tampered",
    )
    yield forged("a graph that asks for an attribute", "import torch.fx as fx", GRAPH, "tampered")
    yield forged("memory by its address", ADDRESS, "swap(double, lambda x: calls.pop(), x)", "tampered")
    yield serves(
        "a text that timeit runs",
        "import timeit\ntimeit.timeit('d.__glo'+'bals__[\"calls\"].clear()', globals={'d': double}, number=1)",
        "tampered",
    )


TRACEBACK = """try:
    raise ValueError
except ValueError as error:
    frame = error.__traceback__.tb_frame.f_back
    frame.f_globals['calls'].clear()"""
WRAPS = """import functools
class Box:
    taken = []
    def __setattr__(self, name, value): Box.taken.append(value)
def serve(x, double):
    functools.wraps(double, ('__glo' + 'bals__',), ())(Box())
    Box.taken[0]['calls'].clear()
"""
GRAPH = """g = fx.Graph()
p, q = g.placeholder('p'), g.placeholder('q')
g.output(g.call_method('__getattri' + 'bute__', (p, q)))
fx.Interpreter(fx.GraphModule({}, g)).run(double, '__glo' + 'bals__')['calls'].pop()"""
ADDRESS = """import numpy as np
class At:
    def __getattr__(self, name): return {'data': (self.at, False), 'shape': (12,), 'typestr': '<i8', 'version': 3}
def words(thing):
    at = At()
    at.at = id(thing)
    return np.asarray(at)
def swap(double, other, x):
    a, b = words(double), words(other)
    a[6], b[6] = b[6], a[6]
    double(x)
    a[6], b[6] = b[6], a[6]
"""
