"""Memory at its peak, by line, module and kind, and what checkpointing would save of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from graphviz_tools.analysis.checkpointing import Checkpoint, checkpoints
from graphviz_tools.analysis.lifetimes import Lifetime, MemoryKind, Path, lifetimes
from graphviz_tools.analysis.text_table import html_table, text_table
from graphviz_tools.arguments import check_recordings
from graphviz_tools.errors import NotInstalledError, UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Memory, Recording, SourceLine

_COLUMNS = ("bytes", "kind", "module", "line", "what")


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """What is alive at the peak, of one kind and made by one line in one module; `names` are the program's own."""

    nbytes: int
    kind: MemoryKind
    module: Path
    line: SourceLine | None
    tensors: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemoryTable:
    """What `memory` gives: `print` it, show it in a notebook, or take it as a pandas DataFrame.

    `peak` is the bytes of tensors alive while step `peak_step` runs, with what it makes and what that replaces;
    `held[i]` is the same for step `i`. `rows`, the largest first, add up to `peak`, less memory that no
    recorded step read or wrote. `checkpoints` are the classes of modules that are worth checkpointing.
    """

    peak: int
    peak_step: int
    rows: tuple[MemoryRow, ...]
    held: tuple[int, ...]
    checkpoints: tuple[Checkpoint, ...]
    where: str

    def by_kind(self) -> dict[MemoryKind, int]:
        """Bytes of each kind at the peak, the largest first."""
        sums: defaultdict[MemoryKind, int] = defaultdict(int)
        for row in self.rows:
            sums[row.kind] += row.nbytes
        return dict(sorted(sums.items(), key=lambda entry: -entry[1]))

    def __str__(self) -> str:
        table = text_table(_COLUMNS, [tuple(_cells(row)) for row in self.rows], (0,))
        return "\n".join([self._head(), "", table, "", *self._advice()])

    def _repr_html_(self) -> str:
        paragraphs = [f"<p>{escape(line)}</p>" for line in (self._head(), *self._advice())]
        return (
            paragraphs[0]
            + html_table(_COLUMNS, [tuple(_cells(row)) for row in self.rows])
            + "".join(paragraphs[1:])
        )

    def to_frame(self) -> Any:
        """A pandas DataFrame with a row for each of `rows`. Raises NotInstalledError when pandas is missing."""
        try:
            import pandas
        except ModuleNotFoundError:
            raise NotInstalledError(_("to_frame() needs pandas: pip install pandas")) from None
        rows = [
            (
                r.nbytes,
                r.kind,
                ".".join(r.module),
                r.line.line if r.line else None,
                r.tensors,
                ", ".join(r.names),
            )
            for r in self.rows
        ]
        return pandas.DataFrame(rows, columns=["bytes", "kind", "module", "line", "tensors", "names"])

    def _head(self) -> str:
        kinds = ", ".join(f"{_(kind)} {nbytes:,}" for kind, nbytes in self.by_kind().items())
        return _(
            "Peak: {peak:,} bytes at step {peak_step}, {where} ({kinds}).",
            peak=self.peak,
            peak_step=self.peak_step + 1,
            where=self.where,
            kinds=kinds,
        )

    def _advice(self) -> Iterator[str]:
        for one in self.checkpoints:
            names = ", ".join(one.modules[:3]) + (", ..." if len(one.modules) > 3 else "")
            yield (
                _(
                    "A checkpoint of each {kind} ({names}) would lower the peak by {saves:,} bytes and compute "
                    "{flops:,} FLOPs a second time.",
                    kind=one.kind,
                    names=names,
                    saves=one.saves,
                    flops=one.flops,
                )
            )
        if not self.checkpoints:
            yield _("A checkpoint of a module would not lower the peak.")


def memory(recording: Recording) -> MemoryTable:
    """The memory of a PyTorch or eager TensorFlow Recording at its peak, in bytes of tensor storage.

    It counts what tensors hold, as requested from the framework's allocator; what an op allocates and frees while it
    runs is not seen. Raises UserError for a Recording that measured no memory.
    """
    check_recordings(recording)
    if not recording.storages or not recording.steps:
        raise UserError(
            _(
                "this Recording measured no memory: record a program of PyTorch or eager TensorFlow with this version "
                "of Graph Duet"
            )
        )
    found = lifetimes(recording)
    held = _held(recording, found)
    peak_step = max(range(len(held)), key=held.__getitem__)
    alive = [one for one in found if one.born <= peak_step and (one.dies is None or one.dies >= peak_step)]
    step = recording.steps[peak_step]
    line = _(", line {line}", line=step.line.line) if step.line is not None else ""
    return MemoryTable(
        peak=held[peak_step],
        peak_step=peak_step,
        rows=tuple(sorted(_rows(recording, alive, peak_step), key=lambda row: -row.nbytes)),
        held=tuple(held),
        checkpoints=tuple(checkpoints(recording, found, held)),
        where=f"{step.phase} {step.op}{line}",
    )


def _held(recording: Recording, found: list[Lifetime]) -> list[int]:
    """The bytes alive while each step runs: those alive after the step before, and what this one adds."""
    born = [0] * len(recording)
    for lifetime in found:
        born[lifetime.born] += lifetime.nbytes
    held: list[int] = []
    before = 0
    for step in recording.steps:
        measured = step.memory or Memory()
        held.append(measured.most or max(before + born[step.index], measured.alive))
        before = measured.alive
    return held


def _rows(recording: Recording, alive: list[Lifetime], step: int) -> Iterator[MemoryRow]:
    modules = {scope.path for scope in recording.scopes if scope.kind == "module"}
    measured = recording.steps[step].memory
    inside = measured.most - sum(one.nbytes for one in alive) if measured is not None and measured.most else 0
    if inside > 0:
        words = _("made inside {op}, while it runs", op=recording.steps[step].op)
        yield MemoryRow(inside, "other", (), recording.steps[step].line, 0, (words,))
    groups: defaultdict[tuple[Any, ...], list[Lifetime]] = defaultdict(list)
    for one in alive:
        kind = _("saved activation") if one.kind == "other" and one.is_saved(step) else one.kind
        parts = (one.scope[:depth] for depth in range(1, len(one.scope) + 1))
        module = tuple(part[-1] for part in parts if part in modules)
        groups[kind, module, one.line].append(one)
    for (kind, module, line), members in groups.items():
        names = tuple(dict.fromkeys(one.name for one in members if one.name))
        yield MemoryRow(sum(m.nbytes for m in members), kind, module, line, len(members), names)


def _cells(row: MemoryRow) -> Iterator[str]:
    yield f"{row.nbytes:,}"
    yield row.kind
    yield ".".join(row.module)
    yield str(row.line.line) if row.line is not None else ""
    yield ", ".join(row.names) or (
        _("{tensors} tensors", tensors=row.tensors)
        if row.tensors > 1
        else row.line.text.strip()
        if row.line
        else ""
    )
