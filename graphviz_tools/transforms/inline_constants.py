"""Write constants into the labels of the ops that use them: `mul(x, 2.0)`."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from graphviz_tools.analysis.gradients import is_gradient
from graphviz_tools.op_roles import OpRoles
from graphviz_tools.recording import Edge, Node, Recording
from graphviz_tools.transforms.rewire import Origins, Plan

_LONGEST = 32  # characters of a label with its arguments


@dataclass(frozen=True)
class _Uses:
    """What each kept node reads, by input slot (`arguments`); the `users` of a node, each with the edge to it; and the
    outputs that some node reads (`read`)."""

    roles: OpRoles
    arguments: dict[int, dict[int, list[int]]]
    users: dict[int, list[tuple[Node, Edge]]]
    read: set[tuple[int, int]]

    @classmethod
    def of(cls, recording: Recording, plan: Plan, roles: OpRoles) -> _Uses:
        origins = Origins(recording, plan)
        uses = cls(roles, defaultdict(lambda: defaultdict(list)), defaultdict(list), set())
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
        """True when `constant`, which `user` reads over `edge`, may become a part of its label."""
        if user.kind == "output":
            return False
        if (
            user.kind == "branch" and edge.kind == "control"
        ):  # a result, which matters when something reads it
            return (user.id, edge.target_slot) not in self.read
        if user.kind == "input":  # a loop variable may start with a constant but not become one
            return constant.scope[: len(user.scope)] != user.scope
        return constant.line is None or constant.line == user.line or is_gradient(user, self.roles)


def inline_constants(recording: Recording, plan: Plan, kept: set[int], roles: OpRoles) -> None:
    """Cut the constants that are written on their users' lines, and write them into the users' labels.

    Changes `plan`; the nodes in `kept` stay.
    """
    uses = _Uses.of(recording, plan, roles)
    program = "".join(source.text for source in recording.sources)
    wired = {edge.source for edge in recording.edges}
    for node in recording.nodes:
        if node.op not in roles.constants or node.id in kept or not plan.keeps(node.id):
            continue
        users = uses.users[node.id]
        if not users:  # unused: shown only where the program makes one on purpose
            folded = node.id in wired or node.line is None or roles.constant_call not in node.line.text
        elif node.label in roles.flags and node.label not in program:
            folded = not any(user.kind == "output" for user, _ in users)
        else:
            folded = all(uses.takes_in(user, edge, node) for user, edge in users)
        if folded:
            plan.cut.add(node.id)
    for number, slots in uses.arguments.items():
        if recording.nodes[number].kind == "op" and any(sources[0] in plan.cut for sources in slots.values()):
            label = _call(recording, plan, recording.nodes[number], slots, roles)
            plan.new[number] = replace(recording.nodes[number], label=label)


def _call(recording: Recording, plan: Plan, node: Node, slots: dict[int, list[int]], roles: OpRoles) -> str:
    """`mul(x, 2.0)`: the op with its arguments; just `Sum` where the user wrote none of the numbers."""
    words, written = [], False
    for _, sources in sorted(slots.items()):
        first = plan.onto.get(sources[0])
        source = recording.nodes[sources[0]] if first is None else plan.new[first]
        if source.id not in plan.cut:
            words.append(source.label if len(sources) == 1 else "…")
        elif is_written(source, roles):
            words.append(source.label)
            written = True
    text = f"{node.label}({', '.join(words)})"
    return text if written and len(text) <= _LONGEST else node.label


def is_written(constant: Node, roles: OpRoles) -> bool:
    """True for a constant that the user wrote: an operator's operand, or a number that is on the line."""
    if constant.name.endswith(roles.operand_names) and not constant.label.startswith(("[", "constant")):
        return True
    line = constant.line.text.replace(" ", "") if constant.line else ""
    return re.search(rf"(?<![\w.]){re.escape(_plain(constant.label))}(?![\w])", line) is not None


def _plain(number: str) -> str:
    """`2.0` as `2`, and a list without spaces, so that both spellings are found."""
    return number.replace(" ", "").removesuffix(".0")
