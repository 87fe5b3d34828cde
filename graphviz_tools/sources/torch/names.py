"""What the program calls each value: where it is stored, passed, or written, read from the call sites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphviz_tools.sources.common.call_sites import CallSite
from graphviz_tools.sources.torch.tape import RawStep, Tape

_NAMESPACES = ("torch", "F", "nn", "functional")  # what stands before the dot of a function, not of a method


def names_of_values(
    tape: Tape, words: Sequence[CallSite | None], first: dict[int | None, int]
) -> dict[int, str]:
    """The first name of every value that has one; `words` are those of the steps, and `first` is what `first_values`
    found."""
    naming = _Naming(tape, first)
    for step, site in zip(tape.steps, words, strict=True):
        if step.phase != "backward" or step.node is None or tape.nodes[step.node].kind != "autograd":
            if site is not None:
                naming.name_values(step, site)
        elif step.writes:
            naming.name_gradient(step, step.node)
    return naming.names


def first_values(tape: Tape) -> dict[int | None, int]:
    """For each node, the first value that it gave."""
    nodes = [raw.node for raw in tape.values]
    return dict(zip(reversed(nodes), range(len(nodes) - 1, -1, -1), strict=True))  # the first is set last


class _Naming:
    def __init__(self, tape: Tape, first: dict[int | None, int]) -> None:
        self.names: dict[int, str] = {}
        self._tape = tape
        self._group_ends = {group: node for node, group in tape.groups.items()}
        self._call_ends = {
            step.site.callee: step for step in tape.steps if step.site is not None and step.writes
        }
        self._first_values = first

    def name_values(self, step: RawStep, site: CallSite) -> None:
        """Give each value the first name that the program knows it by."""
        if site.targets and step.writes:
            self._name_results(step, site)
        if site.arguments or site.keywords or site.receiver:
            self._name_operands(step, site)
        if step.writes and step.reads and step.op.endswith("_") and step.reads[0] in self.names:
            self.names.setdefault(step.writes[0], self.names[step.reads[0]])  # `w.sub_(...)`: still w

    def name_gradient(self, step: RawStep, node: int) -> None:
        owner = self._tape.nodes[node].owner
        if owner is None:
            return
        leaf = self._tape.nodes[owner]
        first = self._first_values.get(owner, -1)
        # An op that initialized the parameter stands for it from then on; its name is not the parameter's.
        own = leaf.name if leaf.kind != "op" else self._tape.values[first].name if first >= 0 else ""
        name = own or self.names.get(first, "")
        for value in (*step.reads, *step.writes) if name else ():
            self.names.setdefault(value, f"{name}.grad")

    def _name_results(self, step: RawStep, site: CallSite) -> None:
        targets = site.targets
        if self._gives_result(step, site) and len(targets) in (1, len(step.writes)):
            for value, target in zip(step.writes, targets, strict=False):
                if target:
                    self.names.setdefault(value, target)

    def _gives_result(self, step: RawStep, site: CallSite) -> bool:
        """Whether the call at the step's site gives back what the step wrote: a layer or a function of many steps gives
        what its last one did, and a class its object (`q = Categorical(logits)`)."""
        group = self._tape.groups.get(step.node) if step.node is not None else None
        if group is not None:
            return self._group_ends[group] == step.node
        if step.site is None or not step.site.callee:
            return True
        is_class = site.callee[:1].isupper() and site.callee != step.op
        return not is_class and self._call_ends[step.site.callee] is step

    def _name_operands(self, step: RawStep, site: CallSite) -> None:
        operands: tuple[Any, ...] = site.arguments
        if site.callee:
            if not f"_{step.op.strip('_')}".endswith(f"_{site.callee.strip('_')}"):  # linalg_norm is norm
                return  # the call that the user wrote is not this one but one around it
            if site.receiver is not None and site.receiver.partition(".")[0] not in _NAMESPACES:
                operands = (site.receiver, *operands)
        elif step.control is not None and len(operands) != 1:
            return  # `if a > b` decides on the comparison, which has no name
        elif len(operands) == 2 and len(step.reads) == 1 and all(operands):
            return  # `n * x` and `x * n` reach PyTorch as one: which of the names is the tensor is not known
        for value, place in zip(step.reads, step.places, strict=False):
            if value not in self.names:
                name = _operand_name(place, operands, site.keywords)
                if name:
                    self.names[value] = name


def _operand_name(place: Any, operands: tuple[Any, ...], keywords: tuple[tuple[str, str], ...]) -> str:
    """What the program calls the operand that stood at `place`."""
    if isinstance(place, str):
        return dict(keywords).get(place, "")
    outer, inner = place if isinstance(place, tuple) else (place, None)
    if outer >= len(operands):
        return ""
    found = operands[outer]
    if inner is not None:
        return found[inner] if isinstance(found, tuple) and inner < len(found) else ""
    return found if isinstance(found, str) else ""
