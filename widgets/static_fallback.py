"""A live widget that leaves a true picture beside it, for where no widget can run."""

from __future__ import annotations

from typing import Any

import anywidget


class Twin(anywidget.AnyWidget):
    """The part of every widget here that puts its static twin, an SVG, into the notebook's output."""

    def still(self) -> str:
        """The static twin: SVG text."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "image/svg+xml": self.still(), "text/plain": repr(self)}, metadata
