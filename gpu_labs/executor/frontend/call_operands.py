"""The arguments of a call that is being lowered: as operands, cast, or as the constants they must be."""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import Any

from gpu_labs.executor.frontend.lowering import Lowering
from gpu_labs.executor.frontend.private_names import ir, types
from gpu_labs.executor.ir.program import Const, Operand, Var
from graphviz_tools.language import _


def operand_of(low: Lowering, arg: Any) -> Operand:
    return low.operand(arg) if isinstance(arg, ir.Var) else arg


def cast_all(low: Lowering, args: list[Any], wanted: Any) -> tuple[Operand, ...]:
    got = [operand_of(low, a) for a in args]
    return tuple(low.cast(a, w) for a, w in zip(got, wanted, strict=False))


def literal(low: Lowering, arg: Any) -> Any:
    """The compile-time value of an argument."""
    if not isinstance(arg, ir.Var):
        return arg.value if isinstance(arg, Const) else arg
    if arg.name in low.known:
        return low.known[arg.name]
    kind = low.typed.typemap[arg.name]
    if isinstance(kind, types.Literal):
        return kind.literal_value
    if arg.name in low.parts:
        return tuple(p.value if isinstance(p, Const) else _literal_type(low, p) for p in low.parts[arg.name])
    if isinstance(kind, types.BaseTuple):
        return tuple(t.literal_value for t in kind.types)  # type: ignore[attr-defined]
    raise low.reject(_("This must be a constant that is known when the kernel is compiled."))


def _literal_type(low: Lowering, part: Operand) -> Any:
    for numba_name, name in low.names.items():
        if isinstance(part, Var) and name == part.name:
            return low.typed.typemap[numba_name].literal_value
    raise low.reject(_("This must be a constant that is known when the kernel is compiled."))
