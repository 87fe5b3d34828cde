"""Which modules of a framework an answer that is measured may use: a list, like the one of the standard library.

What is a module the folders of the installed framework say, so nothing is imported to find out. An attribute of an
object (`x.grad`) is not judged here, because nobody can say before it runs what `x` is.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

# Below each framework, the modules that may be named. What they define may be used, the modules they import may not.
_ALLOWED: dict[str, frozenset[str]] = {
    framework: frozenset(modules.split())
    for framework, modules in {
        "gpu_labs": "autograd checks launching",
        "graphviz_tools": "",
        "jax": "ad_checkpoint custom_batching custom_derivatives debug dtypes errors export flatten_util image lax "
        "lax.linalg nn nn.initializers numpy numpy.fft numpy.linalg ops random scipy scipy.linalg scipy.special "
        "sharding tree tree_util typing",
        "keras": "activations callbacks config constraints initializers layers losses metrics models ops ops.image "
        "ops.linalg ops.nn ops.numpy optimizers optimizers.schedules random regularizers tree",
        "matplotlib": "axes cm collections colors dates figure gridspec lines patches pyplot ticker",
        "ml_dtypes": "",
        "numba": "cuda cuda.random typed types",
        "numpy": "char dtypes exceptions fft lib lib.scimath lib.stride_tricks linalg ma polynomial random rec strings "
        "typing",
        "scipy": "constants differentiate fft integrate interpolate linalg ndimage optimize signal sparse "
        "sparse.linalg spatial special stats",
        "tensorflow": "audio autodiff autograph autograph.experimental bitwise compat compat.v1 compat.v1.initializers "
        "compat.v1.layers compat.v1.losses compat.v1.math compat.v1.nn compat.v1.random compat.v1.summary "
        "compat.v1.train config config.experimental config.optimizer config.threading data data.experimental "
        "debugging dtypes dtypes.experimental errors experimental experimental.numpy experimental.numpy.random image "
        "linalg linalg.experimental lookup math nest nn nn.experimental queue ragged random random.experimental "
        "raw_ops sets signal sparse strings summary train types types.experimental version xla xla.experimental",
        "torch": "_dynamo accelerator amp autograd autograd.forward_ad autograd.function autograd.functional "
        "autograd.graph backends backends.mkldnn compiler cpu cuda cuda.amp distributions export fft func functional "
        "futures jit library linalg masked nested nn nn.attention nn.functional nn.grad nn.init nn.modules "
        "nn.modules.module nn.parallel nn.parameter nn.utils nn.utils.parametrizations nn.utils.parametrize "
        "nn.utils.rnn nn.utils.stateless optim optim.lr_scheduler overrides quasirandom random return_types signal "
        "signal.windows sparse special types utils utils.checkpoint utils.data utils.flop_counter utils.hooks version",
        "widgets": "",
    }.items()
}  # fmt: skip
FRAMEWORKS = frozenset(_ALLOWED)
# Of the compiler's private package, what its own documentation names.
_DYNAMO = frozenset(
    (
        "allow_in_graph", "assume_constant_result", "config", "disable", "disallow_in_graph", "explain", "graph_break",
        "list_backends", "mark_dynamic", "mark_static", "mark_unbacked", "maybe_mark_dynamic", "optimize", "reset",
        "run",
    )
)  # fmt: skip
# How given cells and everybody else call them.
_USUAL = {
    **{name: name for name in _ALLOWED},
    "jnp": "jax.numpy", "nn": "torch.nn", "np": "numpy", "plt": "matplotlib.pyplot", "tf": "tensorflow",
}  # fmt: skip
_MOVED = {"tensorflow.keras": "keras"}
# Names of the standard library's modules that are functions of the frameworks.
_FUNCTIONS = frozenset(("array", "copy", "random", "select", "trace"))
_MODULES = (sys.stdlib_module_names | FRAMEWORKS | {"np", "tf", "jnp"}) - _FUNCTIONS


def may_use(module: str) -> bool:
    """Whether an answer may name this framework, or module or name below it. `module` is dotted in full."""
    module = _settled(module)
    framework, _, path = module.partition(".")
    if framework not in _ALLOWED:
        return False
    above, _, name = path.rpartition(".")
    if above == "_dynamo":
        return name in _DYNAMO
    if path and is_module(module):
        return path in _ALLOWED[framework]
    # A module that an allowed one imported, under its usual name.
    return not (name in _MODULES and (not above or is_module(f"{framework}.{above}")))


@cache
def is_module(dotted: str) -> bool:
    """Whether the installed framework has a file or a folder for this module."""
    framework, *parts = _settled(dotted).split(".")
    if not parts:
        return framework in _ALLOWED
    places = [folder.joinpath(*parts) for folder in _folders(framework)]
    return any(place.is_dir() or place.with_name(f"{place.name}.py").is_file() for place in places)


@cache
def _folders(framework: str) -> tuple[Path, ...]:
    spec = importlib.util.find_spec(framework) if framework in _ALLOWED else None
    found = [Path(place) for place in (spec.submodule_search_locations or ())] if spec is not None else []
    public = [folder / "_api" / "v2" for folder in found]  # where TensorFlow keeps what it offers
    return (*found, *public)


def _below(module: str) -> Iterator[str]:
    """Names of the modules right below one."""
    framework, *parts = _settled(module).split(".")
    for folder in _folders(framework):
        for place in sorted(folder.joinpath(*parts).glob("*")):
            if place.is_dir() or place.suffix == ".py":
                yield place.stem


def _settled(module: str) -> str:
    for old, new in _MOVED.items():
        if module == old or module.startswith(f"{old}."):
            return new + module.removeprefix(old)
    return module


def modules_reached(tree: ast.AST) -> Iterator[str]:
    """Modules of frameworks that an answer names and that are not on the list, and those on it that it hands on as
    values: what is then asked of them, nobody could say."""
    names = _names(tree)
    asked = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    asked |= {
        id(n.args[0])
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in ("getattr", "hasattr")
        if n.args
    }  # at run time, the guarded `getattr` gives no module
    asked |= {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Assign) and _is_alias(n, names)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        dotted = _dotted(node, names)
        if dotted and (not may_use(dotted) or (is_module(dotted) and id(node) not in asked)):
            yield dotted


def _names(tree: ast.AST) -> dict[str, str]:
    """The framework's module behind each name."""
    names = dict(_USUAL)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            if any(alias.name == "*" for alias in node.names):
                names |= {name: f"{node.module}.{name}" for name in _below(node.module)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_alias(node, names):
            names |= {
                name.id: _dotted(node.value, names) for name in node.targets if isinstance(name, ast.Name)
            }
    return {name: module for name, module in names.items() if is_module(module)}


def _is_alias(node: ast.Assign, names: Mapping[str, str]) -> bool:
    """Whether the statement gives a module another name, as `nn = torch.nn` does."""
    named = all(isinstance(target, ast.Name) for target in node.targets)
    return named and is_module(_dotted(node.value, names))


def _dotted(node: ast.AST, names: Mapping[str, str]) -> str:
    """The full name of an attribute of a framework's module; "" for anything else."""
    match node:
        case ast.Name(id=name):
            return names.get(name, "")
        case ast.Attribute(value=base, attr=attribute):
            above = _dotted(base, names)
            return f"{above}.{attribute}" if above else ""
        case _:
            return ""
