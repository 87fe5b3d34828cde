"""The serial engine's compiler, operations: one line of Python for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.ir.control_flow import Flow, analyse
from gpu_labs.executor.ir.emitter import ProgramCode, Writer
from gpu_labs.executor.ir.program import (
    SHUFFLES,
    ArrayType,
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
from gpu_labs.executor.serial import scalars

_ARITHMETIC = {"+", "-", "*"}


class OperationCode(Writer):
    """Writes operations. `widths` bounds the bits of integers, `same` names variables that are another's
    copy, and `doubles` holds float32 loads that are read as Python floats."""

    runtime = "T"

    def __init__(self, function: Function, program: ProgramCode) -> None:
        super().__init__(function, program)
        self.current = 0
        self.flow: Flow = analyse(function)
        self.widths: dict[str, int] = {p.name: width_of(p.type) for p in function.parameters}
        self.same: dict[str, str] = {}
        self.readers: dict[int, str] = {}
        self.number = ""
        self.doubles = _only_widened(function)
        self.phis = {phi.dst.name for block in function.blocks.values() for phi in block.phis}

    # Operands

    def _name(self, var: Var) -> str:
        return self.same.get(var.name, var.name)

    def _operand(self, operand: Operand | None) -> str:
        if operand is None:
            return "None"
        if isinstance(operand, Var):
            return self._name(operand)
        if isinstance(operand, SliceOf):
            return f"slice({', '.join(map(self._operand, (operand.start, operand.stop, operand.step)))})"
        if isinstance(operand.type, ArrayType):
            return f"T.constant({self.constants.operand(operand)}, {operand.name!r})"
        return self._constant(operand)

    def _constant(self, operand: Const) -> str:
        kind = operand.type
        if isinstance(kind, np.dtype) and kind.names is None:
            value = scalars.scalar(operand.value, kind)
            if type(value) in (int, bool) or (type(value) is float and np.isfinite(value)):
                return repr(value) if value >= 0 else f"({value!r})"
            return self.constants.name(value, (str(kind), repr(value)), "c")
        if operand.value is None or isinstance(operand.value, (str, tuple)):
            return repr(operand.value)
        return self.constants.name(operand.value, id(operand.value), "o")

    def _cast(self, operand: Operand, to: Any) -> str:
        if isinstance(operand, SliceOf) or not isinstance(to, np.dtype) or to.names:
            return self._operand(operand)
        if isinstance(operand, Const):
            return self._constant(Const(operand.value, to))
        if operand.type == to or not isinstance(operand.type, np.dtype):
            return self._operand(operand)
        return scalars.cast_code(self._operand(operand), operand.type, to, self._width_of(operand))

    def _width_of(self, operand: Operand) -> int:
        """Bits that an integer operand may need, its sign included."""
        if isinstance(operand, Const) and isinstance(operand.value, (int, np.integer)):
            return int(operand.value).bit_length() + 1
        if isinstance(operand, Var):
            return self.widths.get(self._name(operand), width_of(operand.type))
        return 64

    def _set(self, dst: Var | None, value: str) -> None:
        self._line(value if dst is None else f"{dst.name} = {value}")

    # Operations

    def _ops(self, ops: list[Op]) -> None:
        for op in ops:
            self._op(op)

    def _signed(self, index: str) -> str:
        return f"wrap_int64({index})"

    def _op_copy(self, op: Op, args: list[str]) -> None:
        dst, source = op.dst, op.args[0]
        assert dst is not None
        if isinstance(source, Var):
            plain = source.type == dst.type or not isinstance(dst.type, np.dtype)
            if plain and self._name(source) not in self.phis:
                self.same[dst.name] = self._name(source)
                return
            if source.name in self.doubles:
                self.same[dst.name] = self._name(source)
                return
            if isinstance(dst.type, np.dtype) and isinstance(source.type, np.dtype):
                self.widths[dst.name] = min(self._width_of(source), width_of(dst.type))
        self._set(dst, self._cast(source, dst.type))

    def _op_binary(self, op: Op, args: list[str]) -> None:
        dst, symbol = op.dst, op.info
        assert dst is not None and isinstance(dst.type, np.dtype)
        kinds = [a.type if isinstance(a, (Var, Const)) else None for a in op.args]
        compares = symbol in ("==", "!=", "<", "<=", ">", ">=")
        if not compares and kinds[0] != kinds[1] and symbol not in ("is", "is not"):
            args = [self._cast(a, dst.type) for a in op.args]
            kinds = [dst.type, dst.type]
        kind = kinds[0]
        if compares or symbol in ("is", "is not"):
            if symbol in ("is", "is not") and isinstance(kind, np.dtype) and kind == kinds[1]:
                symbol = "==" if symbol == "is" else "!="
            text = f"{args[0]} {symbol} {args[1]}"
            if isinstance(kind, np.dtype) and kind.kind == "f" and kind != np.float64:
                text = f"bool({text})"
        elif isinstance(kind, np.dtype) and kind.kind in "iu":
            text = self._integer(op, symbol, args, dst)
        elif isinstance(kind, np.dtype) and kind == np.float64 and symbol in _ARITHMETIC:
            text = f"{args[0]} {symbol} {args[1]}"
        elif (
            isinstance(kind, np.dtype)
            and kind.kind in "fc"
            and kind != np.float64
            and symbol in (*_ARITHMETIC, "/")
        ):
            text = f"{args[0]} {symbol} {args[1]}"
            if dst.type != kind:
                text = scalars.cast_code(f"({text})", kind, dst.type, 64)
        elif isinstance(kind, np.dtype) and kind.kind == "b" and symbol in "&|^":
            text = f"{args[0]} {symbol} {args[1]}"
        else:
            function = self._function(arith.BINARY[symbol], symbol)
            text = self._numpy_call(function, op, args, kinds)
        self._set(dst, text)

    def _integer(self, op: Op, symbol: str, args: list[str], dst: Var) -> str:
        assert isinstance(dst.type, np.dtype)
        if dst.type.kind == "f":
            return f"true_divide({args[0]}, {args[1]})"
        a, b = (self._width_of(o) for o in op.args)
        width = {"+": max(a, b) + 1, "-": max(a, b) + 1, "*": a + b}.get(symbol, 64)
        limit = dst.type.itemsize * 8 if dst.type.kind == "i" else 0
        if symbol in ("//", "%"):
            self.widths[dst.name] = min(max(a, b), 64)
            return f"{'floor_divide' if symbol == '//' else 'remainder'}({args[0]}, {args[1]})"
        if symbol in ("**", "<<", ">>"):
            verb = {"**": "power", "<<": "shift_left", ">>": "shift_right"}[symbol]
            return f"wrap_{dst.type}({verb}({args[0]}, {args[1]}))"
        text = f"{args[0]} {symbol} {args[1]}"
        if symbol in ("&", "|", "^"):
            return text
        if width <= limit:
            self.widths[dst.name] = width
            return text
        self.widths[dst.name] = width_of(dst.type)
        return f"wrap_{dst.type}({text})"

    def _numpy_call(self, function: str, op: Op, args: list[str], kinds: list[Any]) -> str:
        """A NumPy function on scalars of the right dtypes, and back to the engine's numbers."""
        typed = [
            f"{self.constants.name(k.type, ('type', str(k)), 'N')}({a})" if isinstance(k, np.dtype) else a
            for a, k in zip(args, kinds, strict=True)
        ]
        text = f"{function}({', '.join(typed)})"
        if op.dst is not None and isinstance(op.dst.type, np.dtype):
            name = self._dtype(op.dst.type)
            return f"scalar({text}, {name})"
        return f"scalar_tuple({text})"

    def _op_unary(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None and isinstance(op.dst.type, np.dtype)
        if op.info == "not":
            self._set(op.dst, f"not {args[0]}")
        elif op.info == "pos":
            self._set(op.dst, args[0])
        elif op.dst.type.kind in "iu":
            self._set(op.dst, f"wrap_{op.dst.type}({'-' if op.info == 'neg' else '~'}{args[0]})")
        else:
            self._set(op.dst, f"-{args[0]}")

    def _op_math(self, op: Op, args: list[str]) -> None:
        function = self._function(arith.function(op.info), op.info)
        kinds = [a.type if isinstance(a, (Var, Const)) else None for a in op.args]
        self._set(op.dst, self._numpy_call(function, op, args, kinds))

    def _op_special(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        self.widths[op.dst.name] = 33 if op.info[:4] != "grid" else 42
        self._set(op.dst, f"special[{op.info!r}]")

    def _op_load(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        array, index = args[0], self._indices(op.args[1:], args[0])
        slow = f"T.load({self._site(op)}, {array}, {', '.join(index)})"
        self.widths[op.dst.name] = width_of(op.dst.type)
        if self.readers.get(id(op)) == "":
            return  # the loop goes over these values
        if id(op) in self.readers:
            self._set(op.dst, f"{self.readers[id(op)]}[{self.number}]")
            return
        if len(index) != 1:
            self.doubles.discard(op.dst.name)
            self._set(op.dst, slow)
            return
        reader = "fast"
        if op.dst.name in self.doubles:
            reader, slow = "wide", f"float({slow})"
        fast = f"{array}.{reader}[{index[0]}] if 0 <= {index[0]} < {array}.length else {slow}"
        self._set(op.dst, fast)

    def _op_store(self, op: Op, args: list[str]) -> None:
        array = op.args[0]
        assert isinstance(array, (Var, Const)) and isinstance(array.type, ArrayType)
        value = self._cast(op.args[-1], array.type.dtype)
        index = ", ".join(self._indices(op.args[1:-1], args[0]))
        self._line(f"T.store({self._site(op)}, {args[0]}, {value}, {index})")

    def _op_view(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        verb = "view" if isinstance(op.dst.type, ArrayType) else "record"
        index = ", ".join(self._indices(op.args[1:], args[0]))
        self._set(op.dst, f"T.{verb}({self._site(op)}, {args[0]}, {index})")

    def _op_field(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"T.get_field({self._site(op)}, {args[0]}, {op.info!r})")

    def _op_part(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"T.part({args[0]}, {self.constants.name(op.info, ('part', op.info), 'E')})")

    def _op_reshape(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"T.reshape({self._site(op)}, {args[0]}, ({', '.join(args[1:])},))")

    def _op_flat(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"T.flat({self._site(op)}, {args[0]}, {op.info})")

    def _op_setfield(self, op: Op, args: list[str]) -> None:
        self._line(f"T.set_field({self._site(op)}, {args[0]}, {op.info!r}, {args[1]})")

    def _op_fill(self, op: Op, args: list[str]) -> None:
        array = op.args[0]
        assert isinstance(array, (Var, Const)) and isinstance(array.type, ArrayType)
        self._line(f"T.fill({self._site(op)}, {args[0]}, {self._cast(op.args[1], array.type.dtype)})")

    def _op_each(self, op: Op, args: list[str]) -> None:
        what = self.constants.name(op.info, ("each", op.info), "E")
        typed = [
            f"{self.constants.name(a.type.type, ('type', str(a.type)), 'N')}({text})"
            if isinstance(a, (Var, Const)) and isinstance(a.type, np.dtype)
            else text
            for a, text in zip(op.args, args, strict=True)
        ]
        self._line(f"T.each({self._site(op)}, {what}, ({', '.join(typed)},))")

    def _op_defined(self, op: Op, args: list[str]) -> None:
        self._line(f"if not {args[0]}: T.undefined({self._site(op)}, {self._unset(op)})")

    def _op_atomic(self, op: Op, args: list[str]) -> None:
        index, operands = self._atomic_parts(op, args)
        self._set(op.dst, f"T.atomic({self._site(op)}, {op.info!r}, {args[0]}, {index}, {operands})")

    def _op_attribute(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"T.attribute({args[0]}, {op.info!r})")
        if op.dst is not None:
            self.widths[op.dst.name] = 48

    def _op_item(self, op: Op, args: list[str]) -> None:
        known = isinstance(op.args[1], Const)
        text = f"{args[0]}[{args[1]}]" if known else f"T.item({self._site(op)}, {args[0]}, {args[1]})"
        self._set(op.dst, text)

    def _mark_rank(self, label: int) -> None:
        """Note how far the thread has come, to tell a thread that returned before a barrier from one that passed it."""
        if self.is_kernel and self.program.waiting:
            self._line(f"T.rank = {self.flow.rank[label]}")

    def _op_barrier(self, op: Op, args: list[str]) -> None:
        self._mark_rank(self.current)
        self._set(op.dst, f"yield ('barrier', {self._site(op)}, {op.info!r}, {args[0] if args else 'None'})")

    def _op_warp(self, op: Op, args: list[str]) -> None:
        kinds = [a.type if isinstance(a, (Var, Const)) else None for a in op.args]
        dtypes = self.constants.name(tuple(kinds), ("dtypes", str(kinds)), "D")
        values = f"({''.join(a + ', ' for a in args)})"
        wanted = op.dst.type if op.dst is not None and isinstance(op.dst.type, np.dtype) else None
        dtype = self._dtype(wanted)
        rank = self.flow.rank[self.current]
        self._mark_rank(self.current)
        text = f"yield ('warp', {self._site(op)}, {op.info!r}, {values}, {dtypes}, {dtype}, {rank})"
        if op.info in SHUFFLES and op.dst is not None:
            self._line(f"{op.dst.name}, {companion(op.dst).name} = {text}")
        else:
            self._set(op.dst, text)

    def _op_fence(self, op: Op, args: list[str]) -> None:
        self._line("T.fence()")

    def _op_gridsync(self, op: Op, args: list[str]) -> None:
        self._line(f"yield ('grid', {self._site(op)}, 'grid', None)")

    def _op_call(self, op: Op, args: list[str]) -> None:
        wait = "yield from " if id(op.info) in self.program.waiting else ""
        if wait or id(op.info) in self.program.raising:
            self._mark_rank(self.current)
        self._set(op.dst, f"{wait}{self.program.names[id(op.info)]}(T{''.join(', ' + a for a in args)})")

    def _op_range(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"T.range({self._site(op)}, {', '.join(args)})")

    def _op_iter(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"T.iterate({self._site(op)}, {args[0]})")

    def _op_enumerate(self, op: Op, args: list[str]) -> None:
        self._set(op.dst, f"enumerate(T.iterate({self._site(op)}, {args[0]}), {args[1]})")

    def _op_zip(self, op: Op, args: list[str]) -> None:
        parts = ", ".join(f"T.iterate({self._site(op)}, {a})" for a in args)
        self._set(op.dst, f"zip({parts})")

    def _op_next(self, op: Op, args: list[str]) -> None:
        assert op.dst is not None
        self._line(f"{op.dst.name}, {op.info} = next_of({args[0]})")

    def _op_print(self, op: Op, args: list[str]) -> None:
        self._line(f"T.print({''.join(a + ', ' for a in args)})")

    def _op_raise(self, op: Op, args: list[str]) -> None:
        self._mark_rank(self.current)
        if isinstance(op.info, Unset):
            self._line(f"T.undefined({self._site(op)}, {self._unset(op)}, ends=True)")
        else:
            self._line(f"T.raised({self._site(op)}, {op.info!r})")


def _only_widened(function: Function) -> set[str]:
    """float32 loads of which nothing but a cast to float64 is ever used: they are read as Python floats."""
    loads: set[str] = set()
    other: set[str] = set()
    for block in function.blocks.values():
        for op in block.ops:
            if op.kind == "load" and op.dst is not None and op.dst.type == np.float32:
                loads.add(op.dst.name)
            widens = op.kind == "copy" and op.dst is not None and op.dst.type == np.float64
            if not widens:
                other |= {a.name for a in op.args if isinstance(a, Var)}
                for a in op.args:
                    if isinstance(a, SliceOf):
                        other |= {p.name for p in (a.start, a.stop, a.step) if isinstance(p, Var)}
        for phi in block.phis:
            other |= {o.name for o in phi.incoming.values() if isinstance(o, Var)}
        if isinstance(block.end, Return) and isinstance(block.end.value, Var):
            other.add(block.end.value.name)
    return loads - other


def width_of(kind: Any) -> int:
    """Bits of an integer type, one more for unsigned ones."""
    if not isinstance(kind, np.dtype) or kind.kind not in "iub":
        return 64
    return kind.itemsize * 8 + (kind.kind == "u") if kind != np.bool_ else 2
