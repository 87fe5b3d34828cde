"""The serial engine's compiler: a `Program` becomes Python source that runs one thread.

Loops stay Python loops and numbers Python numbers, so a long loop of few threads runs several times faster
than on lanes. Whatever needs other threads (barriers, shuffles, the grid's barrier) is a `yield`; see
`serial.py` for who answers it. 64-bit integers wrap round only where the sizes of the operands allow an
overflow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gpu_labs.executor.ir.aliases import Roots
from gpu_labs.executor.ir.control_flow import Loop, loop_site, successors, waits_for
from gpu_labs.executor.ir.emitter import ProgramCode
from gpu_labs.executor.ir.program import Block, Branch, Function, Jump, Op, Operand, Program, Return, Var
from gpu_labs.executor.serial import scalars
from gpu_labs.executor.serial.emit import OperationCode, width_of
from gpu_labs.executor.serial.loops import Walk, walks


def compile_serial(program: Program, roots: Roots) -> Callable[..., Any]:
    """The kernel as a generator function of (thread, *arguments)."""
    code = ProgramCode.of(program, roots)
    code.constants.names.update(vars(scalars))
    code.constants.names.update(np=np)
    source = "\n\n".join(_FunctionCode(f, code).text() for f in (*program.functions, program.kernel))
    scope = dict(code.constants.names)
    exec(compile(source, f"<serial {program.kernel.name}>", "exec"), scope)
    return scope["kernel"]


class _FunctionCode(OperationCode):
    def __init__(self, function: Function, program: ProgramCode) -> None:
        super().__init__(function, program)
        before: dict[int, int] = {}
        for label in self.flow.rank:
            if label in function.blocks:
                for target in successors(function, label):
                    before[target] = before.get(target, 0) + 1
        self.leaders = [
            label
            for label in self.flow.order
            if label in function.blocks
            and (label == function.entry or before.get(label, 0) > 1 or label in self.flow.loops)
        ]
        self.loop_open: int | None = None

    def text(self) -> str:
        """The source of the Python function."""
        parameters = "".join(f", {p.name}" for p in self.function.parameters)
        self._line(f"def {self.name}(T{parameters}):")
        self.depth = 1
        self._line("special = T.special; b = 0")
        if self.is_kernel:
            self._line("if T is None: yield")
        self._line("while True:")
        for at, label in enumerate(self.leaders):
            self.depth = 2
            self._line(f"{'if' if at == 0 else 'elif'} b == {at}:")
            self.depth = 3
            self._leader(label)
        return "\n".join(self.lines)

    # Control flow

    def _leader(self, label: int) -> None:
        loop = self.flow.loops.get(label)
        block = self.function.blocks[label]
        end = block.end
        if loop is None:
            self.loop_open = None
            self._block(label)
            return
        self.loop_open = label
        steps = [op for op in block.ops if op.kind == "next"]
        if steps and block.ops[0] is steps[0] and isinstance(end, Branch):
            step = steps[0]
            assert step.dst is not None
            self._line(self._for(loop, step))
            self.widths[step.dst.name] = min(40, width_of(step.dst.type))
            self.number = step.dst.name
            self.depth += 1
            self.current = label
            self._ops([op for op in block.ops[1:] if not self._tells_more(op, step)])
            self._goto(label, end.then)
            self.depth -= 1
            self._line("else:")
            self.depth += 1
            self.loop_open = None
            self._goto(label, end.orelse)
            self.depth -= 1
        else:
            self._line("while True:")
            self.depth += 1
            self._block(label)
            self.depth -= 1

    def _for(self, loop: Loop, step: Op) -> str:
        """The loop's `for`; loads that walk along an array get their readers, or are what it goes over."""
        assert step.dst is not None
        numbers = f"for {step.dst.name} in {self._operand(step.args[0])}:"
        found = walks(self.function, loop, self.leaders)
        if found is None:
            return numbers
        if found.alone:
            names = ", ".join(walk.load.dst.name for walk in found.walks if walk.load.dst is not None)
            values = ", ".join(self._walk("values", found.numbers, walk) for walk in found.walks)
            self.readers.update({id(walk.load): "" for walk in found.walks})
            return f"for {names} in zip({values}):" if len(found.walks) > 1 else f"for {names} in {values}:"
        for walk in found.walks:
            name = self.readers[id(walk.load)] = f"R{len(self.readers)}"
            self._line(f"{name} = {self._walk('reader', found.numbers, walk)}")
        return numbers

    def _walk(self, verb: str, numbers: Operand, walk: Walk) -> str:
        op = walk.load
        assert op.dst is not None
        index = ["None" if axis == walk.axis else self._operand(i) for axis, i in enumerate(op.args[1:])]
        return (
            f"T.{verb}({self._site(op)}, {self._operand(op.args[0])}, [{', '.join(index)}], "
            f"{self._operand(walk.offset)}, {self._operand(numbers)}, {op.dst.name in self.doubles})"
        )

    @staticmethod
    def _tells_more(op: Op, step: Op) -> bool:
        return op.kind == "copy" and isinstance(op.args[0], Var) and op.args[0].name == step.info

    def _block(self, label: int) -> None:
        block = self.function.blocks[label]
        self.current = label
        self._ops(block.ops)
        end = block.end
        if isinstance(end, Jump):
            self._goto(label, end.target)
        elif isinstance(end, Branch):
            self._line(f"if {self._operand(end.condition)}:")
            self.depth += 1
            self._goto(label, end.then)
            self.depth -= 1
            self._line("else:")
            self.depth += 1
            self._goto(label, end.orelse)
            self.depth -= 1
        else:
            self._return(label, end)

    def _return(self, label: int, end: Return) -> None:
        self._mark_rank(label)
        value = "" if self.is_kernel or end.value is None else f" {self._operand(end.value)}"
        self._line(f"return{value}")

    def _goto(self, source: int, target: int) -> None:
        block = self.function.blocks[target]
        sets = [(phi, phi.incoming[source]) for phi in block.phis if source in phi.incoming]
        sets = [(p, o) for p, o in sets if not (isinstance(o, Var) and self._name(o) == p.dst.name)]
        if sets:
            names = ", ".join(phi.dst.name for phi, _ in sets)
            self._line(f"{names} = {', '.join(self._cast(o, phi.dst.type) for phi, o in sets)}")
        for phi in block.phis:
            self.widths[phi.dst.name] = width_of(phi.dst.type)
        if target not in self.leaders:
            self._block(target)
            return
        loop = self.flow.loops.get(target)
        if loop is not None and source in loop.body:
            self._count_turn(loop, block)
        elif loop is not None and loop_site(self.function, loop) is not None:
            self._line(f"turns{target} = 0")
        if self.loop_open == target:
            self._line("continue")
            return
        self._line(f"b = {self.leaders.index(target)}")
        if self.loop_open is not None:
            self._line("break")

    def _count_turn(self, loop: Loop, block: Block) -> None:
        site = loop_site(self.function, loop)
        if site is None:
            return
        name = self.constants.name(site, ("site", site.id), "S")
        state = "".join(f"{phi.dst.name}, " for phi in block.phis)
        kinds = sorted(waits_for(self.function, loop.body, self.program.roots.steady))
        turns = f"turns{loop.header}"
        self._line(f"{turns} += 1")
        self._line(f"if {turns} & 1023 < 2 and {turns} > 1:")
        self._line(f"    T.turn({name}, {turns}, ({state}), {kinds!r})")
