"""A model in one table: for each module its calls, shapes, parameters, operations and bytes.

Everything is counted from what ran. A parameter that no recorded forward step read is not in the table.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from math import prod
from typing import Any

from graphviz_tools.analysis.flops import flops
from graphviz_tools.analysis.text_table import html_table, text_table
from graphviz_tools.arguments import check_recordings
from graphviz_tools.errors import NotInstalledError
from graphviz_tools.language import _
from graphviz_tools.recording import Edge, Node, Recording, Step, Value

Path = tuple[str, ...]
Shapes = tuple[tuple[int | None, ...], ...]

_CALL = re.compile(r" \(call \d+\)$")
_COLUMNS = (
    "module",
    "class",
    "calls",
    "input",
    "output",
    "parameters",
    "FLOPs",
    "parameter bytes",
    "output bytes",
)
_FROM_THE_RIGHT = (2, 5, 6, 7, 8)  # the columns of numbers


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """One module with all that is inside it; `path` is () for the whole program.

    `inputs` and `outputs` are the shapes of its first call. `parameters` counts elements, each parameter once;
    `flops` those of all its calls, forward; `uncounted` names the ops whose FLOPs the Recording cannot tell.
    `output_bytes` are those of the new tensors that its forward steps made: views and in-place writes add none.
    """

    path: Path
    kind: str
    calls: int
    inputs: Shapes
    outputs: Shapes
    parameters: int
    parameter_bytes: int
    flops: int
    output_bytes: int
    uncounted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelTable:
    """What `summary` gives: `print` it, show it in a notebook, or take it as a pandas DataFrame.

    Rows are in the order in which the program entered the modules; the whole program comes first.
    """

    rows: tuple[ModuleRow, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        table = text_table(_COLUMNS, [tuple(_cells(row)) for row in self.rows], _FROM_THE_RIGHT)
        return "\n".join([table, "", *self.notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return html_table(_COLUMNS, [tuple(_cells(row)) for row in self.rows]) + notes

    def to_frame(self) -> Any:
        """A pandas DataFrame with a row for each module; shapes are tuples, counts are whole numbers.

        Raises NotInstalledError when pandas is missing.
        """
        try:
            import pandas
        except ModuleNotFoundError:
            raise NotInstalledError(_("to_frame() needs pandas: pip install pandas")) from None
        rows = [
            (".".join(r.path), r.kind, r.calls, r.inputs, r.outputs, r.parameters, r.flops, r.parameter_bytes,
             r.output_bytes)
            for r in self.rows
        ]  # fmt: skip
        return pandas.DataFrame(rows, columns=list(_COLUMNS))


def summary(recording: Recording) -> ModelTable:
    """The table of the modules that `recording` saw run.

    The FLOPs are those of the forward steps, by the formulas of `graphviz_tools/analysis/flops.py`, which follow
    PyTorch's torch/utils/flop_counter.py: matrix products, convolutions, attention and recurrent layers, with a
    multiplication and an addition as two. Where PyTorch's counter leaves a product out (a matrix times a vector, a
    dot product), this one counts it.
    """
    check_recordings(recording)
    counted = _Counted(recording)
    whole = _row(counted, (), recording.title or recording.framework)
    rows = (whole, *(_row(counted, path, kind) for path, kind in counted.kinds.items()))
    notes = [
        _("FLOPs: forward, in matrix products, convolutions, attention and recurrent layers."),
        _("Time: a Recording holds no times."),
    ]
    if whole.uncounted:
        notes.append(
            _(
                "The FLOPs of {uncounted} are not counted: the recording lacks what they depend on.",
                uncounted=", ".join(whole.uncounted),
            )
        )
    if recording.omitted:
        notes.append(_("Some steps or values were left out of the Recording, and are not in this table."))
    return ModelTable(rows, tuple(notes))


@dataclass(slots=True)
class _Sums:
    """What adds up over all calls of one module."""

    calls: set[Path] = field(default_factory=set[Path])
    first: Path | None = None
    parameters: dict[int, Value] = field(default_factory=dict[int, Value])
    flops: int = 0
    output_bytes: int = 0
    uncounted: dict[str, None] = field(default_factory=dict[str, None])


class _Counted:
    """One walk over a Recording's forward steps."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.kinds: dict[Path, str] = {}
        self.sums: dict[Path, _Sums] = defaultdict(_Sums)
        self.steps = [s for s in recording.steps if s.node is not None and s.phase in ("forward", "run")]
        self.into: dict[tuple[int, int], Edge] = {}
        self.out_of: dict[int, list[Edge]] = defaultdict(list)
        for edge in recording.edges:
            if edge.kind == "data":
                self.into.setdefault((edge.target, edge.target_slot), edge)
                self.out_of[edge.source].append(edge)
        self._modules = {scope.path for scope in recording.scopes if scope.kind == "module"}
        for scope in recording.scopes:
            if scope.kind == "module":
                self.kinds.setdefault(self._plain(scope.path), scope.label)
        self._storages: set[int] = set()
        for step in self.steps:
            self._add(step)

    def _plain(self, path: Path) -> Path:
        """The modules of `path`, without the numbers of their calls."""
        found = (path[:depth] for depth in range(1, len(path) + 1))
        return tuple(_CALL.sub("", part[-1]) for part in found if part in self._modules)

    def _around(self, path: Path) -> Iterator[tuple[Path, Path]]:
        """(module, the scope of this call of it) for the whole program and each module around `path`."""
        yield (), ()
        for depth in range(1, len(path) + 1):
            if path[:depth] in self._modules:
                yield self._plain(path[:depth]), path[:depth]

    def _add(self, step: Step) -> None:
        assert step.node is not None
        count = flops(step, self.recording.nodes[step.node])
        made = self._made(step)
        parameters = self._parameters(step, step.node)
        for module, call in self._around(step.scope):
            sums = self.sums[module]
            sums.calls.add(call)
            sums.first = call if sums.first is None else sums.first
            sums.parameters |= parameters
            sums.output_bytes += made
            sums.flops += count or 0
            if count is None:
                sums.uncounted[step.op] = None

    def _made(self, step: Step) -> int:
        """The bytes of the new tensors among what `step` wrote."""
        self._storages.update(v.storage for v in step.reads if v.storage is not None)
        new = [v for v in step.writes if v.storage is None or v.storage not in self._storages]
        self._storages.update(v.storage for v in new if v.storage is not None)
        return sum(v.nbytes for v in new)

    def _parameters(self, step: Step, node: int) -> dict[int, Value]:
        origins = ((self._origin(node, slot), value) for slot, value in enumerate(step.reads))
        return {
            origin.id: value for origin, value in origins if origin is not None and origin.kind == "parameter"
        }

    def writes_into_state(self, step: Step) -> bool:
        """True for an in-place op on a parameter or buffer: its result is read, but the module does not return it."""
        assert step.node is not None
        origin = self._origin(step.node, 0) if _in_place(step.op) else None
        return origin is not None and origin.kind in ("parameter", "variable")

    def _origin(self, node: int, slot: int) -> Node | None:
        """The node that a value which was read comes from, past those that only wrote into it."""
        edge = self.into.get((node, slot))
        while edge is not None:
            source = self.recording.nodes[edge.source]
            if not _in_place(source.op):
                return source
            edge = self.into.get((source.id, 0))
        return None


def _in_place(op: str) -> bool:
    return op.endswith("_") and not op.endswith("__")


def _row(counted: _Counted, path: Path, kind: str) -> ModuleRow:
    sums = counted.sums[path]
    parameters = sums.parameters.values()
    inputs, outputs = _shapes(counted, sums.first) if sums.first is not None else ((), ())
    if not path:
        outputs = tuple(v.shape for v in counted.recording.outputs if v.shape is not None)
    return ModuleRow(
        path=path,
        kind=kind,
        calls=len(sums.calls),
        inputs=inputs,
        outputs=outputs,
        parameters=sum(prod(size or 0 for size in value.shape or ()) for value in parameters),
        parameter_bytes=sum(value.nbytes for value in parameters),
        flops=sums.flops,
        output_bytes=sums.output_bytes,
        uncounted=tuple(sums.uncounted),
    )


def _shapes(counted: _Counted, call: Path) -> tuple[Shapes, Shapes]:
    """The shapes of what enters the scope of one call from outside, and of what it made that is read outside."""
    inputs: dict[tuple[int, int], Value] = {}
    outputs: dict[tuple[int, int], Value] = {}
    nodes = counted.recording.nodes
    for step in counted.steps:
        if step.node is None or step.scope[: len(call)] != call:
            continue
        for slot, value in enumerate(step.reads):
            edge = counted.into.get((step.node, slot))
            if edge is not None and _comes_in(nodes[edge.source], call):
                inputs.setdefault((edge.source, edge.source_slot), value)
        if counted.writes_into_state(step):
            continue
        for edge in counted.out_of[step.node]:
            outside = nodes[edge.target].scope[: len(call)] != call
            written = step.writes[edge.source_slot] if edge.source_slot < len(step.writes) else None
            if outside and written is not None and not _is_state(step, written):
                outputs[step.node, edge.source_slot] = written
    return _of(inputs), _of(outputs)


def _is_state(step: Step, written: Value) -> bool:
    """True for running statistics: what a step also read, under the same name in the same memory."""
    return bool(written.name) and any(
        (read.name, read.storage) == (written.name, written.storage) for read in step.reads
    )


def _comes_in(source: Node, call: Path) -> bool:
    if source.kind in ("parameter", "variable", "constant"):
        return False
    return source.kind == "input" or (bool(call) and source.scope[: len(call)] != call)


def _of(values: dict[tuple[int, int], Value]) -> Shapes:
    return tuple(value.shape for value in values.values() if value.shape is not None)


def _cells(row: ModuleRow) -> Iterator[str]:
    yield "  " * len(row.path) + (row.path[-1] if row.path else "(program)")
    yield row.kind
    yield str(row.calls)
    yield _shapes_text(row.inputs)
    yield _shapes_text(row.outputs)
    yield from (f"{n:,}" for n in (row.parameters, row.flops, row.parameter_bytes, row.output_bytes))


def _shapes_text(shapes: Shapes) -> str:
    return ", ".join("×".join("?" if n is None else str(n) for n in shape) or "scalar" for shape in shapes)
