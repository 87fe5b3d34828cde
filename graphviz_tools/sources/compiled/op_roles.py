"""What the ops of TorchScript's graphs do besides computing, as `OpRoles` describes, and where torch.compile puts
gradients; its FX graphs have no ops with a role."""

from __future__ import annotations

from graphviz_tools.op_roles import OpRoles

ROLES = OpRoles(constants=frozenset({"prim::Constant"}), gradient_scope="backward")
