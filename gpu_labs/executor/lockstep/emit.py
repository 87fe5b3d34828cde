"""The lock-step engine's compiler, operations: one line of Python on lanes for each."""

from __future__ import annotations

import numpy as np

from gpu_labs.executor.ir.emitter import INT64, ProgramCode, Writer
from gpu_labs.executor.ir.program import (
    SHUFFLES,
    ArrayType,
    Branch,
    Const,
    Function,
    Op,
    Operand,
    Return,
    SliceOf,
    Unset,
    Var,
    companion,
)
from gpu_labs.executor.runtime import arith
from gpu_labs.executor.runtime.atomics import Atomic

_INFIX = {"+", "-", "*", "/", "//", "%", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">="}
_COMPARE = {"==", "!=", "<", "<=", ">", ">="}
BOOL = np.dtype(np.bool_)


class OperationCode(Writer):
    """Writes operations. The subclass writes the control flow around them and says which variables
    `outlive` a loop and must keep their value where a thread does not take part."""

    runtime = "run"

    def __init__(self, function: Function, program: ProgramCode) -> None:
        super().__init__(function, program)
        self.outlive: set[str] = set()

    def _operand(self, operand: Operand | None) -> str:
        if operand is None:
            return "None"
        if isinstance(operand, Var):
            return operand.name
        if isinstance(operand, SliceOf):
            parts = (operand.start, operand.stop, operand.step)
            return f"({', '.join(map(self._operand, parts))})"
        if isinstance(operand.type, ArrayType):
            return f"run.constant({self.constants.operand(operand)}, {operand.name!r})"
        return self.constants.operand(operand)

    def _cast(self, operand: Operand, dst: Var) -> str:
        """`operand` as a value of `dst`'s type."""
        text = self._operand(operand)
        if isinstance(operand, SliceOf) or not isinstance(dst.type, np.dtype) or dst.type.names:
            return text
        if isinstance(operand, Const):
            return self.constants.operand(Const(operand.value, dst.type))
        if operand.type == dst.type:
            return text
        return f"{text}.astype({self._dtype(dst.type)}, copy=False)"

    def _set(self, dst: Var | None, value: str) -> None:
        if dst is None:
            self._line(value)
        elif dst.name in self.outlive:
            self._line(f"{dst.name} = L.choose(m, {value}, {dst.name})")
        else:
            self._line(f"{dst.name} = {value}")

    def _signed(self, index: str) -> str:
        return f"{index}.astype({self._dtype(INT64)}, copy=False)"

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
        if symbol == "*" and isinstance(dst.type, np.dtype) and dst.type.kind == "c":
            text = f"{self._function(arith.product, 'product')}({args[0]}, {args[1]})"
        elif symbol in _INFIX:
            text = f"{args[0]} {symbol} {args[1]}"
        elif symbol == "**":
            text = f"arith_power({args[0]}, {args[1]})"
        else:
            text = f"{self._function(arith.BINARY[symbol], symbol)}({args[0]}, {args[1]})"
        natural = BOOL if symbol in _COMPARE else kinds[0]
        if symbol == "/" and isinstance(natural, np.dtype) and natural.kind in "iub":
            natural = np.dtype(np.float64)
        if isinstance(dst.type, np.dtype) and natural != dst.type:
            text = f"({text}).astype({self._dtype(dst.type)}, copy=False)"
        self._set(dst, text)

    def _op_unary(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None and isinstance(op.dst.type, np.dtype)
        function = self._function(arith.UNARY[op.info], f"unary {op.info}")
        self._set(op.dst, f"{function}({args[0]}).astype({self._dtype(op.dst.type)}, copy=False)")

    def _op_math(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        function = self._function(arith.function(op.info), op.info)
        text = f"{function}({', '.join(args)})"
        if isinstance(op.dst.type, np.dtype):
            text = f"{text}.astype({self._dtype(op.dst.type)}, copy=False)"
        self._set(op.dst, text)

    def _op_special(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        text = f"special[{op.info!r}]"
        if isinstance(op.dst.type, np.dtype) and op.dst.type not in (np.int32, np.int64):
            text += f".astype({self._dtype(op.dst.type)}, copy=False)"
        self._set(op.dst, text)

    def _index(self, operands: tuple[Operand, ...], array: str) -> str:
        return "".join(f", {part}" for part in self._indices(operands, array))

    def _op_load(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"load({self._site(op)}, {args[0]}, m{self._index(op.args[1:], args[0])})")

    def _op_store(self, op: Op, args: list[str]) -> None:
        indices = self._index(op.args[1:-1], args[0])
        self._line(f"store({self._site(op)}, {args[0]}, m, {args[-1]}{indices})")

    def _op_view(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        verb = "view" if isinstance(op.dst.type, ArrayType) else "record"
        self._set(op.dst, f"P.{verb}({self._site(op)}, {args[0]}, m{self._index(op.args[1:], args[0])})")

    def _op_field(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"P.get_field({self._site(op)}, {args[0]}, m, {op.info!r})")

    def _op_part(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"run.part({args[0]}, {self.constants.name(op.info, ('part', op.info), 'E')})")

    def _op_reshape(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"run.reshape({self._site(op)}, m, {args[0]}, ({', '.join(args[1:])},))")

    def _op_flat(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"Flat(run.port, {self._site(op)}, {args[0]}, {op.info})")

    def _op_setfield(self, op: Op, args: list[str]) -> None:
        self._line(f"P.set_field({self._site(op)}, {args[0]}, m, {op.info!r}, {args[1]})")

    def _op_fill(self, op: Op, args: list[str]) -> None:
        self._line(f"P.fill({self._site(op)}, {args[0]}, m, {args[1]})")

    def _op_each(self, op: Op, args: list[str]) -> None:
        what = self.constants.name(op.info, ("each", op.info), "E")
        self._line(f"run.each({self._site(op)}, {what}, m, ({', '.join(args)},))")

    def _op_defined(self, op: Op, args: list[str]) -> None:
        self._line(f"if not {args[0]}.all(): {self._undefined(op, args[0])}")

    def _undefined(self, op: Op, known: str) -> str:
        return f"run.watch.undefined({self._site(op)}, {self._unset(op)}, m, {known})"

    def _op_atomic(self, op: Op, args: list[str]) -> None:
        index, operands = self._atomic_parts(op, args)
        needed = op.dst is not None and self._is_read(op.dst.name)
        assert op.site is not None
        atomic = self.constants.name(
            Atomic(op.site, op.info, needed), ("atomic", op.site.id, op.info, needed), "A"
        )
        text = f"run.atomic({atomic}, {args[0]}, m, {index}, {operands})"
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

    def _op_item(self, op: Op, args: list[str]) -> None:
        index = op.args[1]
        if isinstance(index, Const):
            self._set(op.dst, f"{args[0]}[{index.value}]")
        else:
            self._set(op.dst, f"run.item({self._site(op)}, m, {args[0]}, {args[1]})")

    def _op_barrier(self, op: Op, args: list[str]) -> None:
        predicate = args[0] if args else "None"
        self._set(op.dst, f"run.barrier({self._site(op)}, {op.info!r}, m, {predicate})")

    def _op_warp(self, op: Op, args: list[str]) -> None:
        text = f"run.warp({self._site(op)}, {op.info!r}, m, ({''.join(a + ', ' for a in args)}))"
        if op.info in SHUFFLES and op.dst is not None:
            self._line(f"item, known = {text}")
            self._set(op.dst, f"item.astype({self._dtype(op.dst.type)}, copy=False)")  # type: ignore[arg-type]
            self._set(companion(op.dst), "known")
            return
        if op.dst is not None and isinstance(op.dst.type, np.dtype):
            text += f".astype({self._dtype(op.dst.type)}, copy=False)"
        self._set(op.dst, text)

    def _op_fence(self, op: Op, args: list[str]) -> None:
        self._line("run.fence(m)")

    def _op_gridsync(self, op: Op, args: list[str]) -> None:
        self._line(f"run.grid_sync({self._site(op)}, m)")

    def _op_call(self, op: Op, args: list[str]) -> None:
        text = f"{self.program.names[id(op.info)]}(run, m{''.join(', ' + a for a in args)})"
        if id(op.info) in self.program.raising:
            # Who raised in there does not come back; the variable keeps what other lanes have in it.
            self._line(f"got = {text}; m = L.living(m)")
            self._line("if m is False:")
            self.depth += 1
            self._resume()
            self._line("continue")
            self.depth -= 1
            text = "got"
        self._set(op.dst, text)

    def _resume(self) -> None:
        """Go on with the threads that wait; the subclass knows how."""
        raise NotImplementedError

    def _op_range(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"run.range({self._site(op)}, m, {', '.join(args)})")

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

    def _op_raise(self, op: Op, args: list[str]) -> None:
        if isinstance(op.info, Unset):
            self._line(self._undefined(op, self._function(np.bool_(False), "false")))
        else:
            self._line(f"run.watch.raised({self._site(op)}, {op.info!r}, m)")


def flops(op: Op) -> int:
    """Floating-point operations of one operation: two for a fused multiply-add, one for other arithmetic."""
    kinds = [a.type for a in op.args if isinstance(a, (Var, Const)) and isinstance(a.type, np.dtype)]
    if op.kind not in ("binary", "unary", "math") or not any(k.kind in "fc" for k in kinds):
        return 0
    return 0 if op.info in _COMPARE else 2 if op.info in ("fma", "hfma") else 1
