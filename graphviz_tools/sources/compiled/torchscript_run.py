"""Run a TorchScript graph node by node, so that every value can be seen.

Tensor ops and most others are TorchScript's own operators, found by name; what builds and takes apart tuples
and lists, and what decides, is done here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from graphviz_tools.language import _
from graphviz_tools.own_bugs import runs_the_program
from graphviz_tools.recording import Control, Value
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import Path, StaticGraph
from graphviz_tools.sources.compiled.errors import error_text
from graphviz_tools.sources.compiled.private_names import jit_operation
from graphviz_tools.sources.compiled.torchscript_graph import ScriptBlock, ScriptNode
from graphviz_tools.sources.compiled.values import values_in


@dataclass
class ScriptRun:
    """Writes `run` steps into `into`; `known` are the values so far, by TorchScript's names."""

    into: StaticGraph
    budget: Budget
    known: dict[str, Any] = field(default_factory=dict)

    def run(self, block: ScriptBlock, arguments: list[Any], scope: Path = ()) -> Any:
        """What `block` gives for `arguments`; of a whole program, its result."""
        for (name, number), value in zip(block.inputs, arguments, strict=True):
            self.known[name] = value
            if number is not None:
                self._show(number, scope, block.path, writes=values_in(value, name))
        for node in block.nodes:
            self._run_node(node, block, scope)
        results = [self.known[name] for name in block.outputs]
        if block.output_number is None:
            return results
        seen = tuple(value for name in block.outputs for value in self._values(name))
        self._show(block.output_number, scope, block.path, reads=seen)
        return results[0] if len(results) == 1 else tuple(results)

    def _run_node(self, node: ScriptNode, block: ScriptBlock, scope: Path) -> None:
        reads = tuple(value for name in node.inputs for value in self._values(name))
        if node.kind == "prim::If":
            results = self._branch(node, block, scope, reads)
        elif node.kind == "prim::Loop":
            results = self._loop(node, block, scope)
        else:
            inputs = [self.known[name] for name in node.inputs]
            try:
                results = compute(node, inputs)
            except Exception as error:  # an op may raise anything
                self._show(node.number, scope, block.path, reads=reads, error=error_text(error))
                raise
        self.known.update(zip(node.outputs, results, strict=True))
        writes = tuple(value for name in node.outputs for value in self._values(name))
        note = _("The branch has returned.") if node.kind == "prim::If" else ""
        control = Control("loop", "False", "exit") if node.kind == "prim::Loop" else None
        self._show(node.number, scope, block.path, reads=reads, writes=writes, note=note, control=control)

    def _branch(
        self, node: ScriptNode, block: ScriptBlock, scope: Path, reads: tuple[Value, ...]
    ) -> list[Any]:
        decided = bool(self.known[node.inputs[0]])
        taken = node.blocks[0 if decided else 1]
        control = Control("branch", str(decided), taken.word)
        self._show(node.number, scope, block.path, reads=reads, control=control)
        return self.run(taken, [], (*scope, *taken.path[len(block.path) :]))

    def _loop(self, node: ScriptNode, block: ScriptBlock, scope: Path) -> list[Any]:
        """`prim::Loop(most turns, begin?, state...)`, whose body gives (go on?, state...)."""
        most, going, *state = (self.known[name] for name in node.inputs)
        (body,) = node.blocks
        turn = 0
        while going and turn < most:
            reads = values_in(tuple(state), node.outputs[0] if node.outputs else "")
            control = Control("loop", "True", "body", turn + 1)
            self._show(node.number, scope, block.path, reads=reads, control=control)
            place = (*scope, *body.path[len(block.path) :], f"iteration {turn + 1}")
            going, *state = self.run(body, [turn, *state], place)
            turn += 1
        return state

    def _values(self, name: str) -> tuple[Value, ...]:
        value = self.known[name]
        return () if isinstance(value, torch.nn.Module) else values_in(value, name)

    def _show(self, number: int, scope: Path, block: Path, **seen: Any) -> None:
        if self.budget.spend():
            inner = self.into.nodes[number].scope[len(block) :]
            self.into.step("run", number, scope=(*scope, *inner), **seen)


@runs_the_program
def compute(node: ScriptNode, inputs: list[Any]) -> list[Any]:
    """The outputs of a node without blocks."""
    match node.kind:
        case "prim::Constant":
            return [next(node.node.outputs()).toIValue()]
        case "prim::GetAttr":
            return [getattr(inputs[0], node.node.s("name"))]
        case "prim::SetAttr":
            setattr(inputs[0], node.node.s("name"), inputs[1])
            return []
        case "aten::__is__":
            return [inputs[0] is inputs[1]]
        case "aten::__isnot__":
            return [inputs[0] is not inputs[1]]
        case "prim::TupleConstruct":
            return [tuple(inputs)]
        case "prim::ListConstruct":
            return [list(inputs)]
        case "prim::DictConstruct":
            return [dict(zip(inputs[::2], inputs[1::2], strict=True))]
        case "prim::TupleUnpack" | "prim::ListUnpack":
            return list(inputs[0])
        case "prim::TupleIndex":
            return [inputs[0][inputs[1]]]
        case "prim::unchecked_cast" | "prim::Uninitialized":
            return inputs or [None]
        case "prim::RaiseException":
            raise torch.jit.Error(str(inputs[0]))
    return _operator(node, inputs)


# What TorchScript does to numbers, lists, dicts and strings: PyTorch cannot call its own operators on Python's,
# or takes the text "mean" for a device.
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_PYTHON: dict[str, Callable[..., Any]] = {
    **{f"aten::{name}": getattr(operator, name) for name in _COMPARISONS},
    "aten::__getitem__": operator.getitem,
    "aten::_set_item": lambda container, key, value: operator.setitem(container, key, value) or container,
    "aten::__contains__": operator.contains,
    "aten::len": len,
    "aten::format": str.format,
    "aten::append": lambda items, item: items.append(item) or items,
    "aten::extend": lambda items, more: items.extend(more),
    "aten::slice": runs_the_program(lambda items, start, stop, step: items[start:stop:step]),
    "aten::list": list,
    "aten::keys": lambda mapping: list(mapping.keys()),
    "aten::values": lambda mapping: list(mapping.values()),
    "aten::items": lambda mapping: list(mapping.items()),
}


@runs_the_program
def _operator(node: ScriptNode, inputs: list[Any]) -> list[Any]:
    """TorchScript's operator of that name, which finds the overload for the arguments itself."""
    if node.kind in _PYTHON and not isinstance(inputs[0], torch.Tensor):
        return [_PYTHON[node.kind](*inputs)][: len(node.outputs)]
    found = jit_operation(node.kind, node.node.schema())
    if found is None:
        raise NotImplementedError(f"{node.kind} can be shown but not run here")
    operation, arguments = found
    if len(arguments) != len(inputs):  # operators of any number of arguments, such as prim::Print
        arguments = []
    named = {a.name: value for a, value in zip(arguments, inputs, strict=False) if a.kwarg_only}
    given = [value for a, value in zip(arguments, inputs, strict=False) if not a.kwarg_only]
    result = operation(*(given if arguments else inputs), **named)
    if len(node.outputs) == 1:
        return [result]
    return [] if not node.outputs else list(result)
