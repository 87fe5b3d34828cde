"""Which TensorFlow ops do more than compute: they write, print, draw a random number, call Python, or wait for
other ops."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from graphviz_tools.sources.tensorflow.graph_reader import (
    VARIABLE_OPS,
    GraphReader,
    called_functions,
)
from graphviz_tools.sources.tensorflow.op_kernel import is_seeded

READ_OPS = ("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VarIsInitializedOp", *VARIABLE_OPS)
_WRITES_VARIABLE = re.compile(
    r"Assign\w*VariableOp|Resource\w+|Rng\w+|Stateful(Standard|Trunc|Uniform|Random)\w+"
)
_MEETS = re.compile(r"(Collective(Reduce|Gather|Bcast|AllToAll|Permute)|Nccl)\w*")


def has_effect(op: Any) -> bool:
    """True when running `op` again could matter: it writes, prints or draws a random number."""
    return op.op_def.is_stateful and op.type not in READ_OPS and op.type != "Placeholder"


def acts(reader: GraphReader, operations: Iterable[Any], *, drawing: bool) -> bool:
    """True when one of `operations`, or of what they call, has an effect on anything but variables.

    `drawing=False` does not count the draws of a seeded random op, which a new kernel draws again.
    """
    for op in operations:
        bodies = [reader.bodies.get(name) for _, name in called_functions(op)]
        if any(body is None or acts(reader, body.graph.get_operations(), drawing=drawing) for body in bodies):
            return True
        if bodies or not has_effect(op) or op.type == "Assert" or _WRITES_VARIABLE.fullmatch(op.type):
            continue
        if drawing or not is_seeded(op):
            return True
    return False


def meeting_op(reader: GraphReader, operations: Iterable[Any]) -> str:
    """The type of an op among `operations`, or in what they call, that waits until the same op runs on the other
    devices of a `tf.distribute` strategy; "" when there is none."""
    for op in operations:
        if _MEETS.fullmatch(op.type):
            return op.type
        bodies = [reader.bodies.get(name) for _, name in called_functions(op)]
        for body in bodies:
            if body is not None and (found := meeting_op(reader, body.graph.get_operations())):
                return found
    return ""
