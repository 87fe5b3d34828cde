"""Which nodes of a static graph belong to its gradients."""

from __future__ import annotations

from graphviz_tools.recording import Node

GRADIENT_PARTS = ("gradient_tape", "gradients")


def is_gradient(node: Node) -> bool:
    """True for an op that a gradient computation made: by its name in TensorFlow, by its place in torch.compile's
    graphs."""
    if len(node.scope) > 1 and node.scope[0].startswith("segment ") and node.scope[1] == "backward":
        return True
    return any(part.startswith(GRADIENT_PARTS) for part in node.name.split("/"))
