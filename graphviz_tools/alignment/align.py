"""Which op of an eager program does the work of which op of a static graph.

    both = align(record_torch(f, x), record_tensorflow(g, y))
    for pair in both.pairs: ...

Both programs are read as what they executed, in order: the calls of the eager one, and the ops of the static
graph that ran (every iteration, the taken branch only). Ops can pair when they mean the same (`op_vocabulary.py`);
order, values, shapes and the words of the source line decide which of them do. A gradient's ops pair with the
backward step of the op that they differentiate.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from graphviz_tools.alignment.decompositions import parts
from graphviz_tools.alignment.gradients import all_gradient_pairs, gradient_nodes
from graphviz_tools.alignment.items import Item, executed, idle_items, traced_items
from graphviz_tools.alignment.match import Match, match, match_turns
from graphviz_tools.analysis.op_vocabulary import computes, ends_in
from graphviz_tools.arguments import check_recordings
from graphviz_tools.recording import Recording


@dataclass(frozen=True, slots=True)
class Pair:
    """Step `eager_step` (at node `eager_node`) of the eager Recording does what `static_node` does.

    `static_step` is the step of the static Recording at which it did; None when the graph was only built.
    `reason` says in words why they are taken to correspond.
    """

    eager_step: int
    eager_node: int
    static_node: int
    static_step: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """The pairs, in the eager program's order, and the computing nodes without a partner.

    One eager op may pair with several static ops (`linear` with MatMul and BiasAdd), and a static op in a
    loop's body with the eager op of every turn. `not_run` are static ops that compute and did not run: the
    branch that was not taken, and what nothing needed.
    """

    pairs: tuple[Pair, ...] = ()
    unmatched_eager: tuple[int, ...] = ()
    unmatched_static: tuple[int, ...] = ()
    not_run: tuple[int, ...] = ()

    def static_for(self, eager_step: int) -> tuple[Pair, ...]:
        """The pairs of one eager step."""
        return tuple(pair for pair in self.pairs if pair.eager_step == eager_step)

    def eager_for(self, static_node: int) -> tuple[Pair, ...]:
        """The pairs of one static node."""
        return tuple(pair for pair in self.pairs if pair.static_node == static_node)

    @property
    def matched(self) -> float:
        """The part, from 0 to 1, of the computing nodes of both sides that have a partner."""
        paired = len({p.eager_node for p in self.pairs}) + len({p.static_node for p in self.pairs})
        missing = len(self.unmatched_eager) + len(self.unmatched_static)
        return paired / (paired + missing) if paired + missing else 1.0


def align(eager: Recording, static: Recording) -> Alignment:
    """Pair the steps of an eager Recording with the ops of a static one.

    Raises UserError when the two are given the other way round, or one of them is not a Recording.
    """
    check_recordings(eager, static)
    left, right = executed(eager) or traced_items(eager), executed(static)
    found = match(left, right)
    found += _parts(eager, static, left, right, found)
    pairs = [_pair(left[m.eager], right[m.static], m.reason) for m in found]
    taken = {m.eager for m in found}
    alone = [item for i, item in enumerate(left) if i not in taken]
    idle = idle_items(static)
    pairs += [_pair(alone[m.eager], idle[m.static], m.reason) for m in match_turns(alone, idle)]
    forward: dict[int, list[int]] = defaultdict(list)
    for pair in pairs:
        if pair.eager_node not in forward[pair.static_node]:
            forward[pair.static_node].append(pair.eager_node)
    for step, node, turn, op in all_gradient_pairs(eager, static, forward):
        pairs.append(Pair(step, eager.seen(_node(eager, step)), node, turn, f"gradient of {op}"))
    pairs.sort(key=lambda pair: (pair.eager_step, pair.static_step or 0, pair.static_node))
    asked = right if any(step.phase == "run" for step in static.steps) else idle
    return Alignment(tuple(pairs), *_unmatched(eager, static, left, asked, pairs))


def _node(recording: Recording, step: int) -> int:
    node = recording.steps[step].node
    assert node is not None
    return node


def _pair(eager: Item, static: Item, reason: str) -> Pair:
    return Pair(eager.step or 0, eager.node, static.node, static.step, reason)


def _parts(
    eager: Recording, static: Recording, left: list[Item], right: list[Item], found: list[Match]
) -> list[Match]:
    """Matches for the rest of the ops into which one op is split on the other side."""
    of_eager = parts(static, right, left, {m.static: m.eager for m in found}, ends_in)
    more = [Match(whole, part, f"part of {left[whole].op}") for part, whole in of_eager.items()]
    owner = {m.eager: m.static for m in (*found, *more)}
    of_static = parts(eager, left, right, owner, lambda static_op, eager_op: ends_in(eager_op, static_op))
    more += [Match(part, whole, f"part of {right[whole].op}") for part, whole in of_static.items()]
    return more


def _unmatched(
    eager: Recording, static: Recording, left: list[Item], right: list[Item], pairs: list[Pair]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The nodes without a partner: of the eager program, of the static one, and those that did not run."""
    eager_paired = {pair.eager_node for pair in pairs}
    static_paired = {pair.static_node for pair in pairs}
    asked = {item.node for item in left if not item.optional}
    ran = {item.node for item in right if not item.optional} | set(gradient_nodes(static))
    executed = {step.node for step in static.steps if step.phase == "run"}
    idle = {n.id for n in static.nodes if executed and n.id not in executed and computes(n.op)}
    return (
        tuple(sorted(asked - eager_paired)),
        tuple(sorted(ran - static_paired)),
        tuple(sorted(idle)),
    )
