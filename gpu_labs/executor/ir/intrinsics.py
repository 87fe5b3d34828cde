"""Which Python objects a kernel may call, and the executor's name for each.

A kernel reaches `cuda` as a global, a closure variable or under an alias, so callees are known by the
object and never by how the source spells them.
"""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

import builtins
import cmath
import math
import operator
from functools import cache
from typing import Any

import numpy as np

WARP = [
    "syncwarp",
    "activemask",
    "lanemask_lt",
    "shfl_sync",
    "shfl_up_sync",
    "shfl_down_sync",
    "shfl_xor_sync",
    "all_sync",
    "any_sync",
    "eq_sync",
    "ballot_sync",
    "match_any_sync",
    "match_all_sync",
]
CUDA = [
    *WARP,
    "grid",
    "gridsize",
    "syncthreads",
    "syncthreads_count",
    "syncthreads_and",
    "syncthreads_or",
    "threadfence",
    "threadfence_block",
    "threadfence_system",
    "selp",
    "popc",
    "brev",
    "clz",
    "ffs",
    "fma",
    "cbrt",
    "nanosleep",
    "ldca",
    "ldcg",
    "ldcs",
    "ldlu",
    "ldcv",
    "stcg",
    "stcs",
    "stwb",
    "stwt",
]
SYNCHRONISING = frozenset(
    {"syncthreads", "syncwarp", "threadfence", "threadfence_block", "threadfence_system"}
)
ATOMIC = [
    "add",
    "sub",
    "and_",
    "or_",
    "xor",
    "inc",
    "dec",
    "exch",
    "max",
    "min",
    "nanmax",
    "nanmin",
    "cas",
    "compare_and_swap",
]
FP16 = [
    "hadd",
    "hsub",
    "hmul",
    "hdiv",
    "hfma",
    "hneg",
    "habs",
    "hmax",
    "hmin",
    "heq",
    "hne",
    "hge",
    "hgt",
    "hle",
    "hlt",
    "hsin",
    "hcos",
    "hlog",
    "hlog2",
    "hlog10",
    "hexp",
    "hexp2",
    "hexp10",
    "htanh",
    "htanh_approx",
    "hfloor",
    "hceil",
    "hsqrt",
    "hrsqrt",
    "hrcp",
    "hrint",
    "htrunc",
]
BUILTINS = [
    "abs",
    "min",
    "max",
    "len",
    "range",
    "enumerate",
    "zip",
    "round",
    "bool",
    "int",
    "float",
    "complex",
    "pow",
    "divmod",
    "tuple",
    "slice",
    "sum",
    "next",
]

OPERATORS = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "**",
    operator.lshift: "<<",
    operator.rshift: ">>",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.neg: "neg",
    operator.pos: "pos",
    operator.invert: "~",
    operator.not_: "not",
    operator.is_: "is",
    operator.is_not: "is not",
    operator.contains: "in",
}


@cache
def _names() -> dict[int, str]:
    from numba import cuda
    from numba.cuda import cg, fp16, libdevice

    found: dict[int, str] = {id(cuda.literal_unroll): "literal_unroll", id(cg.this_grid): "cg.this_grid"}

    def add(home: Any, prefix: str, words: list[str]) -> None:
        for word in words:
            if hasattr(home, word):
                found.setdefault(id(getattr(home, word)), f"{prefix}.{word}")

    add(cuda, "cuda", CUDA)
    add(cuda.atomic, "atomic", ATOMIC)
    add(cuda.shared, "shared", ["array"])
    add(cuda.local, "local", ["array"])
    add(cuda.const, "const", ["array_like"])
    add(fp16, "fp16", FP16)
    add(libdevice, "libdevice", [w for w in dir(libdevice) if not w.startswith("_")])
    add(builtins, "builtins", BUILTINS)
    add(cmath, "cmath", dir(cmath))
    add(math, "math", dir(math))
    add(np, "numpy", [w for w in dir(np) if isinstance(getattr(np, w), np.ufunc)])
    for word in ("any", "all", "sum", "round", "shape", "sign", "nditer"):
        add(np, "numpy", [word])
    return found


def name_of(value: Any) -> str | None:
    """The executor's name for a callable such as `cuda.syncthreads` or `math.sqrt`; None when unknown."""
    try:
        return _names().get(id(value))
    except ImportError:
        return None
