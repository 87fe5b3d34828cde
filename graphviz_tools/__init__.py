"""Record a program as a growing graph, compute with the Recording, and draw it.

    from graphviz_tools import draw, record_torch
    draw(record_torch(model, x))

Importing this package imports no framework; each source imports its own when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from graphviz_tools.frameworks import quiet_environment

if TYPE_CHECKING:
    from graphviz_tools.align import Alignment as Alignment
    from graphviz_tools.align import align as align
    from graphviz_tools.collapse import collapse as collapse
    from graphviz_tools.diff import diff as diff
    from graphviz_tools.picture import draw as draw
    from graphviz_tools.recording import Recording as Recording
    from graphviz_tools.saving import load as load
    from graphviz_tools.saving import save as save
    from graphviz_tools.sources.compiled import record_compiled as record_compiled
    from graphviz_tools.sources.jax import record_jax as record_jax
    from graphviz_tools.sources.onnx import record_onnx as record_onnx
    from graphviz_tools.sources.pytorch import record_torch as record_torch
    from graphviz_tools.sources.pytorch import recording_torch as recording_torch
    from graphviz_tools.sources.tensorflow import record_tensorflow as record_tensorflow
    from graphviz_tools.trace_cache import trace_cache as trace_cache

_HOME = {
    "Alignment": "align",
    "Recording": "recording",
    "align": "align",
    "collapse": "collapse",
    "diff": "diff",
    "draw": "picture",
    "load": "saving",
    "record_compiled": "sources.compiled",
    "record_jax": "sources.jax",
    "record_onnx": "sources.onnx",
    "record_tensorflow": "sources.tensorflow",
    "record_torch": "sources.pytorch",
    "recording_torch": "sources.pytorch",
    "save": "saving",
    "trace_cache": "trace_cache",
}

__all__ = sorted(_HOME)

# A learner may import TensorFlow right after this package, and its noise would be in every saved output.
quiet_environment()


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"graphviz_tools has no {name!r}; it offers {', '.join(__all__)}")
    value = getattr(importlib.import_module(f"graphviz_tools.{_HOME[name]}"), name)
    # Importing `graphviz_tools.align` binds the submodule under the function's name; the function must win.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
