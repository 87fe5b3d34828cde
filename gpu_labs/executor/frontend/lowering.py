"""What every part of the front end writes to: the operations of one function, and what is known of its names.

`frontend.py` (statements and expressions), `subscripts.py` (indexing) and `calls.py` (calls) use it.
"""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import enum
import linecache
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from gpu_labs.executor.frontend.numba_types import slice_parts, type_of
from gpu_labs.executor.frontend.private_names import ir
from gpu_labs.executor.frontend.type_inference import Typed
from gpu_labs.executor.ir.program import (
    Alloc,
    ArrayType,
    Const,
    Function,
    Op,
    Operand,
    Other,
    Program,
    Site,
    SliceOf,
    TupleType,
    Type,
    Var,
)
from gpu_labs.executor.launch_record import KernelTypeError
from graphviz_tools.language import _

INT64 = np.dtype(np.int64)
BOOL = np.dtype(np.bool_)


Place = tuple[str, int]  # file and line


class Unsupported(KernelTypeError):
    """Numba's typing takes the kernel, and the executor cannot run it."""


class Lowering(ABC):
    """One function on its way into a `Program`. Knows which variables are compile-time objects (modules,
    functions, dtypes, slices), so that no operation is made for them."""

    def __init__(
        self,
        typed: Typed,
        program: Program,
        built: dict[tuple[int, Place | None], Function],
        shown: Place | None = None,
    ) -> None:
        self.typed = typed
        self.shown = shown  # the learner's line, while a library's function is lowered
        self.program = program
        self.built = built
        self.file = typed.function.__code__.co_filename
        self.known: dict[str, Any] = {}
        self.titles: dict[str, str] = {}  # what the kernel calls a captured array
        self.parts: dict[str, tuple[Operand, ...]] = {}
        self.slices: dict[str, SliceOf] = {}
        self.names: dict[str, str] = {}
        self.ops: list[Op] = []
        self.line = 0

    @abstractmethod
    def device(self, function: Callable[..., Any], args: tuple[Any, ...], returns: Any) -> Function:
        """The program of a device function for these types, made once."""

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
                return Const(value, ArrayType(value.dtype, value.ndim), self.titles.get(name, "constant"))
            if isinstance(value, slice):
                return constant_slice(value)
            if isinstance(value, tuple) and any(isinstance(item, np.ndarray) for item in value):
                made = self.temp(type_of(self.typed.typemap[name]))
                self.emit("tuple", made, self._constant_items(name, value))
                return made
            if isinstance(value, enum.Enum):
                value = value.value
            kind = type_of(self.typed.typemap[name]) if name in self.typed.typemap else Other("object")
            return Const(value, kind)
        return self.var(name)

    def _constant_items(self, name: str, value: tuple[Any, ...]) -> tuple[Const, ...]:
        """The items of a tuple that the kernel takes from outside, some of which are arrays."""
        kinds = type_of(self.typed.typemap[name])
        assert isinstance(kinds, TupleType)
        title = self.titles.get(name, "constant")
        return tuple(
            Const(item, kind, f"{title}[{at}]")
            for at, (item, kind) in enumerate(zip(value, kinds.items, strict=True))
        )

    def items_of(self, variable: Any) -> tuple[Operand, ...]:
        """The items of a tuple variable, or the variable alone."""
        name = variable.name
        if name in self.parts:
            return self.parts[name]
        got = self.operand(variable)
        if isinstance(got, Const) and isinstance(got.value, tuple):
            kinds = got.type.items if isinstance(got.type, TupleType) else [INT64] * len(got.value)
            return tuple(
                constant_slice(v) if isinstance(v, slice) else Const(v, t)
                for v, t in zip(got.value, kinds, strict=True)
            )
        if isinstance(got, Var) and isinstance(got.type, TupleType):
            items = []
            for at, kind in enumerate(got.type.items):
                item = self.temp(kind)
                self.emit("item", item, (got, Const(at, INT64)))
                items.append(item)
            self.parts[name] = tuple(items)
            return self.parts[name]
        return (got,)

    # What is written

    def site(self, kind: Any, array: str = "") -> Site:
        """A new site at the current line."""
        file, line = self.shown or (self.file, self.line)
        text = linecache.getline(file, line).strip()
        site = Site(len(self.program.sites), line, text, file, kind, array)
        self.program.sites.append(site)
        return site

    def emit(
        self, kind: Any, dst: Var | None, args: tuple[Any, ...], info: Any = None, site: Site | None = None
    ) -> Op:
        """Append one operation of the current line."""
        op = Op(kind, dst, args, self.line, info, site)
        self.ops.append(op)
        return op

    def make_tuple(self, name: str, items: tuple[Operand, ...]) -> None:
        """Variable `name` is a tuple of `items`."""
        self.parts[name] = items
        if not any(isinstance(i, SliceOf) for i in items):
            self.emit("tuple", self.var(name), items)

    def cast(self, value: Operand, wanted: Any) -> Operand:
        """`value` as the Numba type `wanted`."""
        to = type_of(wanted) if not isinstance(wanted, (np.dtype, ArrayType, TupleType, Other)) else wanted
        if isinstance(to, TupleType) and isinstance(value, Var) and isinstance(value.type, TupleType):
            return self._cast_items(value, value.type, to)
        if isinstance(value, SliceOf) or not isinstance(to, np.dtype) or value.type == to:
            return value
        if not isinstance(value.type, np.dtype) or value.type.names:
            return value
        if isinstance(value, Const):
            return Const(value.value, to)
        dst = self.temp(to)
        self.emit("copy", dst, (value,))
        return dst

    def _cast_items(self, value: Var, have: TupleType, to: TupleType) -> Var:
        """A tuple whose items have the types of `to`."""
        if have == to or len(have.items) != len(to.items):
            return value
        items = []
        for at, (kind, wanted) in enumerate(zip(have.items, to.items, strict=True)):
            item = self.temp(kind)
            self.emit("item", item, (value, Const(at, INT64)))
            items.append(self.cast(item, wanted))
        made = self.temp(to)
        self.emit("tuple", made, tuple(items))
        return made

    def temp(self, kind: Type) -> Var:
        """A new variable."""
        name = f"$made{len(self.names)}"
        self.names[name] = f"v_made{len(self.names)}"
        return Var(self.names[name], kind)

    def alloc(self, name: str, space: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Alloc:
        """A new allocation, named as the learner's variable; after its kind of memory where no variable holds it."""
        held = self._variable_of(name)
        title = space if held.startswith("$") else plain_name(held)
        made = Alloc(len(self.program.allocs), title, space, shape, dtype, space == "shared" and 0 in shape)
        self.program.allocs.append(made)
        return made

    def _variable_of(self, name: str) -> str:
        """The variable that gets the value `name`: in `a, b = f(), g()` Numba holds f() in one of its own first."""
        if not name.startswith("$"):
            return name
        for block in self.typed.ir.blocks.values():
            for statement in block.body:
                value = statement.value if isinstance(statement, ir.Assign) else None
                if value is not None and isinstance(value, ir.Var) and value.name == name:
                    return statement.target.name
        return name

    def reject(self, message: str, details: str = "") -> Unsupported:
        """The error for what the executor cannot run, at the learner's line."""
        return Unsupported(*self._placed(message), details)

    def refuse(self, message: str) -> KernelTypeError:
        """The error for what no GPU runs either, at the learner's line."""
        return KernelTypeError(*self._placed(message))

    def _placed(self, message: str) -> tuple[str, int, str]:
        file, line = self.shown or (self.file, self.line)
        text = linecache.getline(file, line).strip()
        return _("line {line}: {text}\n{message}", line=line, text=text, message=message), line, text


def plain_name(name: str) -> str:
    """The learner's name of a variable that Numba numbered: `v` for `v.2`."""
    return re.sub(r"\.\d+$", "", name)


def constant_slice(value: slice) -> SliceOf:
    """A slice whose parts are known."""
    return SliceOf(*(None if part is None else Const(part, INT64) for part in slice_parts(value)))


def is_record(operand: Operand) -> bool:
    """True for one structured element."""
    return (
        not isinstance(operand, SliceOf) and isinstance(operand.type, np.dtype) and bool(operand.type.names)
    )
