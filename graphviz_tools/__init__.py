"""Record a program as a growing graph, compute with the Recording, and draw it.

    from graphviz_tools import draw, record_torch
    draw(record_torch(model, x))

Importing this package imports no framework; each source imports its own when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# Each of these functions is named as its module is: imported here, once, so that the function wins the name.
from graphviz_tools.alignment.align import align as align
from graphviz_tools.analysis.findings import findings as findings
from graphviz_tools.frameworks import quiet_environment
from graphviz_tools.trace_cache import trace_cache as trace_cache
from graphviz_tools.transforms.collapse import collapse as collapse
from graphviz_tools.transforms.diff import diff as diff
from graphviz_tools.triton_import import allow_triton_after_tensorflow

if TYPE_CHECKING:
    from graphviz_tools.alignment.align import Alignment as Alignment
    from graphviz_tools.analysis.faults.finding import Finding as Finding
    from graphviz_tools.analysis.memory_table import memory as memory
    from graphviz_tools.analysis.model_table import summary as summary
    from graphviz_tools.drawing.picture import draw as draw
    from graphviz_tools.recording import Recording as Recording
    from graphviz_tools.serialization import load as load
    from graphviz_tools.serialization import save as save
    from graphviz_tools.sources.compiled.recorder import record_compiled as record_compiled
    from graphviz_tools.sources.jax.recorder import record_jax as record_jax
    from graphviz_tools.sources.onnx.recorder import record_onnx as record_onnx
    from graphviz_tools.sources.tensorflow.eager.recorder import (
        record_tensorflow_eager as record_tensorflow_eager,
    )
    from graphviz_tools.sources.tensorflow.eager.recorder import (
        recording_tensorflow_eager as recording_tensorflow_eager,
    )
    from graphviz_tools.sources.tensorflow.optimized import record_optimized as record_optimized
    from graphviz_tools.sources.tensorflow.recorder import record_tensorflow as record_tensorflow
    from graphviz_tools.sources.torch.behind_tensor import autograd_graph as autograd_graph
    from graphviz_tools.sources.torch.recorder import record_torch as record_torch
    from graphviz_tools.sources.torch.recorder import recording_torch as recording_torch
    from graphviz_tools.transforms.simplify import without_plumbing as without_plumbing

_HOME = {
    "Alignment": "alignment.align",
    "Finding": "analysis.faults.finding",
    "Recording": "recording",
    "autograd_graph": "sources.torch.behind_tensor",
    "draw": "drawing.picture",
    "load": "serialization",
    "memory": "analysis.memory_table",
    "record_compiled": "sources.compiled.recorder",
    "record_jax": "sources.jax.recorder",
    "record_onnx": "sources.onnx.recorder",
    "record_optimized": "sources.tensorflow.optimized",
    "record_tensorflow": "sources.tensorflow.recorder",
    "record_tensorflow_eager": "sources.tensorflow.eager.recorder",
    "record_torch": "sources.torch.recorder",
    "recording_tensorflow_eager": "sources.tensorflow.eager.recorder",
    "recording_torch": "sources.torch.recorder",
    "save": "serialization",
    "summary": "analysis.model_table",
    "without_plumbing": "transforms.simplify",
}

__all__ = [
    "Alignment",
    "Finding",
    "Recording",
    "align",
    "autograd_graph",
    "collapse",
    "diff",
    "draw",
    "findings",
    "load",
    "memory",
    "record_compiled",
    "record_jax",
    "record_onnx",
    "record_optimized",
    "record_tensorflow",
    "record_tensorflow_eager",
    "record_torch",
    "recording_tensorflow_eager",
    "recording_torch",
    "save",
    "summary",
    "trace_cache",
    "without_plumbing",
]

# A learner may import TensorFlow right after this package, and its noise would be in every saved output.
quiet_environment()
allow_triton_after_tensorflow()


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"graphviz_tools has no {name!r}; it offers {', '.join(__all__)}")
    return getattr(importlib.import_module(f"graphviz_tools.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
