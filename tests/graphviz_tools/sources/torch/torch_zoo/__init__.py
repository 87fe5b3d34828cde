"""Small PyTorch programs of every kind that a learner may write, for the recorder to be tried on.

Each entry of `ZOO` is a function without arguments that builds its program from a fixed seed and returns
(program, state): `program()` runs it, and `state` is the list of tensors whose gradients, values and version
counters must come out the same with and without a recorder.
"""

from tests.graphviz_tools.sources.torch.torch_zoo import (  # noqa: F401 - each adds its programs
    architectures,
    checkpoints,
    compiling,
    control,
    expressions,
    failing,
    functions,
    kinds_of_tensor,
    loops,
    modules,
    surroundings,
    told,
    training,
    transforms,
)
from tests.graphviz_tools.sources.torch.torch_zoo.functions import Cube
from tests.graphviz_tools.sources.torch.torch_zoo.specimen import ZOO

__all__ = ["ZOO", "Cube"]
