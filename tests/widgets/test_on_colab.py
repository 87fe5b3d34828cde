"""Google Colab: ipywidgets 7, and a widget manager of its own that has to be asked for."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import ipywidgets
import pytest
from anywidget._util import enable_custom_widget_manager_once
from IPython.core.formatters import DisplayFormatter

from tests.widgets.recordings import eager_loop
from widgets import Stepper

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def colab(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of widget managers that were asked for, on a Colab that has ipywidgets 7."""
    asked: list[str] = []
    output = ModuleType("google.colab.output")
    vars(output).update(
        enable_custom_widget_manager=lambda: asked.append("custom"),
        _widgets=SimpleNamespace(_installed_url="https://colab.example/manager.js"),
    )
    monkeypatch.setitem(sys.modules, "google.colab.output", output)

    # Version 7 publishes the widget here, and IPython then looks for no other way to show it.
    monkeypatch.setattr(ipywidgets.Widget, "_ipython_display_", lambda self: None, raising=False)
    enable_custom_widget_manager_once.cache_clear()
    return asked


def test_a_widget_asks_for_colab_s_manager_and_keeps_its_picture(colab: list[str]) -> None:
    data, metadata = DisplayFormatter().format(Stepper(eager_loop()))
    assert colab == ["custom"]
    assert "<svg" in data["image/svg+xml"] and "11 steps" in data["text/plain"]
    assert metadata[WIDGET]["colab"]["custom_widget_manager"]["url"] == "https://colab.example/manager.js"
