"""What a kernel asks of `cuda` that it cannot have there, in words: calls of the host, launches, atomics."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from graphviz_tools.language import _


def about_cuda(node: ast.AST, message: str, value_of: Callable[[str], Any]) -> str:
    """What a learner should hear about a node that Numba refuses with `message`; "" when it is something else.
    `value_of(name)` is the object behind a dotted name in the kernel, None when that is not known."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Subscript):
        name = ast.unparse(node.func.value)
        if hasattr(value_of(name), "py_func"):
            return _(
                "A kernel cannot launch a kernel. Launch {name} from the host, or make it a function of the thread, "
                "with @cuda.jit(device=True), and call it.",
                name=name,
            )
    if not isinstance(node, ast.Attribute):
        return ""
    home, name = ast.unparse(node.value), node.attr
    value = value_of(home)
    if getattr(value, "__name__", "") == "atomic" and hasattr(value, name):
        return _about_atomic(f"{home}.{name}", message)
    is_cuda = hasattr(value, "to_device") and hasattr(value, "threadIdx")
    if is_cuda and f"Unknown attribute '{name}'" in message and hasattr(value, name):
        return _(
            "{called} is for the host: call it before or after the launch, not in a kernel.",
            called=f"{home}.{name}",
        )
    return ""


def _about_atomic(called: str, message: str) -> str:
    name = called.rpartition(".")[2]
    element = re.search(r">>> \w+\((?:unaligned )?(readonly )?array\((\w+)", message)
    if element and element[1]:
        return _("{called} changes its array, and this one is read-only: pass a copy.", called=called)
    if element:
        return _(
            "{called} does not work on an array of {dtype}, or not with these arguments. Atomics know int32, int64, "
            "uint32, uint64, float32 and float64 (and_, or_, xor, inc and dec only whole numbers).",
            called=called,
            dtype=element[2],
        )
    if name == "compare_and_swap":
        return _("{called} takes an array, the old value and the new one.", called=called)
    if name == "cas":
        return _(
            "{called} takes an array, an index, the old value and the new one: the array itself, not one of its "
            "elements.",
            called=called,
        )
    return _(
        "{called} takes an array, an index and a value: the array itself, not one of its elements.",
        called=called,
    )
