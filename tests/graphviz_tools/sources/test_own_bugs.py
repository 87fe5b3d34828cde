"""A bug of ours shows its traceback; it does not become an error of the program that was recorded."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import pytest
import torch

from graphviz_tools import record_compiled, record_jax
from graphviz_tools.sources.common.own_bugs import is_own_bug, raised_here


def double(x: Any) -> Any:
    return x * 2


RECORDERS: dict[str, tuple[str, Callable[[], Any]]] = {
    "jax": ("jax.run._read", lambda: record_jax(double, jnp.ones(2))),
    "script": (
        "compiled.torchscript_run.values_in",
        lambda: record_compiled(double, torch.ones(2), how="trace"),
    ),
    "export": ("compiled.fx_run.inputs_of", lambda: record_compiled(double, torch.ones(2), how="export")),
    "compile": ("compiled.fx_run.inputs_of", lambda: record_compiled(double, torch.ones(2))),
}


@pytest.mark.parametrize(("name", "record"), RECORDERS.values(), ids=RECORDERS)
def test_a_bug_of_a_recorder_is_raised(
    name: str, record: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert record().error == ""
    monkeypatch.delattr(f"graphviz_tools.sources.{name}")
    with pytest.raises(NameError):
        record()


def test_an_error_of_the_program_is_not_our_bug() -> None:
    with pytest.raises(KeyError) as raised:
        operator.getitem({}, "missing")
    assert not is_own_bug(raised.value) and not raised_here(raised.value)
