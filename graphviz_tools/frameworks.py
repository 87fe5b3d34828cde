"""The one place where TensorFlow is imported: quietly, and after torch.

TensorFlow writes to stderr from C++ while it is imported, so its log level must be in the environment before.
Triton, where it is installed, comes before it as well (`triton_import.py` says why).
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from types import ModuleType

from graphviz_tools.errors import NotInstalledError
from graphviz_tools.language import _

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # no C++ information, warnings or errors
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN reorders float sums, and says so on every import
    "GRPC_VERBOSITY": "NONE",
}


def quiet_environment() -> None:
    """Ask TensorFlow, wherever this process imports it later, to be silent; the user's own settings win."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


@functools.cache
def import_tensorflow() -> ModuleType:
    """TensorFlow, imported once, silently, after torch and Triton.

    Raises NotInstalledError, with the command to install it, when TensorFlow is missing.
    """
    if "tensorflow" in sys.modules:
        return sys.modules["tensorflow"]  # the user's own import came first
    quiet_environment()
    for earlier in ("torch", "triton"):
        if importlib.util.find_spec(earlier) is not None:
            importlib.import_module(earlier)
    try:
        return importlib.import_module("tensorflow")
    except ModuleNotFoundError as missing:
        if missing.name != "tensorflow":
            raise
        raise NotInstalledError(_("TensorFlow is not installed: run `pip install tensorflow-cpu`")) from None
