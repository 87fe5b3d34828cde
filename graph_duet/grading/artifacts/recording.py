"""A Recording as JSON: a description of a run, which the clean process can read but not run."""

from __future__ import annotations

from typing import Any

from graph_duet.grading.artifacts.transfer import Damaged, require
from graphviz_tools import serialization
from graphviz_tools.errors import UserError
from graphviz_tools.recording import Recording


def encode(recording: Recording) -> dict[str, Any]:
    return {"recording": serialization.to_json(recording)}


def decode(content: dict[str, Any]) -> Recording:
    require(content, recording=dict)
    try:
        return serialization.from_json(content["recording"])
    except UserError as error:
        raise Damaged(str(error)) from None
