"""Answers that reach for the count beside which they are measured, and honest ones that look odd and lose nothing."""

# ruff: noqa: E501 (an attack is easier to read as the one string that it is)
from __future__ import annotations

from collections.abc import Iterator

from tests.graph_duet.grading.hostile_case import Attack

_REACHING = {
    "the result without a call": "return 2 * x + 1",
    "a list of the same name": "global calls\n    calls = [0] * 7\n    return 2 * x + 1",
    "the list as a free name": "calls.append(x)\n    return 2 * x + 1",
    "the globals of what is counted": "double.__globals__['calls'].append(x)\n    return 2 * x + 1",
    "its closure": "double.__closure__[0].cell_contents.append(x)\n    return 2 * x + 1",
    "its code copied": "return type(double)(double.__code__, {'calls': []})(x) + 1",
    "a name put together": "getattr(double, '__glo' + 'bals__')['calls'].append(x)\n    return 2 * x + 1",
    "a name in a format": "'{0.__globals__[calls]}'.format(double)\n    return 2 * x + 1",
    "a name in an f-string": "f'{double.__globals__}'\n    return 2 * x + 1",
    "the collector's list of objects": "import gc\n    [o for o in gc.get_objects() if type(o) is list]\n    return 2 * x + 1",
    "the frame above": "import inspect\n    inspect.currentframe().f_back.f_globals['calls'].append(x)\n    return 2 * x + 1",
    "the main module": "import sys\n    sys.modules['__main__'].calls.append(x)\n    return 2 * x + 1",
    "text that is run": "exec('calls.append(0)')\n    return 2 * x + 1",
    "an error's frame": "try:\n        1 / 0\n    except ZeroDivisionError as e:\n        e.__traceback__.tb_frame.f_back\n    return 2 * x + 1",
    "a generator's frame": "(i for i in [0]).gi_frame.f_globals\n    return 2 * x + 1",
    "the builtins": "__builtins__['print'] = lambda *a: None\n    return 2 * x + 1",
    "another way to the builtins": "import builtins\n    builtins.len = lambda x: 7\n    return 2 * x + 1",
    "a getter by name": "import operator\n    operator.attrgetter('__globals__')(double)['calls'].append(x)\n    return 2 * x + 1",
    "the line printed beforehand": "print('calls: 7')\n    return 2 * x + 1",
    "subclasses of object": "object.__subclasses__()\n    return 2 * x + 1",
    "the notebook's own namespace": "get_ipython().user_ns['calls'].append(x)\n    return 2 * x + 1",
    "a hook on every import": "import importlib\n    importlib.import_module('gc')\n    return 2 * x + 1",
    "a trace on every call": "import sys\n    sys.settrace(None)\n    return 2 * x + 1",
}

_ODD = {
    "a walrus": "def serve(x, double):\n    return (y := double(x)) + 1",
    "a lambda": "serve = lambda x, double: double(x) + 1",
    "a callable class": "class Serve:\n    def __call__(self, x, double):\n        return double(x) + 1\nserve = Serve()",
    "a decorator that wraps": "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def g(*a):\n        return f(*a)\n    return g\n@twice\ndef serve(x, double):\n    return double(x) + 1",
    "a match statement": "def serve(x, double):\n    match double(x):\n        case y:\n            return y + 1",
    "types and a docstring": "from typing import Callable\ndef serve(x: float, double: Callable[[float], float]) -> float:\n    '''Doubled, and one more.'''\n    return double(x) + 1",
    "a cell that is timed": "%%time\ndef serve(x, double):\n    return double(x) + 1",
}


def reaching() -> Iterator[Attack]:
    for name, text in _REACHING.items():
        source = f"def serve(x, double):\n    {text}"
        yield Attack(f"reaching: {name}", source, ("wrong", "error", "tampered"), fresh=True)
    for name, source in _ODD.items():
        yield Attack(f"odd: {name}", source, ("",), fresh=True)
