"""The options of `cuda.jit`: one that Numba does not know is refused where it is written.

Numba itself says so when it compiles a kernel for a GPU, which the executor never does.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from numba.cuda import jit as numba_jit

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

# What numba-cuda's `jit` takes as `**kws` and hands on to its kernels; it names the other options itself.
_HANDED_ON = {"extensions", "fastmath", "max_registers"}
_INSTEAD = {
    "nopython": _("Leave it out: every kernel is compiled."),
    "parallel": _("Leave it out: the launch says how many threads run."),
    "boundscheck": _("Leave it out: an index outside its array is a finding here."),
    **dict.fromkeys(("argtypes", "restype", "bind"), _("Write the signature first: cuda.jit('void(float32[:])').")),
}  # fmt: skip


def known_options() -> list[str]:
    """The names of all options, sorted."""
    named = {
        parameter.name
        for parameter in inspect.signature(numba_jit).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    }
    return sorted((named | _HANDED_ON) - {"func_or_sig"})


def refuse_unknown(options: Mapping[str, Any]) -> None:
    """Raise UserError for the first of `options` that `cuda.jit` does not have. Those that begin with `_` are for
    those who debug Numba."""
    known = known_options()
    for name in options:
        if name not in known and not name.startswith("_"):
            raise UserError(
                _(
                    "cuda.jit has no option {name}. {instead}",
                    name=name,
                    instead=_INSTEAD.get(name) or _("It knows {known}.", known=", ".join(known)),
                )
            )
