"""The lock-step engine's compiler: a `Program` becomes Python source that works on lanes.

Every function of the program becomes one Python function. Its blocks are numbered by `flow.py`; the
function runs the waiting block with the lowest number until nobody waits. `b` is the block that runs, `m`
the mask of the lanes that run it and `pending` who waits where.
"""

from __future__ import annotations

from collections.abc import Callable

from gpu_labs.executor.ir.aliases import Roots
from gpu_labs.executor.ir.control_flow import Flow, analyse, loop_site, outlive_their_loop, waits_for
from gpu_labs.executor.ir.emitter import ProgramCode
from gpu_labs.executor.ir.program import Branch, Function, Jump, Operand, Phi, Program, Return
from gpu_labs.executor.lockstep.emit import OperationCode, flops
from gpu_labs.executor.lockstep.iterators import Flat
from gpu_labs.executor.runtime import arith


def compile_program(program: Program, roots: Roots) -> Callable[..., None]:
    """The kernel as a Python function of (run, *arguments), where `run` is a `lockstep.Run`."""
    code = ProgramCode.of(program, roots)
    code.constants.names.update(arith_power=arith.power, Flat=Flat)
    source = "\n\n".join(_FunctionCode(f, code).text() for f in (*program.functions, program.kernel))
    scope = dict(code.constants.names)
    exec(compile(source, f"<lock-step {program.kernel.name}>", "exec"), scope)
    return scope["kernel"]


class _FunctionCode(OperationCode):
    def __init__(self, function: Function, program: ProgramCode) -> None:
        super().__init__(function, program)
        self.flow: Flow = analyse(function)
        self.outlive = outlive_their_loop(function, self.flow)
        self.counters: list[str] = []

    def text(self) -> str:
        """The source of the Python function."""
        parameters = "".join(f", {p.name}" for p in self.function.parameters)
        bodies = {self.flow.rank[label]: self._body(label) for label in self.flow.order}
        self.lines = []
        self.depth = 0
        self._line(f"def {self.name}(run, m{parameters}):")
        self.depth = 1
        self._line("L = run.lanes; P = run.port; load = P.load; store = P.store; special = L.special")
        kept = sorted(self.outlive | self._phi_names())
        if kept:
            self._line(" = ".join(kept) + " = None")
        for counter in self.counters:
            self._line(f"{counter} = 0")
        self._line("pending = {}; result = None; b = 0")
        self._line("while True:")
        self.depth = 2
        self._dispatch(bodies, sorted(bodies))
        return "\n".join(self.lines)

    def _phi_names(self) -> set[str]:
        names = set()
        for label, block in self.function.blocks.items():
            for phi in block.phis:
                names.add(phi.dst.name)
                if label in self.flow.loops:
                    names.add(f"{phi.dst.name}_next")
        return names

    def _dispatch(self, bodies: dict[int, list[str]], ranks: list[int]) -> None:
        if len(ranks) == 1:
            self.lines += ["    " * self.depth + line for line in bodies[ranks[0]]]
            return
        half = len(ranks) // 2
        self._line(f"if b < {ranks[half]}:")
        self.depth += 1
        self._dispatch(bodies, ranks[:half])
        self.depth -= 1
        self._line("else:")
        self.depth += 1
        self._dispatch(bodies, ranks[half:])
        self.depth -= 1

    # Blocks

    def _body(self, label: int) -> list[str]:
        self.lines, self.depth = [], 0
        block = self.function.blocks.get(label)
        if block is None:
            self._latch(label)
            return self.lines
        work = sum(map(flops, block.ops))
        if work:
            self._line(f"if run.profile is not None: run.profile.flops(m, {work})")
        for op in block.ops:
            self._op(op)
        end = block.end
        if isinstance(end, Jump):
            target = self._edge(label, end.target, "m")
            self._line("if pending:")
            self._line(f"    b, m = L.go(pending, {target}, m)")
            self._line("else:")
            self._line(f"    b = {target}")
        elif isinstance(end, Branch):
            self._branch(label, end)
        else:
            self._return(end, raises=bool(block.ops) and block.ops[-1].kind == "raise")
        return self.lines

    def _branch(self, label: int, end: Branch) -> None:
        site = self.constants.name(end.site, ("site", end.site.id), "S")
        self._line(f"yes, no = L.split(m, {self._operand(end.condition)})")
        self._line(f"if run.profile is not None: run.profile.branch({site}, m, yes, no)")
        self._line("if no is False:")
        self.depth += 1
        self._line(f"b = {self._edge(label, end.then, 'm')}")
        self.depth -= 1
        self._line("elif yes is False:")
        self.depth += 1
        self._line(f"b = {self._edge(label, end.orelse, 'm')}")
        self.depth -= 1
        self._line("else:")
        self.depth += 1
        self._line(f"L.arrive(pending, {self._edge(label, end.then, 'yes')}, yes)")
        self._line("m = no")
        self._line(f"b = {self._edge(label, end.orelse, 'no')}")
        self.depth -= 1
        self._line("if pending: b, m = L.go(pending, b, m)")

    def _return(self, end: Return, raises: bool) -> None:
        if self.is_kernel:
            self._line("L.leave(m)")
        elif raises:
            self._line("L.end(m)")
        else:
            value = "None" if end.value is None else self._operand(end.value)
            self._line(f"result = L.choose(m, {value}, result)")
        self._resume()

    def _resume(self) -> None:
        self._line("if not pending: return result")
        self._line("b, m = L.resume(pending)")

    def _latch(self, label: int) -> None:
        loop = next(each for each in self.flow.loops.values() if each.latch == label)
        header = self.function.blocks[loop.header]
        names = [phi.dst.name for phi in header.phis]
        found = loop_site(self.function, loop)
        if found is not None:
            site = self.constants.name(found, ("site", found.id), "S")
            counter = f"turns{label}"
            self.counters.append(counter)
            state = "".join(f"{name}_next, " for name in names)
            kinds = waits_for(self.function, loop.body, self.program.roots.steady)
            self._line(f"{counter} += 1")
            self._line(f"if {counter} & 1023 < 2 and {counter} > 1:")
            self._line(f"    run.turn({site}, {counter}, m, ({state}), {sorted(kinds)!r})")
        self._line("if run.loneliness is not None: run.loneliness.turn(m, L.lane.size)")
        for name in names:
            if name in self.outlive:
                self._line(f"{name} = {name}_next if m is None else L.choose(m, {name}_next, {name})")
            else:
                self._line(f"{name} = {name}_next")
        self._line(f"b = {self.flow.rank[loop.header]}")
        self._line("if pending: b, m = L.go(pending, b, m)")

    def _edge(self, source: int, target: int, mask: str) -> int:
        """Give the phis of `target` their values; returns the number of the block to go to."""
        block = self.function.blocks[target]
        loop = self.flow.loops.get(target)
        back = loop is not None and source in loop.body
        place = self.flow.rank[loop.latch if back and loop is not None else target]
        if loop is not None and not back and loop_site(self.function, loop) is not None:
            self._line(f"turns{loop.latch} = 0")
        sets = [(phi, phi.incoming[source]) for phi in block.phis if source in phi.incoming]
        if sets:
            names = [phi.dst.name + ("_next" if back else "") for phi, _ in sets]
            values = [self._incoming(phi, got, back, mask, place) for phi, got in sets]
            self._line(f"{', '.join(names)} = {', '.join(values)}")
        return place

    def _incoming(self, phi: Phi, operand: Operand, back: bool, mask: str, place: int) -> str:
        value = self._cast(operand, phi.dst)
        name = phi.dst.name
        if back:
            return f"L.choose({mask}, {value}, {name}_next) if {place} in pending else {value}"
        if name in self.outlive:
            return f"L.choose({mask}, {value}, {name})"
        return f"L.choose({mask}, {value}, {name}) if {place} in pending else {value}"
