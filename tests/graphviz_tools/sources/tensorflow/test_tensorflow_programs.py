"""Every program of the corpus: the recorded graph is TensorFlow's, and the recorded run is the plain run."""

from __future__ import annotations

import linecache
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphviz_tools.frameworks import import_tensorflow
from tests.graphviz_tools.sources.tensorflow.tensorflow_programs import PROGRAMS, recorded

tf = import_tensorflow()
FOLDER = Path(__file__).parent / "tensorflow_programs"


def functions_in(graph_def: Any) -> list[Any]:
    """The functions of the library that the graph can reach."""
    library = {f.signature.name: f for f in graph_def.library.function}
    reached: dict[str, Any] = {}
    waiting = list(graph_def.node)
    while waiting:
        node = waiting.pop()
        for value in node.attr.values():
            for name in [value.func.name, *(f.name for f in value.list.func)]:
                if name and name not in reached:
                    reached[name] = library[name]
                    waiting += library[name].node_def
    return list(reached.values())


def expected_nodes(graph_def: Any) -> tuple[Counter[tuple[str, str]], int]:
    functions = functions_in(graph_def)
    nodes = Counter((_stem(n.name), n.op) for n in graph_def.node)
    nodes += Counter((_stem(n.name), n.op) for f in functions for n in f.node_def)
    return nodes, sum(len(f.signature.input_arg) for f in functions)


def _stem(name: str) -> str:
    """The name without its numbers: a definition calls `while` `while_2` where an argument has that name."""
    return re.sub(r"(_\d+)+$", "", name)


def flat(result: Any) -> list[np.ndarray]:
    return [np.asarray(t) for t in tf.nest.flatten(result, expand_composites=True) if t is not None]


@pytest.mark.parametrize("name", PROGRAMS)
def test_recording_shows_the_graph_and_the_values_of_a_plain_run(name: str) -> None:
    plain, arguments, plain_variables = PROGRAMS[name]()
    plain = plain if hasattr(plain, "get_concrete_function") else tf.function(plain)
    expected = flat(plain(*arguments))

    done = recorded(name)
    recording = done.recording
    assert recording.error == ""

    graph_def = done.function.get_concrete_function(*done.arguments).graph.as_graph_def()
    nodes, argument_count = expected_nodes(graph_def)
    shown = Counter((_stem(n.name), n.op) for n in recording.nodes)
    assert nodes - shown == Counter()
    assert {op for _, op in shown - nodes} <= {"Placeholder"}
    assert (shown - nodes).total() == argument_count

    assert len(recording.outputs) == len(expected)
    last_values = [np.asarray(t) for t in flat(plain_variables)]
    for value, array in zip(recording.outputs, expected, strict=True):
        assert value.shape == array.shape
        if value.numbers is not None and value.grid is None:
            got = np.array(value.numbers).astype(array.dtype).reshape(array.shape)
            np.testing.assert_array_equal(got, array)
    for variable, after in zip(done.variables, last_values, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), after)


@pytest.mark.parametrize("name", PROGRAMS)
def test_recording_is_well_formed_and_its_lines_are_the_users(name: str) -> None:
    recording = recorded(name).recording
    assert [step.index for step in recording.steps] == list(range(len(recording)))
    added = [n for step in recording.steps for n in step.nodes]
    assert added == list(range(len(recording.nodes)))
    edges = [e for step in recording.steps for e in step.edges]
    assert edges == list(range(len(recording.edges)))
    grown = 0
    for step in recording.steps:
        grown += len(step.nodes)
        ends = {end for e in step.edges for end in (recording.edges[e].source, recording.edges[e].target)}
        assert all(end < grown for end in ends)
    paths = {scope.path for scope in recording.scopes}
    for node in recording.nodes:
        assert not node.scope or node.scope in paths
        assert node.line is not None
        assert node.line.file.startswith(str(FOLDER))
        assert linecache.getline(node.line.file, node.line.line).strip() == node.line.text
    for step in recording.steps:
        if step.phase == "trace":
            assert all(
                v.numbers is None and v.summary is None and v.text for v in (*step.reads, *step.writes)
            )
