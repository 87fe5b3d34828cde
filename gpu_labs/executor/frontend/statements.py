"""From Numba's typed IR to the executor's own `Program`: statements and expressions.

The front end (`lowering.py`, `subscripts.py`, `calls.py`) and `gate.py` are all that knows Numba; everything
behind them reads a `Program`.
"""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import enum
import types as python_types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gpu_labs.executor.frontend import overloads, subscripts, tuple_operators, type_inference
from gpu_labs.executor.frontend.attributes import lower_attribute
from gpu_labs.executor.frontend.calls import lower_call
from gpu_labs.executor.frontend.lowering import BOOL, Lowering, is_record
from gpu_labs.executor.frontend.numba_reads import read_before_a_value
from gpu_labs.executor.frontend.numba_types import (
    is_dim3,
    is_special,
    is_stub,
    known_by_type,
    type_of,
)
from gpu_labs.executor.frontend.private_names import ir, types
from gpu_labs.executor.frontend.undefined import watch_undefined
from gpu_labs.executor.ir.intrinsics import OPERATORS, SYNCHRONISING
from gpu_labs.executor.ir.program import (
    ArrayType,
    Block,
    Branch,
    Const,
    Function,
    Jump,
    Operand,
    Phi,
    Program,
    Return,
    SliceOf,
    TupleType,
    Var,
    source_of,
)
from graphviz_tools.language import _


def build(typed: type_inference.Typed) -> Program:
    """The program of a typed kernel and of every device function that it calls.

    Raises:
        Unsupported: the executor cannot run it.
    """
    program = Program(kernel=None, functions=[], sites=[], allocs=[])  # type: ignore[arg-type]
    program.kernel = FunctionLowering(typed, program, {}).function()
    return program


class FunctionLowering(Lowering):
    """Lowers the statements and expressions of one function."""

    def function(self) -> Function:
        """The whole function."""
        code = self.typed.function.__code__
        blocks = self.typed.ir.blocks
        parameters = tuple(self.var(f"arg.{name}") for name in self.typed.ir.arg_names)
        self.line = code.co_firstlineno
        self.unset: dict[tuple[int, str], tuple[int, ...]] = {}
        self._learn_constants()
        made = {label: self._block(label, block) for label, block in sorted(blocks.items())}
        returns = type_of(self.typed.return_type)
        first, source = source_of(code)
        function = Function(
            name=code.co_name,
            parameters=parameters,
            returns=returns,
            entry=min(blocks),
            blocks=made,
            file=self.file,
            first_line=first,
            source=source,
        )
        watch_undefined(self, function, self.unset)
        return function

    def device(self, function: Callable[..., Any], args: tuple[Any, ...], returns: Any) -> Function:
        """The program of a device function for these types, made once."""
        typed = type_inference.type_function(function, args)
        if typed.return_type != returns:  # declared with @cuda.jit("int32(int32)", device=True)
            typed = type_inference.type_function(function, args, returns=returns)
        shown = self.shown or ((self.file, self.line) if _of_a_library(function) else None)
        key = (id(typed), shown)
        if key not in self.built:
            made = FunctionLowering(typed, self.program, self.built, shown).function()
            self.built[key] = made
            self.program.functions.append(made)
        return self.built[key]

    def _learn_constants(self) -> None:
        """Compile-time objects, found before lowering because a phi may name one from a later block."""
        self._note_calls_without_parentheses()
        for block in self.typed.ir.blocks.values():
            for statement in block.body:
                if isinstance(statement, ir.Assign):
                    self._learn(statement.target.name, statement.value)
        for name in read_before_a_value(self.typed.ir.blocks):
            if isinstance(self.known.get(name), (bool, int, float, complex)):
                del self.known[name]

    def _learn(self, name: str, value: Any) -> None:
        if isinstance(value, (ir.Const, ir.Global, ir.FreeVar)):
            self.known[name] = self._frozen(value.value)
            if not isinstance(value, ir.Const):
                self.titles[name] = value.name
        elif isinstance(value, ir.Arg):
            handed_over = known_by_type(self.typed.typemap[name])
            if handed_over is not None:
                self.known[name] = handed_over
        elif isinstance(value, ir.Var) and value.name in self.known:
            self.known[name] = self.known[value.name]
            self.titles[name] = self.titles.get(value.name, "constant")
        elif isinstance(value, ir.Expr) and value.op == "getattr" and value.value.name in self.known:
            home = self.known[value.value.name]
            if isinstance(home, (python_types.ModuleType, type)) or is_stub(home):
                found = getattr(home, value.attr, None)
                if not is_dim3(home) and found is not None and not is_special(found):
                    self.known[name] = self._frozen(found)

        elif isinstance(value, ir.Expr) and value.op == "static_getitem" and value.value.name in self.known:
            home = self.known[value.value.name]
            if isinstance(home, enum.EnumMeta):
                self.known[name] = home[value.index]

    def _frozen(self, value: Any) -> Any:
        """An array that the kernel takes from outside as it is now: Numba compiles its values in."""
        if type(value) is tuple and any(isinstance(item, np.ndarray) for item in value):
            return tuple(map(self._frozen, value))
        if hasattr(value, "__cuda_array_interface__"):  # device memory stays what it is
            if not isinstance(getattr(value, "host", None), np.ndarray):
                raise self.refuse(
                    _("An array of another library cannot come from outside: pass it as an argument.")
                )
            return value.host
        if not isinstance(value, np.ndarray):
            return value
        kept = self.program.frozen.get(id(value))
        if kept is None:
            kept = self.program.frozen[id(value)] = (value, value.copy(order="K"))
        _original, frozen = kept
        return frozen

    def _note_calls_without_parentheses(self) -> None:
        """`cuda.syncthreads` alone on a line: nothing reads it, and nothing happens."""
        blocks = self.typed.ir.blocks.values()
        read = {v.name for block in blocks for s in block.body for v in s.list_vars() if not _makes(s, v)}
        for block in blocks:
            for s in block.body:
                if isinstance(s, ir.Assign) and s.target.name not in read and isinstance(s.value, ir.Expr):
                    value = s.value
                    home = self.typed.typemap.get(value.value.name) if value.op == "getattr" else None
                    if isinstance(home, types.Module) and value.attr in SYNCHRONISING:
                        self.line = s.loc.line
                        self.program.uncalled.append((self.site("barrier"), value.attr))

    # Statements

    def _block(self, label: int, block: Any) -> Block:
        self.ops = []
        made = Block(label, ops=self.ops)
        for statement in block.body:
            self.line = statement.loc.line
            if isinstance(statement, ir.Assign):
                if isinstance(statement.value, ir.Expr) and statement.value.op == "phi":
                    self._phi(made, statement)
                else:
                    self._assign(statement.target, statement.value)
            elif isinstance(statement, ir.Jump):
                made.end = Jump(statement.target)
            elif isinstance(statement, ir.Branch):
                condition = self.cast(self.operand(statement.cond), types.boolean)
                made.end = Branch(condition, statement.truebr, statement.falsebr, self.site("branch"))
            elif isinstance(statement, ir.Return):
                made.end = Return(self.operand(statement.value))
            elif isinstance(statement, (ir.StaticRaise, ir.DynamicRaise)):
                self.emit("raise", None, (), _exception(statement), self.site("raise"))
                made.end = Return(None)  # a GPU kernel without debug=True ends the thread and tells nobody
            else:
                self._statement(statement)
        return made

    def _phi(self, made: Block, statement: Any) -> None:
        name = statement.target.name
        if name in self.known:
            return
        value = statement.value
        incoming = {}
        dst = self.var(name)
        sources = list(zip(value.incoming_blocks, value.incoming_values, strict=True))
        for label, source in sources:
            if source is not ir.UNDEFINED:
                got = self.operand(source)
                if isinstance(got, Const) and isinstance(dst.type, np.dtype):
                    got = Const(got.value, dst.type)
                incoming[label] = got
        self.unset[made.label, name] = tuple(label for label, source in sources if source is ir.UNDEFINED)
        made.phis.append(Phi(dst, incoming))

    def _statement(self, statement: Any) -> None:
        if isinstance(statement, (ir.SetItem, ir.StaticSetItem)):
            subscripts.store(self, statement)
        elif isinstance(statement, ir.SetAttr):
            target, value = self.operand(statement.target), self.operand(statement.value)
            if not is_record(target):
                raise self.refuse(
                    _("A kernel cannot set `{name}`, only the fields of records.", name=statement.attr)
                )
            subscripts.set_field(self, target, value, statement.attr)
        elif isinstance(statement, ir.Print):
            self.emit("print", None, tuple(map(self._printable, statement.args)))
        elif not isinstance(statement, ir.Del):
            raise self.reject(_("The executor does not know `{kind}`.", kind=type(statement).__name__))

    def _printable(self, variable: Any) -> Operand:
        got = self.operand(variable)
        if isinstance(got, Const) and is_dim3(got.value):
            raise self.refuse(
                _(
                    "{name} holds three numbers: print {name}.x, with .x, .y or .z.",
                    name=f"cuda.{got.value.__name__}",
                )
            )
        if isinstance(got, SliceOf) or isinstance(got.type, ArrayType) or is_record(got):
            raise self.reject(_("print takes numbers and constant strings: print one element, such as x[i]."))
        return got

    # Expressions

    def _assign(self, target: Any, value: Any) -> None:
        name = target.name
        if name in self.known:
            return
        if isinstance(value, ir.Arg):
            self.emit("copy", self.var(name), (self.var(f"arg.{value.name}"),))
        elif isinstance(value, ir.Var):
            if value.name in self.slices:
                self.slices[name] = self.slices[value.name]
                return
            if value.name in self.parts:
                self.parts[name] = self.parts[value.name]
            self.emit("copy", self.var(name), (self.operand(value),))
        elif isinstance(value, (ir.Const, ir.Global, ir.FreeVar)):
            self.emit("copy", self.var(name), (Const(value.value, self.var(name).type),))
        elif isinstance(value, ir.Expr):
            getattr(self, f"_expr_{value.op}", self._unknown)(name, value)
        else:
            raise self.reject(_("The executor does not know `{value}`.", value=value))

    def _unknown(self, name: str, value: Any) -> None:
        raise self.reject(_("The executor does not know `{op}`.", op=value.op))

    def _expr_cast(self, name: str, value: Any) -> None:
        self.emit("copy", self.var(name), (self.operand(value.value),))

    def _expr_binop(self, name: str, value: Any) -> None:
        signature = self.typed.calltypes[value]
        symbol = OPERATORS.get(value.immutable_fn if value.op == "inplace_binop" else value.fn)
        left, right = self.operand(value.lhs), self.operand(value.rhs)
        if symbol is None or isinstance(left, SliceOf) or isinstance(right, SliceOf):
            raise self.reject(_("The executor does not know this operator."))
        nothing = [_is_none(self.typed.typemap[side.name]) for side in (value.lhs, value.rhs)]
        if symbol in ("is", "is not") and any(nothing):
            self.emit("copy", self.var(name), (Const(all(nothing) == (symbol == "is"), BOOL),))
            return
        if symbol in ("is", "is not") and self._unlike(value.lhs, value.rhs):
            self.emit("copy", self.var(name), (Const(symbol == "is not", BOOL),))
            return
        if symbol == "in":
            tuple_operators.contains(self, name, value)
            return
        if isinstance(left.type, TupleType) or isinstance(right.type, TupleType):
            tuple_operators.compute(self, name, symbol, value.lhs, value.rhs)
            return
        if isinstance(left.type, ArrayType) or isinstance(right.type, ArrayType):
            raise self.reject(
                _("A kernel computes with elements, not with whole arrays: write x[i], in a loop.")
            )
        result = self.var(name)
        first, second = signature.args
        if symbol in ("<<", ">>"):
            first = second = signature.return_type
        self.emit("binary", result, (self.cast(left, first), self.cast(right, second)), symbol)

    _expr_inplace_binop = _expr_binop

    def _unlike(self, left: Any, right: Any) -> bool:
        """Whether two members are of different enumerations: then neither is the other, whatever their values."""
        kinds = [self.typed.typemap[side.name] for side in (left, right)]
        return kinds[0] != kinds[1] and all(isinstance(kind, types.EnumMember) for kind in kinds)

    def _expr_unary(self, name: str, value: Any) -> None:
        symbol = OPERATORS[value.fn]
        wanted = self.typed.calltypes[value].args[0]
        got = self.cast(self.operand(value.value), wanted)
        if not isinstance(got, SliceOf) and not isinstance(got.type, np.dtype):
            raise self.reject(_("The executor does not know this operator."))
        self.emit("unary", self.var(name), (got,), symbol)

    def _expr_build_tuple(self, name: str, value: Any) -> None:
        self.make_tuple(name, tuple(map(self.operand, value.items)))

    def _expr_build_slice(self, name: str, value: Any) -> None:
        raise self.reject(_("The executor does not know this slice."))

    def _expr_exhaust_iter(self, name: str, value: Any) -> None:
        home = self.typed.typemap[value.value.name]
        if isinstance(home, types.Array):
            behind = overloads.of_unpacking(value.count)
            if behind is None or home.ndim != 1:
                raise self.reject(_("The executor unpacks rows of two to four numbers: index the array."))
            returns = self.typed.typemap[name]
            got = (self.operand(value.value),)
            self.emit("call", self.var(name), got, self.device(behind, (home,), returns))
            return
        if value.value.name in self.parts:
            self.parts[name] = self.parts[value.value.name]
        self.emit("copy", self.var(name), (self.operand(value.value),))

    def _expr_getitem(self, name: str, value: Any) -> None:
        subscripts.load(self, name, value.value, value.index)

    _expr_typed_getitem = _expr_getitem

    def _expr_static_getitem(self, name: str, value: Any) -> None:
        if value.index_var is not None:
            subscripts.load(self, name, value.value, value.index_var)
        else:
            subscripts.load_constant(self, name, value.value, value.index)

    def _expr_getattr(self, name: str, value: Any) -> None:
        lower_attribute(self, name, value)

    def _expr_getiter(self, name: str, value: Any) -> None:
        self.emit("iter", self.var(name), (self.operand(value.value),), None, self.site("read"))

    def _expr_iternext(self, name: str, value: Any) -> None:
        first = self.typed.typemap[name].first_type
        item = Var(self.var(name).name, type_of(first))
        self.emit("next", item, (self.operand(value.value),), f"{item.name}_more")

    def _expr_pair_first(self, name: str, value: Any) -> None:
        home = self.var(value.value.name)
        dst = self.var(name)
        self.emit("copy", dst, (Var(home.name, dst.type),))

    def _expr_pair_second(self, name: str, value: Any) -> None:
        home = self.var(value.value.name)
        self.emit("copy", self.var(name), (Var(f"{home.name}_more", BOOL),))

    def _expr_call(self, name: str, value: Any) -> None:
        lower_call(self, name, value)


def _is_none(kind: Any) -> bool:
    return kind == types.none or (isinstance(kind, types.Omitted) and kind.value is None)


def _makes(statement: Any, variable: Any) -> bool:
    return isinstance(statement, ir.Assign) and statement.target.name == variable.name


def _of_a_library(function: Callable[..., Any]) -> bool:
    """Whether a function is from an installed package, or ours: its lines say nothing to a learner."""
    file = function.__code__.co_filename
    return file == overloads.__file__ or "site-packages" in Path(file).parts


def _exception(statement: Any) -> str:
    """What a `raise` or a failed `assert` raises, as it is written: `ValueError('no')`."""
    if statement.exc_class is None:
        return _("the exception again")
    name: str = statement.exc_class.__name__
    known = isinstance(statement, ir.StaticRaise) and statement.exc_args
    return f"{name}({', '.join(map(repr, statement.exc_args))})" if known else name
