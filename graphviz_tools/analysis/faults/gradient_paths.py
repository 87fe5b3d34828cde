"""Parameters that no gradient reaches, and the place where the path to them was cut."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from graphviz_tools.analysis.faults.finding import Finding, finding_at, listed, title
from graphviz_tools.analysis.faults.program import Leaf, Program, is_float, words
from graphviz_tools.language import _
from graphviz_tools.recording import Edge, Step

# The program asked for backward() of something without a gradient.
NO_GRADIENT_ERROR = "does not require grad"
# In these ops a value without a gradient beside one with a gradient is a target, as intended.
_COMPARES = words(
    """
    sub rsub mse_loss l1_loss smooth_l1_loss huber_loss kl_div cross_entropy nll_loss binary_cross_entropy
    binary_cross_entropy_with_logits cosine_similarity cosine_embedding_loss triplet_margin_loss where gather
    """
)
_INDEXES = words(
    "argmax argmin argsort multinomial bincount searchsorted bucketize nonzero one_hot topk max min sort"
)
_ADVICE = {
    "detach": _(
        "Leave out the `detach()` (or `.data`), or freeze the parameters with `requires_grad_(False)` if that "
        "is meant."
    ),
    "no_grad": _(
        "Move the line out of `torch.no_grad()`, or freeze the parameters with `requires_grad_(False)` if that "
        "is meant."
    ),
    "index": _("Use `softmax` of the scores, or `gumbel_softmax`, in place of the index in the loss."),
    "integer": _("Stay with a float dtype up to the loss."),
    "item": _("Compute the loss with the tensor itself, and use `.item()` only for printing."),
    "numpy": _("Stay with PyTorch's functions up to the loss; NumPy is for printing and plots."),
}


@dataclass(frozen=True, slots=True)
class _Cut:
    step: Step
    why: str


def cut_paths(program: Program) -> Iterator[Finding]:
    """One finding for each cut that leaves parameters without any gradient, with all of their names."""
    failed = _failed_backward(program)
    passes = [loss for loss in program.losses if program.steps[loss.began].op != "grad"]
    if not passes and failed is None:
        return  # torch.autograd.grad returns its gradients and adds to no `.grad`
    last = failed.index if failed is not None else max(loss.began for loss in passes)
    without = [leaf for leaf in program.leaves if not leaf.gradients and _is_to_be_trained(program, leaf)]
    # Memory that is gone is a parameter's no more: `set_` and `.data =` give it other memory.
    gone = {storage for step in program.steps[:last] for storage in step.released}
    without = [
        leaf for leaf in without if leaf.storage not in gone and leaf.reads and leaf.reads[0].index < last
    ]
    if not without:
        return
    starts = [loss.node for loss in program.losses if loss.node is not None]
    if failed is not None:
        starts += _asked_for(program, failed)
    paths = _Paths(program, program.before(starts))
    cuts: defaultdict[tuple[int, str], list[Leaf]] = defaultdict(list)
    for leaf in without:
        cut = paths.cut_after(leaf)
        if cut is not None:
            cuts[cut.step.index, cut.why].append(leaf)
    for (index, why), leaves in sorted(cuts.items()):
        yield _finding(program, _Cut(program.steps[index], why), leaves)


def _failed_backward(program: Program) -> Step | None:
    last = program.steps[-1] if program.steps else None
    return last if last is not None and NO_GRADIENT_ERROR in last.error else None


def _asked_for(program: Program, failed: Step) -> list[int]:
    """What the failing backward was called on: the last single number computed before it."""
    for step in reversed(program.steps[: failed.index]):
        if step.phase == "forward" and step.node is not None and step.writes and step.writes[0].shape == ():
            return [step.node]
    return []


def _is_to_be_trained(program: Program, leaf: Leaf) -> bool:
    """Where optimizers are known, whether one of them holds the parameter; a leaf that is an input is not trained."""
    calls = program.recording.optimizer_calls
    if calls:
        return any(leaf.storage in call.storages for call in calls)
    return leaf.is_parameter or any(program.nodes[node].kind != "input" for node in leaf.nodes)


class _Paths:
    """Finds where the gradient's path back to a parameter ends although its data reach a loss."""

    def __init__(self, program: Program, leads: set[int]) -> None:
        self._program, self._leads = program, leads
        self._carries = {
            n for n, s in program.made.items() if any("requires_grad" in v.flags for v in s.writes)
        }

    def cut_after(self, leaf: Leaf) -> _Cut | None:
        """The first cut after `leaf`; None when its data reach no loss."""
        program = self._program
        first = [step.node for step in leaf.reads if step.node is not None]
        seen, waiting = set(first), deque(first)
        left: _Cut | None = None  # where the value left as a number of Python or NumPy
        while waiting:
            node = waiting.popleft()
            step = program.made[node]
            if node in program.settings:
                continue
            if step.control is not None:
                if step.control.kind == "item" and left is None:
                    left = _Cut(step, "item")
            elif node in self._carries:
                for edge in program.out_of[node]:
                    if edge.target in program.made and edge.target not in seen:
                        seen.add(edge.target)
                        waiting.append(edge.target)
            elif node in self._leads and step.writes:
                if not self._is_target(node):
                    return _Cut(step, _why(step))
            elif left is None and step.op in ("numpy", "dlpack"):
                left = _Cut(step, "numpy")
            elif step.op in ("detach", "data"):  # it may go to NumPy from here
                waiting.extend(
                    e.target
                    for e in program.out_of[node]
                    if program.nodes[e.target].op in ("numpy", "dlpack")
                )
        return None if seen & self._leads & self._carries else left

    def _is_target(self, node: int) -> bool:
        """Whether everything made from `node` is compared with values that carry a gradient, as a target is."""
        meets: list[Edge] = []
        seen, waiting = {node}, [node]
        while waiting:
            for edge in self._program.out_of[waiting.pop()]:
                if edge.target in self._carries:
                    meets.append(edge)
                elif edge.target in self._leads and edge.target not in seen:
                    seen.add(edge.target)
                    waiting.append(edge.target)
        return bool(meets) and all(self._program.nodes[e.target].op in _COMPARES for e in meets)


def _why(step: Step) -> str:
    written = step.writes[0]
    if step.op in ("detach", "detach_", "data"):
        return "detach"
    if not is_float(written):
        return "index" if step.op in _INDEXES else "integer"
    return "no_grad" if "no_grad" in written.flags else "detach"


def _finding(program: Program, cut: _Cut, leaves: list[Leaf]) -> Finding:
    name = title(program.nodes[cut.step.node]) if cut.step.node is not None else cut.step.op
    reasons = {
        "detach": _("`{name}` cuts the path: what it gives has the numbers but no history", name=name),
        "no_grad": _("`{name}` runs under `no_grad`, where autograd writes nothing down", name=name),
        "index": _(
            "`{name}` gives the place of a score, and an integer has no slope, so no gradient passes",
            name=name,
        ),
        "integer": _(
            "`{name}` gives an integer or a bool, which has no slope, so no gradient passes", name=name
        ),
        "item": _(
            "`{name}` makes a Python number of the tensor, and autograd knows nothing of that", name=name
        ),
        "numpy": _("`{name}` hands the numbers to NumPy, and autograd knows nothing of that", name=name),
    }
    verb = "gets" if len(leaves) == 1 else "get"
    sentence = _(
        "{listed} {verb} no gradient: {reasons}.",
        listed=listed([leaf.name for leaf in leaves]),
        verb=verb,
        reasons=reasons[cut.why],
    )
    return finding_at(program.recording, "no gradient", cut.step.index, sentence, _ADVICE[cut.why])
