"""The least that a recorder has to do, in Python, without one feature more: what recording can cost at best.

It asks PyTorch for the same facts as `record_torch` does (of each tensor its version, address, shape, dtype, device,
size and flags; of each new autograd node its neighbours and what it saved) at the same moments, and makes as many
Steps, Values, Nodes and Edges. It leaves out all that `record_torch` works out from them: the words at a line, names,
loops and their turns, memory, numbers, in-place writes, errors, tensors that others share or that PyTorch refuses to
describe.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from graphviz_tools.recording import Edge, Node, Step, Value
from graphviz_tools.sources.common.fast_init import quick
from graphviz_tools.sources.torch.classify import SEEN_KINDS, classify

_TORCH = str(Path(torch.__file__).parent)
_node, _value, _step, _edge = quick(Node), quick(Value), quick(Step), quick(Edge)


class Least(TorchFunctionMode):
    """While entered, notes every op; `backward` notes every autograd node that runs, and `steps` are all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[int, tuple[Any, int]] = {}
        self._values: list[tuple[Any, ...]] = []
        self._nodes: list[str] = []
        self._edges: list[Edge] = []
        self._notes: list[tuple[Any, ...]] = []
        self._mark = object()
        self._fields: dict[type, list[str]] = {}
        self._scope: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        kind, op = SEEN_KINDS.get(func) or classify(func)
        if kind in ("query", "engine"):
            return func(*args, **kwargs)
        frame: Any = sys._getframe(1)
        while frame.f_code.co_filename.startswith(_TORCH):
            frame = frame.f_back
        given = [a for a in (*args, *kwargs.values()) if isinstance(a, torch.Tensor)]
        reads = [self._find(tensor) for tensor in given]
        result = func(*args, **kwargs)
        outputs = [result] if isinstance(result, torch.Tensor) else result
        node = len(self._nodes)
        self._nodes.append(op)
        self._edges += [_edge(self._values[v][0], node, 0, i, "data") for i, v in enumerate(reads)]
        writes = [self._describe(t, node) for t in outputs if isinstance(t, torch.Tensor)]
        saved: list[int] = []
        for tensor in outputs:
            if isinstance(tensor, torch.Tensor) and tensor.grad_fn is not None:
                self._grow(tensor.grad_fn, saved)
        site = (frame.f_code, frame.f_lasti)
        self._notes.append(("forward", op, node, site, reads, writes, saved, len(self._scope)))
        return result

    def _find(self, tensor: torch.Tensor) -> int:
        found = self._known.get(id(tensor))
        if found is not None and found[0]() is tensor:
            return found[1]
        self._nodes.append("input")
        return self._describe(tensor, len(self._nodes) - 1)

    def _describe(self, tensor: torch.Tensor, node: int) -> int:
        facts = (
            node, tensor._version, tensor.data_ptr(), tensor.shape, tensor.dtype, tensor.device, tensor.nbytes,
            tensor.requires_grad, tensor.is_leaf, tensor._is_view(), tensor.is_contiguous(), tensor.storage_offset(),
        )  # fmt: skip
        self._values.append(facts)
        self._known[id(tensor)] = weakref.ref(tensor), len(self._values) - 1
        return len(self._values) - 1

    def _grow(self, function: Any, saved: list[int]) -> None:
        """Note the autograd functions that are new, their edges and what they saved."""
        mark, nodes = self._mark, self._nodes
        if mark in function.metadata:
            return
        function.metadata[mark] = len(nodes)
        nodes.append(function.name())
        waiting = [(function, len(nodes) - 1)]
        for current, node in waiting:
            for slot, (following, number) in enumerate(current.next_functions):
                if following is None:
                    continue
                target = following.metadata.get(mark)
                if target is None:
                    target = following.metadata[mark] = len(nodes)
                    nodes.append(following.name())
                    waiting.append((following, target))
                self._edges.append(_edge(node, target, slot, number, "autograd"))
            kind = type(current)
            fields = self._fields.get(kind)
            if fields is None:
                fields = self._fields[kind] = [n for n in dir(kind) if n.startswith("_raw_saved_")]
            for field in fields:
                raw = getattr(current, field)
                for item in raw if isinstance(raw, tuple) else (raw,):
                    if isinstance(item.data, torch.Tensor):
                        saved.append(self._find(item.data))

    def backward(self, loss: torch.Tensor) -> None:
        with torch._C.DisableTorchFunction():
            seen: set[Any] = set()
            waiting, handles = [loss.grad_fn], []
            while waiting:
                function: Any = waiting.pop()
                if function in seen:
                    continue
                seen.add(function)
                waiting += [each for each, _ in function.next_functions if each is not None]
                node = function.metadata[self._mark]
                handles.append(function.register_hook(partial(self._ran, node)))
            loss.backward()
            for handle in handles:
                handle.remove()

    def _ran(self, node: int, leaving: Any, arriving: Any) -> None:
        reads = [self._find(g) for g in arriving if g is not None]
        writes = [self._find(g) for g in leaving if g is not None]
        self._notes.append(("backward", self._nodes[node], node, None, reads, writes, (), 0))

    def entered(self, module: torch.nn.Module, _: Any) -> None:
        self._scope.append(type(module).__name__)

    def left(self, *_: Any) -> None:
        self._scope.pop()

    def steps(self) -> list[Step]:
        values = [
            _value(tuple(f[3]), "", "", "", "", None, None, None, (), f[1], f[2], f[6]) for f in self._values
        ]
        nodes = [_node(i, "op", op, op, op, (), None, None, None) for i, op in enumerate(self._nodes)]
        pick = values.__getitem__
        return [
            _step(
                i, phase, op, nodes[node].id, None, (), (), tuple(map(pick, reads)), tuple(map(pick, writes)),
                tuple(map(pick, saved)), (), (), (), None, None, (), "", "", (),
            )
            for i, (phase, op, node, _, reads, writes, saved, _) in enumerate(self._notes)
        ]  # fmt: skip


def recorded_least(forward: Callable[[], Any]) -> list[Step]:
    """The Steps of a forward pass, whose result has a `loss`, and of its backward pass."""
    least = Least()
    hooks = [register_module_forward_pre_hook(least.entered), register_module_forward_hook(least.left)]
    try:
        with least:
            loss = forward().loss
        least.backward(loss)
    finally:
        for hook in hooks:
            hook.remove()
    return least.steps()
