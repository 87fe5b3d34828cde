"""Artifacts: what leaves the answer's process to be measured where the answer never ran.

A check cell calls `submit("graph", graph)`. What it submits becomes JSON: a graph, a program, a model, values.
A measure cell calls `received("graph")`. It runs in another process, which has seen no line of the answer, and
gets an object that can be run on new inputs and whose operations can be counted. Nothing is unpickled.

| submitted | what `received` returns |
|---|---|
| `tf.Graph`, a concrete function, the graph of a `tf.function` being traced | `TensorFlowGraph` |
| a `torch.export.ExportedProgram`, a `torch.fx.GraphModule` | `TorchProgram` |
| a `jax.export.Exported` | `JaxProgram` |
| an `onnx.ModelProto` | `OnnxModel` |
| a `graphviz_tools.Recording` | the same Recording (a description: it cannot be run) |
| tensors, arrays, numbers, text, None, and lists, tuples and dicts of all these | the same, arrays as NumPy's |
"""

from graph_duet.grading.artifacts.transfer import ArtifactError, deliver, received, submit

__all__ = ["ArtifactError", "deliver", "received", "submit"]
