"""Twins: each program in PyTorch and in TensorFlow, with the pairs of ops that `align` has to find."""

from tests.graphviz_tools.alignment.pairs import control_flow, later, models, shapes, training
from tests.graphviz_tools.alignment.pairs.twins import TWINS

__all__ = ["TWINS", "control_flow", "later", "models", "shapes", "training"]
