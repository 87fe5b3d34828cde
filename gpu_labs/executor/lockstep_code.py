"""The lock-step engine's compiler: a `Program` becomes Python source that works on lanes.

Every function of the program becomes one Python function. Its blocks are numbered by `flow.py`; the
function runs the waiting block with the lowest number until nobody waits. `b` is the block that runs, `m`
the mask of the lanes that run it and `pending` who waits where.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gpu_labs.executor import arith
from gpu_labs.executor.flow import Flow, analyse, outlive_their_loop, waits_for
from gpu_labs.executor.program import (
    ArrayType,
    Branch,
    Const,
    Function,
    Jump,
    Op,
    Operand,
    Phi,
    Program,
    Return,
    SliceOf,
    Var,
)

_INFIX = {"+", "-", "*", "/", "//", "%", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">="}
_COMPARE = {"==", "!=", "<", "<=", ">", ">="}
BOOL = np.dtype(np.bool_)


class Constants:
    """The names that generated code refers to, and what they stand for."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self._keys: dict[Any, str] = {}

    def name(self, value: Any, key: Any, stem: str) -> str:
        """A global name for `value`; equal keys share one."""
        if key not in self._keys:
            self._keys[key] = f"{stem}{len(self._keys)}"
            self.names[self._keys[key]] = value
        return self._keys[key]

    def operand(self, constant: Const) -> str:
        """A global name for a constant, as a scalar of its dtype."""
        value, kind = constant.value, constant.type
        if isinstance(kind, np.dtype) and kind.names is None:
            typed = np.array(value).astype(kind)[()]
            return self.name(typed, (str(kind), repr(typed)), "c")
        return self.name(value, id(value), "o")


def compile_program(program: Program) -> Callable[..., None]:
    """The kernel as a Python function of (run, *arguments), where `run` is a `lockstep.Run`."""
    constants = Constants()
    constants.names.update(arith_power=arith.power)
    order = {id(f): f"device{at}" for at, f in enumerate(program.functions)}
    source = "\n\n".join(
        [_FunctionCode(f, order[id(f)], order, constants).text() for f in program.functions]
        + [_FunctionCode(program.kernel, "kernel", order, constants).text()]
    )
    scope = dict(constants.names)
    exec(compile(source, f"<lock-step {program.kernel.name}>", "exec"), scope)
    return scope["kernel"]


class _FunctionCode:
    def __init__(self, function: Function, name: str, devices: dict[int, str], constants: Constants) -> None:
        self.function = function
        self.name = name
        self.devices = devices
        self.constants = constants
        self.flow: Flow = analyse(function)
        self.outlive = outlive_their_loop(function, self.flow)
        self.is_kernel = name == "kernel"
        self.lines: list[str] = []
        self.depth = 1
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

    def _line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    # Blocks

    def _body(self, label: int) -> list[str]:
        self.lines, self.depth = [], 0
        block = self.function.blocks.get(label)
        if block is None:
            self._latch(label)
            return self.lines
        flops = sum(map(_flops, block.ops))
        if flops:
            self._line(f"if run.profile is not None: run.profile.flops(m, {flops})")
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
            self._return(end)
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

    def _return(self, end: Return) -> None:
        if self.is_kernel:
            self._line("L.leave(m)")
            self._line("if not pending: return None")
        else:
            value = "None" if end.value is None else self._operand(end.value)
            self._line(f"result = L.choose(m, {value}, result)")
            self._line("if not pending: return result")
        self._line("b, m = L.resume(pending)")

    def _latch(self, label: int) -> None:
        loop = next(each for each in self.flow.loops.values() if each.latch == label)
        header = self.function.blocks[loop.header]
        names = [phi.dst.name for phi in header.phis]
        site = self._loop_site(loop.header, loop.body)
        if site is not None:
            counter = f"turns{label}"
            self.counters.append(counter)
            state = "".join(f"{name}_next, " for name in names)
            kinds = waits_for(self.function, loop.body)
            self._line(f"{counter} += 1")
            self._line(f"if {counter} & 1023 < 2 and {counter} > 1:")
            self._line(f"    run.turn({site}, {counter}, m, ({state}), {sorted(kinds)!r})")
        for name in names:
            if name in self.outlive:
                self._line(f"{name} = L.choose(m, {name}_next, {name})")
            else:
                self._line(f"{name} = {name}_next")
        self._line(f"b = {self.flow.rank[loop.header]}")
        self._line("if pending: b, m = L.go(pending, b, m)")

    def _block_ops(self, label: int) -> list[Op]:
        ops = list(self.function.blocks[label].ops)
        for op in tuple(ops):
            if op.kind == "call":
                ops += [inner for block in op.info.blocks.values() for inner in block.ops]
        return ops

    def _loop_site(self, header: int, body: frozenset[int]) -> str | None:
        """The line that a loop without an end is reported at; None where an iterator ends the loop."""
        if any(op.kind == "next" for op in self.function.blocks[header].ops):
            return None
        ends = [self.function.blocks[label].end for label in sorted(body)]
        branches = [end for end in ends if isinstance(end, Branch)]
        leaving = [e for e in branches if not {e.then, e.orelse} <= body] or branches
        if leaving:
            site = leaving[-1].site
        else:
            site = next((op.site for label in sorted(body) for op in self._block_ops(label) if op.site), None)
        if site is None:
            from gpu_labs.executor.program import Site

            line = next((op.line for label in sorted(body) for op in self._block_ops(label)), 0)
            site = Site(-1 - header, line, "", self.function.file, "loop")
        return self.constants.name(site, ("site", site.id), "S")

    def _edge(self, source: int, target: int, mask: str) -> int:
        """Give the phis of `target` their values; returns the number of the block to go to."""
        block = self.function.blocks[target]
        loop = self.flow.loops.get(target)
        back = loop is not None and source in loop.body
        place = self.flow.rank[loop.latch if back and loop is not None else target]
        if loop is not None and not back and self._loop_site(target, loop.body) is not None:
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

    # Operations

    def _operand(self, operand: Operand | None) -> str:
        if operand is None:
            return "None"
        if isinstance(operand, Var):
            return operand.name
        if isinstance(operand, SliceOf):
            parts = (operand.start, operand.stop, operand.step)
            return f"({', '.join(map(self._operand, parts))})"
        if isinstance(operand.type, ArrayType):
            return f"run.constant({self.constants.operand(operand)})"
        return self.constants.operand(operand)

    def _dtype(self, kind: np.dtype[Any]) -> str:
        return self.constants.name(kind, ("dtype", str(kind)), "D")

    def _cast(self, operand: Operand, dst: Var) -> str:
        """`operand` as a value of `dst`'s type."""
        text = self._operand(operand)
        if isinstance(operand, SliceOf) or not isinstance(dst.type, np.dtype) or dst.type.names:
            return text
        if isinstance(operand, Const):
            return self.constants.operand(Const(operand.value, dst.type))
        if operand.type == dst.type:
            return text
        return f"{text}.astype({self._dtype(dst.type)})"

    def _set(self, dst: Var | None, value: str) -> None:
        if dst is None:
            self._line(value)
        elif dst.name in self.outlive:
            self._line(f"{dst.name} = L.choose(m, {value}, {dst.name})")
        else:
            self._line(f"{dst.name} = {value}")

    def _op(self, op: Op) -> None:
        getattr(self, f"_op_{op.kind}")(op, [self._operand(a) for a in op.args])

    def _site(self, op: Op) -> str:
        assert op.site is not None
        return self.constants.name(op.site, ("site", op.site.id), "S")

    def _op_copy(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        self._set(op.dst, self._cast(op.args[0], op.dst))

    def _op_binary(self, op: Op, args: list[str]) -> None:
        dst, symbol = op.dst, op.info
        assert dst is not None
        kinds = [a.type if isinstance(a, (Var, Const)) else None for a in op.args]
        if isinstance(dst.type, np.dtype) and symbol not in _COMPARE and kinds[0] != kinds[1]:
            args = [self._cast(a, dst) for a in op.args]
            kinds = [dst.type, dst.type]
        if symbol in _INFIX:
            text = f"{args[0]} {symbol} {args[1]}"
        elif symbol == "**":
            text = f"arith_power({args[0]}, {args[1]})"
        else:
            text = f"{self._function(arith.BINARY[symbol], symbol)}({args[0]}, {args[1]})"
        natural = BOOL if symbol in _COMPARE else kinds[0]
        if symbol == "/" and isinstance(natural, np.dtype) and natural.kind in "iub":
            natural = np.dtype(np.float64)
        if isinstance(dst.type, np.dtype) and natural != dst.type:
            text = f"({text}).astype({self._dtype(dst.type)})"
        self._set(dst, text)

    def _function(self, function: Any, key: str) -> str:
        return self.constants.name(function, ("function", key), "F")

    def _op_unary(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None and isinstance(op.dst.type, np.dtype)
        function = self._function(arith.UNARY[op.info], f"unary {op.info}")
        self._set(op.dst, f"{function}({args[0]}).astype({self._dtype(op.dst.type)})")

    def _op_math(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        function = self._function(arith.function(op.info), op.info)
        text = f"{function}({', '.join(args)})"
        if isinstance(op.dst.type, np.dtype):
            text = f"{text}.astype({self._dtype(op.dst.type)})"
        self._set(op.dst, text)

    def _op_special(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        text = f"special[{op.info!r}]"
        if isinstance(op.dst.type, np.dtype) and op.dst.type not in (np.int32, np.int64):
            text += f".astype({self._dtype(op.dst.type)})"
        self._set(op.dst, text)

    def _indices(self, op: Op, operands: tuple[Operand, ...], array: str) -> str:
        parts = []
        for axis, index in enumerate(operands):
            if isinstance(index, Const) and isinstance(index.value, int) and index.value < 0:
                # A negative constant is Python's way to count from the end, and Numba compiles it so.
                parts.append(f"{array}.shape[{axis}] + {self._operand(index)}")
            else:
                parts.append(self._operand(index))
        return "".join(f", {p}" for p in parts)

    def _op_load(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"load({self._site(op)}, {args[0]}, m{self._indices(op, op.args[1:], args[0])})")

    def _op_store(self, op: Op, args: list[str]) -> None:
        indices = self._indices(op, op.args[1:-1], args[0])
        self._line(f"store({self._site(op)}, {args[0]}, m, {args[-1]}{indices})")

    def _op_view(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        verb = "view" if isinstance(op.dst.type, ArrayType) else "record"
        self._set(
            op.dst, f"P.{verb}({self._site(op)}, {args[0]}, m{self._indices(op, op.args[1:], args[0])})"
        )

    def _op_field(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"P.get_field({self._site(op)}, {args[0]}, m, {op.info!r})")

    def _op_setfield(self, op: Op, args: list[str]) -> None:
        self._line(f"P.set_field({self._site(op)}, {args[0]}, m, {op.info!r}, {args[1]})")

    def _op_atomic(self, op: Op, args: list[str]) -> None:
        array = op.args[0]
        assert isinstance(array, (Var, Const)) and isinstance(array.type, ArrayType)
        n = array.type.ndim if len(op.args) > 2 else 1
        count = len(op.args) - 1 - (2 if op.info == "cas" else 1)
        indices = self._indices(op, op.args[1 : 1 + count], args[0])
        operands = ", ".join(args[1 + count :])
        needed = op.dst is not None and self._is_read(op.dst.name)
        index = f"({indices[2:]},)" if indices else "()"
        text = f"run.atomic({self._site(op)}, {op.info!r}, {args[0]}, m, {index}, ({operands},), {needed})"
        assert n >= count
        self._set(op.dst if needed else None, text)

    def _is_read(self, name: str) -> bool:
        for block in self.function.blocks.values():
            for phi in block.phis:
                if any(isinstance(o, Var) and o.name == name for o in phi.incoming.values()):
                    return True
            for op in block.ops:
                if any(isinstance(o, Var) and o.name == name for o in op.args):
                    return True
            end = block.end
            got = end.condition if isinstance(end, Branch) else end.value if isinstance(end, Return) else None
            if isinstance(got, Var) and got.name == name:
                return True
        return False

    def _op_attribute(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"run.attribute({args[0]}, {op.info!r})")

    def _op_tuple(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"({''.join(a + ', ' for a in args)})")

    def _op_item(self, op: Op, args: list[str]) -> None:
        index = op.args[1]
        if isinstance(index, Const):
            self._set(op.dst, f"{args[0]}[{index.value}]")
        else:
            self._set(op.dst, f"run.item({args[0]}, {args[1]})")

    def _op_alloc(self, op: Op, args: list[str]) -> None:
        alloc = self.constants.name(op.info, ("alloc", op.info.id), "A")
        self._set(op.dst, f"run.allocate({alloc})")

    def _op_barrier(self, op: Op, args: list[str]) -> None:
        predicate = args[0] if args else "None"
        self._set(op.dst, f"run.barrier({self._site(op)}, {op.info!r}, m, {predicate})")

    def _op_warp(self, op: Op, args: list[str]) -> None:
        text = f"run.warp({self._site(op)}, {op.info!r}, m, ({''.join(a + ', ' for a in args)}))"
        if op.dst is not None and isinstance(op.dst.type, np.dtype):
            text += f".astype({self._dtype(op.dst.type)})"
        self._set(op.dst, text)

    def _op_fence(self, op: Op, args: list[str]) -> None:
        self._line("run.fence(m)")

    def _op_gridsync(self, op: Op, args: list[str]) -> None:
        self._line(f"run.grid_sync({self._site(op)}, m)")

    def _op_call(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"{self.devices[id(op.info)]}(run, m{''.join(', ' + a for a in args)})")

    def _op_range(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"run.range({', '.join(args)})")

    def _op_iter(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"run.iterate({self._site(op)}, {args[0]})")

    def _op_enumerate(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"run.enumerate({self._site(op)}, {args[0]}, {args[1]})")

    def _op_zip(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"run.zip({self._site(op)}, {', '.join(args)})")

    def _op_next(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        self._line(f"item, more = {args[0]}.next(m)")
        self._set(op.dst, "item")
        self._set(Var(op.info, BOOL), "more")

    def _op_print(self, op: Op, args: list[str]) -> None:
        self._line(f"run.print(m, {''.join(a + ', ' for a in args)})")


def _flops(op: Op) -> int:
    """Floating-point operations of one operation: two for a fused multiply-add, one for other arithmetic."""
    kinds = [a.type for a in op.args if isinstance(a, (Var, Const)) and isinstance(a.type, np.dtype)]
    if op.kind not in ("binary", "unary", "math") or not any(k.kind in "fc" for k in kinds):
        return 0
    return 0 if op.info in _COMPARE else 2 if op.info in ("fma", "hfma") else 1
