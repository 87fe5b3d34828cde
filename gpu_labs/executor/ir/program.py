"""The executor's own form of a kernel: blocks of typed operations with explicit control flow.

A front end (`frontend.py`, from Numba's typed IR) writes programs, the engines read them; the engines know
neither Numba nor CUDA. Variables are in SSA form: each is assigned by one operation or one `Phi`.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Any, Literal, NamedTuple

import numpy as np

from gpu_labs.executor.launch_record import Space


@dataclass(frozen=True, slots=True)
class ArrayType:
    """An array; `space` is its memory space, if known."""

    dtype: np.dtype[Any]
    ndim: int


@dataclass(frozen=True, slots=True)
class TupleType:
    """A tuple with one type per item."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """Ranges, iterators, slices, groups, None: what no arithmetic is done on."""

    name: str


Type = np.dtype[Any] | ArrayType | TupleType | Other


@dataclass(frozen=True, slots=True)
class Var:
    """A variable; `name` is a Python identifier, unique in its function."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Const:
    """A value known before the launch: a number of the type's dtype, a string, None, or a constant array,
    which has the `name` that the kernel knows it by."""

    value: Any
    type: Type
    name: str = ""


@dataclass(frozen=True, slots=True)
class SliceOf:
    """`start:stop:step` inside an index; None where the source has none."""

    start: Operand | None
    stop: Operand | None
    step: Operand | None


Operand = Var | Const | SliceOf


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One load, store, barrier or branch of the source. `array` is the array's name as the learner wrote it."""

    id: int
    line: int
    text: str
    file: str
    kind: Literal["read", "write", "atomic", "barrier", "branch", "alloc", "loop", "raise"]
    array: str = ""
    in_loop: bool = False


OpKind = Literal[
    "copy",  # dst = args[0], cast to dst's type
    "binary",  # dst = args[0] `info` args[1]; both already of the types that the operator takes
    "unary",  # dst = `info` args[0]
    "math",  # dst = function `info`(*args)
    "special",  # dst = threadIdx.x or another of these; `info` is its name
    "load",  # dst = args[0][args[1:]]
    "store",  # args[0][args[1:-1]] = args[-1]
    "atomic",  # dst = atomic `info`(args[0], args[1:k], operands)
    "view",  # dst = args[0][args[1:]] with slices or fewer indices than dimensions
    "field",  # dst = field `info` of record args[0]
    "part",  # dst = the window on a field that is an array, or on one field of all elements; `info` is a Part
    "reshape",  # dst = window args[0] with the shape args[1:]
    "flat",  # dst = an iterator over all elements of args[0]; `info` says whether it gives them or windows on them
    "setfield",  # field `info` of record args[0] = args[1]
    "attribute",  # dst = args[0].`info`
    "tuple",  # dst = (args...)
    "item",  # dst = args[0][args[1]] of a tuple
    "alloc",  # dst = a shared or local array; `info` is an Alloc
    "fill",  # every element of window args[0] = args[1]
    "each",  # every element of the first windows = a function of the other operands; `info` is an Each
    "defined",  # args[0] says whether the variable of `info`, an Unset, has a value: it is read next
    "barrier",  # syncthreads and its reducing forms; `info` is the name
    "warp",  # syncwarp, shuffles, votes; `info` is the name. A shuffle also gives the companion of dst
    "fence",  # threadfence and its variants
    "gridsync",  # cooperative groups' grid.sync()
    "call",  # dst = device function `info`(*args)
    "range",  # dst = range(start, stop, step), three integers of one dtype
    "enumerate",  # dst = enumerate(args[0], start args[1])
    "zip",  # dst = zip(*args)
    "iter",  # dst = an iterator over args[0]
    "next",  # dst = next item of iterator args[0]; `info` names the variable that says whether there was one
    "print",  # print(*args)
    "raise",  # the lanes that are here raise the exception that `info` writes, or miss the array of an Unset
]


class Part(NamedTuple):
    """The field at byte `offset` of each element: numbers of `dtype`, as many as `shape` says. A shape of None is
    that of the elements themselves, read as another dtype."""

    name: str
    dtype: np.dtype[Any]
    offset: int
    shape: tuple[int, ...] | None


SHUFFLES = ("shfl_sync", "shfl_up_sync", "shfl_down_sync", "shfl_xor_sync")


class Unset(NamedTuple):
    """What "defined" and "raise" say of a variable without a value: its name, and whether the value is what a
    shuffle took from a lane that was not there."""

    name: str
    shuffled: bool


def companion(var: Var) -> Var:
    """The variable that says whether `var` has a value, where that is in doubt."""
    return Var(f"{var.name}_known", np.dtype(np.bool_))


@dataclass(slots=True, eq=False)
class Op:
    """One operation. `site` is there for what findings may point at."""

    kind: OpKind
    dst: Var | None
    args: tuple[Operand, ...]
    line: int
    info: Any = None
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class Alloc:
    """A shared or local array; `shape` is one block's or one thread's. A shape of (0,) in shared memory
    means the dynamic part, whose size the launch gives."""

    id: int
    name: str
    space: Space
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    dynamic: bool = False


@dataclass(slots=True, eq=False)
class Phi:
    """`dst` takes the operand that belongs to the block that control came from."""

    dst: Var
    incoming: dict[int, Operand]


@dataclass(slots=True, eq=False)
class Jump:
    """Go to block `target`."""

    target: int


@dataclass(slots=True, eq=False)
class Branch:
    """Go to `then` where `condition` holds, else to `orelse`."""

    condition: Operand
    then: int
    orelse: int
    site: Site


@dataclass(slots=True, eq=False)
class Return:
    """Leave the function; in a kernel the thread ends."""

    value: Operand | None


@dataclass(slots=True, eq=False)
class Block:
    """Operations without a branch between them."""

    label: int
    phis: list[Phi] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    end: Jump | Branch | Return = field(default_factory=lambda: Return(None))


@dataclass(slots=True, eq=False)
class Function:
    """A kernel or a device function, for one set of argument types."""

    name: str
    parameters: tuple[Var, ...]
    returns: Type
    entry: int
    blocks: dict[int, Block]
    file: str
    first_line: int
    source: str


@cache
def source_of(code: CodeType) -> tuple[int, str]:
    """First line and text of a function; no text where it has no file."""
    try:
        lines, first = inspect.getsourcelines(code)
    except (OSError, TypeError):
        return code.co_firstlineno, ""
    return first, "".join(lines)


@dataclass(slots=True, eq=False)
class Program:
    """A kernel with the device functions that it calls and all its sites and allocations.

    `frozen` holds the arrays that it takes from outside, each with its copy, by the id of the array; `uncalled`
    the places that name a barrier or a fence and do not call it; `refusable` those that Numba may refuse later than
    in its typing: functions of whole arrays, and what is Python behind the scenes."""

    kernel: Function
    functions: list[Function]
    sites: list[Site]
    allocs: list[Alloc]
    frozen: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    uncalled: list[tuple[Site, str]] = field(default_factory=list)
    refusable: list[Site] = field(default_factory=list)

    def ops(self) -> list[Op]:
        """Every operation of the kernel and its device functions."""
        return [op for each in (self.kernel, *self.functions) for b in each.blocks.values() for op in b.ops]

    def barrier_lines(self) -> set[int]:
        """The lines of `syncthreads`."""
        return {op.line for op in self.ops() if op.kind == "barrier"}

    def functions_with(self, *kinds: OpKind) -> set[int]:
        """The ids of functions that have an operation of one of these kinds, or call one that has."""
        found: set[int] = set()
        changed = True
        while changed:
            before = len(found)
            for f in (self.kernel, *self.functions):
                ops = [op for block in f.blocks.values() for op in block.ops]
                if any(op.kind in kinds or (op.kind == "call" and id(op.info) in found) for op in ops):
                    found.add(id(f))
            changed = len(found) != before
        return found

    def uses(self, *kinds: OpKind) -> bool:
        """True when some operation is of one of these kinds."""
        return any(op.kind in kinds for op in self.ops())
