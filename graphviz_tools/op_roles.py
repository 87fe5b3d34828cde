"""What a framework's ops do besides computing: the names that `analysis/`, `transforms/` and `alignment/` need.

Each source that records static graphs has an `op_roles.py` with one `ROLES`. It holds only data and imports no
framework, so a saved Recording can be simplified where its framework is not installed.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass

_SOURCES = {
    "tensorflow": "tensorflow",
    "tensorflow.eager": "tensorflow",
    "torch.compile": "compiled",
    "torch.export": "compiled",
    "torchscript": "compiled",
    "onnx": "onnx",
}


@dataclass(frozen=True, slots=True)
class OpRoles:
    """Names of ops, by what they do for a program. Empty: the framework has no such ops.

    - `constants` hold a number; `operand_names` end the name of one that an operator made of an operand, and
      `constant_call` is what a line says that makes one on purpose;
    - `pass_on` give each input to an output unchanged, those in `pass_by_slot` to the output of the same slot;
    - `arguments` are the inputs of a loop's parts that the loop does not change;
    - `order_only` carry no value; `savers` only keep values for a gradient, `getters` give them back;
    - `shapes` compute shapes; in a gradient they are plumbing. `reductions` take axes as second input, and
      `arrangers` a shape;
    - `loop_setup` are ops that a `for` computes before its first turn;
    - `flags` are labels of constants with which the framework remembers a `break` or a `return`;
    - `loops` run a `cond` and a `body`, and `same` ops give their input back unchanged. `loop_counters` is a regular
      expression for the names of what counts a loop's turns or limits them;
    - `pushes` put a value on a list that a loop keeps for its gradient, `pops` take it off;
    - a gradient op lies below a part of its name that begins with one of `gradient_names`, or in the scope
      `gradient_scope` of a segment. `gradient_suffix` ends the part that names the forward op, and
      `gradient_op_suffix` the op itself where it has one of its own, such as `ReluGrad`.
    """

    constants: frozenset[str] = frozenset()
    operand_names: tuple[str, ...] = ()
    constant_call: str = "constant"
    pass_on: frozenset[str] = frozenset()
    pass_by_slot: frozenset[str] = frozenset()
    arguments: frozenset[str] = frozenset()
    order_only: frozenset[str] = frozenset()
    savers: frozenset[str] = frozenset()
    getters: frozenset[str] = frozenset()
    shapes: frozenset[str] = frozenset()
    reductions: frozenset[str] = frozenset()
    arrangers: frozenset[str] = frozenset()
    loop_setup: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    loops: frozenset[str] = frozenset()
    same: frozenset[str] = frozenset()
    loop_counters: str | None = None
    pushes: frozenset[str] = frozenset()
    pops: frozenset[str] = frozenset()
    gradient_names: tuple[str, ...] = ()
    gradient_scope: str | None = None
    gradient_suffix: str = ""
    gradient_op_suffix: str = ""


@functools.cache
def roles_of(framework: str) -> OpRoles:
    """The roles of the ops in a Recording's `framework`; all empty where its source gives none."""
    if framework not in _SOURCES:
        return OpRoles()
    return importlib.import_module(f"graphviz_tools.sources.{_SOURCES[framework]}.op_roles").ROLES
