"""Refusing, before it runs, an answer that reaches for the insides of the interpreter in which it is measured.

A right answer to an exercise has no use for stack frames, the garbage collector, raw memory or IPython's own
objects; a forger of counts does. This reads the source alone. It is one fence of several: the tamper check notices what
was replaced (tamper_check.py), and beside every count a check prints values that only a right answer computes.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from graph_duet.grading.judging.allowed_names import EXPORTING, PARTS, WHOLE, public_names
from graph_duet.grading.judging.framework_modules import may_use, modules_reached
from graphviz_tools.language import _

# Modules under other modules' names, as in `torch.sys.modules["gc"]`, and parts of the frameworks that run a
# text, or take memory by its address or attributes by their names.
_INSIDES = {
    "_os", "_sys", "argparse", "bdb", "bltns", "builtins", "cProfile", "cffi", "classes", "cloudpickle", "codeop",
    "cpp_extension", "ctypes", "ctypeslib", "dill", "dis", "doctest", "enum", "extending", "f2py", "faulthandler", "fx",
    "gc", "gfile", "hub", "importlib", "inspect", "ipykernel", "IPython", "jinja2", "joblib", "jupyter_client",
    "linecache", "marshal", "mmap", "mock", "multiprocessing", "np", "package", "pathlib", "pdb", "pickle", "pkgutil",
    "python", "runpy", "serialization", "shelve", "stride_tricks", "subprocess", "sympy", "sys", "tensorflow",
    "testing", "tf", "timeit", "torch", "traceback", "unittest", "zmq",
}  # fmt: skip
_BUILTINS = {
    "__builtins__", "__import__", "breakpoint", "compile", "eval", "exec", "get_ipython", "globals", "locals", "open",
    "vars",
}  # fmt: skip
_ATTRIBUTES = {
    "__array_interface__", "__array_struct__", "__bases__", "__builtins__", "__closure__", "__code__",
    "__cuda_array_interface__", "__dict__", "__getattr__", "__getattribute__", "__globals__", "__import__",
    "__loader__", "__mro__", "__reduce__", "__reduce_ex__", "__self__", "__setattr__", "__spec__", "__subclasses__",
    "__traceback__", "__wrapped__", "_getframe", "addaudithook", "attrgetter", "cell_contents", "cr_frame",
    "displayhook", "f_back", "f_builtins", "f_code", "f_globals", "f_locals", "get_ipython", "gi_frame",
    "methodcaller", "redirect_stderr", "redirect_stdout", "setprofile", "settrace", "tb_frame", "tb_next",
    "user_module", "user_ns",
}  # fmt: skip
# What runs a text or a pickle, takes the name of an attribute as text, or memory by its address.
_RUNNERS = {
    "ABCMeta", "CodeType", "DataSource", "EnumMeta", "EnumType", "ForwardRef", "Formatter", "FunctionType", "GFile",
    "LowLevelCallable", "SimpleNamespace", "Timer", "as_strided", "carray", "data_ptr", "deserialize",
    "deserialize_keras_object", "farray", "from_config", "from_file", "frombuffer", "get_field", "get_type_hints",
    "load", "load_library", "load_op_library", "make_dataclass", "memmap", "model_from_json", "new_class",
    "open_memmap", "runstring", "singledispatch", "singledispatchmethod", "untyped_storage", "update_wrapper",
}  # fmt: skip
_GUARDED = ("getattr", "setattr", "delattr")
# Of names between underscores, what a class may define and anybody may ask for.
_OPERATORS = {
    f"__{before}{name}__"
    for name in (
        "add", "and", "divmod", "floordiv", "lshift", "matmul", "mod", "mul", "or", "pow", "rshift", "sub", "truediv",
        "xor",
    )
    for before in ("", "r", "i")
}  # fmt: skip
_DUNDERS = _OPERATORS | {
    f"__{name}__"
    for name in (
        "abs", "all", "bool", "call", "ceil", "complex", "contains", "copy", "deepcopy", "delitem", "doc",
        "enter", "eq", "exit", "file", "float", "floor", "format", "ge", "getitem", "gt", "hash", "index", "init",
        "int", "invert", "iter", "le", "len", "lt", "main", "missing", "module", "name", "ne", "neg", "new", "next",
        "pos", "post_init", "qualname", "repr", "reversed", "round", "setitem", "slots", "str", "trunc", "version",
    )
}  # fmt: skip
# Of names with one underscore, what the frameworks show to all.
_PRIVATE = {"_asdict", "_dynamo", "_fields", "_grad", "_make", "_replace", "_version"}
_UNPICKLING = {"allow_pickle", "weights_only"}
_MAGICS = {"capture", "matplotlib", "time", "timeit"}
_NAMES = _BUILTINS | _ATTRIBUTES | {"os", "sys", "type", "wraps"}
_WORD = re.compile(r"\w+")


def reach(source: str) -> str:
    """The first name in `source` that reaches into the interpreter, or "". A source that does not parse has
    none: it does not run either."""
    tree = ast.Module(parsed(source), [])
    return next(itertools.chain(_reaching(tree), modules_reached(tree)), "")


def refused(sources: Iterable[str]) -> str:
    """The sentence with which a measured check refuses answers, before anything of them runs; "" for none."""
    reached = next(filter(None, map(reach, sources)), "")
    if not reached:
        return ""
    return _(
        "the answer uses {reached}: where something is counted, an answer does without what can reach into "
        "the interpreter that counts",
        reached=reached,
    )


def parsed(source: str) -> list[ast.stmt]:
    """The statements of a cell, its magics as IPython translates them; none where the source does not parse."""
    try:
        return ast.parse(TransformerManager().transform_cell(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def defined(source: str) -> set[str]:
    """The names that a cell's own statements assign, define or import."""
    found: set[str] = set()
    for statement in parsed(source):
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {(each.asname or each.name).partition(".")[0] for each in names}
            case _:
                found |= {
                    n.id
                    for n in ast.walk(statement)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
    return found


def _reaching(tree: ast.AST) -> Iterator[str]:
    harmless: set[int] = set()
    own = _own_names(tree)
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    for node in ast.walk(tree):  # breadth first: a call comes before the names in it
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=shell), attr="run_line_magic" | "run_cell_magic"),
                args=[ast.Constant(value=magic), *words],
            ) if magic in _MAGICS:
                harmless.add(id(shell))
                texts = [str(word.value) for word in words if isinstance(word, ast.Constant)]
                yield from filter(None, map(reach, texts))
            case ast.Attribute(value=ast.Name(id=module) as name, attr=attribute) if (
                module in ("os", "sys") and attribute in PARTS[module]
            ):
                harmless.add(id(name))
            case ast.Attribute(value=ast.Name(id=module), attr=attribute) if (
                (module in WHOLE and attribute not in public_names(module))
                or (module in PARTS and module not in ("os", "sys") and attribute not in PARTS[module])
            ) and module in imported:
                yield f"{module}.{attribute}"
            case ast.Attribute(
                value=ast.Attribute(attr="__class__") as asked, attr="__name__" | "__qualname__"
            ):
                harmless.add(id(asked))
            case ast.Compare(left=left, comparators=others):
                harmless |= {
                    id(n) for n in (left, *others) if isinstance(n, ast.Attribute) and n.attr == "__class__"
                }
            case ast.Attribute(value=ast.Attribute() as inner, attr="sliding_window_view"):
                harmless.add(id(inner))
            case ast.Import(names=names):
                yield from (f"{a.name} as {a.asname}" for a in names if a.name in ("os", "sys") and a.asname)
                yield from (a.name for a in names if not _may_import(a.name, ""))
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{a.name}" for a in names if not _may_import(module, a.name))
            case ast.Call(
                func=ast.Name(id="wraps") | ast.Attribute(attr="wraps") as wraps, args=[wrapped], keywords=[]
            ):
                if not isinstance(wrapped, ast.Starred):
                    harmless.add(id(wraps))
            case ast.Call(func=ast.Name(id="type") as asked, args=[thing], keywords=[]):
                if not isinstance(thing, ast.Starred):
                    harmless.add(id(asked))
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, wanted]):
                harmless.update(id(name) for name in ast.walk(wanted))
            case ast.Name(id=name) if name in _NAMES and id(node) not in harmless:
                yield name
            case ast.Name(id=name) if name in _GUARDED and isinstance(node.ctx, ast.Del):
                yield f"del {name}"  # the guarded one: see `guard`
            case ast.ExceptHandler(name=str(name)) if name in _GUARDED:
                yield f"del {name}"
            case ast.Attribute(attr=name) if is_reaching(name) and id(node) not in harmless:
                yield name
            case ast.Attribute(value=base, attr=name) if _is_private(name):
                if not (isinstance(base, ast.Name) and name in own):
                    yield name
            case (
                ast.Name(id=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.keyword(arg=str(name))
            ) if _is_odd(name):
                yield name
            case ast.keyword(arg=str(name)) if name in _UNPICKLING:
                yield name
            case ast.MatchClass(patterns=patterns, kwd_attrs=names):
                yield from filter(is_reaching, names)
                yield from (_("a class pattern by position") for _pattern in patterns[:1])
            case ast.Constant(value=str(text)):
                yield from sorted(_ATTRIBUTES.intersection(_WORD.findall(text)))
            case _:
                pass


def _own_names(tree: ast.AST) -> set[str]:
    """The attributes that the answer's own classes define or its own objects are given."""
    stored = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    classes = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    inside = [n for c in classes for n in ast.walk(c)]
    named = {n.name for n in inside if isinstance(n, ast.FunctionDef)}
    return stored | named | {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def is_reaching(attribute: str) -> bool:
    """Whether an attribute of this name leads into the interpreter, whatever object it is asked of."""
    return attribute in _ATTRIBUTES | _INSIDES | _RUNNERS | {"wraps"} or _is_odd(attribute)


def _is_odd(name: str) -> bool:
    """Whether the name is between underscores, and is not one that answers may use."""
    return name.startswith("__") and name.endswith("__") and len(name) > 4 and name not in _DUNDERS


def _is_private(name: str) -> bool:
    """Whether the name is another module's or class's own affair."""
    return (
        name.startswith("_")
        and not name.endswith("__")
        and name not in _PRIVATE
        and not name.startswith("_saved_")
    )


def guard(shell: Any) -> None:
    """Give the answers in the IPython `shell` a `getattr`, and functions like it, that refuse what no answer may spell
    either, and a `type` that gives no metaclass: a name that is put together while it runs is seen by nothing that
    reads its source."""

    def guarded(plain: Callable[..., Any]) -> Callable[..., Any]:
        def ask(thing: Any, name: str, *more: Any) -> Any:
            foreign = type(name) is str and _is_private(name) and not hasattr(type(thing), "__weakref__")
            if type(name) is not str or is_reaching(name) or foreign:
                raise AttributeError(f"an answer that is measured may not reach for {name}")
            value = plain(thing, name, *more)
            if isinstance(value, ModuleType):
                raise AttributeError(f"an answer that is measured names the module {name} without getattr")
            return value

        return ask

    for plain in (getattr, setattr, delattr):
        shell.user_ns[plain.__name__] = guarded(plain)
    shell.user_ns["type"] = _GuardedType("type", (), {})


class _GuardedType(type):
    """What an answer has in place of `type`: it says what class a thing is of, and gives nothing that makes classes,
    whose names could be put together while they are made."""

    def __call__(cls, thing: Any) -> Any:
        found = type(thing)
        if issubclass(found, type):
            raise AttributeError("an answer that is measured may not reach for the class of a class")
        return found

    def __instancecheck__(cls, thing: Any) -> bool:
        return isinstance(thing, type)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, type)


def _may_import(module: str, name: str) -> bool:
    """Whether `import module`, or `from module import name`, is one that answers use."""
    root, *parts = module.split(".")
    if name == "*":
        return module in EXPORTING
    if module in PARTS or root in PARTS:
        return name in PARTS.get(module, ()) or module == "os.path" or (not name and not parts)
    if module in WHOLE:
        return not name or name in public_names(module)
    if module == "numpy.lib.stride_tricks":
        return name == "sliding_window_view"
    dotted = f"{module}.{name}" if name else module
    insides = (is_reaching(part) or _is_private(part) for part in (*parts, name))
    return not any(insides) and may_use(module) and may_use(dotted)
