"""What ONNX's ops do besides computing, as `OpRoles` describes."""

from __future__ import annotations

from graphviz_tools.op_roles import OpRoles

ROLES = OpRoles(constants=frozenset({"Constant"}), pass_on=frozenset({"Identity"}))
