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
from typing import Any

import torch

from graphviz_tools.errors import class_and_text
from graphviz_tools.language import _
from graphviz_tools.sources.torch.errors import concerns_the_call, explanation
from graphviz_tools.sources.torch.frames import calling_site, raising_site
from graphviz_tools.sources.torch.function_mode import CallRecorder
from graphviz_tools.sources.torch.private_names import handling_engine_runs
from graphviz_tools.sources.torch.tape import RawStep, Site
from graphviz_tools.sources.torch.tensor_registry import grad_fn_of, tensors_in
from graphviz_tools.sources.torch.trace import Trace


@contextmanager
def recording_engine(recorder: CallRecorder) -> Iterator[None]:
    """Record every run of the autograd engine that this thread starts."""

    def run(original: Any, outputs: Any, *args: Any, **kwargs: Any) -> Any:
        if recorder.trace.paused or recorder.trace.compiler_works():
            return original(outputs, *args, **kwargs)
        return EngineRun(recorder.trace, *args[1:3]).run(recorder, original, outputs, *args, **kwargs)

    with handling_engine_runs(run):
        yield


class EngineRun:
    """One run, from its seed gradients to its last node."""

    def __init__(self, trace: Trace, retain_graph: bool | None, create_graph: bool) -> None:
        self._trace = trace
        self._create = bool(create_graph)
        self._keep = self._create if retain_graph is None else bool(retain_graph)
        self._watched: set[int] = set()
        self._finished: set[int] = set()
        self._last: int | None = None
        self._gradients: dict[int, int | None] = {}
        self._site: Site | None = None
        self._verb = "backward"

    def run(self, recorder: CallRecorder, original: Any, outputs: Any, *args: Any, **kwargs: Any) -> Any:
        trace = self._trace
        trace.backward_runs += kwargs.get("accumulate_grad", True)
        handles: list[Any] = []
        with torch._C.DisableTorchFunction():
            try:
                self._site, _ = calling_site(_getframe(2))
                self._begin(outputs, args[0], accumulate=kwargs.get("accumulate_grad", True))
                self._watch_all(outputs, handles)
                trace.tape.grown()
            except Exception as problem:
                trace.record_internal_error(problem)
        before = trace.phase, trace.differentiates
        trace.phase, trace.differentiates = "backward", self._create
        try:
            with recorder:
                return original(outputs, *args, **kwargs)
        except Exception as error:
            self._failed(error)
            raise
        finally:
            trace.phase, trace.differentiates = before
            for handle in handles:
                handle.remove()

    def _begin(self, outputs: Any, seeds: Any, *, accumulate: bool) -> None:
        trace = self._trace
        trace.note_memory()
        reads = [trace.known(t).value for t in tensors_in(outputs)]
        given = tuple(self._value(s) if isinstance(s, torch.Tensor) else None for s in seeds)
        if not trace.may_step():
            return
        self._verb = "backward" if accumulate else "grad"
        step = RawStep("backward", self._verb, None, self._site, trace.modules.scope, tuple(reads))
        step.grads_in = given
        if self._create:
            step.note = _("create_graph: the backward pass is itself recorded, to be differentiated again.")
        elif self._keep:
            step.note = _("retain_graph: the saved tensors stay, for another backward pass.")
        trace.tape.step(step)

    def _watch_all(self, outputs: Any, handles: list[Any]) -> None:
        """Hook every autograd function behind `outputs`; those that are new join the graph."""
        graph, watched, ran = self._trace.graph, self._watched, self._ran
        number, variables, unpacking = graph.number, graph.variables, graph.unpacking
        waiting = [f for f in map(_function_of, outputs) if f is not None]
        while waiting:
            function = waiting.pop()
            node = number(function)
            if node is None:
                graph.grow(function, None)
                node = number(function)
            if node is None or node in watched:
                continue
            watched.add(node)
            following = function.next_functions
            if following:
                waiting += [each for each, _ in following if each is not None]
            if node in variables:
                gradient = getattr(variables[node](), "grad", None)
                self._gradients[node] = self._value(gradient) if gradient is not None else None
            handles.append(function.register_hook(partial(ran, node)))
            if node in unpacking:
                handles.append(function.register_prehook(self._unpacks))

    def _unpacks(self, arriving: Any) -> None:
        """What is freed until the node has run, it has unpacked itself: that dies while it runs, not before."""
        with torch._C.DisableTorchFunction():
            try:
                self._trace.note_memory()
            except Exception as problem:
                self._trace.record_internal_error(problem)

    def _ran(self, node: int, leaving: Any, arriving: Any) -> None:
        self._finished.add(node)
        self._last = node
        with torch._C.DisableTorchFunction():
            try:
                self._step(node, leaving, arriving)
            except Exception as problem:
                self._trace.record_internal_error(problem)

    def _step(self, node: int, leaving: Any, arriving: Any) -> None:
        trace = self._trace
        tape, graph = trace.tape, trace.graph
        # What a reentrant checkpoint computed again for this node dies while the node runs, not before it.
        again = node in graph.unpacking or (bool(tape.steps) and tape.steps[-1].phase == "forward")
        if not again:
            trace.note_memory()
        if not trace.may_step():
            return
        step = RawStep("backward", tape.nodes[node].op, node, None, trace.modules.scope)
        step.grads_in = self._values(arriving)
        variable = graph.variables.get(node)
        if variable is not None:
            self._accumulated(step, node, variable)
        else:
            step.grads_out = self._values(leaving)
            if self._create:
                for gradient in leaving:
                    function = grad_fn_of(gradient) if gradient is not None else None
                    if function is not None:
                        step.saved += tuple(graph.grow(function, None))
        if not self._keep and graph.release(node):
            step.freed = (node,)
        tape.step(step)
        if again:
            trace.note_memory()

    def _accumulated(self, step: RawStep, node: int, variable: weakref.ref[torch.Tensor]) -> None:
        previous = self._gradients.get(node)
        if previous is not None:
            step.reads = (previous,)
            step.note = _("Added to the gradient that was already in .grad.")
        leaf = variable()
        gradient = leaf.grad if leaf is not None else None
        if gradient is not None:
            step.writes = (self._value(gradient, node),)

    def _values(self, gradients: Any) -> tuple[int | None, ...]:
        find, describe = self._trace.tensors.find, self._trace.tensors.describe
        return tuple([
            None if g is None else (find(g) or describe(g, None, 0, gradient=True)).value for g in gradients
        ])  # fmt: skip

    def _value(self, tensor: torch.Tensor, node: int | None = None) -> int:
        tensors = self._trace.tensors
        known = tensors.find(tensor)
        if known is None:
            known = tensors.describe(tensor, node, 0, gradient=True)
        elif node is not None:
            known.node, known.slot = node, 0
        return known.value

    def _failed(self, error: Exception) -> None:
        """Mark the node at which the engine stopped: of those that were ready, the one made last."""
        trace = self._trace
        message = class_and_text(error)
        if trace.tape.steps and trace.tape.steps[-1].error == message:
            return
        waiting = self._watched - self._finished
        blocked = {
            edge.target for edge in trace.tape.edges if edge.kind == "autograd" and edge.source in waiting
        }
        node = trace.graph.latest(waiting - blocked)
        if self._last is not None and f"'{trace.tape.nodes[self._last].op}' returned nan" in message:
            node = self._last  # found out afterwards, by detect_anomaly
        if concerns_the_call(message):
            node = None
        op = trace.tape.nodes[node].op if node is not None else self._verb
        raised_at = raising_site(error.__traceback__ and error.__traceback__.tb_next)
        step = RawStep(
            "backward", op, node, raised_at if node is not None else self._site, trace.modules.scope
        )
        step.error = message
        step.note = explanation(message)
        trace.note_memory()
        trace.tape.step(step)


def _function_of(output: Any) -> Any:
    """The autograd function that a tensor or a GradientEdge stands for."""
    if isinstance(output, torch.Tensor):
        if output.grad_fn is None and output.requires_grad:
            return torch.autograd.graph.get_gradient_edge(output).node
        return output.grad_fn
    return output.node
