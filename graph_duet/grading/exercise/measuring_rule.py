"""The rule that nothing is measured where the answer runs, unless the exercise says so."""

from __future__ import annotations

import ast

from nbformat import NotebookNode

from graph_duet.grading.exercise.format import Exercise
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

# What counts or inspects: operations, traces, versions, saved tensors, bytes, seconds, launches.
_MEASURES = frozenset(
    (
        "TraceCache", "_version", "as_graph_def", "by_kernels", "cost_analysis", "evidence", "evidence_line",
        "experimental_get_tracing_count", "explain", "get_concrete_function", "get_operations", "getsizeof",
        "grad_fn", "inspect", "make_fx", "make_jaxpr", "max_memory_allocated", "memory_allocated", "next_functions",
        "perf_counter", "process_time", "record", "record_jax", "record_tensorflow", "record_torch",
        "saved_tensors_hooks", "trace_cache", "tracemalloc",
    )
)  # fmt: skip


def demand_measured_apart(exercise: Exercise, notebook: NotebookNode) -> None:
    """Raise UserError for a check that measures in the answer's process without `fresh`, which says so."""
    sources = {cell.id: cell.source for cell in notebook.cells}
    for check in exercise.checks:
        used = set() if check.fresh or check.measure else _names(sources[check.cell]) & _MEASURES
        if used:
            raise UserError(
                _(
                    "check cell {cell} measures ({used}) in the process of the answer, which can "
                    'forge it: submit() an artifact and measure that in a cell of kind "measure", or say "fresh": true',
                    cell=check.cell,
                    used=", ".join(sorted(used)),
                )
            )


def _names(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
