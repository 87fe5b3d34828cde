"""From the Tape to the Recording: call sites become words, raw values become Values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from graphviz_tools.recording import (
    Control,
    Memory,
    Node,
    Omission,
    Recording,
    Saved,
    SourceLine,
    Step,
    Value,
)
from graphviz_tools.sources.common.call_sites import CallSite
from graphviz_tools.sources.common.fast_init import quick
from graphviz_tools.sources.common.user_code import source_texts
from graphviz_tools.sources.torch.errors import Operand, clash
from graphviz_tools.sources.torch.loops import ScopePaths
from graphviz_tools.sources.torch.names import first_values, names_of_values
from graphviz_tools.sources.torch.summaries import Facts, Form
from graphviz_tools.sources.torch.tape import RawNode, RawStep, Tape
from graphviz_tools.sources.torch.words import Words


def assemble(tape: Tape, words: Words, title: str, caller: SourceLine | None = None) -> Recording:
    """The Recording of what `tape` has. `caller` is the line of what no line of the program did: of a module of
    PyTorch's own that was recorded by itself."""
    return _Assembly(tape, words, caller).recording(title)


_make_node, _make_saved, _make_memory = quick(Node), quick(Saved), quick(Memory)
_make_step, _make_value = quick(Step), quick(Value)


Place = tuple[tuple[str, ...], int | None]  # the path of a step, and the turn of its innermost loop


class _Assembly:
    def __init__(self, tape: Tape, words: Words, caller: SourceLine | None) -> None:
        self._caller = caller
        self._tape = tape
        self._facts = tape.summaries.finish()
        self._site = words
        self._memories: dict[tuple[int, int], Memory] = {}
        self._paths = ScopePaths(tape.calls, self._site)
        self._path_of_node: dict[int, tuple[str, ...]] = {}
        self._makers: dict[int, int] = {}
        self._leaves_after: dict[int, list[int]] = {}
        self._follow_edges()
        self._first_values = first_values(self._tape)
        self._group_sizes = Counter(self._tape.groups.values())
        self._last_into: dict[int, int] = {}
        self._engine_line: SourceLine | None = None
        # By the path of the module, loops left out.
        self._module_lines: dict[tuple[str, ...], SourceLine] = {}
        self._node_lines: list[SourceLine | None] = []  # of the sites of the nodes
        self._made_in_backward: dict[int, SourceLine] = {}

    def _follow_edges(self) -> None:
        nodes, makers, leaves_after = self._tape.nodes, self._makers, self._leaves_after
        for edge in self._tape.edges:
            if edge.kind == "data":
                if not edge.target_slot:
                    makers[edge.target] = edge.source
            elif edge.kind == "autograd" and nodes[edge.target].op == "AccumulateGrad":
                leaves_after.setdefault(edge.source, []).append(edge.target)

    def recording(self, title: str) -> Recording:
        tape = self._tape
        self._names = names_of_values(tape, self._site.of_steps, self._first_values)
        self._values = _values(tape, self._facts, self._names)
        places = self._places()
        nodes = tuple([self._node(i, raw) for i, raw in enumerate(tape.nodes)])
        edges = tuple(tape.edges)
        steps = tuple(self._steps(places, len(nodes), len(edges)))
        lines = {id(step.line): step.line for step in steps if step.line is not None}
        return Recording(
            framework="torch",
            title=title,
            nodes=nodes,
            edges=edges,
            steps=steps,
            scopes=tuple(self._paths.scopes),
            sources=source_texts(lines.values(), self._site.function, self._site.lines),
            outputs=tuple(self._values[i] for i in tape.outputs),
            omitted=tuple(Omission(what, count, why) for (what, why), count in tape.omitted.items()),
            versions={"torch": torch.__version__},
            optimizer_calls=tuple(tape.optimizer_calls),
            storages=tuple(tape.storages),
            error=tape.error,
        )

    def _node(self, index: int, raw: RawNode) -> Node:
        kind, op, label = raw.kind, raw.op, raw.label
        found, line = None, None
        if raw.site is not None:
            found = self._site(raw.site)
        if found is not None:
            line = found.line
            label = label or (found.label if self._is_whole_call(index) else op)
            if kind == "branch" and found.test:
                label = f"{found.test} {self._condition(index) or label}"
        elif not label and kind in ("input", "parameter", "variable"):
            label = self._names.get(self._first_values.get(index, -1), "")
        self._node_lines.append(line)
        if line is None and kind in ("op", "branch"):
            line = self._caller
        path = self._path_of_node.get(index, ())
        return _make_node(index, kind, op, label or op, raw.name, path, line, raw.owner, raw.first_output)

    def _condition(self, node: int) -> str:
        """The words for what a branch decides on, where the very line computes it."""
        maker = self._makers.get(node)
        here, there = (
            self._site(self._tape.nodes[node].site),
            maker and self._site(self._tape.nodes[maker].site),
        )
        return there.label if here and there and here.line == there.line else ""

    def _is_whole_call(self, node: int) -> bool:
        """Whether the words at the call site say this op and no other (a Linear, not an LSTM of many)."""
        group = self._tape.groups.get(node)
        return group is None or self._group_sizes[group] == 1

    def _places(self) -> list[Place]:
        """Where each step stands. A node stands where its step does, and a backward step where the op does."""
        nodes, path_of_node, after_loops = self._tape.nodes, self._path_of_node, self._tape.after_loops
        after_loop, place_of, nowhere = self._paths.after_loop, self._paths.place, ((), None)
        place_of_owner: dict[int, Place] = {}
        places: list[Place] = []
        for index, raw in enumerate(self._tape.steps):
            node = raw.node
            owner = nodes[node].owner if node is not None else None
            if owner is None:
                where = after_loop if index in after_loops else place_of
                place = where(raw.scope, raw.op, raw.site)
                if node is not None:
                    path_of_node[node] = place[0]
                    place_of_owner[node] = place[0], None
            else:
                place = place_of_owner.get(owner, nowhere)
            places.append(place)
        return places

    def _steps(self, places: list[Place], nodes: int, edges: int) -> list[Step]:
        steps: list[Step] = []
        tape = self._tape
        if tape.steps:
            tape.steps[-1].nodes, tape.steps[-1].edges = nodes, edges
        first_node = first_edge = 0
        words = self._site.of_steps
        for index, raw in enumerate(tape.steps):
            new = range(first_node, raw.nodes), range(first_edge, raw.edges)
            step = self._step(index, raw, words[index], places[index], *new)
            steps.append(step)
            if raw.phase == "forward" and step.line is not None:
                self._module_lines[self._paths.modules(raw.scope)] = step.line
            if raw.phase == "backward" and raw.node is None:
                self._engine_line = step.line
            elif raw.phase == "backward" and step.line is not None:
                self._made_in_backward.update(dict.fromkeys(step.nodes, step.line))
            first_node, first_edge = raw.nodes, raw.edges
        return steps

    def _step(
        self, index: int, raw: RawStep, site: CallSite | None, place: Place, nodes: range, edges: range
    ) -> Step:
        path, turn = place
        bytes_now = raw.alive, raw.held
        memory = self._memories.get(bytes_now)
        if memory is None:
            memory = self._memories[bytes_now] = _make_memory(*bytes_now, 0)
        pick = self._values.__getitem__
        saved = raw.saved
        # The fields in their order: by name, the call takes three times as long (18 names are looked for one by one).
        return _make_step(
            index,
            raw.phase,
            raw.op,
            raw.node,
            site.line if site is not None else self._forward_line(raw),
            tuple(nodes),
            tuple(edges),
            tuple(map(pick, raw.reads)) if raw.reads else (),
            tuple(map(pick, raw.writes)) if raw.writes else (),
            tuple([_make_saved(node, name, pick(i)) for node, name, i in saved]) if saved else (),
            raw.freed,
            tuple([None if i is None else pick(i) for i in raw.grads_in]) if raw.grads_in else (),
            tuple([None if i is None else pick(i) for i in raw.grads_out]) if raw.grads_out else (),
            self._control(raw, site, turn) if raw.control is not None else None,
            memory,
            path,
            raw.error,
            self._failure_note(raw) if raw.error else raw.note,
            raw.released,
        )

    def _failure_note(self, raw: RawStep) -> str:
        """What a failing step's error means, and, of an operation, what it was given and from where."""
        if raw.phase == "backward":
            return raw.note
        operands = [self._operand(value) for value in dict.fromkeys(raw.reads)]
        return " ".join(filter(None, [raw.note, clash(operands)]))

    def _operand(self, value: int) -> Operand:
        node = self._tape.values[value].node
        kind = self._tape.nodes[node].kind if node is not None else ""
        return Operand(self._values[value], kind, self._node_line(node))

    def _forward_line(self, raw: RawStep) -> SourceLine | None:
        """In backward, the line of the forward pass whose gradient is computed; of what a checkpoint computes
        again, that of the first time."""
        if raw.phase != "backward":
            return self._module_lines.get(self._paths.modules(raw.scope), self._caller)
        if raw.node is None:  # the engine starts at the loss
            return (
                self._node_line(self._tape.values[raw.reads[0]].node) if raw.reads else None
            ) or self._caller
        source = self._last_into.get(raw.node)  # a leaf's gradient comes from the line that uses the leaf
        line = self._node_line(raw.node if source is None else source)
        for target in self._leaves_after.get(raw.node, ()):
            self._last_into[target] = raw.node
        return line or self._engine_line or self._caller

    def _node_line(self, node: int | None) -> SourceLine | None:
        """The line that made a node; of an autograd node, the line of its owner, or of the backward step
        that made it (create_graph)."""
        if node is None:
            return None
        owner = self._tape.nodes[node].owner
        line = self._node_lines[node if owner is None else owner]
        return self._made_in_backward.get(node) if line is None else line

    def _control(self, raw: RawStep, site: CallSite | None, iteration: int | None) -> Control | None:
        control = raw.control
        if control is None:
            return None
        kind = (
            "loop" if control.kind == "branch" and site is not None and site.test == "while" else control.kind
        )
        return replace(control, kind=kind, decided=self._decided(raw) or control.taken, iteration=iteration)

    def _decided(self, raw: RawStep) -> str:
        """`12.0 < 30` where the number that decided came from a comparison, else the number itself."""
        compared = self._tape.comparisons.get(self._makers.get(raw.node or 0, -1))
        if compared is not None:
            sign, *operands = compared
            words = [self._number(*operand) for operand in operands]
            if all(words):
                return f"{words[0]} {sign} {words[1]}"
        return self._number(raw.reads[0], None) if raw.reads else ""

    def _number(self, value: int | None, plain: Any) -> str:
        if value is None:
            return str(plain)
        numbers = self._values[value].numbers
        return f"{numbers[0]:.6g}" if numbers is not None and len(numbers) == 1 else ""


def _values(tape: Tape, facts: Sequence[Facts | None], names: dict[int, str]) -> list[Value]:
    """Every value that was seen, in words; `facts` are by ticket, and `names` by number."""
    described: dict[Form, tuple[tuple[int | None, ...] | None, str, str]] = {}
    made: list[Value] = []
    for index, (form, flags, version, storage, nbytes, ticket, name, _) in enumerate(tape.values):
        if form not in described:
            dtype = str(form.dtype).removeprefix("torch.")
            described[form] = _plain(form.shape), dtype, str(form.device)
        shape, dtype, device = described[form]
        seen = facts[ticket] if ticket is not None else None
        summary, numbers, grid = seen if seen is not None else (None, None, None)
        # The fields in their order: this runs for every tensor, and by name the call takes longer.
        made.append(
            _make_value(
                shape, dtype, device, name or names.get(index, ""), "", summary, numbers, grid,
                flags, version, storage, nbytes,
            )
        )  # fmt: skip
    return made


def _plain(shape: Sequence[Any] | None) -> tuple[int | None, ...] | None:
    """The sizes as plain numbers. A size that is ragged or symbolic is None; so is the whole shape if there is none."""
    return None if shape is None else tuple([size if type(size) is int else None for size in shape])
