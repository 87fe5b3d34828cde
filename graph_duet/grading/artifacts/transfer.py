"""Sending artifacts from one process to another as JSON: `submit` on one side, `received` on the other."""

from __future__ import annotations

import base64
import importlib
import json
from typing import Any

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

MIME = "application/vnd.graph-duet.artifact"  # not "+json": Jupyter then leaves the text as it is
MAX_BYTES = 2**20

# Where each kind of artifact is written and read, and the types that it is written from, by module and name.
_KINDS = {
    "tensorflow": "tensorflow_graph",
    "torch": "torch_program",
    "jax": "jax_program",
    "onnx": "onnx_model",
    "recording": "recording",
    "values": "plain_values",
}

_arrived: dict[str, Any] = {}


class ArtifactError(UserError):
    """What was submitted cannot be sent or loaded; the message says what was expected."""


def submit(name: str, thing: Any, **details: Any) -> None:
    """Send `thing` to the measure cell below, under `name`.

    `details` are a graph's `inputs` and `outputs`: lists of its tensors, for a `tf.Graph` made by hand. In a
    notebook that is run by hand, `received(name)` finds it in the same process.

    Raises:
        ArtifactError: the type of `thing` is not in the table of `graph_duet.grading.artifacts`, or it is
            larger than 1 MB as JSON.
    """
    from IPython.display import display

    content = encoded(thing, **details)
    text = json.dumps({"name": name, "artifact": content}, allow_nan=False)
    if len(text) > MAX_BYTES:
        raise ArtifactError(
            _(
                "{name} is {count:.1f} MB as JSON; at most 1 MB can be submitted",
                name=name,
                count=len(text) / 2**20,
            )
        )
    _arrived[name] = content
    display({MIME: text, "text/plain": f"submitted: {name}"}, raw=True)


def deliver(artifacts: str) -> None:
    """Make artifacts available to `received`: JSON text of {name: content}."""
    _arrived.clear()
    _arrived.update(json.loads(artifacts))


def received(name: str) -> Any:
    """What was submitted under `name`, loaded from its JSON.

    Raises:
        ArtifactError: nothing was submitted under this name, or it cannot be loaded.
    """
    if name not in _arrived:
        raise ArtifactError(_("nothing was submitted under the name {name!r}", name=name))
    return decoded(_arrived[name])


def encoded(thing: Any, **details: Any) -> dict[str, Any]:
    """`thing` as JSON-able data with its kind. Raises ArtifactError."""
    kind = _kind_of(thing)
    return {"kind": kind, **_module(kind).encode(thing, **details)}


def decoded(content: Any) -> Any:
    """The object that `content` describes. Raises ArtifactError where the data is damaged or forged."""
    kind = content.get("kind") if isinstance(content, dict) else None
    if kind not in _KINDS:
        raise ArtifactError(_("an artifact of the unknown kind {kind!r}", kind=str(kind)[:40]))
    try:
        return _module(kind).decode(content)
    except (
        Damaged,
        RecursionError,
    ) as error:  # data that lies in itself thousands of times overruns the stack
        raise ArtifactError(
            _("the {kind} artifact cannot be loaded: {error}", kind=kind, error=error)[:300]
        ) from error


class Damaged(Exception):
    """Data that came from outside is not what `encoded` writes."""


def require(content: Any, **wanted: type) -> None:
    """Raise Damaged unless `content` is a dict with each of these fields, of that type."""
    for name, kind in wanted.items():
        if not isinstance(content, dict) or not isinstance(content.get(name), kind):
            raise Damaged(_("it has no {name} of the type {kind}", name=name, kind=kind.__name__))


def unpacked(text: str) -> bytes:
    """The bytes that `text` holds in base64. Raises Damaged."""
    try:
        return base64.b64decode(text)
    except ValueError as error:
        raise Damaged(str(error)) from None


def _kind_of(thing: Any) -> str:
    for parent in type(thing).__mro__:
        root, name = parent.__module__.partition(".")[0], parent.__name__
        if root == "tensorflow" and name in ("Graph", "FuncGraph", "ConcreteFunction"):
            return "tensorflow"
        if root == "torch" and name in ("GraphModule", "ExportedProgram"):
            return "torch"
        if root == "jax" and name == "Exported":
            return "jax"
        if root in ("onnx", "onnx_ml_pb2") and name == "ModelProto":
            return "onnx"
        if root == "graphviz_tools" and name == "Recording":
            return "recording"
    return "values"


def _module(kind: str) -> Any:
    return importlib.import_module(f"graph_duet.grading.artifacts.{_KINDS[kind]}")
