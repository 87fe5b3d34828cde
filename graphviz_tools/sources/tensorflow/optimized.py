"""What TensorFlow's optimiser does to a graph: before, after, and a sentence for every change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.recording import Omission, Recording
from graphviz_tools.sources.common.user_code import definition_line, return_line
from graphviz_tools.sources.tensorflow.function import Traced, read_function
from graphviz_tools.sources.tensorflow.graph_reader import Body, GraphReader
from graphviz_tools.sources.tensorflow.graph_runner import GraphRunner, needed_ops
from graphviz_tools.sources.tensorflow.grappler import optimised_graph, running_graph
from graphviz_tools.sources.tensorflow.grappler_diff import explain
from graphviz_tools.sources.tensorflow.recorder import finish, name_of, python_arguments
from graphviz_tools.transforms.diff import Diff, diff

UNTOLD = _("this TensorFlow does not show the optimised graph")


@dataclass(frozen=True, slots=True)
class Optimized:
    """A graph `before` the optimiser (phase "trace") and `after` it (phase "optimize").

    The steps of `after` build the new graph, each with a `note` that says what became of the node; the last ones,
    which have no node, report every node that is gone.
    """

    before: Recording
    after: Recording

    @property
    def changes(self) -> tuple[str, ...]:
        """A sentence for every node that was folded, replaced, fused, added or removed."""
        return tuple(step.note for step in self.after.steps if step.note)

    @property
    def diff(self) -> Diff:
        """The two graphs compared node by node."""
        return diff(self.before, self.after)


def record_optimized(fn: Callable[..., Any], *args: Any, as_run: bool = False, **kwargs: Any) -> Optimized:
    """Trace `fn` for these arguments and show what Grappler makes of its graph; nothing runs.

    With `as_run=True` the graph is the one that really runs: calls are inlined, and branches and loops have
    become Switch and Merge ops. For that `fn` is traced once more and called once, with its effects.
    Exceptions of `fn` are raised as they are.
    """
    args, kwargs = python_arguments(args, kwargs)
    function: Any = fn if hasattr(fn, "get_concrete_function") else import_tensorflow().function(fn)
    concrete = function.get_concrete_function(*args, **kwargs)
    python_function = getattr(function, "python_function", fn)
    name, line = name_of(python_function), return_line(python_function) or definition_line(python_function)
    built = GraphRunner(GraphReader(), 0)
    read_function(Traced(function, python_function, concrete, line), built)
    before = finish(built, f"{name}, as built", python_function, [], None)
    graph = running_graph(fn, args, kwargs) if as_run else optimised_graph(concrete)
    if graph is None:
        return Optimized(before, replace(before, omitted=(Omission("optimised graph", 1, UNTOLD),)))
    reader = GraphReader()
    reader.read(Body("", graph, ()), {})
    wanted = needed_ops([*concrete.outputs, *concrete.graph.control_outputs])
    explain(reader, before, {op.name for op in wanted})
    title = f"{name}, {'as it runs' if as_run else 'optimised'}"
    return Optimized(before, finish(GraphRunner(reader, 0), title, python_function, [], None))
