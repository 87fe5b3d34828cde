"""TensorFlow's private name that a forked notebook kernel needs, last seen in TensorFlow 2.21."""

from __future__ import annotations

import contextlib
from importlib import import_module

MODULE, NAME = "tensorflow.python.pywrap_tfe", "TFE_Py_EnableInteractivePythonLogging"


def let_tf_print_write_to_python() -> None:
    """Let `tf.print` write to Python's stdout. Where the name is gone, it writes to the process's own: what it prints
    reaches the notebook late."""
    with contextlib.suppress(ImportError, AttributeError):
        getattr(import_module(MODULE), NAME)()
