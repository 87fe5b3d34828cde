"""A traced `tf.function`: which of its placeholders is what, and one call of it, op by op."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.tensorflow_graph import Body, GraphReader, Role
from graphviz_tools.sources.tensorflow_run import GraphRunner
from graphviz_tools.sources.user_code import definition_line


def read_function(concrete: Any, python_function: Any, runner: GraphRunner, line: SourceLine | None) -> Body:
    """Write the building of `concrete` (a `ConcreteFunction`) as `trace` steps.

    `line` is shown for ops that have no line of the user's.
    """
    body = Body("", concrete.graph, (), line=line)
    runner.variables |= {id(variable.handle): variable for variable in concrete.graph.variables}
    roles = _roles(concrete, runner.variables, python_function)
    runner.reader.read(body, roles)
    return body


def run_function(concrete: Any, body: Body, args: Any, kwargs: Any, runner: GraphRunner) -> list[Any]:
    """The flat outputs of `concrete`, which was read as `body`, for these arguments, told as `run` steps.

    Raises OpFailed when an op does.
    """
    signature = concrete.function_type
    given = signature.unpack_inputs(signature.bind(*args, **kwargs))
    return runner.run(body, [*given, *concrete.captured_inputs])


def read_unfinished(graphs: Sequence[Any], reader: GraphReader, line: SourceLine | None) -> None:
    """Write what there is of a function whose tracing has failed: the first of the `graphs` that it began."""
    begun = [graph for graph in graphs if graph.building_function]
    if begun:
        reader.read(Body("", begun[0], (), line=line), {})


def _roles(concrete: Any, variables: dict[int, Any], python_function: Any) -> dict[str, Role]:
    """Arguments, captured variables and constants, and results among the ops of a traced function."""
    graph, captured = concrete.graph, concrete.captured_inputs
    count = len(graph.inputs) - len(captured)
    definition = definition_line(python_function)
    roles = {t.op.name: Role("input", t.op.name, definition) for t in graph.inputs[:count]}
    for tensor, outer in zip(graph.inputs[count:], captured, strict=True):
        roles[tensor.op.name] = _captured(tensor, variables.get(id(outer)))
    for tensor in graph.outputs:
        if tensor.op.type == "Identity":
            roles.setdefault(tensor.op.name, Role("output", tensor.op.name))
    return roles


def _captured(tensor: Any, variable: Any | None) -> Role:
    if variable is None:
        return Role("constant", tensor.op.name.rsplit("/", 1)[-1])
    return Role("parameter" if variable.trainable else "variable", variable.name.split(":")[0])
