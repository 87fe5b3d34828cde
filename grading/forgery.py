"""Refusing, before it runs, an answer that reaches for the insides of the interpreter in which it is measured.

A right answer to an exercise has no use for stack frames, the garbage collector, raw memory or IPython's own
objects; a forger of counts does. This reads the source alone. It is one fence of several: the seal notices what
was replaced (grading.seal), and values that only a right answer computes stand beside every count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from IPython.core.inputtransformer2 import TransformerManager

_MODULES = {
    "builtins", "cffi", "code", "codeop", "ctypes", "dill", "faulthandler", "gc", "importlib", "inspect",
    "ipykernel", "IPython", "jupyter_client", "linecache", "marshal", "mmap", "pickle", "pkgutil", "runpy",
    "traceback", "unittest", "zmq",
}  # fmt: skip
_BUILTINS = {
    "__builtins__", "__import__", "breakpoint", "compile", "eval", "exec", "get_ipython", "globals", "vars",
}  # fmt: skip
_OF_SYS = {
    "byteorder", "float_info", "getsizeof", "maxsize", "setrecursionlimit", "version", "version_info",
}  # fmt: skip
_ATTRIBUTES = {
    "__bases__", "__builtins__", "__closure__", "__code__", "__dict__", "__getattribute__", "__globals__",
    "__loader__", "__mro__", "__reduce__", "__reduce_ex__", "__self__", "__spec__", "__subclasses__",
    "__traceback__", "__wrapped__", "_getframe", "addaudithook", "attrgetter", "cell_contents", "cr_frame",
    "displayhook", "f_back", "f_builtins", "f_code", "f_globals", "f_locals", "gi_frame", "methodcaller",
    "redirect_stderr", "redirect_stdout", "setprofile", "settrace", "tb_frame", "tb_next", "user_module",
    "user_ns",
}  # fmt: skip
_MAGICS = {"capture", "matplotlib", "time", "timeit"}


def reach(source: str) -> str:
    """The first name in `source` that reaches into the interpreter, or "". A source that does not parse has
    none: it does not run either."""
    try:
        tree = ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return next(_reaching(tree), "")


def _reaching(tree: ast.AST) -> Iterator[str]:
    harmless: set[int] = set()
    for node in ast.walk(tree):  # breadth first: a call comes before the names in it
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=shell), attr="run_line_magic" | "run_cell_magic"),
                args=[ast.Constant(value=magic), *words],
            ) if magic in _MAGICS:
                harmless.add(id(shell))
                texts = [str(word.value) for word in words if isinstance(word, ast.Constant)]
                yield from filter(None, map(reach, texts))
            case ast.Attribute(value=ast.Name(id="sys") as name, attr=attribute) if attribute in _OF_SYS:
                harmless.add(id(name))
            case ast.Import(names=names):
                yield from (f"{a.name} as {a.asname}" for a in names if a.name == "sys" and a.asname)
                yield from (a.name for a in names if _is_inside(a.name))
            case ast.ImportFrom(module=str(module), names=names):
                allowed = _OF_SYS if module == "sys" else {a.name for a in names} - _ATTRIBUTES
                yield from (f"{module}.{a.name}" for a in names if a.name not in allowed)
                yield from (f"{module}.{a.name}" for a in names if _is_inside(f"{module}.{a.name}"))
            case ast.Name(id=name) if name in _BUILTINS | {"sys"} and id(node) not in harmless:
                yield name
            case ast.Attribute(attr=name) if name in _ATTRIBUTES | _MODULES:
                yield name
            case ast.Constant(value=str(name)) if name in _ATTRIBUTES:
                yield name
            case _:
                pass


def _is_inside(name: str) -> bool:
    """Whether a dotted name belongs to the interpreter's or the grader's insides."""
    return name.partition(".")[0] in _MODULES or (name.startswith("grading.") and not name.endswith(".show"))
