"""The rule that nothing is measured where the answer runs, unless the exercise says so."""

from __future__ import annotations

import ast

from nbformat import NotebookNode

from graph_duet.grading.exercise.format import Check, Exercise, kind
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

# What counts or inspects: operations, traces, versions, saved tensors, bytes, seconds, launches.
_MEASURES = frozenset(
    (
        "TraceCache", "_version", "as_graph_def", "by_kernels", "cost_analysis", "evidence", "evidence_line",
        "experimental_get_tracing_count", "explain", "get_concrete_function", "get_operations", "getsizeof",
        "grad_fn", "inspect", "is_leaf", "make_fx", "make_jaxpr", "max_memory_allocated", "memory_allocated",
        "monotonic", "next_functions", "perf_counter", "process_time", "record", "record_jax", "record_tensorflow",
        "record_torch", "requires_grad", "retains_grad", "saved_tensors_hooks", "timeit", "trace_cache", "tracemalloc",
    )
)  # fmt: skip
_SHOWING = ("print", "show")


def demand_measured_apart(exercise: Exercise, notebook: NotebookNode) -> None:
    """Raise UserError for a check that measures in the answer's process without `fresh`, which says so."""
    sources = {cell.id: cell.source for cell in notebook.cells}
    for check in exercise.checks:
        used = set() if check.fresh or check.measure else _measured(sources[check.cell])
        if used:
            raise UserError(
                _(
                    "check cell {cell} measures ({used}) in the process of the answer, which can "
                    'forge it: submit() an artifact and measure that in a cell of kind "measure", or say "fresh": true',
                    cell=check.cell,
                    used=", ".join(sorted(used)),
                )
            )


def measured_beside_the_answer(exercise: Exercise, notebook: NotebookNode) -> list[Check]:
    """The fresh checks that run more of an answer than the source of its GPU kernels: what they measure an answer can
    forge."""
    kernels = {cell.id for cell in notebook.cells if kind(cell) == "kernel"}
    return [
        check
        for check in exercise.checks
        if check.fresh
        if any(not kernels.issuperset(exercise.task(task).answers) for task in (check.task, *check.uses))
    ]


def _measured(source: str) -> set[str]:
    """The names with which a check measures, and `is` where it shows whether two things are the same."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    names = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)}
    names |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    shown = [
        argument
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in _SHOWING
        for argument in n.args
    ]
    identities = {"is" for n in shown if isinstance(n, ast.Compare) and _asks_for_identity(n)}
    return names & _MEASURES | identities


def _asks_for_identity(node: ast.Compare) -> bool:
    """Whether it asks for the identity of two things; `x is None` asks for a value."""
    none = any(isinstance(n, ast.Constant) and n.value is None for n in (node.left, *node.comparators))
    return not none and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
