"""A traced `tf.function`: what each of its placeholders is, and one call of it, op by op."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.common.user_code import definition_line
from graphviz_tools.sources.tensorflow.effects import acts, meeting_op
from graphviz_tools.sources.tensorflow.errors import error_text
from graphviz_tools.sources.tensorflow.graph_reader import Body, GraphReader, Role
from graphviz_tools.sources.tensorflow.graph_runner import GraphRunner, OpFailed
from graphviz_tools.sources.tensorflow.op_kernel import whole_kernel
from graphviz_tools.sources.tensorflow.private_names import is_eager


@dataclass(frozen=True)
class Traced:
    """A `tf.function`, the Python function in it, and one `concrete` graph of it (a `ConcreteFunction`).

    `line` is shown for ops that have no line of the user's.
    """

    function: Any
    python_function: Any
    concrete: Any
    line: SourceLine | None


def read_function(traced: Traced, runner: GraphRunner) -> Body:
    """Write the building of a traced function as `trace` steps."""
    concrete = traced.concrete
    body = Body("", concrete.graph, (), line=traced.line)
    runner.variables |= {id(variable.handle): variable for variable in concrete.graph.variables}
    runner.reader.read(body, _roles(concrete, runner.variables, traced.python_function))
    return body


def run_function(traced: Traced, body: Body, args: Any, kwargs: Any, runner: GraphRunner) -> list[Any]:
    """The flat outputs of a traced function, read as `body`, for these arguments, recorded as `run` steps.

    Where the function has no effect but on variables, it then runs once more, as TensorFlow runs it: the
    outputs, and what the variables hold, are those of a plain run to the last bit. Raises OpFailed when an op
    does.

    A graph with an op that waits for other devices runs once, as a whole and without steps: TensorFlow runs the
    devices at the same time, and one op at a time would wait without end.
    """
    tf, concrete = import_tensorflow(), traced.concrete
    if meeting := meeting_op(runner.reader, concrete.graph.get_operations()):
        runner.together = meeting
        return _run_as_a_whole(traced, args, kwargs)
    given = _flat_inputs(concrete.function_type, traced.python_function, args, kwargs)
    inputs = [*given, *concrete.captured_inputs]
    if any(isinstance(t, tf.Tensor) and not is_eager(t) for t in inputs):
        return _run_as_a_whole(traced, args, kwargs)  # a tensor of another graph, which TensorFlow refuses
    whole = whole_kernel(concrete)
    if whole is None or acts(runner.reader, concrete.graph.get_operations(), drawing=False):
        return runner.run(body, inputs)
    return runner.run_again(lambda: runner.run(body, inputs), lambda: whole(inputs))


def _flat_inputs(signature: Any, python_function: Any, args: Any, kwargs: Any) -> list[Any]:
    """The tensors for a traced function's own placeholders; arguments left out have Python's defaults."""
    bound = signature.bind_partial(*args, **kwargs)
    parameters = inspect.signature(python_function).parameters
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    known = defaults | bound.arguments
    bound.arguments = {name: known[name] for name in signature.parameters if name in known}
    return signature.unpack_inputs(signature.bind_with_defaults(bound.args, bound.kwargs, {}))


def _run_as_a_whole(traced: Traced, args: Any, kwargs: Any) -> list[Any]:
    try:
        result = traced.function(*args, **kwargs)
    except BaseException as error:  # the stop button too: what was recorded up to there is kept
        raise OpFailed(error_text(error)) from error
    flat = import_tensorflow().nest.flatten(result, expand_composites=True)
    return [tensor for tensor in flat if tensor is not None]


def read_unfinished(graphs: Sequence[Any], reader: GraphReader, line: SourceLine | None) -> None:
    """Write what exists of a function whose tracing failed: the first of the `graphs` that it began."""
    begun = [graph for graph in graphs if graph.building_function]
    if begun:
        reader.read(Body("", begun[0], (), line=line), {})


def _roles(concrete: Any, variables: dict[int, Any], python_function: Any) -> dict[str, Role]:
    """The roles of a traced function's ops: arguments, captured variables and constants, results."""
    graph, captured = concrete.graph, concrete.captured_inputs
    count = len(graph.inputs) - len(captured)
    definition = definition_line(python_function)
    roles = {t.op.name: Role("input", t.op.name, definition) for t in graph.inputs[:count]}
    for tensor, outer in zip(graph.inputs[count:], captured, strict=True):
        roles[tensor.op.name] = _captured(tensor, variables.get(id(outer)))
    for tensor, label in zip(graph.outputs, _output_labels(concrete), strict=True):
        if tensor.op.type == "Identity":
            roles.setdefault(tensor.op.name, Role("output", label))
    return roles


def _output_labels(concrete: Any) -> list[str]:
    """`output`, or `output loss`, `output 1` by what the function returned: a name for each of its tensors."""
    structure = concrete.structured_outputs
    if isinstance(structure, Mapping):
        parts = sorted(structure.items())
    else:
        parts = list(enumerate(structure)) if isinstance(structure, list | tuple) else [("", structure)]
    flatten = import_tensorflow().nest.flatten
    labels = [
        f"output {word}".strip()
        for word, part in parts
        for item in flatten(part, expand_composites=True)
        if item is not None
    ]
    outputs = concrete.graph.outputs
    return labels if len(labels) == len(outputs) > 1 else ["output"] * len(outputs)


def _captured(tensor: Any, variable: Any | None) -> Role:
    if variable is None:
        return Role("constant", tensor.op.name.rsplit("/", 1)[-1])
    return Role("parameter" if variable.trainable else "variable", variable.name.split(":")[0])
