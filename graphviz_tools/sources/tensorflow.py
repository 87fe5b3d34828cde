"""Record a TensorFlow program twice over: as its graph is built, and as the built graph runs."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.recording import Omission, Recording
from graphviz_tools.sources.tensorflow_graph import Body, GraphReader, Role
from graphviz_tools.sources.tensorflow_run import GraphRunner, OpFailed, tensor_value
from graphviz_tools.sources.user_code import definition_line, return_line, source_texts

MAX_STEPS = 10_000


def record_tensorflow(
    fn: Callable[..., Any], *args: Any, title: str = "", max_steps: int = MAX_STEPS, **kwargs: Any
) -> Recording:
    """Call `fn(*args, **kwargs)` and record how its graph is built ("trace") and then run ("run").

    `fn` is a Python function (`tf.function` is put around it), a `tf.function`, or a Keras model. NumPy
    arrays become tensors; Python numbers stay Python numbers and are baked into the graph, as in TensorFlow.
    A `tf.function` that was traced before for such arguments is not traced again: its graph is only read.
    At most `max_steps` steps of the run are recorded, and `omitted` says how many were not.

    When the program raises, the recording ends there, with `error` set. Raises TypeError when `fn` is not
    callable.
    """
    if not callable(fn):
        raise TypeError(
            f"record_tensorflow needs a function and its arguments, as in record_tensorflow(f, x); got {fn!r}"
        )
    tf = import_tensorflow()
    args, kwargs = tf.nest.map_structure(_as_tensor, (args, kwargs))
    function: Any = fn if hasattr(fn, "get_concrete_function") else tf.function(fn)
    concrete = function.get_concrete_function(*args, **kwargs)
    return _record_concrete(
        concrete, args, kwargs, getattr(function, "python_function", fn), title, max_steps
    )


def _as_tensor(value: Any) -> Any:
    return import_tensorflow().constant(value) if isinstance(value, np.ndarray) else value


def _record_concrete(
    concrete: Any, args: Any, kwargs: Any, python_function: Any, title: str, max_steps: int
) -> Recording:
    tf = import_tensorflow()
    body = Body("", concrete.graph, ())
    variables = {id(v.handle): v for v in concrete.graph.variables}
    reader = GraphReader(return_line(python_function) or definition_line(python_function))
    reader.read(body, _roles(concrete, variables, python_function))
    signature = concrete.function_type
    given = signature.unpack_inputs(signature.bind(*args, **kwargs))
    runner = GraphRunner(reader, max_steps, variables)
    error = ""
    outputs: list[Any] = []
    try:
        outputs = runner.run(body, [*given, *concrete.captured_inputs])
    except OpFailed as failed:
        error = str(failed)
    recording = Recording(
        framework="tensorflow",
        title=title or getattr(python_function, "__name__", type(python_function).__name__),
        nodes=tuple(reader.nodes),
        edges=tuple(reader.edges),
        steps=tuple(reader.steps),
        scopes=tuple(reader.scopes.values()),
        sources=source_texts((n.line for n in reader.nodes if n.line is not None), python_function),
        outputs=tuple(tensor_value(tensor) for tensor in outputs),
        omitted=tuple(reader.omitted),
        versions={"tensorflow": tf.__version__, "python": platform.python_version()},
        error=error,
    )
    if runner.unseen:
        why = f"the run is longer than max_steps={max_steps}"
        recording = replace(recording, omitted=(*recording.omitted, Omission("steps", runner.unseen, why)))
    return recording


def _roles(concrete: Any, variables: dict[int, Any], python_function: Any) -> dict[str, Role]:
    """Arguments, captured variables and constants, and results among the ops of a traced function."""
    graph, captured = concrete.graph, concrete.captured_inputs
    definition = definition_line(python_function)
    roles = {}
    count = len(graph.inputs) - len(captured)
    for tensor in graph.inputs[:count]:
        roles[tensor.op.name] = Role("input", tensor.op.name, definition)
    for tensor, outer in zip(graph.inputs[count:], captured, strict=True):
        variable = variables.get(id(outer))
        if variable is not None:
            kind = "parameter" if variable.trainable else "variable"
            roles[tensor.op.name] = Role(kind, variable.name.split(":")[0])
        else:
            roles[tensor.op.name] = Role("constant", tensor.op.name.rsplit("/", 1)[-1])
    for tensor in graph.outputs:
        if tensor.op.type == "Identity":
            roles.setdefault(tensor.op.name, Role("output", tensor.op.name))
    return roles
