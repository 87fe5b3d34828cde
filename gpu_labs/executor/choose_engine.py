"""Which engine runs a launch."""

from __future__ import annotations

import numpy as np

from gpu_labs.executor.ir.aliases import Roots
from gpu_labs.executor.ir.control_flow import Flow, analyse, waits_for
from gpu_labs.executor.ir.origins import Origins
from gpu_labs.executor.ir.program import ArrayType, Branch, Const, Function, Program
from gpu_labs.executor.launch_record import Engine, Level
from gpu_labs.executor.runtime.undo import FEW
from graphviz_tools.language import _

MANY_PRINTS = 4096
_MEMORY = {
    "load",
    "field",
    "call",
    "cas",
    "exch",
    "add",
    "sub",
    "max",
    "min",
    "and_",
    "or_",
    "xor",
    "inc",
    "dec",
}
_LOCKING = {"cas", "exch"}


class Manners:
    """How a program behaves, as far as the choice depends on it; found once for each kernel.

    `locks`: a loop waits for a lock. A lock that one thread of each block takes comes free on a GPU, where the
    block that has it goes on while others wait; so such blocks run one after the other."""

    def __init__(self, program: Program, roots: Roots) -> None:
        functions = (program.kernel, *program.functions)
        self.grid_sync = program.uses("gridsync")
        self.prints = program.uses("print")
        self.dates = any(
            isinstance(each.type, ArrayType) and each.type.dtype.kind in "mM"
            for each in program.kernel.parameters
        )
        self.loops = any(analyse(f).loops for f in functions)
        waited_for = set[str]().union(*(_waits(f, roots) for f in functions))
        self.waits = bool(waited_for)
        locking = any(op.kind == "atomic" and op.info in _LOCKING for op in program.ops())
        self.locks = bool(waited_for & _LOCKING) or (locking and "call" in waited_for)
        self.locks |= any(_tries_a_lock(f) for f in functions)


def may_change(asked: str, engine: Engine, manners: Manners, level: Level) -> bool:
    """Whether a launch may begin in lock-step and go over to the serial engine, once few lanes do the work."""
    bound = manners.grid_sync or manners.waits or manners.locks or manners.dates or level == "profile"
    return asked == "auto" and engine == "lock-step" and manners.loops and not bound


def choose(asked: str, manners: Manners, lanes: int, level: Level) -> tuple[Engine, str]:
    """The engine, and why another one than the one asked for; serial for few lanes with loops and for `print`.

    Lock-step always runs what the serial engine would get wrong: a loop that waits for memory shows that it
    never ends only when its threads run together, and a grid-wide barrier needs all blocks at once.
    """
    reason = ""
    if manners.grid_sync:
        reason = _("the kernel has a barrier for the whole grid")
    elif level == "profile":
        reason = _("a profile needs whole warps")
    elif manners.dates:
        reason = _("the kernel computes with dates")
    elif manners.waits:
        reason = _("a loop waits for memory that other threads write")
    if asked == "lock-step" or reason:
        note = _("Ran in lock-step and not serially: {reason}.", reason=reason) if asked == "serial" else ""
        return "lock-step", note
    serial = (
        asked == "serial" or (manners.prints and lanes <= MANY_PRINTS) or (manners.loops and lanes <= FEW)
    )
    return ("serial" if serial else "lock-step"), ""


def _tries_a_lock(function: Function) -> bool:
    """Whether a loop ends by a flag, as in `while not done: if cuda.atomic.cas(...) == 0: ...; done = True`."""
    flow = analyse(function)
    for loop in flow.loops.values():
        blocks = [function.blocks[label] for label in loop.body]
        if not any(op.kind == "atomic" and op.info in _LOCKING for block in blocks for op in block.ops):
            continue
        flags = {
            phi.dst.name
            for block in blocks
            for phi in block.phis
            if phi.dst.type == np.bool_ and any(isinstance(o, Const) for o in phi.incoming.values())
        }
        origins = Origins(function)
        for block in blocks:
            end = block.end
            leaves = isinstance(end, Branch) and not {end.then, end.orelse} <= loop.body
            if leaves and origins.comes_from(end.condition, flags):  # type: ignore[union-attr]
                return True
    return False


def _waits(function: Function, roots: Roots) -> set[str]:
    """What of memory the ends of `while` loops depend on."""
    flow: Flow = analyse(function)
    loops = [
        loop
        for header, loop in flow.loops.items()
        if not any(op.kind == "next" for op in function.blocks[header].ops)
    ]
    return _MEMORY & set[str]().union(*(waits_for(function, loop.body, roots.steady) for loop in loops))
