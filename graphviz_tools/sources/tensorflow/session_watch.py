"""Watch a Python program make TensorFlow graphs and run sessions, without changing what it does.

`tf.Graph.as_default` and `Session.run` (both public names) are wrapped while the program runs and restored
afterwards. Before each `Session.run`, values that do not depend on an effect are fetched in a run of their own; what
depends on one (an assignment, a random draw) is fetched in the real run, beside what was asked for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.sources.common.user_code import is_user_file
from graphviz_tools.sources.tensorflow.effects import READ_OPS, has_effect
from graphviz_tools.sources.tensorflow.graph_reader import VARIABLE_OPS
from graphviz_tools.sources.tensorflow.graph_runner import needed_ops

OWN_GRAPH = {"Graph", "Session", "InteractiveSession", "MonitoredSession", "MonitoredTrainingSession"}


@dataclass
class SessionRun:
    """One `Session.run`: the ops that ran (in order) out of the graph's first `built`, what was fed, what was
    seen of tensors (by name) and of variables before and after it (by the name of their op)."""

    session: Any
    graph: Any
    built: int
    ops: list[Any]
    fed: frozenset[str]
    seen: dict[str, np.ndarray] = field(default_factory=dict)
    before: dict[str, np.ndarray] = field(default_factory=dict)
    after: dict[str, np.ndarray] = field(default_factory=dict)
    failed: Exception | None = None


@dataclass
class Watch:
    """What was seen, in order: the graphs that became the default, and the runs of sessions."""

    graphs: list[Any] = field(default_factory=list)
    runs: list[SessionRun] = field(default_factory=list)

    def graph(self, graph: Any) -> None:
        if not any(graph is known for known in self.graphs):
            self.graphs.append(graph)


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch this thread's graphs and sessions inside the block."""
    tf = import_tensorflow()
    watch = Watch()
    session_class = next(c for c in tf.compat.v1.Session.__mro__ if "run" in vars(c))
    as_default, run = tf.Graph.as_default, session_class.run

    def watched_as_default(graph: Any) -> Any:
        watch.graph(graph)
        return as_default(graph)

    def watched_run(session: Any, fetches: Any, feed_dict: Any = None, *rest: Any, **options: Any) -> Any:
        watch.graph(session.graph)

        def plain(wanted: Any, *given: Any, **more: Any) -> Any:
            return run(session, wanted, feed_dict, *given, **more)

        return _watched_run(watch, _Call(session, plain, fetches, feed_dict or {}, rest, options))

    tf.Graph.as_default, session_class.run = watched_as_default, watched_run
    try:
        yield watch
    finally:
        tf.Graph.as_default, session_class.run = as_default, run


def makes_its_own_graph(fn: Any, depth: int = 4) -> bool:
    """True when `fn`, or one of the user's functions that it names, mentions `Graph` or a TF1 `Session`."""
    code = getattr(fn, "__code__", None)
    if code is None or depth == 0 or not is_user_file(code.co_filename):
        return False
    names = set(_names(code))
    if names & OWN_GRAPH:
        return True
    outer = inspect.getclosurevars(fn)
    known = {**outer.globals, **outer.nonlocals}
    return any(makes_its_own_graph(known[name], depth - 1) for name in names & known.keys())


def _names(code: CodeType) -> Iterator[str]:
    yield from (*code.co_names, *code.co_freevars)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of `session.run(fetches, feed_dict, *rest, **options)`; `run` takes all but `feed_dict`, unwatched."""

    session: Any
    run: Callable[..., Any]
    fetches: Any
    feed_dict: Any
    rest: tuple[Any, ...]
    options: dict[str, Any]


def _watched_run(watch: Watch, call: _Call) -> Any:
    run = call.run
    try:
        asked = _asked(call)
    except (TypeError, ValueError, KeyError):  # a mistake in the user's call: TensorFlow explains it better
        return run(call.fetches, *call.rest, **call.options)
    record = _plan(call.session, asked)
    watch.runs.append(record)
    late = _late_ops(record)
    early_tensors = [t for t in _visible(record) if t.op.name not in late]
    late_tensors = [t for t in _visible(record) if t.op.name in late]
    try:
        record.seen |= _values(early_tensors, run([t.name for t in early_tensors]))
        record.before = _read_variables(run, record, only=_handed_to_functions(record))
    except import_tensorflow().errors.OpError:  # the real run will raise it
        late_tensors = []
    try:
        result, seen = run((call.fetches, [t.name for t in late_tensors]), *call.rest, **call.options)
    except Exception as error:
        record.failed = error
        raise
    record.seen |= _values(late_tensors, seen)
    record.after = _read_variables(run, record, only=_written(record))
    return result


class _Asked(NamedTuple):
    """What a call of `Session.run` fetches (tensors and ops), and the names of the tensors that it feeds."""

    fetched: list[Any]
    fed: frozenset[str]


def _asked(call: _Call) -> _Asked:
    """Raises what TensorFlow does for fetches and feeds that are not of the session's graph."""
    flatten, find = import_tensorflow().nest.flatten, call.session.graph.as_graph_element
    fetched = [find(fetch) for fetch in flatten(call.fetches, expand_composites=True)]
    keys = flatten(list(call.feed_dict), expand_composites=True)  # a sparse placeholder is three
    return _Asked(fetched, frozenset(find(key, allow_operation=False).name for key in keys))


def _plan(session: Any, asked: _Asked) -> SessionRun:
    graph = session.graph
    ops = needed_ops(asked.fetched, asked.fed)
    return SessionRun(session, graph, len(graph.get_operations()), ops, asked.fed)


def _values(tensors: list[Any], arrays: list[Any]) -> dict[str, np.ndarray]:
    return {tensor.name: np.asarray(array) for tensor, array in zip(tensors, arrays, strict=True)}


def _visible(record: SessionRun) -> list[Any]:
    """The tensors of this run that a session can fetch without a change: no handle, no reference."""
    return [
        tensor
        for op in record.ops
        for tensor in op.outputs
        if record.graph.is_fetchable(op)
        and tensor.dtype.name not in ("resource", "variant")
        and tensor.dtype == tensor.dtype.base_dtype
    ]


def _late_ops(record: SessionRun) -> set[str]:
    """The ops that have an effect, and all ops that wait for one."""
    late: set[str] = set()
    for op in record.ops:
        before = [*(t.op for t in op.inputs if t.name not in record.fed), *op.control_inputs]
        if has_effect(op) or any(other.name in late for other in before):
            late.add(op.name)
    return late


def variable_op(tensor: Any) -> Any | None:
    """The variable that `tensor` is the handle of or the reference to, as its op."""
    return tensor.op if tensor.op.type in VARIABLE_OPS else None


def _written(record: SessionRun) -> set[str]:
    effects = [op for op in record.ops if has_effect(op)]
    return {v.name for op in effects for t in op.inputs if (v := variable_op(t)) is not None}


def _handed_to_functions(record: SessionRun) -> set[str]:
    calls = [
        op for op in record.ops if op.type not in READ_OPS and any(a.type == "func" for a in op.op_def.attr)
    ]
    return {v.name for op in calls for t in op.inputs if (v := variable_op(t)) is not None}


def _read_variables(run: Any, record: SessionRun, only: set[str]) -> dict[str, np.ndarray]:
    """What the variables `only` hold now, fetched with the read op that every variable has."""
    readers: dict[str, Any] = {}
    for name in only:
        for user in record.graph.get_operation_by_name(name).outputs[0].consumers():
            if user.type in ("ReadVariableOp", "Identity") and not user.control_inputs:
                readers.setdefault(name, user.outputs[0].name)
    try:
        return dict(zip(readers, map(np.asarray, run(list(readers.values()))), strict=True))
    except import_tensorflow().errors.FailedPreconditionError:  # not initialised yet
        return {}
