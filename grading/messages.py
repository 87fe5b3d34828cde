"""Which messages of a kernel the judge looks at: those with the fields that nbval will read, of their types."""

from __future__ import annotations

from typing import Any

# Message type: the fields of its content that are read, and their types. Other types of message are dropped.
_READ: dict[str, dict[str, type | tuple[type, ...]]] = {
    "status": {"execution_state": str},
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict},
    "execute_result": {"data": dict},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "execute_reply": {"status": str},
    "kernel_info_reply": {"status": str},
}


def is_well_formed(message: dict[str, Any]) -> bool:
    """Whether a message is one that can be read safely; leaves in it only such display data as is looked at:
    text, however deep the JSON beside it."""
    kind, content, parent = message["msg_type"], message["content"], message["parent_header"]
    if not isinstance(kind, str) or not isinstance(content, dict) or not isinstance(parent, dict):
        return False
    fields = _READ.get(kind)
    if fields is None or not isinstance(parent.get("msg_id", ""), str):
        return False
    if not all(isinstance(content.get(name), wanted) for name, wanted in fields.items()):
        return False
    if kind == "error":
        content["traceback"] = [line for line in content["traceback"] if isinstance(line, str)]
    if "data" in fields:
        content["data"] = {key: value for key, value in content["data"].items() if isinstance(value, str)}
        content["metadata"] = {}
        count = content.get("execution_count")
        content["execution_count"] = count if type(count) is int else None
    return True
