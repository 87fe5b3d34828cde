"""A static graph as its author thinks of it: without the plumbing that the framework needs.

    small = without_plumbing(record_tensorflow(f, x))

Of `while tf.reduce_sum(x) < 100: x = x * 2` there remain a Sum and a Less in `cond`, a Mul in `body`, and the
loop variable `x`. What is removed (`graphviz_tools/op_roles.py` names the ops of each framework):

- *constants* that are written on the line where they are used: they become a part of the op's label, `mul(x, 2.0)`;
- ops that only *pass a value on*, such as the reading of a variable, and a function's or a branch's own arguments;
- a loop's *counters*, and what only they reach. A loop variable is one node in the loop's box, and the body's result
  runs back to it;
- what a loop *keeps for its gradient*: the lists that it fills turn by turn. The gradient reads the value itself;
- *order without data*;
- in a gradient, the arithmetic with *shapes*, and the axes of a reduction over all axes.

The full Recording has every op; this view has every op that computes, its steps and values, and a path wherever
there was one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from keyword import iskeyword

from graphviz_tools.analysis.gradient_accumulators import is_accumulator, popped
from graphviz_tools.analysis.gradients import is_gradient
from graphviz_tools.analysis.loop_counters import counters, counting, mark_counters
from graphviz_tools.analysis.while_loops import LoopVariable, Path, loop_variables
from graphviz_tools.arguments import check_recordings
from graphviz_tools.op_roles import OpRoles, roles_of
from graphviz_tools.recording import Edge, Node, Recording, SourceLine, Step
from graphviz_tools.transforms.inline_constants import inline_constants, is_written
from graphviz_tools.transforms.rewire import Plan, without


def without_plumbing(recording: Recording) -> Recording:
    """`recording` without the ops that compute nothing of the user's, and without their steps.

    Nodes, edges and steps get new numbers; `shown_steps` gives the old numbers of the steps. A Recording without
    plumbing, such as one of an eager program, is returned unchanged. Raises UserError for what is not a Recording.
    """
    check_recordings(recording)
    plan = _plan(recording)
    if not (plan.passed or plan.cut or plan.onto):
        return recording
    return without(recording, plan, _steps(recording, plan))


def shown_steps(recording: Recording) -> tuple[int, ...]:
    """For each step of `without_plumbing(recording)`, its number in `recording`."""
    return tuple(step.index for step in _steps(recording, _plan(recording)))


def _plan(recording: Recording) -> Plan:
    plan, roles = Plan(), roles_of(recording.framework)
    kept = {step.node for step in recording.steps if step.error and step.node is not None}
    kept |= {node.owner for node in recording.nodes if node.owner is not None}
    state = loop_variables(recording)
    pops = popped(recording, state)
    mark_counters(recording, state, pops)
    hidden = [part for part in state if part.counts or is_accumulator(recording, part, roles)]
    variables = [part for part in state if part.changes and part not in hidden]
    arguments = {argument for variable in variables for argument in variable.arguments}
    fed = {edge.target for edge in recording.edges if edge.kind == "data"}
    kinds = {scope.path: scope.kind for scope in recording.scopes}
    for node in recording.nodes:
        if node.id in kept or node.id in arguments or node.kind in ("output", "autograd"):
            continue
        if node.op in roles.order_only | roles.savers or (
            node.op in roles.shapes and is_gradient(node, roles)
        ):
            plan.cut.add(node.id)
        elif node.op in roles.pass_on | roles.getters or _is_argument(
            node, fed, kinds.get(node.scope), roles
        ):
            plan.passed.add(node.id)
            if node.op in roles.pass_by_slot:
                plan.by_slot.add(node.id)
    _cut_counting(recording, plan, kept, counters(recording, state), roles)
    _rejoin_popped(recording, plan, pops)
    _cut_unused(recording, plan, kept, roles)
    returned = {(part.loop, part.slot, part.result) for part in state}
    for number, edge in enumerate(recording.edges):
        if edge.kind == "control" and (edge.target, edge.target_slot, edge.source) in returned:
            plan.ends.add(number)
    for variable in variables:
        _merge(recording, plan, variable, roles)
    inline_constants(recording, plan, kept, roles)
    plan.unmade |= {(part.loop, part.slot) for part in hidden}
    plan.unread |= plan.unmade
    unchanged = {(part.loop, part.slot) for part in state if not part.changes}
    _leave_unread(recording, plan, unchanged, roles)
    return plan


def _rejoin_popped(recording: Recording, plan: Plan, pops: dict[int, Edge]) -> None:
    """Let a gradient read a kept value directly, instead of from the list where a loop kept it."""
    into: dict[int, list[int]] = defaultdict(list)
    for number, edge in enumerate(recording.edges):
        into[edge.target].append(number)
    for pop, edge in pops.items():
        plan.ends.update(into[pop])
        plan.more.append(replace(edge, target=pop))


def _leave_unread(recording: Recording, plan: Plan, unchanged: set[tuple[int, int]], roles: OpRoles) -> None:
    """Leave out inputs that the user did not write: shapes in a gradient, the axes of a reduction over all axes, and
    values that a loop carries `unchanged` and a label already shows."""
    for edge in recording.edges:
        node, source = recording.nodes[edge.target], recording.nodes[edge.source]
        if edge.kind != "data" or source.id not in plan.cut:
            continue
        place = (node.id, edge.target_slot)
        second = edge.target_slot == 1 and not is_written(source, roles)
        arranges = node.op in roles.reductions or (node.op in roles.arrangers and is_gradient(node, roles))
        if place in unchanged or (second and arranges):
            plan.unread.add(place)


def _cut_counting(
    recording: Recording, plan: Plan, kept: set[int], counters: set[int], roles: OpRoles
) -> None:
    """Cut what only counts a loop's turns; an op that joins a count with the user's condition passes the latter on."""
    read: dict[int, list[Node]] = defaultdict(list)
    for edge in recording.edges:
        if edge.kind == "data":
            read[edge.target].append(recording.nodes[edge.source])
    for number in sorted(counting(recording, counters).difference(kept)):
        sources = read[number]
        alone = all(source.op in roles.constants or source.id in plan.cut for source in sources)
        (plan.cut if number in counters or alone else plan.passed).add(number)


def _is_argument(node: Node, fed: set[int], scope: str | None, roles: OpRoles) -> bool:
    """True for an argument of a function or of a branch, and for what a loop does not change."""
    inside = scope in ("function", "branch") or (scope in ("cond", "body") and node.op in roles.arguments)
    return node.kind == "input" and node.id in fed and inside


def _cut_unused(recording: Recording, plan: Plan, kept: set[int], roles: OpRoles) -> None:
    """Cut what is computed before a `for` and not used."""
    used: dict[int, set[int]] = defaultdict(set)
    for edge in recording.edges:
        used[edge.source].add(edge.target)
    for node in reversed(recording.nodes):
        ahead = node.op in roles.loop_setup and node.line is not None and node.line.text.startswith("for ")
        if ahead and node.id not in kept and used[node.id] <= plan.cut:
            plan.cut.add(node.id)


def _merge(recording: Recording, plan: Plan, variable: LoopVariable, roles: OpRoles) -> None:
    """Make one node of a loop variable: it is the loop's input, and the body's result runs back to it."""
    first = variable.arguments[0]
    node = recording.nodes[first]
    plan.onto |= dict.fromkeys(variable.arguments, first)
    plan.new[first] = replace(node, label=_variable_name(recording, variable, roles), scope=variable.scope)
    plan.more.append(Edge(first, variable.loop, 0, variable.slot))
    for number, edge in enumerate(recording.edges):
        if edge.kind == "data" and edge.target == variable.loop and edge.target_slot == variable.slot:
            plan.ends.add(number)
    if variable.result is not None:
        plan.more.append(Edge(variable.result, first, variable.result_slot, variable.slot))


def _variable_name(recording: Recording, variable: LoopVariable, roles: OpRoles) -> str:
    """The program's name for a loop variable, when its lines show it."""
    argument = recording.nodes[variable.arguments[0]]
    if is_gradient(argument, roles):
        return "gradient"
    made = (recording.nodes[maker] for maker in variable.makers)
    lines = [node.line for node in made if node.kind != "input" and node.line is not None]
    whole = recording.nodes[variable.loop].line  # `y = rnn(x)` names the loop's result, not its variables
    for line in lines:
        if line != whole and (name := _assigned(line)):
            return name
    if argument.line is not None and {argument.line} == set(lines):
        counted = re.match(r"for (?P<name>\w+) in (tf\.)?(?P<range>range\b)?", argument.line.text)
        if counted is not None:  # what a `for` itself counts
            return counted["name"] if counted["range"] else "index"
    known = argument.label.isidentifier() and not iskeyword(argument.label)
    return argument.label if known else f"from {argument.label}"


def _assigned(line: SourceLine) -> str:
    """The name in `x = ...` or `x += ...`."""
    found = re.match(r"([A-Za-z_]\w*)\s*(?:[-+*/@%]|//|\*\*)?=[^=]", line.text)
    return found[1] if found else ""


def _steps(recording: Recording, plan: Plan) -> list[Step]:
    """The steps of the nodes that are kept; those of a loop variable once a turn, in its loop's own scope."""
    seen: set[tuple[object, ...]] = set()
    steps = []
    for step in recording.steps:
        variable = None if step.node is None else plan.onto.get(step.node)
        if variable is not None:
            step = replace(step, scope=_beside_its_part(step.scope))
            if (key := (step.phase, variable, step.scope)) not in seen:
                steps.append(step)
            seen.add(key)
        elif step.node is None or plan.keeps(step.node):
            steps.append(step)
    return steps


def _beside_its_part(scope: Path) -> Path:
    """`while/cond/iteration 2` as `while/iteration 2`."""
    part = -2 if scope[-1].startswith("iteration ") else -1
    return (*scope[:part], *scope[len(scope) + part + 1 :])
