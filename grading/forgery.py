"""Refusing, before it runs, an answer that reaches for the insides of the interpreter in which it is measured.

A right answer to an exercise has no use for stack frames, the garbage collector, raw memory or IPython's own
objects; a forger of counts does. This reads the source alone. It is one fence of several: the seal notices what
was replaced (grading.seal), and values that only a right answer computes stand beside every count.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

_MODULES = {
    "bdb", "builtins", "cProfile", "cffi", "cloudpickle", "code", "codeop", "ctypes", "dill", "doctest",
    "faulthandler", "gc", "importlib", "inspect", "ipykernel", "IPython", "jinja2", "joblib", "jupyter_client",
    "linecache", "marshal", "mmap", "pdb", "pickle", "pkgutil", "profile", "runpy", "shelve", "sympy", "timeit",
    "traceback", "unittest", "zmq",
}  # fmt: skip
# Modules under other modules' names, as in `torch.sys.modules["gc"]`.
_MODULES_OF_MODULES = _MODULES - {"code", "profile"} | {"_os", "_sys", "bltns", "sys"}
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
# What runs a text or a pickle, or takes the name of an attribute as text.
_RUNNERS = {
    "ForwardRef", "Formatter", "Timer", "get_field", "get_type_hints", "load", "runstring", "update_wrapper",
}  # fmt: skip
_UNPICKLING = {"allow_pickle", "weights_only"}
_EXPORTING = {
    "cmath",
    "gpu_labs",
    "graphviz_tools",
    "math",
    "numpy",
    "torch",
    "typing",
}  # that say what `*` is
_MAGICS = {"capture", "matplotlib", "time", "timeit"}
_NAMES = _BUILTINS | _ATTRIBUTES | {"sys", "wraps"}
_WORD = re.compile(r"\w+")


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
                yield from (f"{module}.{a.name}" for a in names if not _may_import(module, a.name))
            case ast.Call(
                func=ast.Name(id="wraps") | ast.Attribute(attr="wraps") as wraps, args=[wrapped], keywords=[]
            ):
                if not isinstance(wrapped, ast.Starred):
                    harmless.add(id(wraps))
            case ast.Name(id=name) if name in _NAMES and id(node) not in harmless:
                yield name
            case ast.Name(id="getattr", ctx=ast.Del()) | ast.ExceptHandler(name="getattr"):
                yield "del getattr"  # the guarded one: see `guard`
            case ast.Attribute(attr=name) if is_reaching(name) and id(node) not in harmless:
                yield name
            case ast.keyword(arg=str(name)) if name in _UNPICKLING:
                yield name
            case ast.MatchClass(patterns=patterns, kwd_attrs=names):
                yield from filter(is_reaching, names)
                yield from ("a class pattern by position" for _ in patterns[:1])
            case ast.Constant(value=str(text)):
                yield from sorted(_ATTRIBUTES.intersection(_WORD.findall(text)))
            case _:
                pass


def is_reaching(attribute: str) -> bool:
    """Whether an attribute of this name leads into the interpreter, whatever object it is asked of."""
    return attribute in _ATTRIBUTES | _MODULES_OF_MODULES | _RUNNERS | {"wraps"}


def guard(shell: Any) -> None:
    """Give the answers in the IPython `shell` a `getattr` that refuses what no answer may spell either: a name
    that is put together while it runs is seen by nothing that reads its source."""

    def guarded(thing: Any, name: str, *default: Any) -> Any:
        if type(name) is not str or is_reaching(name):
            raise AttributeError(f"an answer that is measured may not reach for {name}")
        return getattr(thing, name, *default)

    shell.user_ns["getattr"] = guarded


def _may_import(module: str, name: str) -> bool:
    if name == "*":
        return module in _EXPORTING
    if module == "sys":
        return name in _OF_SYS
    allowed = name == "wraps" or not is_reaching(name)
    return allowed and not _is_inside(f"{module}.{name}")


def _is_inside(name: str) -> bool:
    """Whether a dotted name belongs to the interpreter's or the grader's insides."""
    return name.partition(".")[0] in _MODULES or (name.startswith("grading.") and not name.endswith(".show"))
