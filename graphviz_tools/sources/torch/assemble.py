"""From the Tape to the Recording: call sites become words, raw values become Values."""

from __future__ import annotations

from collections import Counter
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
from graphviz_tools.sources.torch.tape import RawNode, RawStep, RawValue, Tape
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
        self._names: dict[int, str] = {}
        self._dtypes: dict[torch.dtype, str] = {}
        self._devices: dict[torch.device, str] = {}
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
        self._module_lines: dict[
            tuple[str, ...], SourceLine
        ] = {}  # by the path of the module, loops left out
        self._shapes: dict[Any, tuple[int | None, ...]] = {}
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
        self._names = names_of_values(tape, self._site, self._first_values)
        self._values = [self._value(i, raw) for i, raw in enumerate(tape.values)]
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

    def _value(self, index: int, raw: RawValue) -> Value:
        word = self._dtypes.get(raw.dtype)
        if word is None:
            word = self._dtypes[raw.dtype] = str(raw.dtype).removeprefix("torch.")
        place = self._devices.get(raw.device)
        if place is None:
            place = self._devices[raw.device] = str(raw.device)
        try:
            shape = self._shapes.get(raw.shape)
        except TypeError:  # a symbolic size has no hash
            shape = None
        facts = self._facts[raw.ticket] if raw.ticket is not None else None
        summary, numbers, grid = facts if facts is not None else (None, None, None)
        return _make_value(
            shape=self._shape(raw.shape) if shape is None else shape,
            dtype=word,
            device=place,
            name=raw.name or self._names.get(index, ""),
            text="",
            summary=summary,
            numbers=numbers,
            grid=grid,
            flags=raw.flags,
            version=raw.version,
            storage=raw.storage,
            nbytes=raw.nbytes,
        )

    def _shape(self, shape: Any) -> tuple[int | None, ...] | None:
        """Plain numbers; None for a size that is ragged or symbolic, and where there is no shape."""
        if shape is None:
            return None
        found = tuple([size if type(size) is int else None for size in shape])
        if None not in found:
            self._shapes[shape] = found
        return found

    def _node(self, index: int, raw: RawNode) -> Node:
        kind, op, label = raw.kind, raw.op, raw.label
        found = self._site(raw.site) if raw.site is not None else None
        if found is not None:
            label = label or (found.label if self._is_whole_call(index) else op)
            if kind == "branch" and found.test:
                label = f"{found.test} {self._condition(index) or label}"
        elif not label and kind in ("input", "parameter", "variable"):
            label = self._names.get(self._first_values.get(index, -1), "")
        return _make_node(
            id=index,
            kind=kind,
            op=op,
            label=label or op,
            name=raw.name,
            scope=self._path_of_node.get(index, ()),
            line=found.line if found is not None else self._caller if kind in ("op", "branch") else None,
            owner=raw.owner,
            first_output=raw.first_output,
        )

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
        nodes, path_of_node = self._tape.nodes, self._path_of_node
        places: list[Place] = []
        for index, raw in enumerate(self._tape.steps):
            owner = nodes[raw.node].owner if raw.node is not None else None
            if owner is None:
                where = self._paths.after_loop if index in self._tape.after_loops else self._paths.place
                place = where(raw.scope, raw.op, raw.site)
                if raw.node is not None:
                    path_of_node[raw.node] = place[0]
            else:
                place = path_of_node.get(owner, ()), None
            places.append(place)
        return places

    def _steps(self, places: list[Place], nodes: int, edges: int) -> list[Step]:
        steps: list[Step] = []
        tape = self._tape
        if tape.steps:
            tape.steps[-1].nodes, tape.steps[-1].edges = nodes, edges
        first_node = first_edge = 0
        for index, raw in enumerate(tape.steps):
            step = self._step(
                index, raw, places[index], range(first_node, raw.nodes), range(first_edge, raw.edges)
            )
            steps.append(step)
            if raw.phase == "forward" and step.line is not None:
                self._module_lines[self._paths.modules(raw.scope)] = step.line
            if raw.phase == "backward" and raw.node is None:
                self._engine_line = step.line
            elif raw.phase == "backward" and step.line is not None:
                self._made_in_backward.update(dict.fromkeys(step.nodes, step.line))
            first_node, first_edge = raw.nodes, raw.edges
        return steps

    def _step(self, index: int, raw: RawStep, place: Place, nodes: range, edges: range) -> Step:
        path, turn = place
        site = self._site(raw.site) if raw.site is not None else None
        memory = self._memories.get(raw.memory)
        if memory is None:
            memory = self._memories[raw.memory] = _make_memory(*raw.memory, 0)
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
        site = self._site(self._tape.nodes[node if owner is None else owner].site)
        return site.line if site is not None else self._made_in_backward.get(node)

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
