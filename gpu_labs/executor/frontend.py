"""From Numba's typed IR to the executor's own `Program`.

This file and `gate.py` are all that knows Numba; everything behind them reads a `Program`.
"""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import inspect
import linecache
import re
import types as python_types
from collections.abc import Callable
from typing import Any

import numpy as np
from numba.cuda import types
from numba.cuda.core import ir

from gpu_labs.executor import gate
from gpu_labs.executor.calls import lower_call
from gpu_labs.executor.launch import KernelTypeError
from gpu_labs.executor.names import OPERATORS
from gpu_labs.executor.numba_types import Method, is_dim3, is_special, is_stub, slice_parts, type_of
from gpu_labs.executor.program import (
    Alloc,
    ArrayType,
    Block,
    Branch,
    Const,
    Function,
    Jump,
    Op,
    Operand,
    Other,
    Phi,
    Program,
    Return,
    Site,
    SliceOf,
    TupleType,
    Type,
    Var,
)

_SPECIAL = {"threadIdx": "tid", "blockIdx": "bid", "blockDim": "bdim", "gridDim": "gdim"}


def build(typed: gate.Typed) -> Program:
    """The program of a typed kernel and of every device function that it calls."""
    program = Program(kernel=None, functions=[], sites=[], allocs=[])  # type: ignore[arg-type]
    built: dict[int, Function] = {}
    program.kernel = Lowering(typed, program, built).function()
    return program


class Lowering:
    """Lowers one function; `calls.py` adds what belongs to calls. Knows which variables are compile-time
    objects (modules, functions, dtypes, slices), so that no operation is made for them."""

    def __init__(self, typed: gate.Typed, program: Program, built: dict[int, Function]) -> None:
        self.typed = typed
        self.program = program
        self.built = built
        self.file = typed.function.__code__.co_filename
        self.known: dict[str, Any] = {}
        self.parts: dict[str, tuple[Operand, ...]] = {}
        self.slices: dict[str, SliceOf] = {}
        self.names: dict[str, str] = {}
        self.ops: list[Op] = []
        self.line = 0

    # What a variable is

    def var(self, name: str) -> Var:
        """The executor's variable for Numba's variable `name`."""
        if name not in self.names:
            plain = "v_" + re.sub(r"\W", "_", name.replace("$", "t"))
            while plain in self.names.values():
                plain += "_"
            self.names[name] = plain
        return Var(self.names[name], type_of(self.typed.typemap[name]))

    def operand(self, variable: Any) -> Operand:
        """What to read for an IR variable: a constant when its value is known, else the variable."""
        name = variable.name
        if name in self.slices:
            return self.slices[name]
        if name in self.known:
            value = self.known[name]
            if isinstance(value, np.ndarray):
                return Const(value, ArrayType(value.dtype, value.ndim))
            kind = type_of(self.typed.typemap[name]) if name in self.typed.typemap else Other("object")
            if isinstance(value, slice):
                ints = [None if v is None else Const(v, np.dtype(np.int64)) for v in slice_parts(value)]
                return SliceOf(*ints)
            return Const(value, kind)
        return self.var(name)

    def site(self, kind: Any, array: str = "") -> Site:
        """A new site at the current line."""
        text = linecache.getline(self.file, self.line).strip()
        site = Site(len(self.program.sites), self.line, text, self.file, kind, array)
        self.program.sites.append(site)
        return site

    def emit(
        self, kind: Any, dst: Var | None, args: tuple[Any, ...], info: Any = None, site: Site | None = None
    ) -> Op:
        """Append one operation of the current line."""
        op = Op(kind, dst, args, self.line, info, site)
        self.ops.append(op)
        return op

    def cast(self, value: Operand, wanted: Any) -> Operand:
        """`value` as the Numba type `wanted`."""
        to = type_of(wanted) if not isinstance(wanted, (np.dtype, ArrayType, TupleType, Other)) else wanted
        if isinstance(value, SliceOf) or not isinstance(to, np.dtype) or value.type == to:
            return value
        if not isinstance(value.type, np.dtype) or value.type.names:
            return value
        if isinstance(value, Const):
            return Const(value.value, to)
        dst = self.temp(to)
        self.emit("copy", dst, (value,))
        return dst

    def temp(self, kind: Type) -> Var:
        """A new variable."""
        name = f"$made{len(self.names)}"
        self.names[name] = f"v_made{len(self.names)}"
        return Var(self.names[name], kind)

    def reject(self, message: str) -> KernelTypeError:
        """The error for what the executor cannot run."""
        text = linecache.getline(self.file, self.line).strip()
        return KernelTypeError(f"line {self.line}: {text}\n{message}", self.line, text)

    # The function

    def function(self) -> Function:
        """The whole function."""
        code = self.typed.function
        blocks = self.typed.ir.blocks
        parameters = tuple(self.var(f"arg.{name}") for name in self.typed.ir.arg_names)
        self.line = code.__code__.co_firstlineno
        self._learn_constants()
        made = {label: self._block(label, block) for label, block in sorted(blocks.items())}
        try:
            lines, first = inspect.getsourcelines(code)
        except (OSError, TypeError):
            lines, first = [], code.__code__.co_firstlineno
        source = "".join(lines)
        returns = type_of(self.typed.return_type)
        return Function(code.__name__, parameters, returns, min(blocks), made, self.file, first, source)

    def _learn_constants(self) -> None:
        """Compile-time objects, found before lowering because a phi may name one from a later block."""
        for block in self.typed.ir.blocks.values():
            for statement in block.body:
                if isinstance(statement, ir.Assign):
                    self._learn(statement.target.name, statement.value)

    def _learn(self, name: str, value: Any) -> None:
        if isinstance(value, (ir.Const, ir.Global, ir.FreeVar)):
            self.known[name] = value.value
        elif isinstance(value, ir.Var) and value.name in self.known:
            self.known[name] = self.known[value.name]
        elif isinstance(value, ir.Expr) and value.op == "getattr" and value.value.name in self.known:
            home = self.known[value.value.name]
            if isinstance(home, (python_types.ModuleType, type)) or is_stub(home):
                found = getattr(home, value.attr, None)
                if not is_dim3(home) and found is not None and not is_special(found):
                    self.known[name] = found

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
            else:
                self._statement(statement)
                if isinstance(statement, (ir.StaticRaise, ir.DynamicRaise)):
                    made.end = Return(None)
        return made

    def _phi(self, made: Block, statement: Any) -> None:
        name = statement.target.name
        if name in self.known:
            return
        value = statement.value
        incoming = {}
        dst = self.var(name)
        for label, source in zip(value.incoming_blocks, value.incoming_values, strict=True):
            if source is not ir.UNDEFINED:
                got = self.operand(source)
                if isinstance(got, Const) and isinstance(dst.type, np.dtype):
                    got = Const(got.value, dst.type)
                incoming[label] = got
        made.phis.append(Phi(dst, incoming))

    def _statement(self, statement: Any) -> None:
        if isinstance(statement, (ir.SetItem, ir.StaticSetItem)):
            self._store(statement)
        elif isinstance(statement, ir.SetAttr):
            target = self.operand(statement.target)
            self.emit(
                "setfield", None, (target, self.operand(statement.value)), statement.attr, self.site("write")
            )
        elif isinstance(statement, ir.Print):
            self.emit("print", None, tuple(map(self.operand, statement.args)))
        elif isinstance(statement, (ir.StaticRaise, ir.DynamicRaise, ir.Del)):
            pass  # a GPU kernel without debug=True ends the thread and tells nobody
        else:
            raise self.reject(f"The executor does not know `{type(statement).__name__}`.")

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
        elif isinstance(value, ir.Expr):
            getattr(self, f"_expr_{value.op}", self._unknown)(name, value)
        else:
            raise self.reject(f"The executor does not know `{value}`.")

    def _unknown(self, name: str, value: Any) -> None:
        raise self.reject(f"The executor does not know `{value.op}`.")

    def _expr_cast(self, name: str, value: Any) -> None:
        self.emit("copy", self.var(name), (self.operand(value.value),))

    def _expr_binop(self, name: str, value: Any) -> None:
        signature = self.typed.calltypes[value]
        symbol = OPERATORS.get(value.immutable_fn if value.op == "inplace_binop" else value.fn)
        left, right = self.operand(value.lhs), self.operand(value.rhs)
        if symbol is None or isinstance(left, SliceOf) or isinstance(right, SliceOf):
            raise self.reject("The executor does not know this operator.")
        if isinstance(left.type, TupleType) or isinstance(right.type, TupleType):
            self._tuple_operator(name, symbol, value.lhs, value.rhs)
            return
        result = self.var(name)
        first, second = signature.args
        if symbol in ("<<", ">>"):
            first = second = signature.return_type
        self.emit("binary", result, (self.cast(left, first), self.cast(right, second)), symbol)

    _expr_inplace_binop = _expr_binop

    def _tuple_operator(self, name: str, symbol: str, left: Any, right: Any) -> None:
        a, b = self.items_of(left), self.items_of(right)
        if symbol == "+":
            self._tuple(name, (*a, *b))
        elif symbol in ("==", "!=") and len(a) == len(b):
            boolean = np.dtype(np.bool_)
            equal: Operand = Const(True, boolean)
            for x, y in zip(a, b, strict=True):
                each, both = self.temp(boolean), self.temp(boolean)
                self.emit("binary", each, (x, y), "==")
                self.emit("binary", both, (equal, each), "&")
                equal = both
            self.emit(
                "copy" if symbol == "==" else "unary",
                self.var(name),
                (equal,),
                None if symbol == "==" else "not",
            )
        else:
            raise self.reject(f"The executor does not know `{symbol}` of tuples.")

    def _expr_unary(self, name: str, value: Any) -> None:
        symbol = OPERATORS[value.fn]
        wanted = self.typed.calltypes[value].args[0]
        self.emit("unary", self.var(name), (self.cast(self.operand(value.value), wanted),), symbol)

    def _expr_build_tuple(self, name: str, value: Any) -> None:
        self._tuple(name, tuple(map(self.operand, value.items)))

    def _tuple(self, name: str, items: tuple[Operand, ...]) -> None:
        self.parts[name] = items
        if not any(isinstance(i, SliceOf) for i in items):
            self.emit("tuple", self.var(name), items)

    def _expr_build_slice(self, name: str, value: Any) -> None:
        raise self.reject("The executor does not know this slice.")

    def _expr_exhaust_iter(self, name: str, value: Any) -> None:
        if value.value.name in self.parts:
            self.parts[name] = self.parts[value.value.name]
        self.emit("copy", self.var(name), (self.operand(value.value),))

    def items_of(self, variable: Any) -> tuple[Operand, ...]:
        """The items of a tuple variable, or the variable alone."""
        name = variable.name
        if name in self.parts:
            return self.parts[name]
        got = self.operand(variable)
        if isinstance(got, Const) and isinstance(got.value, tuple):
            kinds = (
                got.type.items if isinstance(got.type, TupleType) else [np.dtype(np.int64)] * len(got.value)
            )
            return tuple(
                SliceOf(*(None if p is None else Const(p, np.dtype(np.int64)) for p in slice_parts(v)))
                if isinstance(v, slice)
                else Const(v, t)
                for v, t in zip(got.value, kinds, strict=True)
            )
        if isinstance(got, Var) and isinstance(got.type, TupleType):
            items = []
            for at, kind in enumerate(got.type.items):
                item = self.temp(kind)
                self.emit("item", item, (got, Const(at, np.dtype(np.int64))))
                items.append(item)
            self.parts[name] = tuple(items)
            return self.parts[name]
        return (got,)

    def _expr_getitem(self, name: str, value: Any) -> None:
        self._load(name, value.value, value.index, value)

    def _expr_static_getitem(self, name: str, value: Any) -> None:
        if value.index_var is not None:
            self._load(name, value.value, value.index_var, value)
            return
        home = self.operand(value.value)
        if isinstance(home, SliceOf):
            raise self.reject("The executor does not know how to index a slice.")
        if isinstance(home.type, np.dtype) and home.type.names:
            self.emit("field", self.var(name), (home,), value.index, self.site("read"))
            return
        items = self.items_of(value.value)
        if isinstance(value.index, slice):
            self._tuple(name, items[value.index])
        else:
            self.emit("copy", self.var(name), (items[value.index],))

    _expr_typed_getitem = _expr_getitem

    def _load(self, name: str, home_variable: Any, index_variable: Any, value: Any) -> None:
        home = self.operand(home_variable)
        index = self.operand(index_variable)
        if isinstance(home, SliceOf):
            raise self.reject("The executor does not know how to index a slice.")
        if isinstance(home.type, np.dtype) and home.type.names:
            if not isinstance(index, Const):
                raise self.reject("A record's field is named by a constant.")
            field = home.type.names[index.value] if isinstance(index.value, int) else index.value
            self.emit("field", self.var(name), (home,), field, self.site("read"))
        elif isinstance(home.type, TupleType):
            self._tuple_item(name, home_variable, index)
        elif isinstance(home.type, ArrayType):
            indices = self._indices(index_variable)
            result = type_of(self.typed.typemap[name])
            if isinstance(result, ArrayType) or (isinstance(result, np.dtype) and result.names):
                self.emit("view", self.var(name), (home, *indices), None, self.site("read"))
            else:
                self.emit("load", self.var(name), (home, *indices), None, self.site("read"))
        else:
            raise self.reject("The executor does not know how to index this.")

    def _tuple_item(self, name: str, home_variable: Any, index: Operand) -> None:
        if isinstance(index, SliceOf):
            bounds = [
                p.value if isinstance(p, Const) else None for p in (index.start, index.stop, index.step)
            ]
            self._tuple(name, self.items_of(home_variable)[slice(*bounds)])
        elif isinstance(index, Const):
            self.emit("copy", self.var(name), (self.items_of(home_variable)[index.value],))
        else:
            self.emit("item", self.var(name), (self.operand(home_variable), index), None, self.site("read"))

    def _indices(self, variable: Any) -> tuple[Operand, ...]:
        got = self.operand(variable)
        if isinstance(got, SliceOf):
            return (got,)
        return self.items_of(variable)

    def _store(self, statement: Any) -> None:
        home = self.operand(statement.target)
        value = self.operand(statement.value)
        if isinstance(home, SliceOf):
            raise self.reject("The executor does not know this assignment.")
        index = statement.index if isinstance(statement, ir.SetItem) else statement.index_var
        if isinstance(home.type, np.dtype) and home.type.names:
            key = self.known.get(index.name) if index is not None else statement.index
            key = home.type.names[key] if isinstance(key, int) else key
            self.emit("setfield", None, (home, value), key, self.site("write"))
            return
        if index is None:
            constant = statement.index if isinstance(statement.index, tuple) else (statement.index,)
            indices = tuple(Const(i, np.dtype(np.int64)) for i in constant)
        else:
            indices = self._indices(index)
        self.emit("store", None, (home, *indices, value), None, self.site("write"))

    def _expr_getattr(self, name: str, value: Any) -> None:
        home = self.known.get(value.value.name)
        attribute = value.attr
        if home is not None:
            if is_dim3(home):
                self.emit("special", self.var(name), (), f"{_SPECIAL[home.__name__]}.{attribute}")
                return
            found = getattr(home, attribute, None)
            if found is not None and is_special(found):
                self.emit("special", self.var(name), (), found.__name__)
                return
        if isinstance(self.typed.typemap[name], types.BoundFunction):
            self.known[name] = Method(self.operand(value.value), attribute)
            return
        got = self.operand(value.value)
        if not isinstance(got, SliceOf) and isinstance(got.type, np.dtype) and got.type.names:
            self.emit("field", self.var(name), (got,), attribute, self.site("read"))
        else:
            self.emit("attribute", self.var(name), (got,), attribute)

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
        self.emit("copy", self.var(name), (Var(f"{home.name}_more", np.dtype(np.bool_)),))

    def _expr_call(self, name: str, value: Any) -> None:
        lower_call(self, name, value)

    def device(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Function:
        """The program of a device function for these argument types, made once."""
        typed = gate.type_function(function, args)
        if id(typed) not in self.built:
            made = Lowering(typed, self.program, self.built).function()
            self.built[id(typed)] = made
            self.program.functions.append(made)
        return self.built[id(typed)]

    def alloc(self, name: str, space: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Alloc:
        """A new allocation, named as the learner's variable."""
        plain = re.sub(r"\.\d+$", "", name)
        made = Alloc(len(self.program.allocs), plain, space, shape, dtype, space == "shared" and 0 in shape)
        self.program.allocs.append(made)
        return made
