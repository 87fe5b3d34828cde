"""Eager TensorFlow programs, by theme."""

from tests.graphviz_tools.sources.tensorflow.eager_programs import layers, python, tapes
from tests.graphviz_tools.sources.tensorflow.eager_programs.corpus import PROGRAMS

__all__ = ["PROGRAMS", "layers", "python", "tapes"]
