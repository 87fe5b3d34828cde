"""Run an FX graph node by node, so that every value can be seen: the taken branch only, every turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.fx import Interpreter
from torch.fx import Node as FxNode

from graphviz_tools.language import _
from graphviz_tools.own_bugs import runs_the_program
from graphviz_tools.recording import Control, Value
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import Path
from graphviz_tools.sources.compiled.errors import error_text
from graphviz_tools.sources.compiled.fx_graph import FxGraph, Part, inputs_of, op_name
from graphviz_tools.sources.compiled.values import leaves, values_in


class GraphRun(Interpreter):
    """Runs what an `FxGraph` has read and writes `run` steps, in `scope` (if None, where the graph lies)."""

    def __init__(self, read: FxGraph, budget: Budget, scope: Path | None = None) -> None:
        super().__init__(read.module, garbage_collect_values=False)
        self._read = read
        self._budget = budget
        self._scope = read.path if scope is None else scope
        self.extra_traceback = False

    def run_node(self, n: FxNode) -> Any:
        """Interpreter's hook: one node."""
        if n.name not in self._read.ids:  # it names a called graph
            return super().run_node(n)
        reads = [value for source in inputs_of(n) for value in self._seen(source, n)]
        parts = self._read.parts.get(n.name, [])
        if parts:
            return self._call(n, parts, reads)
        result = self._run_op(n, reads, super().run_node, n)
        self._step(n, reads=reads, writes=values_in(result, n.name))
        return result

    def _seen(self, source: FxNode, user: FxNode) -> tuple[Value, ...]:
        value = self.env[source]
        if op_name(user) == "getitem":
            value = value[user.args[1]]
        return values_in(value, source.name)

    @runs_the_program
    def _run_op(self, node: FxNode, reads: list[Value], op: Callable[..., Any], *given: Any) -> Any:
        """The result of `op`; an error that it raises, of any type, becomes a step."""
        try:
            return op(*given)
        except Exception as error:
            self._step(node, reads=reads, error=error_text(error))
            raise

    def _step(self, node: FxNode, **seen: Any) -> None:
        if self._budget.spend():
            number = self._read.ids[node.name]
            inner = self._read.into.nodes[number].scope[len(self._read.path) :]
            self._read.into.step("run", number, scope=(*self._scope, *inner), **seen)

    # --- operators that call graphs -------------------------------------------------------------------------

    def _call(self, node: FxNode, parts: list[Part], reads: list[Value]) -> Any:
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        match op_name(node):
            case "cond":
                return self._branch(node, parts, reads, args)
            case "while_loop":
                return self._loop(node, parts, args)
            case "scan":
                return self._scan(node, parts[0], args)
            case "flex_attention":
                self._first_score(node, parts, reads, args)
        target: Any = node.target
        result = self._run_op(node, reads, self.call_function, target, args, kwargs)
        self._step(node, reads=reads, writes=values_in(result, node.name), note=_UNSEEN)
        return result

    def _branch(self, node: FxNode, parts: list[Part], reads: list[Value], args: Any) -> Any:
        condition, _true, _false, operands = args
        decided = bool(condition)
        part = parts[0 if decided else 1]
        self._step(node, reads=reads, control=Control("branch", str(decided), part.word))
        result = self._run_part(node, part, operands)
        self._step(
            node,
            reads=reads,
            writes=values_in(result, node.name),
            note=_("The branch {word!r} has returned.", word=part.word),
        )
        return result

    def _loop(self, node: FxNode, parts: list[Part], args: Any) -> Any:
        test, turn = parts
        _test, _body, carried, additional = args
        state, rest = tuple(carried), tuple(additional)
        iteration = 0
        while True:
            iteration += 1
            lap = f"iteration {iteration}"
            decided = self._run_part(node, test, (*state, *rest), lap)
            reads = values_in(state, node.name)
            if not bool(*leaves(decided)):
                self._step(node, reads=reads, writes=reads, control=Control("loop", "False", "exit"))
                return state
            self._step(node, reads=reads, control=Control("loop", "True", "body", iteration))
            state = tuple(self._run_part(node, turn, (*state, *rest), lap))

    def _scan(self, node: FxNode, part: Part, args: Any) -> Any:
        """Each turn, the body gets one slice of each sequence; what it gives besides the state is stacked."""
        _, init, sequences, more = args
        state, stacked = list(init), []
        for turn in range(sequences[0].shape[0]):
            reads = values_in(state, node.name)
            self._step(node, reads=reads, control=Control("loop", "True", "body", turn + 1))
            given = (*state, *(sequence[turn] for sequence in sequences), *more)
            outputs = list(self._run_part(node, part, given, f"iteration {turn + 1}"))
            state = outputs[: len(init)]
            stacked.append(outputs[len(init) :])
        result = (*state, *(torch.stack(column) for column in zip(*stacked, strict=True)))
        writes = values_in(result, node.name)
        self._step(node, reads=values_in(state), writes=writes, control=Control("loop", "False", "exit"))
        return result

    def _first_score(self, node: FxNode, parts: list[Part], reads: list[Value], args: Any) -> None:
        """The functions of flex_attention run for every score, inside one kernel; here they run for the first."""
        query, key, _value, _score, _mask, scale, _options, buffers, *_ = args
        self._step(node, reads=reads, note=_FIRST_SCORE)
        score = (query[0, 0, 0] * key[0, 0, 0]).sum() * scale
        place = [torch.zeros((), dtype=torch.int32, device=query.device) for _ in range(4)]
        self._run_part(node, parts[0], (score, *place, *buffers))

    def _run_part(self, node: FxNode, part: Part, arguments: Any, lap: str = "") -> Any:
        place = (*self._scope, *part.graph.path[len(self._read.path) :], *((lap,) if lap else ()))
        return GraphRun(part.graph, self._budget, place).run(*arguments)


_FIRST_SCORE = _(
    "Its functions run for every score, in one kernel. The steps that follow are those of the first score."
)
_UNSEEN = _("It ran its inner graph as a whole.")
