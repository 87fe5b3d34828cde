"""The backward pass, node by node in the order in which the engine runs them.

Every run of the engine goes through one Python function of PyTorch's, `torch.autograd._engine_run_backward`.
While recording it is wrapped: the nodes that can run get a hook for this run, and the calls that Python code
makes inside it (a custom backward, a hook, a checkpoint computing again) are recorded as well.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from sys import _getframe
from threading import get_ident
from typing import Any

import torch

from graphviz_tools.sources.torch_frames import calling_site
from graphviz_tools.sources.torch_mode import CallRecorder
from graphviz_tools.sources.torch_tape import RawStep, Site
from graphviz_tools.sources.torch_tensors import tensors_in

SECOND_BACKWARD = (
    "The first backward pass freed the saved tensors of this node. Call the first one with retain_graph=True "
    "to run it twice, or compute the loss again."
)


@contextmanager
def recording_engine(recorder: CallRecorder) -> Iterator[None]:
    """Record every run of the autograd engine that this thread starts."""
    original, thread = torch.autograd._engine_run_backward, get_ident()

    def run(outputs: Any, *args: Any, **kwargs: Any) -> Any:
        if get_ident() != thread or recorder.paused:
            return original(outputs, *args, **kwargs)
        return EngineRun(recorder, original).run(outputs, *args, **kwargs)

    torch.autograd._engine_run_backward = run
    try:
        yield
    finally:
        torch.autograd._engine_run_backward = original


class EngineRun:
    """One run, from its seed gradients to its last node."""

    def __init__(self, recorder: CallRecorder, original: Any) -> None:
        self._recorder = recorder
        self._original = original
        self._keep = False
        self._create = False
        self._before: dict[int, set[int]] = {}
        self._finished: set[int] = set()
        self._sequence: dict[int, int] = {}
        self._gradients: dict[int, int | None] = {}
        self._site: Site | None = None

    def run(
        self,
        outputs: Any,
        grad_tensors: Any,
        retain_graph: bool | None,
        create_graph: bool,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        recorder = self._recorder
        recorder.engine_runs += 1
        self._create = bool(create_graph)
        self._keep = self._create if retain_graph is None else bool(retain_graph)
        with torch._C.DisableTorchFunction():
            self._site, _ = calling_site(_getframe(2))
            self._begin(outputs, grad_tensors, accumulate=kwargs.get("accumulate_grad", True))
            handles = [self._watch(f, n) for f, n in self._reachable(outputs)]
        phase, recorder.phase = recorder.phase, "backward"
        try:
            with recorder:
                return self._original(outputs, grad_tensors, retain_graph, create_graph, *args, **kwargs)
        except Exception as error:
            self._failed(error)
            raise
        finally:
            recorder.phase = phase
            for handle in handles:
                handle.remove()

    def _begin(self, outputs: Any, seeds: Any, *, accumulate: bool) -> None:
        recorder = self._recorder
        recorder.note_memory()
        roots = [t for t in tensors_in(outputs)]
        reads = [recorder.known(t).value for t in roots]
        given = tuple(self._value(s) if isinstance(s, torch.Tensor) else None for s in seeds)
        if not recorder.may_step():
            return
        op = "backward" if accumulate else "grad"
        step = RawStep("backward", op, None, self._site, recorder.modules.scope, tuple(reads), grads_in=given)
        words = []
        if self._create:
            words.append(
                "create_graph: the backward pass is itself recorded by autograd, to be differentiated again"
            )
        elif self._keep:
            words.append("retain_graph: the saved tensors stay for another backward pass")
        step.note = "; ".join(words).capitalize() + "." if words else ""
        recorder.tape.step(step)

    def _reachable(self, outputs: Any) -> list[tuple[Any, int]]:
        """Every autograd function behind `outputs` with its node, new ones added to the graph."""
        graph = self._recorder.graph
        functions = [f for f in (_function_of(output) for output in outputs) if f is not None]
        found: list[tuple[Any, int]] = []
        seen: set[int] = set()
        while functions:
            function = functions.pop()
            graph.grow(function, None)
            node = graph.number(function)
            if node is None or node in seen:
                continue
            seen.add(node)
            found.append((function, node))
            self._sequence[node] = function._sequence_nr()
            self._before.setdefault(node, set())
            for following, _ in function.next_functions:
                if following is not None:
                    functions.append(following)
                    below = graph.number(following)
                    if below is not None:
                        self._before.setdefault(below, set()).add(node)
        return found

    def _watch(self, function: Any, node: int) -> Any:
        graph = self._recorder.graph
        variable = graph.variables.get(node)
        if variable is not None:
            gradient = getattr(variable(), "grad", None)
            self._gradients[node] = self._value(gradient) if gradient is not None else None
        return function.register_hook(partial(self._ran, node))

    def _ran(self, node: int, leaving: Any, arriving: Any) -> None:
        recorder = self._recorder
        with torch._C.DisableTorchFunction():
            recorder.note_memory()
            self._finished.add(node)
            if not recorder.may_step():
                return
            op = recorder.tape.nodes[node][1]
            step = RawStep("backward", op, node, None, recorder.modules.scope)
            step.grads_in = tuple([None if g is None else self._value(g) for g in arriving])
            variable = recorder.graph.variables.get(node)
            if variable is not None:
                self._accumulated(step, node, variable)
            else:
                step.grads_out = tuple([None if g is None else self._value(g) for g in leaving])
                if self._create:
                    for gradient in leaving:
                        if gradient is not None and gradient.grad_fn is not None:
                            step.saved += tuple(recorder.graph.grow(gradient.grad_fn, None))
            if not self._keep and recorder.graph.release(node):
                step.freed = (node,)
            recorder.tape.step(step)

    def _accumulated(self, step: RawStep, node: int, variable: weakref.ref[torch.Tensor]) -> None:
        previous = self._gradients.get(node)
        if previous is not None:
            step.reads = (previous,)
            step.note = "Added to the gradient that was already in .grad."
        leaf = variable()
        gradient = leaf.grad if leaf is not None else None
        if gradient is not None:
            step.writes = (self._value(gradient, node),)
        step.site = self._site

    def _value(self, tensor: torch.Tensor, node: int | None = None) -> int:
        tensors = self._recorder.tensors
        known = tensors.find(tensor)
        if known is None:
            known = tensors.describe(tensor, node, 0)
        elif node is not None:
            known.node, known.slot = node, 0
        return known.value

    def _failed(self, error: Exception) -> None:
        """Mark the node at which the engine stopped: of those that were ready, the last made."""
        recorder = self._recorder
        steps = recorder.tape.steps
        message = f"{type(error).__name__}: {error}"
        if steps and steps[-1].error == message:
            return
        waiting = self._sequence.keys() - self._finished
        ready = [node for node in waiting if self._before[node] <= self._finished]
        node = max(ready, key=lambda n: self._sequence[n], default=None)
        op = recorder.tape.nodes[node][1] if node is not None else "backward"
        step = RawStep("backward", op, node, self._site, recorder.modules.scope, error=message)
        if "second time" in message:
            step.note = SECOND_BACKWARD
        recorder.note_memory()
        recorder.tape.step(step)


def _function_of(output: Any) -> Any:
    """The autograd function that a tensor or a GradientEdge stands for."""
    if isinstance(output, torch.Tensor):
        if output.grad_fn is None and output.requires_grad:
            return torch.autograd.graph.get_gradient_edge(output).node
        return output.grad_fn
    return output.node
