"""A JAX program as data: what `jax.export` serializes (StableHLO, no pickle)."""

from __future__ import annotations

import base64
import re
from collections import Counter
from typing import Any

import numpy as np

from graph_duet.grading.artifacts.transfer import ArtifactError, Damaged, require, unpacked
from graphviz_tools.language import _

_CALLBACK = re.compile(r"custom_call\W+(\w*callback\w*)")  # into Python, by an address of another process
_OPERATION = re.compile(r"= \"?stablehlo\.(\w+)")


def encode(exported: Any) -> dict[str, Any]:
    return {"program": base64.b64encode(bytes(exported.serialize())).decode()}


def decode(content: dict[str, Any]) -> JaxProgram:
    require(content, program=str)
    return JaxProgram(unpacked(content["program"]))


class JaxProgram:
    """A program that was loaded from data. Call it with arrays; `shapes` are its inputs' shapes as text, such as
    `(n, 3)`, symbolic where any size is taken."""

    def __init__(self, data: bytes):
        from jax import export

        try:
            self._exported: Any = export.deserialize(bytearray(data))
        except Exception as error:  # all of it is JAX's own reading of the data, and may raise anything
            raise Damaged(str(error)) from error
        callback = _CALLBACK.search(self._exported.mlir_module())
        if callback:
            raise ArtifactError(
                _("the program calls back into Python ({op}), so it is not a program alone", op=callback[1])
            )

    @property
    def shapes(self) -> list[str]:
        return [str(value.shape) for value in self._exported.in_avals]

    def __call__(self, *inputs: Any) -> Any:
        """An array, or a tuple of them. Raises ArtifactError where the program does not take these inputs."""
        try:
            result = self._exported.call(*inputs)
        except (TypeError, ValueError) as error:
            raise ArtifactError(_("the program fails on such an input: {error}", error=error)[:300]) from None
        return tuple(map(np.asarray, result)) if isinstance(result, list | tuple) else np.asarray(result)

    def counts(self) -> dict[str, int]:
        """How many StableHLO operations of each kind the program has, constants left out."""
        found = Counter(_OPERATION.findall(self._exported.mlir_module()))
        return {name: number for name, number in sorted(found.items()) if name != "constant"}
