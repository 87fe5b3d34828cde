"""Parameters that no step of an optimizer changes, and gradients that no one clears between two steps."""

from __future__ import annotations

import math
from collections.abc import Iterator

from graphviz_tools.analysis.faults.finding import Finding, finding_at, listed
from graphviz_tools.analysis.faults.program import Leaf, Program, is_zero, magnitude
from graphviz_tools.language import _
from graphviz_tools.recording import OptimizerCall, Step


def unchanged_parameters(program: Program) -> Iterator[Finding]:
    """Four kinds: no optimizer holds them, the optimizer never takes a step, it had no gradient to use when it did, or
    its steps change nothing."""
    calls = program.recording.optimizer_calls
    if not calls or any(left.what == "steps" for left in program.recording.omitted):
        return
    name = calls[-1].name
    steps = [call for call in calls if call.method == "step"]
    unchanged = [leaf for leaf in program.leaves if leaf.gradients and leaf.storage not in program.updated]
    parameters = [leaf for leaf in unchanged if leaf.is_parameter or _holders(leaf, calls)]
    if not steps:
        if _is_trained_in_vain(program, calls, parameters):
            yield _finding(
                program, parameters, _("but `{name}.step()` is never called, so nothing changes", name=name),
                _("Call `optimizer.step()` after `loss.backward()`."),
            )  # fmt: skip
        return
    stepped = [leaf for leaf in parameters if any(c.before > g.index for c in steps for g in leaf.gradients)]
    left_out = [leaf for leaf in stepped if not _holders(leaf, calls)]
    cleared = [leaf for leaf in stepped if _holders(leaf, steps)]
    if left_out:
        yield _finding(
            program, left_out, _("but `{name}` does not hold {them}, so no step "
            "changes {them}", name=name, them=_them(left_out)),
            _("Give the optimizer `model.parameters()` of the model that runs (after every layer was made and moved), "
            "or freeze what is not to learn with `requires_grad_(False)`."),
        )  # fmt: skip
    if cleared:
        yield _finding(
            program, cleared, _("but it was gone when `{name}` took its step, so nothing changed", name=name),
            _("Call `optimizer.zero_grad()` before `loss.backward()`, not between it and `optimizer.step()`."),
        )  # fmt: skip
    least = 1e-3 * max(map(_gradient, program.leaves), default=0.0)
    moving = [leaf for leaf in program.leaves if len(program.updated.get(leaf.storage, [])) > 1]
    moving = [leaf for leaf in moving if least < _gradient(leaf) < math.inf]
    still = [
        leaf for leaf in moving if all(_keeps(step, leaf.storage) for step in program.updated[leaf.storage])
    ]
    if 2 * len(still) > len(moving):  # the gradients of one alone may cancel
        yield _finding(
            program, still, _("but the steps of `{name}` leave {them} unchanged", name=name, them=_them(still)),
            _("Check the learning rate: it is zero, or too small for the dtype."),
        )  # fmt: skip


def gradients_not_cleared(program: Program) -> Iterator[Finding]:
    """Steps that an optimizer takes with gradients of which a part was in its last step already."""
    stale = {leaf.name: step for leaf in program.leaves if (step := _used_twice(program, leaf)) is not None}
    if stale:
        names = listed([*stale])
        yield finding_at(
            program.recording, "gradient not cleared", next(iter(stale.values())).index,
            _("The gradient of {names} is added to the one with which the optimizer has taken its "
            "step already.", names=names),
            _("Call `optimizer.zero_grad()` in every turn of the loop, before `loss.backward()`."),
        )  # fmt: skip


def _used_twice(program: Program, leaf: Leaf) -> Step | None:
    """The step that added to a gradient already used, where the optimizer then used it again."""
    calls = [(call.before, 0, call) for call in _holders(leaf, program.recording.optimizer_calls)]
    added = [(step.index, 1, step) for step in leaf.gradients]
    used = False
    stale: Step | None = None
    for *_order, event in sorted([*calls, *added], key=lambda entry: entry[:2]):
        if isinstance(event, Step):
            fresh = not event.reads or is_zero(event.reads[0])
            stale = None if fresh else event if used else stale
            used = False if fresh else used
        elif event.method == "zero_grad":
            used, stale = False, None
        elif stale is not None:
            return stale
        else:
            used = True
    return None


def _holders(leaf: Leaf, calls: list[OptimizerCall] | tuple[OptimizerCall, ...]) -> list[OptimizerCall]:
    return [call for call in calls if leaf.storage in call.storages]


def _is_trained_in_vain(program: Program, calls: tuple[OptimizerCall, ...], parameters: list[Leaf]) -> bool:
    """Whether gradients are cleared again and again, as in training, and no parameter of the program ever changes."""
    held = [leaf for leaf in parameters if _holders(leaf, calls)]
    return bool(held) and len(program.losses) > 1 and len(calls) > 1 and not program.updated


def _them(leaves: list[Leaf]) -> str:
    return "it" if len(leaves) == 1 else "them"


def _gradient(leaf: Leaf) -> float:
    """The largest element of its gradients."""
    sizes = [magnitude(step.grads_in[0]) for step in leaf.gradients if step.grads_in]
    return max((size for size in sizes if not math.isnan(size)), default=0.0)


def _keeps(step: Step, storage: int) -> bool:
    before = [v for v in step.reads if v.storage == storage]
    after = [v for v in step.writes if v.storage == storage]
    if not before or not after or after[0].summary is None:
        return False
    return (before[0].summary, before[0].numbers) == (after[0].summary, after[0].numbers)


def _finding(program: Program, leaves: list[Leaf], sentence: str, advice: str) -> Finding:
    verb = "has" if len(leaves) == 1 else "have"
    names = listed([leaf.name for leaf in leaves])
    step = leaves[0].gradients[-1].index
    return finding_at(
        program.recording,
        "unchanged parameter",
        step,
        _("{names} {verb} a gradient, {sentence}.", names=names, verb=verb, sentence=sentence),
        advice,
    )
