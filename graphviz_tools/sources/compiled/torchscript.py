"""Record TorchScript, as history: what `torch.jit.trace` saw one run do, and what `torch.jit.script` read.

A traced graph has no branch left in it; a scripted one has `prim::If` and `prim::Loop` with blocks inside.
Calls of modules and functions are inlined.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch.jit import TracerWarning  # pyright: ignore[reportPrivateImportUsage]

from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.own_bugs import runs_the_program
from graphviz_tools.recording import Recording
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import StaticGraph
from graphviz_tools.sources.common.user_code import caller_line, source_line
from graphviz_tools.sources.compiled.errors import error_text
from graphviz_tools.sources.compiled.private_names import map_tensors
from graphviz_tools.sources.compiled.torchscript_graph import read_script
from graphviz_tools.sources.compiled.torchscript_run import ScriptRun
from graphviz_tools.sources.compiled.values import values_in


def record_torchscript(
    fn: Callable[..., Any],
    args: Any,
    kwargs: Any,
    *,
    how: Literal["trace", "script"],
    title: str,
    max_steps: int,
) -> Recording:
    """Trace or script `fn`, and run the graph on these arguments."""
    graph, budget = StaticGraph(caller_line()), Budget(max_steps)
    outputs, error = (), ""
    try:
        program, frozen = _compiled(fn, args, kwargs, how)
        for warned in frozen:
            line = source_line(warned.filename, warned.lineno)
            graph.step("trace", None, op="baked in", line=line, note=str(warned.message).split(". ")[0] + ".")
        inlined = program.inlined_graph  # kept, because its nodes die with it
        block = read_script(inlined, graph)
        with torch.no_grad():
            outputs = values_in(ScriptRun(graph, budget).run(block, _given(program, args, kwargs)))
    except BaseException as raised:  # the stop button too: what was recorded up to there is kept
        error = graph.failed(raised, error_text(raised))
    graph.omitted += budget.omission()
    return graph.recording(
        "torchscript",
        title,
        fn=fn.forward if isinstance(fn, torch.nn.Module) else fn,
        outputs=outputs,
        versions={"torch": torch.__version__},
        error=error,
    )


@runs_the_program
def _compiled(
    fn: Callable[..., Any], args: Any, kwargs: Any, how: str
) -> tuple[Any, list[warnings.WarningMessage]]:
    """The compiled program, and the tracer's warnings about what it baked into the graph."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", TracerWarning)
        if how == "script":
            program: Any = torch.jit.script(fn)
            if not hasattr(program, "inlined_graph"):
                name = type(fn).__name__
                raise UserError(
                    _("TorchScript gives {name} no one graph: call it in a module of your own", name=name)
                )
            return program, []
        with _as_if_not_run(fn):
            program = torch.jit.trace(fn, strict=False, check_trace=False, **_examples(fn, args, kwargs))
    return program, [warned for warned in caught if issubclass(warned.category, TracerWarning)]


@runs_the_program
def _examples(fn: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """The tracer's own copy of the arguments, which the program may write to; all by name if some are."""
    plain = fn.forward if isinstance(fn, torch.nn.Module) else fn
    named = dict(inspect.signature(plain).bind(*args, **kwargs).arguments) if kwargs else args
    copies = map_tensors(_copy, named)
    return {"example_kwarg_inputs": copies} if kwargs else {"example_inputs": copies}


def _copy(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)


@contextmanager
def _as_if_not_run(fn: Any) -> Iterator[None]:
    """Restore random numbers and buffers after the block: the tracer runs the program to see what it does."""
    buffers = list(fn.buffers()) if isinstance(fn, torch.nn.Module) else []
    before = [buffer.detach().clone() for buffer in buffers]
    with torch.random.fork_rng(devices=[]):
        yield
    with torch.no_grad():
        for buffer, value in zip(buffers, before, strict=True):
            buffer.copy_(value)


def _given(program: Any, args: Any, kwargs: Any) -> list[Any]:
    """One argument for each input of the graph: the module itself, then what the user gave or left out."""
    schema = program.forward.schema if isinstance(program, torch.nn.Module) else program.schema  # pyright: ignore[reportFunctionMemberAccess]
    names = schema.arguments[1 if isinstance(program, torch.nn.Module) else 0 :]
    values = [*args, *(kwargs.get(a.name, a.default_value) for a in names[len(args) :])]
    return [program, *values] if isinstance(program, torch.nn.Module) else values
