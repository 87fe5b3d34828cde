"""A widget that saves a static picture beside it, for places where no widget can run."""

from __future__ import annotations

from typing import Any

import anywidget

from graphviz_tools.drawing.appearance import STORED_TYPE


class Twin(anywidget.AnyWidget):
    """The part of every widget here that puts its static twin, an SVG, into the notebook's output."""

    # ipywidgets 7, which Colab has, would show a widget with this, without the twin and what Colab's manager reads.
    _ipython_display_ = None

    def still(self) -> str:
        """The static twin: SVG text."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {
            **data,
            STORED_TYPE: self.stored(),
            "image/svg+xml": self.still(),
            "text/plain": repr(self),
        }, metadata

    def stored(self) -> dict[str, Any]:
        """What JupyterLab needs to draw and step the widget when there is no kernel.

        `entry` and `sheets` name the front end's files, and `data` is packed as a page has it.
        """
        raise NotImplementedError
