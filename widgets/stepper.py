"""`Stepper(recording)`: watch one program become a graph, step by step."""

from __future__ import annotations

from collections.abc import Collection

from graphviz_tools.outline import ScopePath
from graphviz_tools.recording import Recording
from graphviz_tools.scene import make_scene
from graphviz_tools.svg import svg_text
from widgets.view import View
from widgets.views import stepper_json


class Stepper(View):
    """Code, graph, values and memory of one Recording, played step by step.

    `open` are the scopes drawn open (None: as many as keep the picture readable); `predict=True` starts in
    predict mode, whose questions follow from `seed`.

    Raises TypeError when `recording` is no Recording and IndexError for a step that it does not have.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        step: int = -1,
        predict: bool = False,
        open: Collection[ScopePath] | None = None,
        seed: int = 0,
    ) -> None:
        scene = make_scene(recording, open)
        data = stepper_json(recording, scene, seed)
        super().__init__([recording], [scene], data, len(recording), step, predict)

    @property
    def recording(self) -> Recording:
        return self._recordings[0]

    def still(self) -> str:
        return svg_text(self._scenes[0], len(self.recording) - 1, "light")

    def __repr__(self) -> str:
        return f"<Stepper of {self.recording!r}>"
