"""Private names of frameworks that a forked notebook kernel needs."""

from __future__ import annotations

from graphviz_tools.language import _
from graphviz_tools.private_name import PrivateName

# Last seen in PyTorch 2.13.0. Compiling imports it, so it is imported ahead; without it the first graph takes longer.
COMPILER = "torch._dynamo"
PYTHON_LOGGING = PrivateName(
    "tensorflow.python.pywrap_tfe",
    "TFE_Py_EnableInteractivePythonLogging",
    "2.21",
    _("the order of what `tf.print` writes: it reaches the notebook late"),
)


def let_tf_print_write_to_python() -> None:
    """Let `tf.print` write to Python's stdout. Where the name is gone, it writes to the process's own."""
    enable = PYTHON_LOGGING.find()
    if enable is not None:
        enable()
