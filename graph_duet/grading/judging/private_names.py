"""Private modules of frameworks through which graphs, gradients and traces are counted and shown.

Last seen in PyTorch 2.13.0 and TensorFlow 2.21. Without one, an answer that replaces what is in it goes unnoticed.
"""

from __future__ import annotations

COUNTING = (
    "torch.utils._python_dispatch",
    "tensorflow.python.eager.polymorphic_function",
    "tensorflow.python.framework.ops",
    "tensorflow.python.framework.func_graph",
)
