"""In-place writes to what the backward pass still needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from graphviz_tools.analysis.faults.finding import Finding, finding_at, title
from graphviz_tools.analysis.faults.program import Program
from graphviz_tools.language import _
from graphviz_tools.recording import Saved, Step

BROKEN = "modified by an inplace operation"


def breaking_writes(program: Program) -> Iterator[Finding]:
    """The writes that changed a tensor after an op had saved it, when backward failed because of it or has not run."""
    recording = program.recording
    failed = BROKEN in recording.error
    if program.losses and not failed:
        return
    used = _used(program)
    waiting: defaultdict[int, list[Saved]] = defaultdict(list)  # by storage: what backward has yet to read
    found: list[tuple[Saved, Finding]] = []
    freed: set[int] = set()
    for step in program.steps:
        freed.update(step.freed)
        for storage in {v.storage for v in step.writes if v.storage is not None} & waiting.keys():
            for kept in waiting[storage]:
                owner = recording.seen(kept.node)
                if kept.node in freed or owner == step.node or not _is_newer(step, kept):
                    continue
                if failed or owner in used:
                    found.append((kept, _finding(program, step, kept)))
        for kept in step.saved:
            if kept.value.storage is not None:
                waiting[kept.value.storage].append(kept)
    if failed:  # the engine says which node it had reached
        at = [finding for kept, finding in found if kept.node == program.steps[-1].node]
        yield from (at or [finding for _, finding in found])[:1]
        return
    yield from {finding.step: finding for _, finding in reversed(found)}.values()


def _used(program: Program) -> set[int]:
    """The nodes on the way to a result that requires a gradient."""
    results = [e.source for n in program.nodes if n.kind == "output" for e in program.into[n.id]]
    return program.before(
        [r for r in results if (value := program.written(r)) is not None and "requires_grad" in value.flags]
    )


def _is_newer(step: Step, kept: Saved) -> bool:
    versions = [v.version for v in step.writes if v.storage == kept.value.storage and v.version is not None]
    before = {v.version for v in step.reads if v.storage == kept.value.storage}
    return kept.value.version is not None and any(
        v > kept.value.version and v not in before for v in versions
    )


def _finding(program: Program, step: Step, kept: Saved) -> Finding:
    owner = program.nodes[program.recording.seen(kept.node)]
    what = f"`{kept.value.name}`" if kept.value.name else _("the tensor")
    return finding_at(
        program.recording,
        "in-place write",
        step.index,
        _(
            "`{op}` overwrites {what}, which `{title}` has saved for its gradient: backward "
            "cannot run through it.",
            op=step.op,
            what=what,
            title=title(owner),
        ),
        _("Write a new tensor (`x = x + 1` in place of `x += 1` or `x.add_(1)`), or write to a `clone()`."),
    )
