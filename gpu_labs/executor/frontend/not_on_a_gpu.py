"""What Python has and a GPU has not, in words for a beginner: found in the source, where Numba refuses a kernel."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import ast
import enum
import linecache
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numba import cuda

from gpu_labs.executor.frontend.cuda_mistakes import about_cuda
from graphviz_tools.language import _

_LIST = _(
    "A kernel cannot make Python {what}: they grow, and a thread of a GPU has no memory to give out. For a few values "
    "of one thread use a tuple or cuda.local.array(size, dtype); pass everything else as an array."
)
_NODES: dict[type[ast.AST], str] = {
    ast.Try: _("A kernel cannot use try and except: a GPU does not catch exceptions. Test first, with `if`."),
    ast.With: _("A kernel cannot use `with`: nothing can be opened or closed on a GPU. Do it around the launch."),
    ast.List: _LIST.format(what="lists"),
    ast.ListComp: _LIST.format(what="lists"),
    ast.Set: _LIST.format(what="sets"),
    ast.SetComp: _LIST.format(what="sets"),
    ast.Dict: _LIST.format(what="dictionaries") + _(" In place of keys, number the cells of an array."),
    ast.DictComp: _LIST.format(what="dictionaries") + _(" In place of keys, number the cells of an array."),
    ast.JoinedStr: _("A kernel cannot put text together. print takes constant text and numbers, with commas between."),
    ast.Yield: _("A kernel cannot use `yield`: write a loop where the values are used."),
    ast.GeneratorExp: _("A kernel cannot use a generator: write a `for` loop."),
    ast.Global: _("A kernel cannot set a global name: write the result into an array argument."),
    ast.Starred: _("A kernel cannot use `*` to unpack: name each value, or index the tuple."),
    ast.NamedExpr: _("Numba does not know `:=` in a kernel: assign on a line of its own, then test."),
    ast.ClassDef: _("A kernel cannot define a class: pass its numbers as arguments, or as an array of records."),
    ast.Import: _("A kernel cannot import: do it at the top of the file."),
    ast.Delete: _("A kernel cannot use `del`: a variable ends with the thread."),
    ast.Await: _("A kernel cannot wait for other work with `await`."),
    ast.MatchSequence: _("Numba does not know `match` on several values: compare them with `if`."),
    ast.MatchMapping: _("Numba does not know `match` on dictionaries: compare numbers with `if`."),
    ast.MatchClass: _("Numba does not know `match` on classes: compare numbers with `if`."),
}  # fmt: skip
# What is made on one line and refused on another, and how Numba's message names it.
_ELSEWHERE: dict[type[ast.AST], str] = {
    ast.Try: "", ast.With: "", ast.Yield: "", ast.NamedExpr: "", ast.List: "list(", ast.ListComp: "list(",
    ast.Dict: "DictType", ast.Global: "STORE_GLOBAL", ast.Assign: "none",
}  # fmt: skip
_MAKES = {"array", "arange", "asarray", "empty", "empty_like", "eye", "full", "full_like", "linspace", "ones",
          "ones_like", "zeros", "zeros_like"}  # fmt: skip
_REDUCTIONS = {"all", "any", "argmax", "argmin", "cumsum", "dot", "fill", "max", "mean", "min", "prod", "sort",
               "std", "sum", "var"}  # fmt: skip
_WHOLE = {"sorted": _("sort on the host, or write the steps of a sort"), "map": _("write a `for` loop"),
          "filter": _("write a `for` loop with an `if`"), "reversed": _("count down with range(n - 1, -1, -1)"),
          "open": _("read and write files around the launch"), "input": _("pass the value as an argument"),
          "str": _("leave text to the host"), "sum": _("add up in a `for` loop"), "any": _("test in a `for` loop"),
          "all": _("test in a `for` loop"), "getattr": _("write the name after a dot"), "ord": _("write the number"),
          "eval": _("write what it computes"), "exec": _("write what it does"),
          "type": _("a variable keeps one type"), "id": _("number the threads or the elements"),
          "hash": _("number the keys"), "repr": _("leave text to the host"), "format": _("leave text to the host"),
          "iter": _("write a `for` loop")}  # fmt: skip
_OF_NUMBERS = {"clip": "`min(max(x, low), high)`", "where": "`a if condition else b`", "square": "`x * x`",
               "maximum": "`max(a, b)`", "minimum": "`min(a, b)`"}  # fmt: skip


def in_words(function: Callable[..., Any], file: str, line: int, message: str) -> str:
    """What a beginner should hear about the line of `file` that Numba refuses with `message`, or about a construct
    elsewhere in `function` that no GPU has and the message is about; "" when it is something else."""
    around = _around(file, line)
    here = [node for node in ast.walk(around) if _covers(node, line)] if around is not None else []
    for node in sorted(here, key=lambda node: -node.lineno):  # type: ignore[attr-defined]
        said = _about(node, function) or about_cuda(node, message, lambda name: _value(name, function))
        if said:
            return said
    code = function.__code__
    last = max((number for *_, number in code.co_lines() if number), default=code.co_firstlineno)
    for node in _nodes(file):
        inside = code.co_filename == file and code.co_firstlineno <= getattr(node, "lineno", 0) <= last
        wanted = next((word for kind, word in _ELSEWHERE.items() if inside and isinstance(node, kind)), None)
        if wanted is not None and wanted in message:
            said = _about(node, function)
            if said:
                return said
    return ""


def _around(file: str, line: int) -> ast.AST | None:
    """The function that a line defines or is in; what is around it is not part of the kernel."""
    functions = [
        node
        for node in _nodes(file)
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return max(functions, key=lambda node: node.lineno, default=None)


def _covers(node: ast.AST, line: int) -> bool:
    """Whether a node is on a line; a `try` or a `with` is on all of its lines."""
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    if isinstance(node, (ast.Try, ast.With, ast.expr, ast.pattern)):
        return first <= line <= last
    return first == line


@cache
def _tree(source: str) -> ast.AST | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        return None  # a notebook cell with a magic command


def _nodes(file: str) -> Iterator[ast.AST]:
    tree = _tree("".join(linecache.getlines(file)))
    return iter(()) if tree is None else ast.walk(tree)


def _about(node: ast.AST, function: Callable[..., Any]) -> str:
    if type(node) in _NODES:
        return _NODES[type(node)]
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value is None:
        return _about_none(ast.unparse(node.targets[0]))
    if isinstance(node, ast.Compare) and any(isinstance(each, ast.Constant) and each.value is None
                                             for each in node.comparators):  # fmt: skip
        return _about_none(ast.unparse(node.left))
    if isinstance(node, ast.BinOp) and any(_is_text(side) for side in (node.left, node.right)):
        return _NODES[ast.JoinedStr]
    if isinstance(node, ast.Subscript) and isinstance(
        _value(ast.unparse(node.value), function), (list, dict)
    ):
        name = ast.unparse(node.value)
        return _(
            "A kernel cannot take {name} from outside, a Python list or dictionary: pass an array as an argument.",
            name=name,
        )
    return _about_call(node, function) if isinstance(node, ast.Call) else ""


def _about_none(name: str) -> str:
    return _(
        "A variable of a kernel has one type from start to end, and None has another than a number. Start {name} "
        "with a number, such as 0.0, and keep in a second variable whether it has been set.",
        name=name,
    )


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _about_call(node: ast.Call, function: Callable[..., Any]) -> str:
    called = ast.unparse(node.func)
    home, _dot, name = called.rpartition(".")
    value = _value(called, function)
    module = getattr(_value(home, function), "__name__", "") if home else ""
    if module:
        said = _about_module(module, called, name, value)
        if said:
            return said
    else:
        array_is_unknown = _value(home, function) is None
        if not home and node.keywords and name in ("max", "min", "sum", "enumerate", "zip", "round"):
            return _("{called} takes no {name}= in a kernel.", called=called, name=node.keywords[0].arg)
        of_literals = not home and any(isinstance(each, (ast.List, ast.Tuple)) for each in node.args)
        if name in _REDUCTIONS and array_is_unknown and not of_literals:
            return _(
                "{called}() works on the whole array. In a kernel write the loop over the elements.",
                called=called,
            )
    if name == "literal_unroll" and (home or value is not cuda.literal_unroll):
        return _(
            "Numba for a GPU unrolls a loop only over literal_unroll from numba.cuda, under that name: write "
            "`from numba.cuda import literal_unroll`, and then `for v in literal_unroll(values):`."
        )
    if called in _WHOLE and value is None:
        return _("A kernel has no {called}(): {whole}.", called=called, whole=_WHOLE[called])
    if called in ("list", "set", "dict"):
        return _LIST.format(what={"list": "lists", "set": "sets", "dict": "dictionaries"}[called])
    return _about_class(called, value)


def _about_module(module: str, called: str, name: str, value: Any) -> str:
    """About a function of a module; empty when the module is not the reason."""
    if module in ("random", "numpy.random"):
        return _(
            "{called} keeps its state on the host. On a GPU each thread has a state of its own: "
            "create_xoroshiro128p_states(threads, seed) before the launch, and in the kernel "
            "xoroshiro128p_uniform_float32(states, i), both from numba.cuda.random.",
            called=called,
        )
    if module == "numpy":
        return _about_numpy(called, name)
    if module in ("math", "cmath", "operator") and value is not None:
        return _(
            "Numba has no {called} for a GPU with these arguments: write it with what `math` has, or a loop.",
            called=called,
        )
    if module.partition(".")[0] in ("torch", "tensorflow", "jax", "pandas", "scipy"):
        return _(
            "{called} runs on the host, on whole tensors. A kernel computes with numbers: use `math` and loops.",
            called=called,
        )
    return ""


def _about_numpy(called: str, name: str) -> str:
    if name in _MAKES:
        return _(
            "A kernel cannot make a NumPy array, as {called} does. Use cuda.local.array(size, dtype) for a thread's "
            "own array or cuda.shared.array(size, dtype) for the block's, both of a constant size, or pass an array; "
            "then set its elements in a loop.",
            called=called,
        )
    if not hasattr(np, name):
        return _("NumPy has no {called}: check the spelling.", called=called)
    if name in _OF_NUMBERS:
        return _(
            "A kernel has no {called}. Of numbers write {instead}; of an array, loop over the elements.",
            called=called,
            instead=_OF_NUMBERS[name],
        )
    return _("{called} works on whole arrays. In a kernel write the loop over the elements.", called=called)


def _about_class(called: str, value: Any) -> str:
    own = isinstance(value, type) and not issubclass(value, (np.generic, enum.Enum))
    if own and value.__module__ != "builtins" and not value.__module__.startswith("numba."):
        return _(
            "A kernel cannot make objects of a class, such as {called}. Pass its numbers as arguments, as a tuple, or "
            "as an array of records.",
            called=called,
        )
    return ""


def _value(name: str, function: Callable[..., Any]) -> Any:
    """The object behind a dotted name in a function; None when that is not known."""
    first, *rest = name.split(".")
    code = function.__code__
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    try:
        found = cells[first].cell_contents if first in cells else function.__globals__.get(first)
    except ValueError:  # a cell that is not filled yet
        return None
    for word in rest:
        found = getattr(found, word, None)
    return found
