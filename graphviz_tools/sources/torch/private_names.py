"""PyTorch's private names that recording needs.

Nothing here is touched before the first recording. Where a name is gone, the Recording leaves out what depended on
it and says so in `omitted`: `missing()` lists what that is. `ATTRIBUTES` are private attributes of PyTorch's tensors,
modules and autograd nodes, each with the version that had it last. They are read where they are needed, once an op or
more, and the tests try each.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from typing import Any

from torch.utils.hooks import RemovableHandle

from graphviz_tools.language import _
from graphviz_tools.private_name import PrivateName
from graphviz_tools.sources.common.patches import Patch

SEEN = "2.14.1"
ENGINE = PrivateName("torch.autograd", "_engine_run_backward", SEEN, _("the backward pass"))
NEXT_BATCH = PrivateName("torch.utils.data.dataloader", "_BaseDataLoaderIter", SEEN, "batches=")
IS_TRACING = PrivateName("torch._C", "_is_tracing", SEEN, _("that torch.jit.trace is at work"))
CURRENT_NODE = PrivateName("torch._C", "_current_autograd_node", SEEN, _("which backward a compiler made"))
CURRENT_MODE = PrivateName(
    "torch.overrides", "_get_current_function_mode", SEEN, _("layers that run fused while nobody watches")
)
IS_WRAPPED = PrivateName(
    "torch._C._functorch", "is_functorch_wrapped_tensor", SEEN, _("values under torch.func")
)
IS_BATCHED = PrivateName("torch._C._functorch", "is_batchedtensor", SEEN, _("which values vmap has stacked"))
UNWRAPPED = PrivateName("torch._C._functorch", "get_unwrapped", SEEN, _("values under torch.func"))
NAMES = (ENGINE, NEXT_BATCH, IS_TRACING, CURRENT_NODE, CURRENT_MODE, IS_WRAPPED, IS_BATCHED, UNWRAPPED)
ATTRIBUTES = {
    "_version": SEEN,  # of a tensor: how often its memory was written
    "_is_view": SEEN,
    "_buffers": SEEN,  # of a module; its public `buffers()` leaves out a buffer that is there twice
    "_parameters": SEEN,
    "_modules": SEEN,
    "_orig_mod": SEEN,  # of a compiled module
    "_sequence_nr": SEEN,  # of an autograd node: when it was made
    "_raw_saved_tensors": SEEN,  # of a custom Function's node
    "_forward_cls": SEEN,
}
# Where the backward of AOTAutograd, of `torch.cond` and its like comes from.
COMPILERS = ("torch._functorch", "torch._higher_order_ops")
# (module, name) of the functions that start the engine, as `__torch_function__` receives them.
ENGINE_CALLS = frozenset(
    {("torch._tensor", "backward"), ("torch.autograd", "backward"), ("torch.autograd", "grad")}
)
# Dynamo's import takes seconds and comes with the first thing to compile, so that this one is looked up only then.
DYNAMO = "torch._dynamo.eval_frame"
DYNAMO_SWITCH = PrivateName(DYNAMO, "_maybe_set_eval_frame", SEEN, _("compiled functions as one step"))
# No recording needs this one: PyTorch leaves an entry in it for every hook that it has removed.
HOOK_MARKS = PrivateName(
    "torch.nn.modules.module", "_global_forward_hooks_with_kwargs", "2.13.0", _("marks of removed hooks")
)
# Nor this one: a compiled module asks it whether to warn of hooks on all modules, and would warn of the recorder's.
HOOK_QUESTION = PrivateName(
    "torch.nn.modules.module", "_has_any_global_hook", "2.13.0", _("silence about the recorder's own hooks")
)


@cache
def missing() -> tuple[str, ...]:
    """What cannot be recorded with this PyTorch, each once."""
    return tuple(dict.fromkeys(name.loses for name in NAMES if name.find() is None))


@cache
def found_or(name: PrivateName, instead: Callable[..., Any]) -> Callable[..., Any]:
    """The function behind `name`, or `instead` where it is gone."""
    return name.find() or instead


@cache
def _patch(module: str, name: str) -> Patch:
    home, _, function = name.rpartition(".")
    place: Any = import_module(module)
    return Patch(getattr(place, home) if home else place, function)


def handling_engine_runs(handler: Callable[..., Any]) -> AbstractContextManager[None]:
    """Give each run of the autograd engine that this thread starts to `handler(original, outputs, ...)`."""
    return _handling(ENGINE, ENGINE.name, handler)


def handling_batches(handler: Callable[..., Any]) -> AbstractContextManager[None]:
    """Give each draw of a batch from a DataLoader in this thread to `handler(original, iterator)`."""
    return _handling(NEXT_BATCH, f"{NEXT_BATCH.name}.__next__", handler)


def handling_dynamo_switches(handler: Callable[..., Any]) -> AbstractContextManager[None]:
    """Give each time that Dynamo switches itself on or off in this thread to `handler(original, callback)`."""
    return _handling(DYNAMO_SWITCH, DYNAMO_SWITCH.name, handler)


def handling_hook_questions(handler: Callable[..., Any]) -> AbstractContextManager[None]:
    """Give each question of this thread whether all modules have a hook to `handler(original)`."""
    return _handling(HOOK_QUESTION, HOOK_QUESTION.name, handler)


def remove_module_hook(handle: RemovableHandle) -> None:
    """Remove a hook on all modules whole. What `remove()` leaves of it makes `torch.compile(module)` warn of hooks."""
    handle.remove()
    marks = HOOK_MARKS.find()
    if marks is not None:
        marks.pop(handle.id, None)


def _handling(name: PrivateName, attribute: str, handler: Callable[..., Any]) -> AbstractContextManager[None]:
    return nullcontext() if name.find() is None else _patch(name.module, attribute).handled_by(handler)
