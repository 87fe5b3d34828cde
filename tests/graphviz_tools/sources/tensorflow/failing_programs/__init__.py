"""Programs that TensorFlow refuses, by theme."""

from tests.graphviz_tools.sources.tensorflow.failing_programs import graphs, ops
from tests.graphviz_tools.sources.tensorflow.failing_programs.cases import CASES

__all__ = ["CASES", "graphs", "ops"]
