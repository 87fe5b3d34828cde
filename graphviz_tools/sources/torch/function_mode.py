"""The forward pass: every call on tensors, as the user or a module wrote it, becomes a step.

`TorchFunctionMode` sees the calls without patching anything; inside its handler it is switched off, so what
a call does within itself stays one operation (`cross_entropy`, not its softmax and gather).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from graphviz_tools.errors import class_and_text
from graphviz_tools.language import _
from graphviz_tools.recording import Control
from graphviz_tools.sources.torch.classify import SEEN_KINDS, Kind, classify
from graphviz_tools.sources.torch.errors import explanation
from graphviz_tools.sources.torch.frames import applying_site, calling_site
from graphviz_tools.sources.torch.modes import MODAL, mode_flags, running_statistics
from graphviz_tools.sources.torch.module_stack import ModuleStack
from graphviz_tools.sources.torch.private_names import CURRENT_MODE, found_or
from graphviz_tools.sources.torch.tape import RawStep, Site
from graphviz_tools.sources.torch.tensor_registry import Known, grad_fn_of, is_leaf, tensors_in, version_of
from graphviz_tools.sources.torch.trace import Sources, Trace

SAME = _("Gives back the tensor that it was given: nothing is computed or copied.")
AGAIN = _("Computed again, inside the backward pass: the checkpoint kept no saved tensors.")
OUTSIDE = _(
    "Its memory was written outside PyTorch, through an array that shares it. PyTorch does not know of that: where the "
    "backward pass needs the old numbers, the gradients will be wrong."
)
FUSED = _("One step: without gradients PyTorch may run this layer as one fused kernel.")
SCRIPTED = _("One step: TorchScript runs this module itself, not line by line in Python.")
_PLAIN = frozenset({torch.Tensor, torch.nn.Parameter, torch.nn.Buffer})
_SEVERAL = (tuple, list)
_TAKES_MEMORY = frozenset({"as_tensor", "asarray"})
COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


class CallRecorder(TorchFunctionMode):
    """While entered, appends a step to the trace for every operation and decision of this thread."""

    def __init__(
        self, root: torch.nn.Module | None, *, numbers: bool, max_steps: int, max_values: int
    ) -> None:
        super().__init__()
        self.modules = ModuleStack(
            root, self.step_aside, self._ran_unwatched, self._met, self._passed, self._steps
        )
        self.trace = Trace(self.modules, numbers=numbers, max_steps=max_steps, max_values=max_values)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        kind, op = SEEN_KINDS.get(func) or classify(func)
        trace = self.trace
        if kind == "query" or kind == "engine" or not trace.sees():
            return func(*args, **kwargs)
        if types and not _PLAIN.issuperset(types):
            return self._among_subclasses(func, kind, op, args, kwargs)
        try:
            call = _Call(trace, kind, op, args, kwargs, sys._getframe(1))
        except Exception as problem:
            trace.record_internal_error(problem)
            return func(*args, **kwargs)
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            call.failed(error)
            raise
        if isinstance(result, torch.Tensor) and type(result) not in _PLAIN:
            with torch._C.DisableTorchFunctionSubclass():
                self._finish(call, result)
            return result
        try:
            call.finished(result)
        except Exception as problem:
            trace.record_internal_error(problem)
        return result

    def _finish(self, call: _Call, result: Any) -> None:
        try:
            call.finished(result)
        except Exception as problem:
            self.trace.record_internal_error(problem)

    def _among_subclasses(self, func: Any, kind: Kind, op: str, args: Any, kwargs: Any) -> Any:
        """The same, where a tensor class of the program's own would notice that its tensors are looked at."""
        trace, call = self.trace, None
        frame = sys._getframe(2)
        with torch._C.DisableTorchFunctionSubclass():
            try:
                call = _Call(trace, kind, op, args, kwargs, frame)
            except Exception as problem:
                trace.record_internal_error(problem)
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            if call is not None:
                call.failed(error)
            raise
        if call is not None:
            with torch._C.DisableTorchFunctionSubclass():
                self._finish(call, result)
        return result

    def step_aside(self) -> bool:
        """Leave calls unseen from here on; not when another mode was entered since."""
        if found_or(CURRENT_MODE, bool)() is not self:
            return False
        self.__exit__(None, None, None)
        return True

    def step_back(self, write: Callable[[], None]) -> None:
        """See calls again, after `write` has put down what ran unseen."""
        try:
            with torch._C.DisableTorchFunction():
                write()
        except Exception as problem:
            self.trace.record_internal_error(problem)
        self.__enter__()

    def _ran_unwatched(self, module: torch.nn.Module, arguments: Any, result: Any) -> None:
        """A module whose inner calls went unseen, as one operation."""
        site, _ = calling_site(sys._getframe(2))
        given = [*tensors_in(arguments), *module.parameters()]
        note = SCRIPTED if isinstance(module, torch.jit.ScriptModule) else FUSED
        self.step_back(lambda: self.trace.fused(type(module).__name__, given, tensors_in(result), site, note))

    def _steps(self) -> int:
        return len(self.trace.tape.steps)

    def _passed(self, module: torch.nn.Module, tensor: torch.Tensor, site: Site | None) -> None:
        """A module gave back a tensor that it was given, and did nothing else."""
        try:
            with torch._C.DisableTorchFunction():
                self.trace.passed(type(module).__name__, tensor, site)
        except Exception as problem:
            self.trace.record_internal_error(problem)

    def _met(self, arguments: tuple[Any, ...], frame: FrameType) -> None:
        """A module is called with these."""
        try:
            with torch._C.DisableTorchFunction():
                self.trace.met(arguments, frame)
        except Exception as problem:
            self.trace.record_internal_error(problem)


class _Call:
    """One call, from before it runs (what it reads, before it may overwrite it) to its results."""

    __slots__ = ("args", "before", "kind", "mode", "read", "sources", "statistics", "step", "trace")

    def __init__(self, trace: Trace, kind: Kind, op: str, args: Any, kwargs: Any, frame: Any) -> None:
        site, optimizing = calling_site(frame)
        trace.note_memory()
        if not torch.is_grad_enabled():
            trace.apply_site = applying_site(frame) or trace.apply_site
            optimizing = optimizing or trace.optimizers > 0  # with gradients, it is the closure that runs
        self.trace, self.kind, self.args = trace, kind, args
        self.mode = self.statistics = ()
        if op in MODAL:
            self.mode = mode_flags(op, args, kwargs, trace.modules.running)
            self.statistics = running_statistics(op, args, kwargs)
        self.read, places = _operands(args, kwargs)
        outside = trace.shared.any and [t for t in self.read if trace.shared.written_outside(t)]
        self.before = before = trace.all_known(self.read)
        self.sources: Sources = [(known.node, known.slot) for known in before]
        reads = tuple([known.value for known in before])
        again = trace.phase == "backward" and trace.computes_again()
        phase = "optimize" if optimizing else "forward" if again else trace.phase
        self.step = RawStep(
            phase, op, None, site, scope=trace.modules.scope, reads=reads, places=tuple(places)
        )
        if again:
            self.step.note = AGAIN
        if outside:
            self.step.note = OUTSIDE

    def failed(self, error: Exception) -> None:
        step = self.step
        step.node = self.trace.op_node(step.op, step.site, self.sources)
        if type(error).__module__ == "torch.utils.checkpoint":
            step.note = _(
                "The checkpoint stops here: it has computed again all that the backward pass needs."
            )
        else:
            step.error = class_and_text(error)
            step.note = explanation(step.error)
        self.trace.tape.step(step)

    def finished(self, result: Any) -> None:
        if self.kind == "decision":
            self._decided(result)
            return
        if self.kind == "export":
            self.step.node = self.trace.op_node(self.step.op, self.step.site, self.sources)
            self.trace.tape.step(self.step)
            for tensor in self.read:
                self.trace.shared.share(tensor, self.step.node)
            return
        outputs = [result] if isinstance(result, torch.Tensor) else tensors_in(result)
        try:
            changed = [t for t, k in zip(self.read, self.before, strict=True) if t._version != k.version]
        except RuntimeError:  # an inference tensor among them
            changed = [t for t, k in zip(self.read, self.before, strict=True) if version_of(t) != k.version]
        if self.step.op.startswith("_fused_") and not outputs:  # an optimizer's; its writes are not counted
            changed = [t for place, given in enumerate(self.args) if place != 1 for t in tensors_in(given)]
        if self.kind == "state" and not outputs:
            outputs = self.read[:1]
        if outputs or changed:
            self._wrote(outputs, changed)

    def _decided(self, result: Any) -> None:
        step = self.step
        step.node = self.trace.op_node(step.op, step.site, self.sources, "branch")
        step.control = Control("branch" if isinstance(result, bool) else "item", "", str(result))
        self.trace.tape.step(step)

    def _wrote(self, outputs: list[torch.Tensor], changed: list[torch.Tensor]) -> None:
        trace, step = self.trace, self.step
        tensors, grow = trace.tensors, trace.graph.grow
        if step.op in _TAKES_MEMORY and outputs:
            self._read_memory(outputs[0])
        node = step.node = trace.op_node(step.op, step.site, self.sources)
        flags = self._loss_of_grad(outputs) + self.mode
        writes: list[int] = []
        for slot, tensor in enumerate(outputs):
            known = self._same(tensor, node, slot)
            if known is not None:
                step.note = step.note or SAME
            else:
                in_place = bool(changed) and any(tensor is t for t in changed)
                known = tensors.describe(tensor, node, slot, flags=flags, written=in_place)
            writes.append(known.value)
            if known.requires_grad:
                function = grad_fn_of(tensor)
                if function is not None:
                    step.saved += tuple(grow(function, node, slot - tensor.output_nr))
        for tensor in changed:
            if not any(tensor is t for t in outputs):
                writes.append(tensors.describe(tensor, node, len(writes), written=True).value)
        for tensor in self.statistics:  # their versions stay the old ones
            tensors.forget_numbers(tensor)
            writes.append(tensors.describe(tensor, node, len(writes), written=True).value)
        step.writes = tuple(writes)
        for tensor in changed if trace.shared.any else ():
            trace.shared.written(tensor)
        if step.op in _TAKES_MEMORY and outputs:
            trace.shared.share(outputs[0], node)
        if step.op in COMPARISONS and len(outputs) == 1:
            operands = [_operand(argument, trace) for argument in self.args[:2]]
            trace.tape.comparisons[node] = (COMPARISONS[step.op], *operands)
        by_hand = changed and step.phase == "forward" and not torch.is_grad_enabled()
        # An update written by hand; without a gradient it is an initialisation, which is forward's.
        if by_hand and any(is_leaf(t) and t.requires_grad and t.grad is not None for t in changed):
            step.phase = "optimize"
        trace.tape.step(step)

    def _read_memory(self, tensor: torch.Tensor) -> None:
        """Whose memory the call was given as a storage or an array is one of its sources."""
        shared = self.trace.sharing(tensor)
        if shared is not None and not self.before:
            self.sources.append((shared.node, shared.slot))
            self.step.reads += (shared.value,)

    def _same(self, tensor: torch.Tensor, node: int, slot: int) -> Known | None:
        """The tensor, if the call gave back one that it was given (`contiguous`, `to`), unchanged."""
        for given in self.read:
            if given is tensor and self.kind != "state":
                known = self.trace.tensors.find(tensor)
                if known is not None and known.requires_grad == tensor.requires_grad:
                    known.node, known.slot = node, slot
                    return known
        return None

    def _loss_of_grad(self, outputs: list[torch.Tensor]) -> tuple[str, ...]:
        """Why outputs of inputs that require grad do not."""
        if not outputs or outputs[0].requires_grad or not any(known.requires_grad for known in self.before):
            return ()
        if self.step.op in ("detach", "detach_", "data"):
            return ("detached",)
        return () if torch.is_grad_enabled() else ("no_grad",)


def _operands(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[torch.Tensor], list[Any]]:
    """The tensors that a call was given, and where each stood: 1, (1, 0) in a list, or its keyword."""
    read: list[torch.Tensor] = []
    places: list[Any] = []
    for place, argument in enumerate(args):
        if isinstance(argument, torch.Tensor):
            read.append(argument)
            places.append(place)
        elif isinstance(argument, _SEVERAL):
            for inner, item in enumerate(argument):
                for tensor in (item,) if isinstance(item, torch.Tensor) else tensors_in(item):
                    read.append(tensor)
                    places.append((place, inner))
    for name, argument in kwargs.items():
        for tensor in (argument,) if isinstance(argument, torch.Tensor) else tensors_in(argument):
            read.append(tensor)
            places.append(name)
    return read, places


def _operand(argument: Any, trace: Trace) -> tuple[int | None, Any]:
    if isinstance(argument, torch.Tensor):
        known = trace.tensors.find(argument)
        return (known.value if known is not None else None), None
    return None, argument
