"""A softmax (or sigmoid) applied to the result of one, and one whose logarithm is missing."""

from __future__ import annotations

from collections.abc import Iterator

from graphviz_tools.analysis.faults.finding import Finding, finding_at
from graphviz_tools.analysis.faults.program import Program, words
from graphviz_tools.language import _
from graphviz_tools.recording import Step

# By the op, the input slots that it takes a softmax (sigmoid) of.
_TAKES_SOFTMAX = {"softmax": "softmax", "log_softmax": "softmax", "cross_entropy": "softmax"}
_TAKES_SIGMOID = {
    "binary_cross_entropy_with_logits": "sigmoid",
    "sigmoid": "sigmoid",
    "logsigmoid": "sigmoid",
    "multilabel_soft_margin_loss": "sigmoid",
}
_TAKES = _TAKES_SOFTMAX | _TAKES_SIGMOID
_MAKES = {
    "softmax": "softmax",
    "log_softmax": "softmax",
    "softmax_": "softmax",
    "sigmoid": "sigmoid",
    "sigmoid_": "sigmoid",
}
_TAKES_LOGARITHMS = frozenset({"nll_loss", "kl_div"})
# These ops keep the numbers, or keep their order and scale them.
_PASSES = words(
    """
    view reshape flatten squeeze unsqueeze transpose permute contiguous clone to float double half getitem t T mT
    swapaxes movedim expand identity Identity dropout type squeeze_ unsqueeze_ view_as reshape_as unflatten
    """
)
_NAMES = {
    "cross_entropy": _("`cross_entropy` takes a softmax itself"),
    "binary_cross_entropy_with_logits": _("`binary_cross_entropy_with_logits` takes a sigmoid itself"),
}


def softmax_twice(program: Program) -> Iterator[Finding]:
    """Each place in the code where a softmax is taken of another, once."""
    for step, first in _meetings(program, frozenset(_TAKES)):
        if _MAKES[first] != _TAKES[step.op]:
            continue
        name = first.rstrip("_")
        reason = _NAMES.get(step.op, _("`{op}` is taken of it again", op=step.op))
        yield finding_at(
            program.recording,
            "softmax twice",
            step.index,
            _(
                "The output of `{name}` comes in here, and {reason}: all classes come out nearly alike and the "
                "gradients are small.",
                name=name,
                reason=reason,
            ),
            _("Leave out the first `{name}` and pass the raw scores (logits).", name=name),
        )


def no_logarithm(program: Program) -> Iterator[Finding]:
    """Each place in the code where a loss of logarithms gets the probabilities themselves, once."""
    for step, first in _meetings(program, _TAKES_LOGARITHMS):
        name = first.rstrip("_")
        if name == "log_softmax":
            continue
        yield finding_at(
            program.recording,
            "no logarithm",
            step.index,
            _(
                "The output of `{name}` comes in here, but `{op}` takes logarithms of probabilities: the loss is "
                "wrong, and negative.",
                name=name,
                op=step.op,
            ),
            _("Use `log_softmax` in place of `softmax`."),
        )


def _meetings(program: Program, takers: frozenset[str]) -> Iterator[tuple[Step, str]]:
    """Each forward step of one of `takers` that reads what a softmax or sigmoid made, with the op that did; of those
    on one line, the first."""
    said: set[object] = set()
    for step in program.steps:
        if step.phase != "forward" or step.node is None or step.op not in takers:
            continue
        first = _maker(program, step.node)
        line = step.line
        place = (line.file, line.line, step.op) if line is not None else step.op
        if first is not None and place not in said:
            said.add(place)
            yield step, program.nodes[first].op


def _maker(program: Program, node: int) -> int | None:
    """The softmax or sigmoid whose output comes to slot 0 of `node` with its numbers unchanged."""
    while True:
        edge = next((e for e in program.into[node] if e.target_slot == 0), None)
        if edge is None:
            return None
        node = edge.source
        if program.nodes[node].op in _MAKES:
            return node
        if program.nodes[node].op not in _PASSES:
            return None
