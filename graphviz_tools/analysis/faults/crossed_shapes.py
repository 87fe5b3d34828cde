"""A prediction of shape (N, 1) against a target of shape (N,): each is compared with all, not with its own."""

from __future__ import annotations

from collections.abc import Iterator

from graphviz_tools.analysis.faults.finding import Finding, finding_at
from graphviz_tools.analysis.faults.program import Program, words
from graphviz_tools.language import _
from graphviz_tools.recording import Step

_LOSSES = words("mse_loss l1_loss smooth_l1_loss huber_loss")
_DIFFERENCES = frozenset({"sub", "rsub"})
_LAYERS = frozenset(
    {"linear", "Linear"}
)  # of the result of a layer, a difference is an error; else it may be meant


def crossed_shapes(program: Program) -> Iterator[Finding]:
    """Each line at which two columns of N numbers are compared as N x N pairs, once."""
    said: set[object] = set()
    leads = program.before([loss.node for loss in program.losses if loss.node is not None])
    for step in program.steps:
        if step.phase != "forward" or step.node not in leads or not _crosses(program, step):
            continue
        place = (step.line.file, step.line.line) if step.line is not None else step.op
        if place in said:
            continue
        said.add(place)
        one, other = step.reads[0].shape, step.reads[1].shape
        yield finding_at(
            program.recording,
            "crossed shapes",
            step.index,
            _(
                "The shapes {one} and {other} meet here, so every number of one is compared with every number of the "
                "other.",
                one=one,
                other=other,
            ),
            _("Give both the same shape: `prediction.squeeze(-1)`, or `target.unsqueeze(-1)`."),
        )


def _crosses(program: Program, step: Step) -> bool:
    if step.op not in _LOSSES | _DIFFERENCES or len(step.reads) < 2:
        return False
    row, column = sorted([value.shape or () for value in step.reads[:2]], key=len)
    if len(row) != 1 or row == (1,) or column != (*row, 1):
        return False
    slot = 0 if step.reads[0].shape == column else 1
    makers = [edge.source for edge in program.into[step.node or 0] if edge.target_slot == slot]
    return step.op in _LOSSES or any(program.nodes[node].op in _LAYERS for node in makers)
