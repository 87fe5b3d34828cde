"""Which nodes of a static graph belong to its gradients."""

from __future__ import annotations

from graphviz_tools.op_roles import OpRoles
from graphviz_tools.recording import Node


def is_gradient(node: Node, roles: OpRoles) -> bool:
    """True for an op that a gradient computation made: by its name, or by its scope in a segment's graphs."""
    if len(node.scope) > 1 and node.scope[0].startswith("segment ") and node.scope[1] == roles.gradient_scope:
        return True
    return any(part.startswith(roles.gradient_names) for part in node.name.split("/"))
