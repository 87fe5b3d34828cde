"""Dropout and normalization in the wrong mode: `train()` while evaluating, `eval()` while training."""

from __future__ import annotations

from collections.abc import Iterator

from graphviz_tools.analysis.faults.finding import Finding, finding_at
from graphviz_tools.analysis.faults.program import Loss, Program, words
from graphviz_tools.language import _
from graphviz_tools.recording import Step

_SPREAD = words("std var std_mean var_mean")  # over several passes with dropout: how uncertain the model is


def wrong_mode(program: Program) -> Iterator[Finding]:
    """At most one finding for each way to mix up the two modes."""
    modal = [step for step in program.steps if step.phase == "forward" and _mode(step)]
    if not modal:
        return
    searches = (_evaluates_in_train, _trains_in_eval, _ignores_eval)
    for search in searches:
        yield from search(program, modal)


def _mode(step: Step) -> str:
    flags = step.writes[0].flags if step.writes else ()
    return next((flag for flag in ("training", "evaluation", "ignores eval") if flag in flags), "")


def _evaluates_in_train(program: Program, modal: list[Step]) -> Iterator[Finding]:
    """Passes that no loss depends on and whose numbers are read: these are evaluations."""
    leads = program.before([loss.node for loss in program.losses if loss.node is not None])
    for step in modal:
        if _mode(step) != "training" or step.node is None or step.node in leads:
            continue
        recorded = "requires_grad" in step.writes[0].flags
        if (recorded and not program.losses) or not _is_read_off(program, step.node, outputs=not recorded):
            continue
        effect = (
            _("normalizes with this batch and changes its running statistics")
            if step.op == "batch_norm"
            else _("drops values by chance")
        )
        yield finding_at(
            program.recording,
            "train or eval",
            step.index,
            _(
                "Nothing learns from this pass, as in an evaluation, but the model is in `train()` mode: `{op}` "
                "{effect}.",
                op=step.op,
                effect=effect,
            ),
            _("Call `model.eval()` before the evaluation and `model.train()` after it."),
        )
        return


def _is_read_off(program: Program, node: int, *, outputs: bool) -> bool:
    """Whether the program reads a number or an index computed from `node`; or, with `outputs`, returns it."""
    looks = False
    for after in program.after(node):
        if program.nodes[after].op in _SPREAD:
            return False
        kind, step = program.nodes[after].kind, program.made.get(after)
        looks = (
            looks
            or kind == "branch"
            or (outputs and kind == "output")
            or (step is not None and _is_place(step))
        )
    return looks


def _is_place(step: Step) -> bool:
    return step.op in ("argmax", "topk")


def _trains_in_eval(program: Program, modal: list[Step]) -> Iterator[Finding]:
    """Passes in which everything is in evaluation mode, and after which the same model is updated."""
    for number, loss in enumerate(program.losses):
        if loss.node is None:
            continue
        leads = program.before([loss.node])
        steps = [s for s in modal if s.node in leads and "requires_grad" in s.writes[0].flags]
        if (
            steps
            and all(_mode(s) == "evaluation" for s in steps)
            and _is_updated(program, number, loss, steps)
        ):
            yield finding_at(
                program.recording,
                "train or eval",
                steps[0].index,
                _(
                    "The model is trained here while it is in `eval()` mode: `{op}` does not do what it does in "
                    "training.",
                    op=steps[0].op,
                ),
                _("Call `model.train()` before the training loop, and again after each evaluation."),
            )
            return


def _is_updated(program: Program, number: int, loss: Loss, steps: list[Step]) -> bool:
    """Whether a parameter of the same model changes between this backward pass and the next."""
    models = {program.module(step.scope)[:1] for step in steps}
    following = program.losses[number + 1].began if number + 1 < len(program.losses) else len(program.steps)
    written = {
        value.storage
        for step in program.steps[loss.ended : following]
        if step.phase == "optimize"
        for value in step.writes
    }
    return any(
        leaf.storage in written and models & {program.module(read.scope)[:1] for read in leaf.reads}
        for leaf in program.leaves
    )


def _ignores_eval(program: Program, modal: list[Step]) -> Iterator[Finding]:
    for step in modal:
        meant = step.line is not None and "training=True" in step.line.text.replace(" ", "")
        if _mode(step) == "ignores eval" and not meant:
            yield finding_at(
                program.recording,
                "train or eval",
                step.index,
                _(
                    "The model is in `eval()` mode, but `{op}` drops values by chance here all the same.",
                    op=step.op,
                ),
                _(
                    "Pass `training=self.training` to it, or use a layer such as `nn.Dropout`, which knows the mode."
                ),
            )
            return
