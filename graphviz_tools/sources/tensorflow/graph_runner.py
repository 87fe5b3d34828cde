"""Run a TensorFlow graph one op at a time, so that every value can be seen.

The graph is walked as TensorFlow would run it: only ops that an output or a side effect needs, the taken
branch only, a loop's body once an iteration. Each op is the same kernel, called through `tf.raw_ops` on real
tensors, with the real variables behind the resource handles. Only the optimiser's changes are missing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphviz_tools.language import _
from graphviz_tools.recording import Control, Step, Value
from graphviz_tools.sources.common.array_value import array_value
from graphviz_tools.sources.common.static_graph import add_run_scopes
from graphviz_tools.sources.tensorflow.errors import error_text
from graphviz_tools.sources.tensorflow.graph_reader import (
    CALL_OPS,
    CASE_OPS,
    IF_OPS,
    WHILE_OPS,
    Body,
    GraphReader,
    Path,
    called_functions,
    is_fused,
)
from graphviz_tools.sources.tensorflow.op_kernel import Kernel, kernel_of
from graphviz_tools.sources.tensorflow.operands import origin_words


class OpFailed(Exception):
    """An op raised. The step at which it did is in the recording; `__cause__` is TensorFlow's error."""


@dataclass
class GraphRunner:
    """Runs the bodies that `reader` knows, and writes `run` steps into it, at most `max_steps` of them.

    `variables` maps the `id` of a resource handle to the `tf.Variable` behind it. `unseen` counts the steps
    past `max_steps`; `hidden` names the functions that ran inside an op kernel (of a dataset, say), by its op;
    `rounded` counts the results that TensorFlow's optimiser rounds differently from the ops one by one;
    `together` is the type of an op that made the graph run as a whole, because it waits for other devices.
    """

    reader: GraphReader
    max_steps: int
    variables: dict[int, Any] = field(default_factory=dict)
    shown: int = 0
    unseen: int = 0
    hidden: dict[str, str] = field(default_factory=dict)
    rounded: int = 0
    together: str = ""
    _kernels: dict[tuple[str, str], Kernel] = field(default_factory=dict)

    def run(self, body: Body, arguments: Sequence[Any], scope: Path | None = None) -> list[Any]:
        """The outputs of `body` for `arguments`: one concrete tensor for each input of its graph."""
        graph, scope = body.graph, body.path if scope is None else scope
        known = {inner.name: value for inner, value in zip(graph.inputs, arguments, strict=True)}
        for op in needed_ops([*graph.outputs, *graph.control_outputs]):
            if op.outputs and op.outputs[0].name in known:
                self._show_argument(body, op, known[op.outputs[0].name], scope)
                continue
            inputs = [known[tensor.name] for tensor in op.inputs]
            outputs = self.run_op(body, op, inputs, scope)
            known.update(zip((tensor.name for tensor in op.outputs), outputs, strict=True))
        return [known[out.name] for out in graph.outputs]

    def run_op(self, body: Body, op: Any, inputs: list[Any], scope: Path) -> list[Any]:
        if self.shown >= self.max_steps:
            self.unseen += 1
            return self.kernel(body, op)(inputs)
        if op.type in WHILE_OPS:
            return self._loop(body, op, inputs, scope)
        if op.type in IF_OPS or op.type in CASE_OPS:
            return self._branch(body, op, inputs, scope)
        if op.type in CALL_OPS and (called := self.reader.called(op, "f")) is not None:
            self.show(body, op, inputs, [], scope)
            there = inner_scope(scope, body, called)
            if is_fused(op):
                kernel = self.kernel(body, op)
                outputs = self.run_again(lambda: self.run(called, inputs, there), lambda: kernel(inputs))
            else:
                outputs = self.run(called, inputs, there)
            self.show(body, op, inputs, outputs, scope, note=_("The function has returned."))
            return outputs
        before = [self.value(tensor) for tensor in inputs]
        try:
            outputs = self.kernel(body, op)(inputs)
        except BaseException as error:  # the stop button too: what was recorded up to there is kept
            note = self._given(body, op, before) if isinstance(error, Exception) else ""
            self.show(body, op, inputs, [], scope, reads=before, note=note, error=error_text(error))
            raise OpFailed(error_text(error)) from error
        self.show(body, op, inputs, outputs, scope, reads=before)
        for _attribute, name in called_functions(op):
            self.hidden[name] = op.type
        return outputs

    def _given(self, body: Body, op: Any, values: Sequence[Value]) -> str:
        """`h: float32 [2, 3], from h = x * 2.0, line 7.` for each value that the op read."""
        said: list[str] = []
        for tensor, value in zip(op.inputs, values, strict=True):
            maker = tensor.op
            while maker.type in ("Identity", "ReadVariableOp") and maker.inputs:
                maker = maker.inputs[0].op
            node = self.reader.nodes[self.reader.find(body, maker)]
            line = node.line if node.kind == "op" else None
            type = f"{value.dtype} {list(value.shape or ())}"
            said.append(f"{node.label}: {type}{origin_words(line, maker.type)}.")
        return " ".join(dict.fromkeys(said))

    def run_again(self, tell: Callable[[], list[Any]], whole: Callable[[], list[Any]]) -> list[Any]:
        """What `whole` gives, a function as TensorFlow runs it, after `tell` has recorded its ops one by one.

        The optimiser's ops round differently from the graph's own. Variables are restored in between, so
        neither run may have an effect on anything else.
        """
        variables = [variable for variable in self.variables.values() if variable.is_initialized()]
        before = [variable.read_value() for variable in variables]
        stepped = [*tell(), *(variable.read_value() for variable in variables)]
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
        try:
            outputs = whole()
        except BaseException as error:
            raise OpFailed(error_text(error)) from error
        whole_run = [*outputs, *(variable.read_value() for variable in variables)]
        self.rounded += sum(_differ(a, b) for a, b in zip(stepped, whole_run, strict=True))
        return outputs

    def _branch(self, body: Body, op: Any, inputs: list[Any], scope: Path) -> list[Any]:
        decided, passed = inputs[0].numpy(), inputs[1:]
        if op.type in IF_OPS:
            role = "then_branch" if decided else "else_branch"
            taken, chosen = role.removesuffix("_branch"), self.reader.called(op, role)
        else:
            count = len(op.get_attr("branches"))
            case = int(decided) if 0 <= int(decided) < count else count - 1
            taken, chosen = f"case {case}", self.reader.called(op, "branches", case)
        if chosen is None:
            return self.kernel(body, op)(inputs)
        control = Control("branch", decided=_word(decided), taken=taken)
        self.show(body, op, inputs, [], scope, control=control)
        outputs = self.run(chosen, passed, inner_scope(scope, body, chosen))
        self.show(body, op, inputs, outputs, scope, note=_("The branch {taken!r} has returned.", taken=taken))
        return outputs

    def _loop(self, body: Body, op: Any, state: list[Any], scope: Path) -> list[Any]:
        test, turn = self.reader.called(op, "cond"), self.reader.called(op, "body")
        if test is None or turn is None:
            return self.kernel(body, op)(state)
        iteration = 0
        while self.shown < self.max_steps:
            iteration += 1
            lap = f"iteration {iteration}"
            [decided] = self.run(test, state, (*inner_scope(scope, body, test), lap))
            if not decided.numpy():
                control = Control("loop", decided="False", taken="exit")
                self.show(body, op, state, state, scope, control=control)
                return state
            control = Control("loop", decided="True", taken="body", iteration=iteration)
            self.show(body, op, state, [], scope, control=control)
            state = self.run(turn, state, (*inner_scope(scope, body, turn), lap))
        # The budget is spent inside the loop: TensorFlow finishes it, from where it is.
        self.unseen += 1
        return self.kernel(body, op)(state)

    def kernel(self, body: Body, op: Any) -> Kernel:
        key = (body.key, op.name)
        if key not in self._kernels:
            self._kernels[key] = kernel_of(op)
        return self._kernels[key]

    def _show_argument(self, body: Body, op: Any, value: Any, scope: Path) -> None:
        """An argument arrives. In an inner body only those are shown that something there computes with."""
        outermost = scope == body.path and body.prefix == ""
        if outermost or any(user.type != "Identity" for user in op.outputs[0].consumers()):
            self.show(body, op, [], [value], scope)

    def show(
        self,
        body: Body,
        op: Any,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        scope: Path,
        *,
        reads: Sequence[Value] | None = None,
        writes: Sequence[Value] | None = None,
        control: Control | None = None,
        note: str = "",
        error: str = "",
    ) -> None:
        if self.shown >= self.max_steps and not error:
            self.unseen += 1
            return
        self.shown += 1
        node = self.reader.nodes[self.reader.find(body, op)]
        if writes is None:
            written = outputs or ([] if control or error else self._assigned(op, inputs))
            writes = [self.value(tensor) for tensor in written]
        place = (*scope, *node.scope[len(body.path) :])
        add_run_scopes(self.reader.scopes, place)
        self.reader.steps.append(
            Step(
                index=len(self.reader.steps),
                phase="run",
                op=op.type,
                node=node.id,
                line=node.line,
                reads=tuple(reads) if reads is not None else tuple(self.value(t) for t in inputs),
                writes=tuple(writes),
                control=control,
                scope=place,
                note=note,
                error=error,
            )
        )

    def _assigned(self, op: Any, inputs: Sequence[Any]) -> list[Any]:
        """The variables that an op without outputs (an assignment, an optimiser's update) has written."""
        return (
            [t for t in inputs if id(t) in self.variables] if op.op_def.is_stateful and not op.outputs else []
        )

    def value(self, tensor: Any) -> Value:
        """What a concrete tensor holds; for the handle of a variable, what the variable holds now."""
        return tensor_value(self.variables.get(id(tensor), tensor))


def tensor_value(tensor: Any) -> Value:
    """A concrete tensor or `tf.Variable`; a resource or variant (a table, a TensorList) has only a text."""
    name = tensor.name if hasattr(tensor, "assign") else ""
    if tensor.dtype.name in ("resource", "variant"):
        return Value(
            dtype=tensor.dtype.name, name=name, text=_("a {dtype} without numbers", dtype=tensor.dtype.name)
        )
    return array_value(tensor.numpy(), name=name, dtype=tensor.dtype.name)


def _differ(a: Any, b: Any) -> bool:
    """True when two tensors hold different bits."""
    if a.dtype.name in ("resource", "variant"):
        return False
    return a.numpy().tobytes() != b.numpy().tobytes() if a.dtype.name != "string" else False


def needed_ops(wanted: Iterable[Any], fed: frozenset[str] = frozenset()) -> list[Any]:
    """The ops that `wanted` (tensors and ops of one graph) cannot do without, each after those it waits for.

    Nothing behind a tensor named in `fed` is needed. Where the graph leaves the order open, the ops come in the order
    in which Python made them.
    """

    def dependencies(op: Any) -> list[Any]:
        if op.outputs and all(tensor.name in fed for tensor in op.outputs):
            return []
        return [*(tensor.op for tensor in op.inputs), *op.control_inputs]

    found: dict[str, Any] = {}
    waiting = [getattr(item, "op", item) for item in wanted]
    while waiting:
        op = waiting.pop()
        if op.name not in found:
            found[op.name] = op
            waiting += dependencies(op)
    graphs = [op.graph for op in found.values()][:1]
    made = {op.name: i for graph in graphs for i, op in enumerate(graph.get_operations())}
    blockers = {name: {before.name for before in dependencies(op)} for name, op in found.items()}
    users: dict[str, list[str]] = {}
    for name, before in blockers.items():
        for blocker in before:
            users.setdefault(blocker, []).append(name)
    ready = [(made[name], name) for name, before in blockers.items() if not before]
    heapq.heapify(ready)
    ordered = []
    while ready:
        _, name = heapq.heappop(ready)
        ordered.append(found[name])
        for user in users.get(name, ()):
            blockers[user].discard(name)
            if not blockers[user]:
                heapq.heappush(ready, (made[user], user))
    return ordered


def inner_scope(scope: Path, body: Body, called: Body) -> Path:
    """Where `called` runs when `body` runs in `scope`: a loop's iterations stay in the path."""
    return (
        (*scope, *called.path[len(body.path) :])
        if called.path[: len(body.path)] == body.path
        else called.path
    )


def _word(decided: Any) -> str:
    return str(decided.item() if hasattr(decided, "item") else decided)
