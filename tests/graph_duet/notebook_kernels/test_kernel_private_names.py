"""TensorFlow still has the name through which a forked notebook kernel sends what `tf.print` writes to Python."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph_duet.notebook_kernels import private_names
from graphviz_tools.frameworks import import_tensorflow


def test_this_tensorflow_has_the_name() -> None:
    import_tensorflow()
    assert private_names.PYTHON_LOGGING.find() is not None


def test_without_the_name_the_notebook_kernel_still_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = replace(private_names.PYTHON_LOGGING, name="gone")
    monkeypatch.setattr(private_names, "PYTHON_LOGGING", gone)
    private_names.let_tf_print_write_to_python()
