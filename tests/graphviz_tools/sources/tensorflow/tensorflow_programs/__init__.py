"""Varied TensorFlow programs, and each of them recorded once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from graphviz_tools.recording import Recording
from graphviz_tools.sources.tensorflow.recorder import record_tensorflow
from tests.graphviz_tools.sources.tensorflow.tensorflow_programs import control_flow, gradients, state, values
from tests.graphviz_tools.sources.tensorflow.tensorflow_programs.corpus import PROGRAMS, tf

THEMES = (values, control_flow, gradients, state)


@dataclass(frozen=True)
class Recorded:
    """A program's `tf.function`, its arguments, its variables after the run, and the Recording."""

    function: Any
    arguments: tuple[Any, ...]
    variables: tuple[Any, ...]
    recording: Recording


@cache
def recorded(name: str) -> Recorded:
    fn, arguments, variables = PROGRAMS[name]()
    function = fn if hasattr(fn, "get_concrete_function") else tf.function(fn)
    return Recorded(function, arguments, variables, record_tensorflow(function, *arguments))
