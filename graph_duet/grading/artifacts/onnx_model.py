"""An ONNX model as data, run by ONNX's own reference evaluator."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

from graph_duet.grading.artifacts.transfer import ArtifactError, require, unpacked
from graphviz_tools.language import _


def encode(model: Any) -> dict[str, Any]:
    return {"model": base64.b64encode(model.SerializeToString()).decode()}


def decode(content: dict[str, Any]) -> OnnxModel:
    require(content, model=str)
    return OnnxModel(unpacked(content["model"]))


class OnnxModel:
    """A model that was loaded from data. Call it with arrays, one for each input, in order."""

    def __init__(self, data: bytes):
        import onnx
        from google.protobuf.message import DecodeError

        try:
            self._model = onnx.load_model_from_string(data)
            onnx.checker.check_model(self._model)
        except (DecodeError, onnx.checker.ValidationError) as error:
            raise ArtifactError(_("the data is not a valid ONNX model: {error}", error=error)[:300]) from None

    def __call__(self, *inputs: Any) -> Any:
        """An array, or a tuple of them. Raises ArtifactError when the number of inputs is another."""
        from onnx.reference import ReferenceEvaluator

        names = [value.name for value in self._model.graph.input]
        if len(names) != len(inputs):
            raise ArtifactError(
                _(
                    "the model has {count} inputs, and {given} are given",
                    count=len(names),
                    given=len(inputs),
                )
            )
        results = [*ReferenceEvaluator(self._model).run(None, dict(zip(names, inputs, strict=True)))]
        return results[0] if len(results) == 1 else tuple(results)

    def counts(self) -> dict[str, int]:
        """How many nodes of each type the main graph has, sorted by type."""
        return dict(sorted(Counter(node.op_type for node in self._model.graph.node).items()))
