"""The first value that is NaN or infinite, on the way forward and on the way back, and what made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphviz_tools.analysis.faults.finding import Finding, finding_at, title
from graphviz_tools.analysis.faults.program import Program, is_bad, magnitude, words
from graphviz_tools.language import _
from graphviz_tools.recording import Edge, Step, Value

# A mask writes -inf on purpose; a softmax turns it into zeros, or into NaN where a whole row is masked.
_SOFTMAX = words("softmax log_softmax scaled_dot_product_attention cross_entropy logsumexp")
_MASKS = words(
    "masked_fill masked_fill_ full full_like where setitem fill_ index_fill index_fill_ triu tril scatter scatter_ "
    "new_full tensor"
)


class _Reason(NamedTuple):
    sentence: str
    advice: str


_REASONS = {
    "log": _Reason(
        _("the logarithm of zero is -inf, and of a negative number NaN"),
        _(
            "Keep its argument away from zero: `log(x + 1e-8)`, `x.clamp(min=1e-8)`, or `log_softmax` of the scores."
        ),
    ),
    "div": _Reason(_("it divides by zero"), _("Add a small number to the divisor: `x / (y + 1e-8)`.")),
    "sqrt": _Reason(
        _("the square root of a negative number is NaN, and at zero its slope is infinite"),
        _("Add a small number inside: `sqrt(x + 1e-8)`."),
    ),
    "norm": _Reason(
        _("the norm's slope at zero is not defined"),
        _("Add a small number before the root: `(x * x).sum().add(1e-12).sqrt()`."),
    ),
    "angle": _Reason(
        _("it is not defined beyond -1 and 1, and its slope there is infinite"),
        _("Keep its argument inside: `x.clamp(-1 + 1e-6, 1 - 1e-6)`."),
    ),
    "pow": _Reason(
        _("a power of zero or of a negative number has no finite value or slope here"),
        _("Keep the base above zero: `x.clamp(min=1e-8) ** p`."),
    ),
    "exp": _Reason(
        _("the exponential of a number above about 88 is too large for float32"),
        _("Subtract the largest score first, or use `softmax`, `logsumexp` or `clamp(max=80)`."),
    ),
    "softmax": _Reason(
        _("a whole row is masked with -inf, and a softmax of nothing is NaN"),
        _(
            "Leave at least one entry of each row unmasked, or mask with a large negative number such as -1e9."
        ),
    ),
    "overflow": _Reason(
        _("the result is too large for its dtype"),
        _(
            "Scale the numbers down: a smaller learning rate, a normalization layer, "
            "`clip_grad_norm_`, or a wider dtype."
        ),
    ),
    "input": _Reason(
        _("the data hold it before the model begins"),
        _("Check the data: `torch.isfinite(x).all()`, and drop or fill what is missing."),
    ),
    "branch": _Reason(
        _("zero times an infinite slope is NaN"),
        _("Keep the infinite value out of the branch that is not used: clamp its argument first."),
    ),
}
# By the name of the autograd node, without `Backward0`.
_BACKWARD = {
    "Log": "log", "Div": "div", "Sqrt": "sqrt", "Rsqrt": "sqrt", "Std": "sqrt", "Norm": "norm", "Cdist": "norm",
    "LinalgVectorNorm": "norm", "Pow": "pow", "Exp": "exp", "Acos": "angle", "Asin": "angle", "Mul": "branch",
}  # fmt: skip


def non_finite(program: Program) -> Iterator[Finding]:
    """At most one finding for the forward pass and one for the backward pass.

    An infinite value counts once it reaches a loss or a gradient: a mask of -inf is correct.
    """
    backward = _first_bad_gradient(program)
    spoiled = _first_spoiled(program)
    forward = _origin(program, spoiled) if spoiled is not None else None
    if forward is not None and (backward is None or spoiled is None or spoiled.index <= backward.index):
        yield _forward_finding(program, forward)
    elif backward is not None:
        yield _backward_finding(program, backward)


def _first_spoiled(program: Program) -> Step | None:
    """The first step of a forward pass whose result is a loss that is not finite."""
    for loss in program.losses:
        if loss.node is not None and is_bad(loss.value):
            return program.made.get(loss.node)
    if program.losses:
        return None
    for node in program.nodes:
        if node.kind == "output":
            for edge in program.into[node.id]:
                step, value = program.made.get(edge.source), program.written(edge.source, edge.source_slot)
                if (
                    step is not None
                    and is_bad(value)
                    and value is not None
                    and (value.shape == () or _has_nan(value))
                ):
                    return step
    return None


def _has_nan(value: Value) -> bool:
    return any(number != number for number in value.numbers or ())


def _origin(program: Program, step: Step) -> tuple[Step, str]:
    """(the step that made the first non-finite value on the way to `step`, why)."""
    seen: set[int] = set()
    while step.node is not None and step.node not in seen:
        seen.add(step.node)
        bad = [e for e in program.into[step.node] if is_bad(program.read(e))]
        if not bad:
            return step, _reason(step)
        if step.op in _SOFTMAX and any(
            program.nodes[e.source].op in _MASKS for e in _chain(program, bad[0].source)
        ):
            return step, "softmax"
        source = program.made.get(bad[0].source)
        if source is None:
            return step, "input"
        step = source
    return step, _reason(step)


def _chain(program: Program, node: int) -> list[Edge]:
    """The edges on the way back from `node` over values that are not finite, and the first from it."""
    found = list(program.out_of[node])
    waiting, seen = [node], {node}
    while waiting:
        for edge in program.into[waiting.pop()]:
            if edge.source not in seen and is_bad(program.read(edge)):
                seen.add(edge.source)
                waiting.append(edge.source)
                found.append(edge)
    return found


def _reason(step: Step) -> str:
    op = step.op.rstrip("_")
    if not step.reads:
        return "input"
    if op in ("log", "log2", "log10", "logit", "log1p", "xlogy"):
        return "log"
    if op in ("div", "rdiv", "reciprocal", "true_divide", "divide"):
        return "div"
    if op in ("sqrt", "rsqrt", "std"):
        return "sqrt"
    if op in ("acos", "asin", "atanh"):
        return "angle"
    if op in ("norm", "vector_norm", "cdist", "dist"):
        return "norm"
    if op in ("pow", "rpow", "float_power"):
        base = step.reads[0] if step.reads else None
        return "overflow" if magnitude(base) > 1e3 else "pow"
    return "exp" if op in ("exp", "expm1", "sinh", "cosh") else "overflow"


def _forward_finding(program: Program, origin: tuple[Step, str]) -> Finding:
    step, why = origin
    reason, advice = _REASONS[why]
    name = title(program.nodes[step.node]) if step.node is not None else step.op
    if why == "input":
        read = next((v for v in step.reads if is_bad(v)), None)
        name = read.name if read is not None and read.name else name
    sentence = _(
        "The first value that is NaN or infinite is at `{name}`: {reason}.", name=name, reason=reason
    )
    return finding_at(program.recording, "non-finite value", step.index, sentence, advice)


def _first_bad_gradient(program: Program) -> Step | None:
    for step in program.steps:
        if step.phase == "backward" and any(is_bad(g) for g in (*step.grads_out, *step.grads_in)):
            return step
    return None


def _backward_finding(program: Program, step: Step) -> Finding:
    op = step.op.rstrip("0123456789").removesuffix("Backward")
    reason, advice = _REASONS[_BACKWARD.get(op, "overflow")]
    sentence = _(
        "The loss is finite, but the first gradient that is NaN or infinite is made at `{op}`: {reason}.",
        op=step.op,
        reason=reason,
    )
    return finding_at(program.recording, "non-finite gradient", step.index, sentence, advice)
