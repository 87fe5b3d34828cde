"""Record torch.export: one graph for the whole program, with both branches of every `torch.cond`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Node as FxNode

from graphviz_tools.own_bugs import runs_the_program
from graphviz_tools.recording import NodeKind, Recording
from graphviz_tools.sources.common.argument_names import argument_names
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import StaticGraph
from graphviz_tools.sources.common.user_code import caller_line
from graphviz_tools.sources.compiled.dynamo_state import borrowed_dynamo, functions_of
from graphviz_tools.sources.compiled.errors import error_text
from graphviz_tools.sources.compiled.fx_graph import FxGraph, Role
from graphviz_tools.sources.compiled.fx_run import GraphRun
from graphviz_tools.sources.compiled.private_names import tree_leaves
from graphviz_tools.sources.compiled.values import values_in


def record_export(fn: Callable[..., Any], args: Any, kwargs: Any, *, title: str, max_steps: int) -> Recording:
    """Export `fn` for these arguments and run the exported graph on them."""
    graph, budget = StaticGraph(caller_line()), Budget(max_steps)
    outputs, error = (), ""
    try:
        # Strict: read by Dynamo, which keeps the user's lines; the other way keeps only the outermost.
        with borrowed_dynamo():
            module = fn if isinstance(fn, torch.nn.Module) else _Program(fn)
            program = _exported(module, args, kwargs)
        read = FxGraph(graph, program.graph_module, (), _roles(program, module, fn, args, kwargs)).read()
        with torch.no_grad():
            outputs = values_in(GraphRun(read, budget).run(*_arguments(program)))
    except BaseException as raised:  # the stop button too: what was recorded up to there is kept
        error = graph.failed(raised, error_text(raised))
    graph.omitted += budget.omission()
    return graph.recording(
        "torch.export",
        title,
        fn=fn.forward if isinstance(fn, torch.nn.Module) else fn,
        outputs=outputs,
        versions={"torch": torch.__version__},
        error=error,
    )


@runs_the_program
def _exported(module: torch.nn.Module, args: Any, kwargs: Any) -> Any:
    return torch.export.export(module, args, kwargs, strict=True)


class _Program(torch.nn.Module):
    """A function as a module, since torch.export takes only modules. The modules and parameters that it computes with
    must be this module's own: torch.export raises KeyError for a parameter of any other."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        super().__init__()
        self._fn = fn
        self.names: dict[int, str] = {}  # of plain tensors, by id
        for function in functions_of(fn).values():
            names = inspect.getclosurevars(function)
            for name, value in {**names.globals, **names.nonlocals}.items():
                self._own(name, value)
        for name, value in getattr(getattr(fn, "__self__", None), "__dict__", {}).items():
            self._own(name, value)

    def _own(self, name: str, value: Any) -> None:
        """Hold the module or parameter, or those in a list, tuple or dict, under the program's name for it."""
        if isinstance(value, torch.nn.Module | torch.nn.Parameter):
            setattr(self, f"{name}_" if hasattr(self, name) else name, value)
        elif isinstance(value, torch.Tensor):
            self.names[id(value)] = name
        elif isinstance(value, dict | list | tuple):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in pairs:
                self._own(f"{name}_{key}", item)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._fn(*args, **kwargs)


_KINDS: Mapping[InputKind, NodeKind] = {
    InputKind.PARAMETER: "parameter",
    InputKind.BUFFER: "variable",
    InputKind.CONSTANT_TENSOR: "constant",
}


def _roles(
    program: ExportedProgram, module: torch.nn.Module, fn: Callable[..., Any], args: Any, kwargs: Any
) -> Callable[[FxNode, int], Role | None]:
    specs = program.graph_signature.input_specs
    first = sum(spec.kind is not InputKind.USER_INPUT for spec in specs)
    constants = module.names if isinstance(module, _Program) else {}
    plain = fn.forward if isinstance(fn, torch.nn.Module) else fn
    names = argument_names(plain, args, kwargs, tree_leaves)

    def role(node: FxNode, index: int) -> Role | None:
        if node.op != "placeholder":
            return None
        if (target := specs[index].target) is None:
            known = index - first < len(names)
            return Role("input", names[index - first] if known else node.name)
        name = constants.get(id(program.constants.get(target)), target)
        return Role(_KINDS.get(specs[index].kind, "input"), name)

    return role


def _arguments(program: ExportedProgram) -> list[Any]:
    """What the graph's inputs stand for: parameters, buffers and constants by name, then the user's own."""
    given = iter(tree_leaves(program.example_inputs))
    state = {**program.state_dict, **program.constants}
    return [
        next(given) if spec.kind is InputKind.USER_INPUT else state[spec.target or ""]
        for spec in program.graph_signature.input_specs
    ]
