"""The view without plumbing: what it keeps of every program, and what a learner sees of a few known ones."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest

from graphviz_tools.analysis.gradient_accumulators import popped
from graphviz_tools.analysis.op_vocabulary import computes
from graphviz_tools.analysis.while_loops import loop_variables
from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.recording import Edge, Recording
from graphviz_tools.sources.tensorflow.recorder import record_tensorflow
from graphviz_tools.transforms.simplify import shown_steps, without_plumbing
from tests.graphviz_tools.sources.tensorflow.tensorflow_programs import PROGRAMS, recorded

tf = import_tensorflow()


@cache
def both(name: str) -> tuple[Recording, Recording, dict[int, int]]:
    """A program's Recording, the view of it, and for each node of the view the node that it was."""
    full = recorded(name).recording
    view = without_plumbing(full)
    return full, view, origins(full, view)


def origins(full: Recording, view: Recording) -> dict[int, int]:
    """Every node of a TensorFlow graph is added by the step that is about it."""
    steps = zip(view.steps, shown_steps(full), strict=True)
    was = {step.node: full.steps[number].node for step, number in steps if step.phase == "trace"}
    return {node: old for node, old in was.items() if node is not None and old is not None}


def inside(recording: Recording) -> dict[str, list[str]]:
    """The labels of the nodes in each scope."""
    found: dict[str, list[str]] = defaultdict(list)
    for node in recording.nodes:
        found["/".join(node.scope)].append(node.label)
    return dict(found)


SHAPES = ("Shape", "ShapeN", "Size", "Rank", "BroadcastGradientArgs", "InvertPermutation", "ConcatOffset")


def sources(recording: Recording, node: int) -> set[int]:
    return {edge.source for edge in recording.edges if edge.target == node and edge.kind == "data"}


CALLS = ("PartitionedCall", "StatefulPartitionedCall")
COUNTERS = ("loop_counter", "maximum_iterations", "grad_counter")
KEPT_FOR_GRADIENTS = ("EmptyTensorList", "TensorListPushBack", "TensorListPopBack")


def counters(full: Recording) -> set[int]:
    """What TensorFlow's names say of the counting in a loop: its arguments, and all that only they reach. The
    first two outputs of a loop are its count and its limit, also where a function or a list gives them back."""
    found = {n.id for n in full.nodes if any(name in n.name for name in COUNTERS)}
    loops = {n.id for n in full.nodes if n.op in ("While", "StatelessWhile")}
    read: dict[int, list[Edge]] = defaultdict(list)
    for edge in full.edges:
        if edge.kind == "data" and (edge.source in found or full.nodes[edge.source].kind != "constant"):
            read[edge.target].append(edge)
    given: set[tuple[int, int]] = set()
    pops = popped(full, loop_variables(full))

    def counts(edge: Edge) -> bool:
        first_two = edge.source in loops and edge.source_slot < 2
        return edge.source in found or first_two or (edge.source, edge.source_slot) in given

    results: dict[int, list[Edge]] = defaultdict(list)
    for edge in full.edges:
        call, inner = full.nodes[edge.target], full.nodes[edge.source]
        if edge.kind == "control" and call.op in CALLS and inner.scope != call.scope:
            results[call.id].append(edge)
    for node in full.nodes:
        given |= {(node.id, edge.target_slot) for edge in results[node.id] if counts(edge)}
        if node.id in pops and counts(pops[node.id]):
            given.add((node.id, 1))
        if node.kind in ("op", "input") and read[node.id] and all(map(counts, read[node.id])):
            found.add(node.id)
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_op_that_computes_stays(name: str) -> None:
    full, _, was = both(name)
    counting = counters(full)
    ran = {step.node for step in full.steps if step.phase == "run"}
    for node in full.nodes:
        ahead = node.line is not None and node.line.text.startswith("for ") and node.id not in ran
        joins = node.op == "LogicalAnd" and counting & sources(full, node.id)
        shapes = node.op in SHAPES and "gradient" in node.name
        if node.kind in ("op", "branch") and computes(node.op) and not (ahead or joins or shapes):
            assert node.id in was.values() or node.id in counting, node
        if node.kind in ("parameter", "variable", "output") and not node.scope:
            assert node.id in was.values(), node


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_plumbing_is_left(name: str) -> None:
    _, view, _ = both(name)
    for node in view.nodes:
        assert node.op not in ("NoOp", "ReadVariableOp", "IdentityN")
        assert node.op != "Identity" or node.kind == "output"
        assert not any(name in node.name for name in COUNTERS)
        assert node.op not in KEPT_FOR_GRADIENTS


REDUCTIONS = ("Sum", "Mean", "Max", "Min", "Prod", "All", "Any")
MAY_LEAVE_OUT = ("While", "StatelessWhile", "Reshape", "Tile", "BroadcastTo", "Transpose", *REDUCTIONS)


def in_order(some: tuple[object, ...], every: tuple[object, ...]) -> bool:
    """True when `every` has `some` in it, in that order."""
    left = iter(every)
    return all(any(one is other for other in left) for one in some)


@pytest.mark.parametrize("name", PROGRAMS)
def test_steps_show_what_they_showed_before(name: str) -> None:
    full, view, _ = both(name)
    assert len(view.steps) == len(shown_steps(full))
    for step, number in zip(view.steps, shown_steps(full), strict=True):
        old = full.steps[number]
        assert (step.phase, step.op) == (old.phase, old.op)
        assert in_order(step.reads, old.reads) and in_order(step.writes, old.writes)
        if step.op not in MAY_LEAVE_OUT:
            assert (step.reads, step.writes) == (old.reads, old.writes)
        assert (step.control, step.line, step.error, step.note) == (
            old.control,
            old.line,
            old.error,
            old.note,
        )


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_view_is_well_formed(name: str) -> None:
    _, view, _ = both(name)
    assert [step.index for step in view.steps] == list(range(len(view.steps)))
    assert [n for step in view.steps for n in step.nodes] == [n.id for n in view.nodes]
    assert [e for step in view.steps for e in step.edges] == list(range(len(view.edges)))
    grown = 0
    for step in view.steps:
        grown += len(step.nodes)
        ends = [end for e in step.edges for end in (view.edges[e].source, view.edges[e].target)]
        assert all(end < grown for end in ends)
    assert len(set(view.edges)) == len(view.edges)
    paths = {scope.path for scope in view.scopes}
    assert all(not node.scope or node.scope in paths for node in view.nodes)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_path_leads_to_the_same_node_as_before(name: str) -> None:
    """Two nodes are connected in the view if and only if they were, loops closed, past no cut node and no list that
    the loop of a gradient reads."""
    full, view, was = both(name)
    same = one_variable(full)
    cut = counters(full) | {n.id for n in full.nodes if n.op in ("NoOp", *KEPT_FOR_GRADIENTS)}
    cut |= {n.id for n in full.nodes if n.op in SHAPES and "gradient" in n.name}
    forward: dict[int, set[int]] = defaultdict(set)
    whole: dict[int, set[int]] = defaultdict(set)
    lists = lists_for_gradients(full)
    for source, target in [*((e.source, e.target) for e in full.edges), *carried(full)]:
        listed = (source, target) in lists
        source, target = same.get(source, source), same.get(target, target)
        whole[source].add(target)
        if source not in cut and target not in cut and not listed:
            forward[source].add(target)
    shown: dict[int, set[int]] = defaultdict(set)
    for edge in view.edges:
        shown[same.get(was[edge.source], was[edge.source])].add(same.get(was[edge.target], was[edge.target]))
    kept = {same.get(node, node) for node in was.values()}
    for node in kept:
        assert reached(shown, node) - {node} <= reached(whole, node)
        assert reached(forward, node) & kept - {node} <= reached(shown, node)


def lists_for_gradients(full: Recording) -> set[tuple[int, int]]:
    """The two ends of each way by which nothing but lists gets into the loop of a gradient."""
    made = {step.node: step.writes for step in full.steps if step.phase == "trace"}
    dtypes: dict[tuple[int, int], set[str]] = defaultdict(set)
    for edge in full.edges:
        if edge.kind == "data" and "_grad" in (loop := full.nodes[edge.target]).name and "While" in loop.op:
            dtypes[edge.source, edge.target].add(made[edge.source][edge.source_slot].dtype)
    return {ends for ends, found in dtypes.items() if found == {"variant"}}


def one_variable(full: Recording) -> dict[int, int]:
    """For each argument of a loop's parts, the first with its place: `cond` and `body` have the same ones."""
    first: dict[object, int] = {}
    parts = {scope.path for scope in full.scopes if scope.kind in ("cond", "body")}
    return {
        edge.target: first.setdefault((full.nodes[edge.target].scope[:-1], edge.target_slot), edge.target)
        for edge in full.edges
        if edge.kind == "data"
        and full.nodes[edge.target].kind == "input"
        and full.nodes[edge.target].scope in parts
    }


def carried(full: Recording) -> list[tuple[int, int]]:
    """From what a body gives to the loop's own arguments."""
    loops = {
        n.id: (*n.scope, n.name.rsplit("/", 1)[-1]) for n in full.nodes if n.op in ("While", "StatelessWhile")
    }
    arguments: dict[object, list[int]] = defaultdict(list)
    for edge in full.edges:
        if edge.kind == "data" and full.nodes[edge.target].kind == "input":
            arguments[full.nodes[edge.target].scope[:-1], edge.target_slot].append(edge.target)
    return [
        (edge.source, argument)
        for edge in full.edges
        if edge.kind == "control" and (loop := loops.get(edge.target)) is not None
        if full.nodes[edge.source].scope[: len(loop) + 1] == (*loop, "body")
        for argument in arguments[loop, edge.target_slot]
    ]


def reached(edges: dict[int, set[int]], start: int) -> set[int]:
    found: set[int] = set()
    waiting = [start]
    while waiting:
        fresh = edges.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found


def test_a_while_shows_its_condition_its_body_and_its_variable() -> None:
    def fn(x):
        while tf.reduce_sum(x) < 10.0:
            x = x * 2.0
        return x

    view = without_plumbing(record_tensorflow(fn, tf.constant([1.0, 2.0])))
    assert inside(view) == {
        "": ["x", "while", "output"],
        "while": ["x"],
        "while/cond": ["Sum", "Less(Sum, 10.0)"],
        "while/body": ["mul(x, 2.0)"],
    }
    named = {node.name: node.id for node in view.nodes}
    variable, turn = named["while/Placeholder"], named["while/mul"]
    assert {(e.source, e.target) for e in view.edges} >= {(named["x"], variable), (turn, variable)}
    states = [s.writes[0].numbers for s in view.steps if s.phase == "run" and s.node == variable]
    assert states == [(1.0, 2.0), (2.0, 4.0), (4.0, 8.0)]


def test_a_for_over_a_range_shows_its_counter_by_its_name() -> None:
    def fn(x):
        for i in tf.range(3):
            x = x * tf.cast(i, tf.float32)
        return x

    view = without_plumbing(record_tensorflow(fn, tf.constant(1.0)))
    assert inside(view) == {
        "": ["x", "range(3)", "while", "output"],
        "while": ["i", "x"],
        "while/cond": ["Less(i, 3)"],
        "while/body": ["Cast", "mul", "add"],
    }


def test_a_loop_inside_a_call_does_not_take_the_name_of_the_calls_result() -> None:
    def fn(x):
        y = tf.map_fn(lambda row: row * 2, x)
        return y + 1

    view = without_plumbing(record_tensorflow(fn, tf.ones((3, 2))))
    loop = next(path for path in inside(view) if path.endswith("while"))
    assert inside(view)[loop] and "y" not in inside(view)[loop]


def test_variables_that_change_places_stay_two() -> None:
    def fn(a, b):
        for _ in tf.range(3):
            a, b = b, a
        return a - b

    view = without_plumbing(record_tensorflow(fn, tf.constant(1.0), tf.constant(2.0)))
    assert inside(view)["while"] == ["_", "a", "b"]
    a, b = (n.id for n in view.nodes if n.scope == ("while",) and n.label in "ab")
    assert {(e.source, e.target) for e in view.edges} >= {(a, b), (b, a)}


def test_what_a_branch_results_in_is_shown_and_a_flag_of_autographs_is_not() -> None:
    def two_numbers(x):
        if x > 0:  # noqa: SIM108
            y = 1.0
        else:
            y = 2.0
        return x * y

    view = without_plumbing(record_tensorflow(two_numbers, tf.constant(3.0)))
    assert inside(view)["cond/then"] == ["1.0"] and inside(view)["cond/else"] == ["2.0"]

    def early(x):
        if x > 10.0:
            return x
        return x * 10.0

    view = without_plumbing(record_tensorflow(early, tf.constant(3.0)))
    assert inside(view) == {"": ["x", "Greater(x, 10.0)", "cond", "output"], "cond/else": ["mul(x, 10.0)"]}


def test_a_constant_on_a_line_of_its_own_stays() -> None:
    def sessions():
        with tf.Graph().as_default():
            x = tf.constant(2)
            y = tf.constant(4)
            z = x + y
            with tf.compat.v1.Session() as session:
                return session.run(z)

    view = without_plumbing(record_tensorflow(sessions))
    assert [node.label for node in view.nodes] == ["2", "4", "add"]


def test_an_assignment_still_comes_before_the_reading() -> None:
    total = tf.Variable(1.0, name="total")

    def fn(x):
        total.assign_add(x)
        return total * 2.0

    view = without_plumbing(record_tensorflow(fn, tf.constant(3.0)))
    labels = [node.label for node in view.nodes]
    wires = {(labels[e.source], labels[e.target], e.kind) for e in view.edges}
    assert ("AssignAddVariableOp", "mul(total, 2.0)", "control") in wires
    assert ("total", "mul(total, 2.0)", "data") in wires


def test_the_op_at_which_a_program_failed_stays() -> None:
    def fn(x):
        return tf.debugging.check_numerics(tf.identity(x), "bad")

    view = without_plumbing(record_tensorflow(fn, tf.constant(float("nan"))))
    assert view.error and view.steps[-1].error
    assert view.nodes[view.steps[-1].node or 0].op == "CheckNumerics"
    unread = without_plumbing(record_tensorflow(lambda: tf.Variable(1.0).read_value()))
    assert unread.error


def test_an_eager_recording_has_no_plumbing() -> None:
    eager = Recording("torch", "nothing")
    assert without_plumbing(eager) is eager


@tf.function
def loop_and_gradient(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        h = x * 2.0
        while tf.reduce_sum(h) < 30.0:
            h = h * h
        loss = tf.reduce_sum(h)
    return tape.gradient(loss, x)


def numbers(recording: Recording, name: str) -> list[list[object]]:
    """What each run step of the op called `name` reads."""
    return [
        [value.numbers for value in step.reads]
        for step in recording.steps
        if step.phase == "run" and step.node is not None and recording.nodes[step.node].name == name
    ]


def test_a_loop_shows_its_variables_without_counters_and_lists() -> None:
    full = record_tensorflow(loop_and_gradient, tf.constant([1.0, 2.0, 3.0]))
    view = without_plumbing(full)
    assert len(numbers(full, "while")[0]) == 4
    assert numbers(view, "while") == [[(2.0, 4.0, 6.0)], [(4.0, 16.0, 36.0)]]
    assert numbers(view, "gradient_tape/while/while_grad") == [[(1.0, 1.0, 1.0)], [(4.0, 8.0, 12.0)]]
    assert numbers(view, "while/Sum") == [[(2.0, 4.0, 6.0)], [(4.0, 16.0, 36.0)]]  # and no axes


def test_a_gradient_in_a_loop_reads_what_the_loop_kept_for_it() -> None:
    view = without_plumbing(record_tensorflow(loop_and_gradient, tf.constant([1.0, 2.0, 3.0])))
    label = {node.id: node.label for node in view.nodes}
    products = [n.id for n in view.nodes if n.op == "Mul" and "while_grad" in n.scope]
    into = {node: {label[e.source] for e in view.edges if e.target == node} for node in products}
    assert list(into.values()) == [{"gradient", "h"}, {"gradient", "h"}]
    assert not {"Less", "AddV2"} & {n.op for n in view.nodes if "while_grad" in n.scope}


@tf.function
def loop_in_a_loop(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        h = x
        for _ in tf.range(2):
            k = h
            while tf.reduce_sum(k) < 20.0:
                k = k * x
            h = h + k
        loss = tf.reduce_sum(h)
    return tape.gradient(loss, x)


def test_loops_inside_loops_keep_nothing_in_sight() -> None:
    view = without_plumbing(record_tensorflow(loop_in_a_loop, tf.constant([1.0, 2.0, 3.0])))
    assert not [node.op for node in view.nodes if "TensorList" in node.op]
    values = [v for step in view.steps for v in (*step.reads, *step.writes)]
    assert not [value for value in values if value.dtype == "variant"]
