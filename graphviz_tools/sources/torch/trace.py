"""What is known while a program runs: the tape, and for every tensor the node that it comes from."""

from __future__ import annotations

from types import FrameType
from typing import Any, Literal

import torch
from torch.autograd.function import BackwardCFunction
from torch.compiler import is_compiling

from graphviz_tools.language import _
from graphviz_tools.own_bugs import is_mistake
from graphviz_tools.recording import NodeKind, OptimizerCall, Phase
from graphviz_tools.sources.common.call_sites import call_site
from graphviz_tools.sources.torch.autograd_graph import AutogradGraph
from graphviz_tools.sources.torch.frames import calling_site
from graphviz_tools.sources.torch.module_stack import ModuleStack
from graphviz_tools.sources.torch.private_names import COMPILERS, CURRENT_NODE, IS_TRACING, found_or, missing
from graphviz_tools.sources.torch.shared_memory import SharedMemory
from graphviz_tools.sources.torch.storage_ledger import StorageLedger
from graphviz_tools.sources.torch.tape import RawNode, RawStep, Run, Site, Tape, make_edge, new_tuple
from graphviz_tools.sources.torch.tensor_registry import Known, Origin, Tensors, grad_fn_of, version_of

Sources = list[tuple[int | None, int]]


class Trace:
    """The state of one recording, shared by what sees the calls and what sees the engine."""

    def __init__(self, modules: ModuleStack, *, numbers: bool, max_steps: int, max_values: int) -> None:
        self.ledger = StorageLedger()
        self.tape = Tape(self.ledger.sizes, modules.calls)
        self.tensors = Tensors(self.tape, self.ledger, numbers=numbers, max_values=max_values)
        self.shared = SharedMemory(self.tensors)
        self.graph = AutogradGraph(self.tape, self.tensors, self.ledger)
        self.modules = modules
        self.phase: Phase = "forward"  # of steps that are neither an optimizer's nor the engine's
        self.backward_runs = 0  # of the engine, by backward() and not by grad()
        self.differentiates = False  # whether the engine runs with create_graph
        self.optimizers = 0  # that are at their step now
        self.input_names: dict[int, str] = {}
        self.inputs: list[tuple[str, torch.Tensor]] = []  # what the program was called with
        self._nameless: dict[
            int, tuple[Known, int]
        ] = {}  # parameters met before their module ran, and their nodes
        self._names_known = 0
        self.paused = ""  # why nothing is recorded now
        self.apply_site: Site | None = None  # where the custom Function that ran last was applied
        self.own_bug: Exception | None = None  # the first that was met
        self._max_steps = max_steps
        self._is_tracing = found_or(IS_TRACING, bool)
        self._current_node = found_or(CURRENT_NODE, bool)
        for lost in missing():
            self.tape.omitted["kinds of steps", f"this PyTorch hides {lost}"] = 1

    def sees(self) -> bool:
        """Whether a call that PyTorch reports now becomes a step."""
        if is_compiling() or (self.phase == "backward" and self.compiler_works()):
            return False
        if self._is_tracing() or self.paused or len(self.tape.steps) >= self._max_steps:
            return self.may_step()
        return True

    def may_step(self) -> bool:
        """Whether another step is recorded; counts it as left out when not."""
        if self._is_tracing():  # a look at a shape would be traced
            self.tape.omitted["steps", "torch.jit.trace was running"] += 1
            return False
        if self.paused:
            self.tape.omitted["steps", self.paused] += 1
            return False
        if len(self.tape.steps) >= self._max_steps:
            self.tape.omitted["steps", f"max_steps={self._max_steps}"] += 1
            return False
        return True

    def compiler_works(self) -> bool:
        """Whether a compiler looks at the program (that has not happened), or runs a backward that it made: one
        step, as its forward is."""
        if is_compiling():
            return True
        if self.phase != "backward":
            return False
        made_by = getattr(type(self._current_node()), "_forward_cls", None)
        return made_by is not None and made_by.__module__.startswith(COMPILERS)

    def computes_again(self) -> bool:
        """Inside the engine, what computes with gradients on is a forward pass run again (a checkpoint)."""
        return self.phase == "backward" and not self.differentiates and torch.is_grad_enabled()

    def record_internal_error(self, problem: Exception) -> None:
        """The recorder itself failed on a call: the program goes on. The Recording says what it lacks; a bug of ours
        is raised when the program is over."""
        if self.own_bug is None and is_mistake(problem):
            self.own_bug = problem
        words = str(problem).partition("\n")[0]
        self.tape.omitted["steps", f"not understood: {type(problem).__name__}: {words}"] += 1

    def note_memory(self) -> None:
        """The bytes alive now are those after the last step: Python has let go of what it overwrote."""
        steps = self.tape.steps
        if steps:
            ledger, graph, last = self.ledger, self.graph, steps[-1]
            if graph.ended:
                graph.settle()
            if ledger.ended:
                ledger.settle()
            last.alive, last.held = ledger.alive, ledger.saved
            if ledger.died:
                last.released += tuple(ledger.died)
                ledger.died.clear()

    def optimizer_called(
        self, optimizer: torch.optim.Optimizer, method: Literal["step", "zero_grad"]
    ) -> None:
        """An optimizer is about to take its step, or to clear the gradients of its parameters."""
        held = [p for group in optimizer.param_groups for p in group["params"]]
        seen = [known.storage for p in held if (known := self.tensors.last_seen(p)) is not None]
        storages = tuple([storage for storage in seen if storage is not None])
        self.tape.optimizer_calls.append(
            OptimizerCall(type(optimizer).__name__, method, len(self.tape.steps), storages)
        )

    def outputs(self, tensors: list[tuple[str, torch.Tensor]]) -> None:
        """The program gives these tensors back, each at its path: an output node for each."""
        for path, tensor in tensors:
            self.shared.written_outside(tensor)
            known = self.known(tensor)
            self.tape.outputs.append(known.value)
            node = self.tape.node(RawNode("output", "output", path))
            if known.node is not None:
                self.tape.edge(known.node, node, known.slot, 0)

    def drawn(self, name: str, tensor: torch.Tensor) -> None:
        """The program takes a tensor out of a generator that it was given."""
        with torch._C.DisableTorchFunction():
            if not self.paused and not self._is_tracing() and self.tensors.find(tensor) is None:
                self.input_names[id(tensor)] = name
                self.known(tensor)
                del self.input_names[id(tensor)]  # the number may be another tensor's soon

    def sharing(self, tensor: torch.Tensor) -> Origin | None:
        """Who wrote the memory of a tensor that no call is known to have made."""
        found = self.tensors.sharing(tensor)
        memory = _memory_of(tensor) if found is None and self.inputs else None
        if memory:
            for _, given in self.inputs:
                if self.tensors.last_seen(given) is None and _memory_of(given) == memory:
                    known = self.known(given)
                    return Origin(known.node, known.slot, known.value)
        return found

    def unread(self) -> None:
        """Draw the inputs whose numbers the program has never read, and say so."""
        for name, tensor in self.inputs:
            if self.tensors.last_seen(tensor) is None:
                self.tape.node(RawNode("input", "input", _("{name} (never read)", name=name), name))
        self.tape.grown()

    def passed(self, op: str, tensor: torch.Tensor, site: Site | None) -> None:
        """A module gave back the tensor that it was given."""
        if not self.may_step():
            return
        self.note_memory()
        known = self.known(tensor)
        node = self.op_node(op, site, [(known.node, known.slot)])
        step = RawStep(self.phase, op, node, site, self.modules.scope, (known.value,))
        step.writes = (known.value,)
        known.node, known.slot = node, 0
        self.tape.step(step)

    def constructed(self, op: str, given: list[torch.Tensor], made: Any, site: Site | None) -> None:
        """A function that PyTorch reports to nobody made a tensor, or gave the memory of one away."""
        if (isinstance(made, torch.Tensor) and type(made) is not torch.Tensor) or not self.may_step():
            return
        self.note_memory()
        sources = [Origin(known.node, known.slot, known.value) for known in map(self.known, given)]
        if not sources and isinstance(made, torch.Tensor):
            shared = self.sharing(made)
            sources = [shared] if shared is not None else []
        node = self.op_node(op, site, [(source.node, source.slot) for source in sources])
        step = RawStep(self.phase, op, node, site, self.modules.scope, tuple([s.value for s in sources]))
        if isinstance(made, torch.Tensor):
            step.writes = (self.tensors.describe(made, node, 0).value,)
        for tensor in [made] if isinstance(made, torch.Tensor) else given:
            self.shared.share(tensor, node)
        self.tape.step(step)

    def op_node(self, op: str, site: Site | None, sources: Sources, kind: NodeKind = "op") -> int:
        """A new node for an operation, with a data edge from each source."""
        tape, modules = self.tape, self.modules
        nodes, edges = tape.nodes, tape.edges
        node = len(nodes)
        nodes.append(new_tuple(RawNode, (kind, op, "", op, site, None, None)))
        if modules.group:
            tape.groups[node] = modules.group
        for slot, (source, source_slot) in enumerate(sources):
            if source is not None:
                edges.append(make_edge(source, node, source_slot, slot, "data"))
        return node

    def met(self, arguments: tuple[Any, ...], frame: FrameType) -> None:
        """What is passed to a module and was not seen before is called as in that call: `x` in `model(x)`."""
        if self._nameless and len(self.modules.names) != self._names_known:
            self._name_parameters()
        for place, tensor in enumerate(arguments):
            if not isinstance(tensor, torch.Tensor) or id(tensor) in self.input_names or self._is_tracing():
                continue
            if self.paused or self.tensors.find(tensor) is not None:
                continue
            site, _ = calling_site(frame)
            names = call_site(site.code, site.instruction).arguments if site is not None else ()
            name = names[place] if place < len(names) else ""
            if name and isinstance(name, str):
                self.input_names[id(tensor)] = name
                self.known(tensor)
                del self.input_names[id(tensor)]  # the number may be another tensor's soon

    def known(self, tensor: torch.Tensor) -> Known:
        """Who wrote the tensor; a tensor from nowhere gets an input or parameter node."""
        known = self.tensors.find(tensor)
        if known is not None and known.requires_grad == tensor.requires_grad:
            return known
        function = grad_fn_of(tensor)
        made = self.graph.number(function) if function is not None else None
        if made is None and isinstance(function, BackwardCFunction):
            return self._function_applied(tensor, function, known)
        origin = self._origin(tensor, made)
        if origin is not None:
            return self.tensors.describe(tensor, *origin)
        if function is not None:
            return self._unseen(tensor, function)
        name = self.modules.names.get(id(tensor)) or self.input_names.get(id(tensor), "")
        kind: NodeKind = "input"
        alias = None if name or isinstance(tensor, torch.nn.Parameter) else self.sharing(tensor)
        if (
            alias is not None and alias.node is not None
        ):  # `copy.copy(x)`, and what else makes a tensor unseen
            return self.tensors.describe(tensor, alias.node, alias.slot)
        if isinstance(tensor, torch.nn.Parameter):
            kind = "parameter"
        elif id(tensor) in self.modules.buffers:
            kind = "variable"
        node = self.tape.node(RawNode(kind, kind, name, name))
        found = self.tensors.describe(tensor, node, 0, name)
        if kind == "input":
            self.shared.share_if_foreign(tensor, node)
        if not name and kind == "parameter":
            self._nameless[id(tensor)] = found, node
        return found

    def all_known(self, tensors: list[torch.Tensor]) -> list[Known]:
        """What `known` says of each."""
        known, found = self.known, self.tensors.unchanged(tensors)
        return [known(tensor) if each is None else each for each, tensor in zip(found, tensors, strict=True)]

    def _name_parameters(self) -> None:
        """A model that the program makes is initialized before its modules, and so its names, are known."""
        self._names_known = len(self.modules.names)
        for number, (first, node) in list(self._nameless.items()):
            name = self.modules.names.get(number, "")
            tensor = first()
            if tensor is None or name:
                del self._nameless[number]
            if tensor is not None and name:
                nodes, values = self.tape.nodes, self.tape.values
                nodes[node] = nodes[node]._replace(name=name, label=name)
                known = self.tensors.last_seen(tensor)
                for value in {first.value, known.value if known is not None else first.value}:
                    values[value] = values[value]._replace(name=name)

    def _unseen(self, tensor: torch.Tensor, function: Any) -> Known:
        """Something computed the tensor where no call is seen: TorchScript, or the program before recording."""
        name = self.input_names.get(id(tensor), "")
        node = self.tape.node(RawNode("input", "input", name, name))
        known = self.tensors.describe(tensor, node, 0, name)
        first_edge, nodes = len(self.tape.edges), self.tape.nodes
        self.graph.grow(function, node, -tensor.output_nr)
        owners = [nodes[edge.target].owner for edge in self.tape.edges[first_edge:]]
        for slot, owner in enumerate(dict.fromkeys(owners)):
            if owner is not None and owner != node:
                self.tape.edge(owner, node, 0, slot)
        return known

    def close(self) -> None:
        """Leave nothing in the program's autograd graph, and watch its memory no more."""
        self.graph.leave([grad_fn_of(tensor) for tensor in self.tensors.alive() if tensor.requires_grad])
        self.ledger.close()

    def _origin(self, tensor: torch.Tensor, made: int | None) -> tuple[int, int] | None:
        """The (node, slot) behind a tensor that is new or has changed, as far as it is known."""
        writer = self.tensors.writer(tensor)
        if writer is not None:
            return writer
        seen = self.tensors.last_seen(tensor)
        if seen is not None and seen.node is not None:
            other = self.sharing(tensor) if seen.version != version_of(tensor) else None
            if other is None or other.node is None or self.tape.values[other.value].storage == seen.storage:
                return seen.node, seen.slot
            return other.node, other.slot  # it was given other memory, as `copy.copy` does
        owner = self.tape.nodes[made].owner if made is not None else None
        if owner is not None:
            return owner, 0
        wrapped = self.tensors.below(tensor)
        return (wrapped.node, wrapped.slot) if wrapped is not None and wrapped.node is not None else None

    def _function_applied(self, tensor: torch.Tensor, function: Any, inner: Known | None) -> Known:
        """A custom `autograd.Function` made the tensor; `inner` is what its own forward lines wrote."""
        made_by = type(function)._forward_cls
        site = self.apply_site or Site(made_by.forward.__code__, 0, Run(0), 0)
        sources: Sources = [(inner.node, inner.slot)] if inner is not None else []
        reads: list[int] = [inner.value] if inner is not None else []
        for following, slot in function.next_functions:
            made = self.graph.number(following) if following is not None else None
            owner = self.tape.nodes[made].owner if made is not None else None
            if owner is not None:
                sources.append((owner, slot))
                reads += self._written_by(owner, slot)
        op = made_by.__name__
        node = self.op_node(op, site, sources)
        known = self.tensors.describe(tensor, node, 0)
        step = RawStep(self.phase, op, node, site, self.modules.scope, tuple(reads))
        step.writes = (known.value,)
        step.saved = tuple(self.graph.grow(function, node, -tensor.output_nr))
        step.note = _(
            "A custom Function: autograd knows only its backward, not the steps inside its forward."
        )
        step.alive, step.held = self.ledger.alive, self.ledger.saved
        self.tape.step(step)
        return known

    def _written_by(self, node: int, slot: int) -> list[int]:
        for step in reversed(self.tape.steps):
            if step.node == node and slot < len(step.writes):
                return [step.writes[slot]]
        return []

    def fused(
        self, op: str, given: list[torch.Tensor], outputs: list[torch.Tensor], site: Site | None, note: str
    ) -> None:
        """A call whose inner calls went unwatched, as one operation from `given` to `outputs`."""
        if not outputs or not self.may_step():
            return
        self.note_memory()
        before = self.all_known(given)
        node = self.op_node(op, site, [(known.node, known.slot) for known in before])
        step = RawStep(self.phase, op, node, site, self.modules.scope, tuple([k.value for k in before]))
        step.writes = tuple([self.tensors.describe(t, node, slot).value for slot, t in enumerate(outputs)])
        for slot, tensor in enumerate(outputs):
            function = grad_fn_of(tensor)
            if function is not None:
                step.saved += tuple(self.graph.grow(function, node, slot - tensor.output_nr))
        step.note = note
        self.tape.step(step)


def _memory_of(tensor: torch.Tensor) -> int | None:
    """The address of the tensor's storage; None where it has none."""
    try:
        return tensor.untyped_storage().data_ptr()
    except (RuntimeError, ValueError, NotImplementedError):  # of a transform, or sparse
        return None
