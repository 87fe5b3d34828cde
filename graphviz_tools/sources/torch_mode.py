"""The forward pass: every call on tensors, as the user or a module wrote it, becomes a step.

`TorchFunctionMode` sees the calls without patching anything; inside its handler it is switched off, so what
a call does within itself stays one operation (`cross_entropy`, not its softmax and gather).
"""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode

from graphviz_tools.recording import Control, Phase
from graphviz_tools.sources.torch_autograd import AutogradGraph
from graphviz_tools.sources.torch_calls import classify
from graphviz_tools.sources.torch_frames import applying_site, calling_site
from graphviz_tools.sources.torch_memory import StorageLedger
from graphviz_tools.sources.torch_modules import ModuleStack
from graphviz_tools.sources.torch_tape import RawStep, Site, Tape
from graphviz_tools.sources.torch_tensors import Known, Tensors, tensors_in, version_of

COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


class CallRecorder(TorchFunctionMode):
    """While entered, appends a step to `tape` for every operation and decision of this thread."""

    def __init__(
        self, root: torch.nn.Module | None, *, numbers: bool, max_steps: int, max_values: int
    ) -> None:
        super().__init__()
        self.tape = Tape()
        self.ledger = StorageLedger()
        self.tensors = Tensors(self.tape, self.ledger, numbers=numbers, max_values=max_values)
        self.graph = AutogradGraph(self.tape, self.tensors, self.ledger)
        self.modules = ModuleStack(root, self._step_aside, self._step_back)
        self.phase: Phase = "forward"  # of steps that are neither an optimizer's nor the engine's
        self.engine_runs = 0
        self.input_names: dict[int, str] = {}
        self.paused = ""  # why nothing is recorded now
        self._max_steps = max_steps
        self._apply_site: Site | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        kind, op = classify(func)
        if kind == "query" or kind == "engine" or not self.may_step():
            return func(*args, **kwargs)
        frame = sys._getframe(1)
        site, optimizing = calling_site(frame)
        phase: Phase = "optimize" if optimizing else self.phase
        self.note_memory()
        if kind == "decision":
            return self._decide(func, op, args, kwargs, site, phase)
        if not torch.is_grad_enabled():
            self._apply_site = applying_site(frame) or self._apply_site
        return self._operate(func, op, args, kwargs, site, phase, kind == "state")

    def outputs(self, tensors: list[torch.Tensor]) -> None:
        """The program gives these tensors back: an output node for each."""
        with torch._C.DisableTorchFunction():
            for tensor in tensors:
                known = self.known(tensor)
                self.tape.outputs.append(known.value)
                node = self.tape.node("output", "output", scope=0)
                if known.node is not None:
                    self.tape.edge(known.node, node, known.slot, 0)

    def may_step(self) -> bool:
        """Whether another step is recorded; counts it as left out when not."""
        if self.paused:
            self.tape.omitted["steps", self.paused] += 1
            return False
        if len(self.tape.steps) >= self._max_steps:
            self.tape.omitted["steps", f"max_steps={self._max_steps}"] += 1
            return False
        return True

    def note_memory(self) -> None:
        """The bytes alive now are those after the last step: Python has let go of what it overwrote."""
        if self.tape.steps:
            self.tape.steps[-1].memory = (self.ledger.alive, self.ledger.saved)

    def known(self, tensor: torch.Tensor) -> Known:
        """Who wrote the tensor; a tensor from nowhere gets an input or parameter node."""
        known = self.tensors.find(tensor)
        if known is not None and known.requires_grad == tensor.requires_grad:
            return known
        function = tensor.grad_fn
        if isinstance(function, BackwardCFunction) and self.graph.number(function) is None:
            return self._function_applied(tensor, function, known)
        writer = self.tensors.writer(tensor)
        seen = self.tensors.last_seen(tensor)
        if seen is not None and seen.node is not None:
            return self.tensors.describe(tensor, *(writer or (seen.node, seen.slot)))
        made = self.graph.number(function) if function is not None else None
        owner = self.tape.nodes[made][6] if made is not None else None
        if owner is not None:
            return self.tensors.describe(tensor, *(writer or (owner, 0)))
        if writer is not None:
            return self.tensors.describe(tensor, *writer)
        name = self.modules.names.get(id(tensor)) or self.input_names.get(id(tensor), "")
        kind = "input"
        if isinstance(tensor, torch.nn.Parameter):
            kind = "parameter"
        elif name and id(tensor) in self.modules.buffers:
            kind = "variable"
        node = self.tape.node(kind, kind, label=name, name=name)
        found = self.tensors.describe(tensor, node, 0, name)
        if function is not None:
            self.graph.grow(function, node)
        return found

    def _operate(
        self,
        func: Any,
        op: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        site: Site | None,
        phase: Phase,
        state: bool,
    ) -> Any:
        tape, tensors = self.tape, self.tensors
        read, places = _operands(args, kwargs)
        before = [self.known(tensor) for tensor in read]
        sources = [(known.node, known.slot) for known in before]
        step = RawStep(
            phase, op, None, site, self.modules.scope, tuple([k.value for k in before]), tuple(places)
        )
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            self._failed(step, sources, error)
            raise
        outputs = [result] if isinstance(result, torch.Tensor) else tensors_in(result)
        changed = [t for t, k in zip(read, before, strict=True) if version_of(t) != k.version]
        if state and read and not outputs:
            outputs = [read[0]]
        if not outputs and not changed:
            return result
        node = step.node = self._op_node(op, site, sources)
        flags = self._loss_of_grad(op, read, outputs)
        writes: list[int] = []
        for slot, tensor in enumerate(outputs):
            known = None if state else tensors.find(tensor)
            if known is not None and known.requires_grad == tensor.requires_grad:
                known.node, known.slot = node, slot  # the same object came back: `contiguous`, `to`
            else:
                in_place = any(tensor is t for t in changed)
                known = tensors.describe(tensor, node, slot, flags=flags, written=in_place)
            writes.append(known.value)
            if tensor.grad_fn is not None:
                step.saved += tuple(self.graph.grow(tensor.grad_fn, node))
        for tensor in changed:
            if not any(tensor is t for t in outputs):
                writes.append(tensors.describe(tensor, node, len(writes), written=True).value)
        step.writes = tuple(writes)
        if op in COMPARISONS and len(outputs) == 1:
            tape.comparisons[node] = (COMPARISONS[op], *(_operand(a, self) for a in args[:2]))
        if phase == "forward" and changed and not torch.is_grad_enabled():
            if any(t.is_leaf and t.requires_grad for t in changed):
                step.phase = "optimize"
        tape.step(step)
        return result

    def _decide(
        self,
        func: Any,
        op: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        site: Site | None,
        phase: Phase,
    ) -> Any:
        read, places = _operands(args, kwargs)
        before = [self.known(tensor) for tensor in read]
        sources = [(known.node, known.slot) for known in before]
        step = RawStep(
            phase, op, None, site, self.modules.scope, tuple([k.value for k in before]), tuple(places)
        )
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            self._failed(step, sources, error)
            raise
        step.node = self._op_node(op, site, sources, "branch")
        step.control = Control("branch" if isinstance(result, bool) else "item", "", str(result))
        self.tape.step(step)
        return result

    def _op_node(self, op: str, site: Site | None, sources: list[Any], kind: Any = "op") -> int:
        node = self.tape.node(kind, op, "", op, self.modules.scope, site)
        group = self.modules.group
        if group:
            self.tape.groups[node] = group
        for slot, (source, source_slot) in enumerate(sources):
            if source is not None:
                self.tape.edge(source, node, source_slot, slot)
        return node

    def _failed(self, step: RawStep, sources: list[Any], error: Exception) -> None:
        step.node = self._op_node(step.op, step.site, sources)
        step.error = f"{type(error).__name__}: {error}"
        self.tape.step(step)

    def _loss_of_grad(
        self, op: str, read: list[torch.Tensor], outputs: list[torch.Tensor]
    ) -> tuple[str, ...]:
        """Why outputs of inputs that require grad do not."""
        if not outputs or outputs[0].requires_grad or not any(t.requires_grad for t in read):
            return ()
        if op in ("detach", "detach_", "data"):
            return ("detached",)
        return ("no_grad",) if not torch.is_grad_enabled() else ()

    def _function_applied(self, tensor: torch.Tensor, function: Any, inner: Known | None) -> Known:
        """A custom `autograd.Function` made the tensor; `inner` is what its own forward lines wrote."""
        cls = type(function)._forward_cls
        site = self._apply_site or (cls.forward.__code__, 0, 0)
        sources: list[tuple[int | None, int]] = [(inner.node, inner.slot)] if inner is not None else []
        reads: list[int] = [inner.value] if inner is not None else []
        for following, input_number in function.next_functions:
            made = self.graph.number(following) if following is not None else None
            owner = self.tape.nodes[made][6] if made is not None else None
            if owner is not None:
                sources.append((owner, input_number))
                reads += self._written_by(owner, input_number)
        node = self._op_node(cls.__name__, site, sources)
        known = self.tensors.describe(tensor, node, 0)
        step = RawStep(
            self.phase, cls.__name__, node, site, self.modules.scope, tuple(reads), (), (known.value,)
        )
        step.saved = tuple(self.graph.grow(function, node))
        step.note = (
            "A custom autograd.Function: autograd knows only its backward, not the steps inside forward."
        )
        self.tape.step(step)
        return known

    def _step_aside(self) -> bool:
        """Leave the calls of a module unseen; not when another mode was entered since."""
        if torch.overrides._get_current_function_mode() is not self:
            return False
        self.__exit__(None, None, None)
        return True

    def _step_back(self, module: torch.nn.Module, arguments: Any, result: Any) -> None:
        """See calls again, and take the module's call as one operation."""
        outputs = tensors_in(result)
        if outputs and self.may_step():
            self.note_memory()
            self._fused(module, tensors_in(arguments), outputs)
        self.__enter__()

    def _fused(
        self, module: torch.nn.Module, inputs: list[torch.Tensor], outputs: list[torch.Tensor]
    ) -> None:
        op = type(module).__name__
        before = [self.known(tensor) for tensor in (*inputs, *module.parameters())]
        site, _ = calling_site(sys._getframe(2))
        node = self._op_node(op, site, [(known.node, known.slot) for known in before])
        step = RawStep(self.phase, op, node, site, self.modules.scope, tuple([k.value for k in before]))
        step.writes = tuple([self.tensors.describe(t, node, slot).value for slot, t in enumerate(outputs)])
        for tensor in outputs:
            step.saved += tuple(self.graph.grow(tensor.grad_fn, node))
        step.note = "One step: without gradients PyTorch may run this layer as one fused kernel."
        self.tape.step(step)

    def _written_by(self, node: int, slot: int) -> list[int]:
        for step in reversed(self.tape.steps):
            if step.node == node and slot < len(step.writes):
                return [step.writes[slot]]
        return []


def _operands(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[torch.Tensor], list[Any]]:
    """The tensors that a call was given, and where each stood: 1, (1, 0) in a list, or its keyword."""
    read: list[torch.Tensor] = []
    places: list[Any] = []
    for place, argument in enumerate(args):
        if isinstance(argument, torch.Tensor):
            read.append(argument)
            places.append(place)
        elif isinstance(argument, tuple | list | dict):
            for inner, tensor in enumerate(tensors_in(argument)):
                read.append(tensor)
                places.append((place, inner))
    for name, argument in kwargs.items():
        if isinstance(argument, torch.Tensor):
            read.append(argument)
            places.append(name)
        elif isinstance(argument, tuple | list | dict):
            for tensor in tensors_in(argument):
                read.append(tensor)
                places.append(name)
    return read, places


def _operand(argument: Any, recorder: CallRecorder) -> tuple[int | None, Any]:
    if isinstance(argument, torch.Tensor):
        known = recorder.tensors.find(argument)
        return (known.value if known is not None else None), None
    return None, argument
