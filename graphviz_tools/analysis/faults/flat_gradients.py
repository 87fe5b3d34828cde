"""Gradients that are zero: dead ReLUs, and ops whose slope is zero everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from graphviz_tools.analysis.faults.finding import Finding, finding_at, listed, title
from graphviz_tools.analysis.faults.program import Program, is_zero, magnitude, words
from graphviz_tools.language import _
from graphviz_tools.recording import SourceLine, Step, Value

RELUS = words("relu relu_ relu6 threshold clamp_min clamp_min_")
_LAYERS = words(
    "linear bilinear conv1d conv2d conv3d matmul mm bmm addmm baddbmm einsum lstm gru rnn_tanh rnn_relu"
)
_FLAT = words("round round_ floor ceil sign trunc heaviside sgn floor_divide")
_DRAWS = words("bernoulli bernoulli_ rand rand_like randn randn_like randint uniform_ normal_ multinomial")
_SQUASHES = words("clamp clamp_ hardtanh hardsigmoid sigmoid tanh softmax log_softmax sigmoid_ tanh_")
_ROWS = 32  # examples that must all be zero before a single unit counts as dead


def dead_relus(program: Program) -> Iterator[Finding]:
    """ReLUs before a layer that give only zeros from some call on, or at half of their units or more in every call."""
    for steps in _calls(program, RELUS).values():
        share = _dead_share(steps)
        node = steps[-1].node
        if share < 0.5 or node is None or not _leads_to_a_layer(program, node):
            continue  # a hinge in a loss may be zero: all is well then
        units = "" if share == 1 else _(" at {share:.0%} of its units", share=share)
        yield finding_at(
            program.recording,
            "dead ReLU",
            steps[-1].index,
            _(
                "The ReLU {where} gives zero for every input{units}: no gradient passes, so nothing "
                "before it there learns.",
                where=_where(program, steps[-1]),
                units=units,
            ),
            _(
                "Lower the learning rate, start with a smaller bias, normalize the inputs, or use "
                "`leaky_relu` or `gelu`."
            ),
        )


def _leads_to_a_layer(program: Program, node: int) -> bool:
    return any(program.nodes[after].op in _LAYERS for after in program.after(node))


def flat_gradients(program: Program) -> Iterator[Finding]:
    """Parameters whose gradient was zero each time, by the op at which it became zero."""
    zero = [leaf for leaf in program.leaves if leaf.gradients and all(map(_adds_zero, leaf.gradients))]
    if not zero:
        return
    said: set[SourceLine | None] = set()
    for step in program.steps:
        reason = _flattens(program, step)
        if not reason or step.node is None:
            continue
        behind = program.before([program.recording.seen(step.node)])
        cut = [leaf for leaf in zero if any(read.node in behind for read in leaf.reads)]
        zero = [leaf for leaf in zero if leaf not in cut]
        if cut and step.line not in said:
            said.add(step.line)
            verb = "has" if len(cut) == 1 else "have"
            yield finding_at(
                program.recording,
                "zero gradient",
                step.index,
                _(
                    "{listed} {verb} a gradient of zero: {reason}.",
                    listed=listed([leaf.name for leaf in cut]),
                    verb=verb,
                    reason=reason,
                ),
                _(
                    "Use an op with a slope here (`sigmoid` for a step, scores for a rounded "
                    "value), or keep its input in "
                    "the range where it has one."
                ),
            )


def _adds_zero(step: Step) -> bool:
    return not step.grads_in or is_zero(step.grads_in[0])


def _flattens(program: Program, step: Step) -> str:
    """Why a nonzero gradient leaves this backward step as zero; empty when it does not, or when a ReLU did it."""
    if step.phase != "backward" or step.node is None or not step.grads_in or not step.grads_out:
        return ""
    arriving = [magnitude(g) for g in step.grads_in if g is not None]
    leaving = [g for g in step.grads_out if g is not None]
    if not arriving or not max(arriving) > 0 or not leaving or not all(is_zero(g) for g in leaving):
        return ""
    owner = program.nodes[program.recording.seen(step.node)]
    made = program.made.get(owner.id)
    if made is None:
        return ""
    if owner.op in _FLAT:
        return _("`{title}` is flat, its slope is zero everywhere", title=title(owner))
    if (
        owner.op in ("softmax", "log_softmax", "cross_entropy")
        and made.reads
        and _has_one_class(made.reads[0])
    ):
        return _("`{title}` is taken over one class only, and gives 1 whatever comes in", title=title(owner))
    if owner.op in _SQUASHES:
        return _("`{title}` is at its limit for every input, where its slope is zero", title=title(owner))
    if owner.op in ("mul", "mul_") and _multiplies_by_zero(program, owner.id, made):
        return _("`{title}` multiplies by zero", title=title(owner))
    return ""


def _multiplies_by_zero(program: Program, node: int, made: Step) -> bool:
    """Whether a factor is zero, and always will be: not by chance, as in a stochastic depth."""
    zero = {slot for slot, v in enumerate(made.reads) if is_zero(v) and "requires_grad" not in v.flags}
    factors = [edge.source for edge in program.into[node] if edge.target_slot in zero]
    drawn = any(program.nodes[source].op in _DRAWS for source in program.before(factors))
    return bool(zero) and not drawn


def _has_one_class(value: Value) -> bool:
    return bool(value.shape) and value.shape is not None and 1 in value.shape[1:]


def _calls(program: Program, ops: frozenset[str]) -> dict[object, list[Step]]:
    """The forward steps of these ops, grouped by module, else by line and label."""
    found: defaultdict[object, list[Step]] = defaultdict(list)
    turns: dict[object, int] = defaultdict(int)
    for step in program.steps:
        if step.phase != "forward" or step.op not in ops or step.node is None or not step.writes:
            continue
        line = step.line
        place = (
            program.module(step.scope),
            step.op,
            line.line if line else 0,
            program.nodes[step.node].label,
        )
        turn = (place, step.scope)
        turns[turn] += 1
        found[place, turns[turn]].append(step)
    return found


def _dead_share(steps: list[Step]) -> float:
    """The share of units that were zero in every call; 0 when too little was seen to tell."""
    zero = [is_zero(s.writes[0]) for s in steps]
    if all(zero) or (len(zero) > 2 and all(zero[-2:])):
        return 1.0  # for good, or since an update
    alive: set[int] = set()
    rows = columns = 0
    for step in steps:
        value = step.writes[0]
        if value.numbers is None or value.shape is None or len(value.shape) != 2:
            return 0.0
        _, columns = value.grid or value.shape
        if not columns:
            return 0.0
        rows += len(value.numbers) // columns
        alive.update(i % columns for i, number in enumerate(value.numbers) if number)
    return 1 - len(alive) / columns if rows >= _ROWS else 0.0


def _where(program: Program, step: Step) -> str:
    path = program.module(step.scope)
    if path:
        return f"`{'.'.join(path)}`"
    return f"`{title(program.nodes[step.node])}`" if step.node is not None else ""
