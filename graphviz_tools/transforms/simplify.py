"""A static graph as its author thinks of it: without the plumbing that the framework needs.

    small = without_plumbing(record_tensorflow(f, x))

Of `while tf.reduce_sum(x) < 100: x = x * 2` there remain a Sum and a Less in `cond`, a Mul in `body`, and the
loop variable `x`. What goes:

- *constants* that were written on the line where they are used: they are part of the op's label, `mul(x, 2.0)`;
- what only *hands a value on*: Identity, the reading of a variable, a function's or a branch's own arguments;
- a loop's *counters*, and what follows from them alone. A loop variable is one node in the loop's box, to
  which the body's result runs back;
- what a loop *keeps for its gradient*: the lists that it fills turn by turn. The gradient reads the value itself;
- *order without data*: NoOp;
- in a gradient, the arithmetic with *shapes*, and the axes of a reduction that names none.

The full Recording keeps every op of `graph.as_graph_def()`; this view keeps every op that computes, its steps
and values, and a path wherever there was one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from keyword import iskeyword

from graphviz_tools.analysis.gradient_accumulators import HANDERS, KEEPERS, is_accumulator, popped
from graphviz_tools.analysis.gradients import is_gradient
from graphviz_tools.analysis.while_loops import LoopVariable, Path, counters, counting, loop_variables
from graphviz_tools.recording import Edge, Node, Recording, SourceLine, Step
from graphviz_tools.transforms.rewire import Origins, Plan, without

PASSES_ON = frozenset({"Identity", "IdentityN", "ReadVariableOp", "PreventGradient"})
CONSTANTS = frozenset({"Const", "Constant", "prim::Constant"})
_SHAPES = frozenset(
    ["Shape", "ShapeN", "Size", "Rank", "BroadcastGradientArgs", "InvertPermutation", "ConcatOffset"]
)
# What AutoGraph works out ahead of a `for`, in case somebody limits the loop.
_AHEAD = frozenset(
    [
        "Shape",
        "StridedSlice",
        "Sub",
        "FloorDiv",
        "FloorMod",
        "NotEqual",
        "Cast",
        "AddV2",
        "Maximum",
        "TensorListReserve",
        "Const",
    ]
)
_REDUCES = frozenset(["Sum", "Mean", "Max", "Min", "Prod", "All", "Any"])
_ARRANGES = frozenset(["Reshape", "Tile", "BroadcastTo", "Transpose"])
_LONGEST = 32  # characters of a label with its arguments


def without_plumbing(recording: Recording) -> Recording:
    """`recording` without the ops that compute nothing of the user's, and without their steps.

    Nodes, edges and steps are numbered anew; `shown_steps` tells which steps they were. A Recording without
    plumbing, as one of an eager program, comes back as it is.
    """
    plan = _plan(recording)
    if not (plan.passed or plan.cut or plan.onto):
        return recording
    return without(recording, plan, _steps(recording, plan))


def shown_steps(recording: Recording) -> tuple[int, ...]:
    """For each step of `without_plumbing(recording)`, its number in `recording`."""
    return tuple(step.index for step in _steps(recording, _plan(recording)))


def _plan(recording: Recording) -> Plan:
    plan = Plan()
    kept = {step.node for step in recording.steps if step.error and step.node is not None}
    kept |= {node.owner for node in recording.nodes if node.owner is not None}
    state = loop_variables(recording)
    hidden = [part for part in state if part.counts or is_accumulator(recording, part)]
    variables = [part for part in state if part.changes and part not in hidden]
    arguments = {argument for variable in variables for argument in variable.arguments}
    fed = {edge.target for edge in recording.edges if edge.kind == "data"}
    kinds = {scope.path: scope.kind for scope in recording.scopes}
    for node in recording.nodes:
        if node.id in kept or node.id in arguments or node.kind in ("output", "autograd"):
            continue
        if node.op == "NoOp" or node.op in KEEPERS or (node.op in _SHAPES and is_gradient(node)):
            plan.cut.add(node.id)
        elif node.op in PASSES_ON or node.op in HANDERS or _is_argument(node, fed, kinds.get(node.scope)):
            plan.passed.add(node.id)
    _cut_counting(recording, plan, kept, counters(recording, state))
    _rejoin_popped(recording, plan, state)
    _cut_unused(recording, plan, kept)
    returned = {(part.loop, part.slot, part.result) for part in state}
    for number, edge in enumerate(recording.edges):
        if edge.kind == "control" and (edge.target, edge.target_slot, edge.source) in returned:
            plan.ends.add(number)
    for variable in variables:
        _merge(recording, plan, variable)
    _fold_constants(recording, plan, kept)
    plan.unmade |= {(part.loop, part.slot) for part in hidden}
    plan.unread |= plan.unmade
    _leave_unread(recording, plan, {(part.loop, part.slot) for part in state if not part.changes})
    return plan


def _rejoin_popped(recording: Recording, plan: Plan, state: list[LoopVariable]) -> None:
    """Let a gradient that takes a kept value off its list read the value itself."""
    into: dict[int, list[int]] = defaultdict(list)
    for number, edge in enumerate(recording.edges):
        into[edge.target].append(number)
    for pop, edge in popped(recording, state).items():
        plan.ends.update(into[pop])
        plan.more.append(replace(edge, target=pop))


def _leave_unread(recording: Recording, plan: Plan, unchanged: set[tuple[int, int]]) -> None:
    """Leave out what is read and nobody wrote there: shapes in a gradient, the axes of "all of it", and what a
    loop carries along `unchanged` that is part of a label already."""
    for edge in recording.edges:
        node, source = recording.nodes[edge.target], recording.nodes[edge.source]
        if edge.kind != "data" or source.id not in plan.cut:
            continue
        place = (node.id, edge.target_slot)
        second = edge.target_slot == 1 and not _is_written(source)
        arranges = node.op in _REDUCES or (node.op in _ARRANGES and is_gradient(node))
        if place in unchanged or (second and arranges):
            plan.unread.add(place)


def _cut_counting(recording: Recording, plan: Plan, kept: set[int], counters: set[int]) -> None:
    """Cut what only counts a loop's turns; what joins a count with a condition of the user's passes that on."""
    read: dict[int, list[Node]] = defaultdict(list)
    for edge in recording.edges:
        if edge.kind == "data":
            read[edge.target].append(recording.nodes[edge.source])
    for number in sorted(counting(recording, counters).difference(kept)):
        sources = read[number]
        alone = all(source.op in CONSTANTS or source.id in plan.cut for source in sources)
        (plan.cut if number in counters or alone else plan.passed).add(number)


def _is_argument(node: Node, fed: set[int], scope: str | None) -> bool:
    """True for an argument of a function or of a branch, and for what a TensorFlow loop does not change."""
    inside = scope in ("function", "branch") or (scope in ("cond", "body") and node.op == "Placeholder")
    return node.kind == "input" and node.id in fed and inside


def _cut_unused(recording: Recording, plan: Plan, kept: set[int]) -> None:
    """Cut what was worked out ahead of a `for` and is needed by nothing."""
    used: dict[int, set[int]] = defaultdict(set)
    for edge in recording.edges:
        used[edge.source].add(edge.target)
    for node in reversed(recording.nodes):
        ahead = node.op in _AHEAD and node.line is not None and node.line.text.startswith("for ")
        if ahead and node.id not in kept and used[node.id] <= plan.cut:
            plan.cut.add(node.id)


def _merge(recording: Recording, plan: Plan, variable: LoopVariable) -> None:
    """Make one node of a loop variable, which is the loop's input and gets the body's result."""
    first = variable.arguments[0]
    node = recording.nodes[first]
    plan.onto |= dict.fromkeys(variable.arguments, first)
    plan.new[first] = replace(node, label=_variable_name(recording, variable), scope=variable.scope)
    plan.more.append(Edge(first, variable.loop, 0, variable.slot))
    for number, edge in enumerate(recording.edges):
        if edge.kind == "data" and edge.target == variable.loop and edge.target_slot == variable.slot:
            plan.ends.add(number)
    if variable.result is not None:
        plan.more.append(Edge(variable.result, first, 0, variable.slot))


def _variable_name(recording: Recording, variable: LoopVariable) -> str:
    """What the program calls a loop variable, as far as its lines tell."""
    argument = recording.nodes[variable.arguments[0]]
    if is_gradient(argument):
        return "gradient"
    made = (recording.nodes[maker] for maker in variable.makers)
    lines = [node.line for node in made if node.kind != "input" and node.line is not None]
    for line in lines:
        if name := _assigned(line):
            return name
    if argument.line is not None and {argument.line} == set(lines):
        counted = re.match(r"for (\w+) in (tf\.)?(range\b)?", argument.line.text)
        if counted is not None:  # what a `for` itself counts
            return counted[1] if counted[3] else "index"
    known = argument.label.isidentifier() and not iskeyword(argument.label)
    return argument.label if known else f"from {argument.label}"


def _assigned(line: SourceLine) -> str:
    """The name in `x = ...` or `x += ...`."""
    found = re.match(r"([A-Za-z_]\w*)\s*(?:[-+*/@%]|//|\*\*)?=[^=]", line.text)
    return found[1] if found else ""


@dataclass(frozen=True)
class _Uses:
    """Which kept nodes read which, by input slot (`arguments`); who uses a node (`users`, with the edge there);
    and which outputs anything reads."""

    arguments: dict[int, dict[int, list[int]]]
    users: dict[int, list[tuple[Node, Edge]]]
    read: set[tuple[int, int]]

    @classmethod
    def of(cls, recording: Recording, plan: Plan) -> _Uses:
        origins = Origins(recording, plan)
        uses = cls(defaultdict(lambda: defaultdict(list)), defaultdict(list), set())
        for node in recording.nodes:
            if plan.keeps(node.id):
                for edge in origins.inputs(node.id):
                    for origin in origins.of(edge):
                        there = replace(edge, kind=origin.kind)
                        uses.users[origin.node].append((plan.new.get(node.id, node), there))
                        if origin.kind == "data":
                            uses.arguments[node.id][edge.target_slot].append(origin.node)
                            uses.read.add((origin.node, origin.slot))
        return uses

    def takes_in(self, user: Node, edge: Edge, constant: Node) -> bool:
        """True when `constant`, which comes to `user` over `edge`, may become a part of it."""
        if user.kind == "output":
            return False
        if user.kind == "branch" and edge.kind == "control":  # a result: of use when anything reads it
            return (user.id, edge.target_slot) not in self.read
        if user.kind == "input":  # a loop variable: it may start with a constant, and not become one
            return constant.scope[: len(user.scope)] != user.scope
        return constant.line is None or constant.line == user.line or is_gradient(user)


def _fold_constants(recording: Recording, plan: Plan, kept: set[int]) -> None:
    """Cut the constants whose users stand on the same line, and write them into the users' labels."""
    uses = _Uses.of(recording, plan)
    program = "".join(source.text for source in recording.sources)
    wired = {edge.source for edge in recording.edges}
    for node in recording.nodes:
        if node.op not in CONSTANTS or node.id in kept or not plan.keeps(node.id):
            continue
        users = uses.users[node.id]
        if not users:  # nothing needs it: a thing of its own only where somebody wrote one
            folded = node.id in wired or node.line is None or "constant" not in node.line.text
        elif node.label in ("True", "False") and node.label not in program:
            # AutoGraph remembers a `break`, a `continue` and a `return` in flags.
            folded = not any(user.kind == "output" for user, _ in users)
        else:
            folded = all(uses.takes_in(user, edge, node) for user, edge in users)
        if folded:
            plan.cut.add(node.id)
    for number, slots in uses.arguments.items():
        if recording.nodes[number].kind == "op" and any(slot[0] in plan.cut for slot in slots.values()):
            label = _call(recording, plan, recording.nodes[number], slots)
            plan.new[number] = replace(recording.nodes[number], label=label)


def _call(recording: Recording, plan: Plan, node: Node, slots: dict[int, list[int]]) -> str:
    """`mul(x, 2.0)`: the op with its arguments; plain `Sum` where no number is the user's own."""
    words, written = [], False
    for _, sources in sorted(slots.items()):
        first = plan.onto.get(sources[0])
        source = recording.nodes[sources[0]] if first is None else plan.new[first]
        if source.id not in plan.cut:
            words.append(source.label if len(sources) == 1 else "…")
        elif _is_written(source):
            words.append(source.label)
            written = True
    text = f"{node.label}({', '.join(words)})"
    return text if written and len(text) <= _LONGEST else node.label


def _is_written(constant: Node) -> bool:
    """True for a constant that the user wrote: an operand of an operator, or a number that is on its line."""
    if constant.name.endswith(("/x", "/y")) and not constant.label.startswith(("[", "constant")):
        return True
    line = constant.line.text.replace(" ", "") if constant.line else ""
    return re.search(rf"(?<![\w.]){re.escape(_plain(constant.label))}(?![\w])", line) is not None


def _plain(number: str) -> str:
    """`2.0` as `2`, and a list without spaces, so that both spellings are found."""
    return number.replace(" ", "").removesuffix(".0")


def _steps(recording: Recording, plan: Plan) -> list[Step]:
    """The steps of what is kept; a loop variable's once a turn, in its loop's own scope."""
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
