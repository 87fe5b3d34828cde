"""PyTorch's private names for its compilers' graphs and caches: where each is, its version, what is lost without it.

Nothing here is touched before it is used: Dynamo's import takes seconds. When a name is gone, a Recording has less and
says so in `omitted`; `missing()` lists what is lost. `ATTRIBUTES` are private attributes of PyTorch's objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from types import CodeType
from typing import Any

import torch

from graphviz_tools.language import _
from graphviz_tools.private_name import PrivateName

SEEN = "2.13.0"
_FRAMES = "torch._C._dynamo.eval_frame"
CACHE_ENTRIES = PrivateName(_FRAMES, "_debug_get_cache_entry_list", SEEN, _("the graphs in Dynamo's cache"))
RESET_CODE = PrivateName(
    _FRAMES, "reset_code", SEEN, _("recompiling what Dynamo gave up, or compiled for us")
)
CODE_STATE = PrivateName("torch._dynamo.pgo", "_CODE_STATE", SEEN, _("the same graphs at every recording"))
BYTECODE_HOOK = PrivateName(
    "torch._dynamo.convert_frame", "register_bytecode_hook", SEEN, _("which functions were compiled")
)
METRICS = PrivateName("torch._dynamo.utils", "get_compilation_metrics", SEEN, _("why Dynamo compiled again"))
LIMIT = PrivateName("torch._dynamo.config", "recompile_limit", SEEN, _("how many graphs a function may have"))
AOT = PrivateName(
    "torch._dynamo.backends.common", "aot_autograd", SEEN, _("aten ops, and each segment's backward graph")
)
NAMES = (CACHE_ENTRIES, RESET_CODE, CODE_STATE, BYTECODE_HOOK, AOT)  # a recording of torch.compile
CACHE_NAMES = (METRICS, LIMIT)  # `trace_cache` of a compiled function

FAKE_TENSOR = PrivateName("torch._subclasses.fake_tensor", "FakeTensor", SEEN, _("shapes in a trace"))
JIT_OPERATION = PrivateName("torch._C", "_jit_get_operation", SEEN, _("the run of a TorchScript graph"))
PARSE_SCHEMA = PrivateName("torch._C", "parse_schema", SEEN, _("the run of a TorchScript graph"))
_NESTED = _("arguments inside dataclasses and containers of other libraries")
TREE_LEAVES = PrivateName("torch.utils._pytree", "tree_leaves", SEEN, _NESTED)
TREE_MAP = PrivateName("torch.utils._pytree", "tree_map_only", SEEN, _NESTED)
OTHER_NAMES = (FAKE_TENSOR, JIT_OPERATION, PARSE_SCHEMA, TREE_LEAVES, TREE_MAP)
# Dynamo's logs, and the beginning of its guards on PyTorch's function transforms.
DYNAMO_LOG = "torch._dynamo"
BREAK_LOG = f"{DYNAMO_LOG}.symbolic_convert.__graph_breaks"
TRANSFORM_GUARD = "torch._functorch"
ATTRIBUTES = {
    "_orig_mod": SEEN,
    "_torchdynamo_orig_callable": SEEN,
    "_torchdynamo_orig_backend": SEEN,
}


@cache
def missing() -> tuple[str, ...]:
    """What a recording of torch.compile lacks with this PyTorch, each once."""
    return tuple(dict.fromkeys(name.loses for name in NAMES if not name.is_there()))


def cache_entries(code: CodeType) -> list[Any] | None:
    """What Dynamo keeps on a code object, the entry tried first at the front; None where it does not tell."""
    entries = CACHE_ENTRIES.find()
    return None if entries is None else entries(code)


def forget(code: CodeType) -> None:
    """Drop everything that Dynamo keeps on a code object; its next call compiles again."""
    reset = RESET_CODE.find()
    if reset is not None:
        reset(code)


@contextmanager
def without_seen_sizes() -> Iterator[None]:
    """Forget inside which sizes each function was called with, and remember them afterwards."""
    if not CODE_STATE.is_there():
        yield
        return
    module, remembered = import_module(CODE_STATE.module), CODE_STATE.find()
    setattr(module, CODE_STATE.name, None)
    try:
        yield
    finally:
        setattr(module, CODE_STATE.name, remembered)


@contextmanager
def noting_compiled_code(report: Callable[[CodeType], None]) -> Iterator[None]:
    """Call `report` with each code object that Dynamo compiles inside."""
    register = BYTECODE_HOOK.find()
    if register is None:
        yield
        return
    hook = register(lambda code, new_code: report(code))
    try:
        yield
    finally:
        hook.remove()


def compilation_notes() -> list[Any]:
    """Dynamo's notes of the latest compilations (it keeps 64)."""
    metrics = METRICS.find()
    return [] if metrics is None else list(metrics())


def given_to_compile(compiled: Any) -> Any | None:
    """The function or module that was given to torch.compile; None when `compiled` is not its result."""
    module = getattr(compiled, "_orig_mod", None)
    return module if module is not None else getattr(compiled, "_torchdynamo_orig_callable", None)


def original_backend(backend: Any) -> Any:
    """The backend as it was given to torch.compile, without Dynamo's wrappers."""
    while (inner := getattr(backend, "_torchdynamo_orig_backend", None)) is not None:
        backend = inner
    return backend


def is_fake(thing: Any) -> bool:
    """Whether `thing` is a tensor without numbers, as a trace passes on."""
    fake = _fake_tensor()
    return isinstance(thing, fake) if fake is not None else type(thing).__name__ == "FakeTensor"


@cache
def _fake_tensor() -> type | None:
    return FAKE_TENSOR.find()


def overload_packet(target: Any) -> Any | None:
    """The op of which `target` is one overload (`aten.add` of `aten.add.Tensor`); None for anything else."""
    return target.overloadpacket if isinstance(target, type(torch.ops.aten.add.Tensor)) else None


def jit_operation(kind: str, schema: str) -> tuple[Callable[..., Any], list[Any]] | None:
    """TorchScript's operator `kind`, and the arguments in `schema`; None where it cannot be run from Python."""
    operation, parse = JIT_OPERATION.find(), PARSE_SCHEMA.find()
    found = operation(kind)[0] if operation is not None else None
    return None if found is None or parse is None else (found, parse(schema).arguments)


def tree_leaves(thing: Any) -> list[Any]:
    """What `thing`, a nested container, holds, in PyTorch's order; without the private name tuples, lists and dicts
    alone are opened."""
    flatten = TREE_LEAVES.find()
    if flatten is not None:
        return flatten(thing)
    parts = thing.values() if isinstance(thing, dict) else thing
    return [leaf for part in parts for leaf in tree_leaves(part)] if _is_nested(thing) else [thing]


def map_tensors(function: Callable[[torch.Tensor], torch.Tensor], thing: Any) -> Any:
    """`thing`, a nested container, with `function` applied to each tensor in it; without the private name tuples, lists
    and dicts alone are opened."""
    tree_map = TREE_MAP.find()
    if tree_map is not None:
        return tree_map(torch.Tensor, function, thing)
    if isinstance(thing, torch.Tensor):
        return function(thing)
    if isinstance(thing, dict):
        return {key: map_tensors(function, part) for key, part in thing.items()}
    return type(thing)(map_tensors(function, part) for part in thing) if _is_nested(thing) else thing


def _is_nested(thing: Any) -> bool:
    return type(thing) in (tuple, list, dict)
