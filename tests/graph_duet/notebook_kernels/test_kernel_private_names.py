"""The frameworks still have the private names that notebook kernels and the grader use."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import pytest

from graph_duet.grading.judging.private_names import COUNTING
from graph_duet.notebook_kernels import private_names
from graphviz_tools.frameworks import import_tensorflow


def test_this_tensorflow_has_the_name() -> None:
    import_tensorflow()
    assert private_names.PYTHON_LOGGING.find() is not None


def test_without_the_name_the_notebook_kernel_still_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = replace(private_names.PYTHON_LOGGING, name="gone")
    monkeypatch.setattr(private_names, "PYTHON_LOGGING", gone)
    private_names.let_tf_print_write_to_python()


def test_this_pytorch_has_the_module() -> None:
    assert find_spec(private_names.COMPILER) is not None


@pytest.mark.parametrize("module", COUNTING)
def test_the_frameworks_have_the_modules_that_are_compared(module: str) -> None:
    import_tensorflow()
    assert find_spec(module) is not None
