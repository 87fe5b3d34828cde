"""What the ops of TorchScript's graphs do beside computing, as `OpRoles` describes; FX graphs have no such ops."""

from __future__ import annotations

from graphviz_tools.op_roles import OpRoles

ROLES = OpRoles(constants=frozenset({"prim::Constant"}))
