"""`Stepper(recording)`: watch one program become a graph, step by step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from graphviz_tools.drawing.boxes import ScopePath
from graphviz_tools.drawing.opening import paths_of
from graphviz_tools.drawing.picture import Picture
from graphviz_tools.drawing.scene import make_scene
from graphviz_tools.recording import Recording
from widgets.front_end_data import stepper_json
from widgets.shown_steps import Stage
from widgets.view import View


class Stepper(View):
    """Code, graph, values and memory of one Recording, played step by step.

    `open` are the scopes drawn open (None: as many as keep the picture readable); `predict=True` starts in
    predict mode, whose questions follow from `seed`. A static graph is shown without its plumbing (Identity,
    loop counters, ...) unless `all_ops=True`.

    Raises UserError when `recording` is not a Recording and for a step or scope that it does not have.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        step: int = -1,
        predict: bool = False,
        open: Collection[ScopePath] | None = None,
        all_ops: bool = False,
        seed: int = 0,
    ) -> None:
        self._open = None if open is None else paths_of(open)
        super().__init__([recording], step, predict, all_ops, seed)

    def _staged(self, recordings: Sequence[Recording], seed: int) -> Stage:
        (recording,) = recordings
        scene = make_scene(recording, self._wanted(recording))
        steps = tuple((step,) for step in range(len(recording)))
        return Stage((recording,), (scene,), steps, stepper_json(recording, scene, seed))

    def _wanted(self, recording: Recording) -> Collection[ScopePath] | None:
        """The scopes to open, less those that held plumbing only."""
        (whole,) = self._whole
        if self._open is None or recording is whole:
            return self._open
        gone = {scope.path for scope in whole.scopes} - {scope.path for scope in recording.scopes}
        return [path for path in self._open if path not in gone]

    @property
    def recording(self) -> Recording:
        """The Recording as it is shown; its steps are what `step` counts."""
        return self._stage.recordings[0]

    @property
    def picture(self) -> Picture:
        """The graph after the last step, as `draw(recording)` gives it."""
        return Picture(self._stage.scenes[0], len(self.recording) - 1, "light")

    def still(self) -> str:
        return self.picture.svg

    def to_png(self, path: str | Path) -> Path:
        """Write the picture as a PNG; returns its path."""
        return self.picture.to_png(path)

    def to_gif(self, path: str | Path, seconds_per_step: float = 0.8) -> Path:
        """Write an animation of every step; returns its path."""
        return self.picture.to_gif(path, seconds_per_step)

    def to_dot(self, path: str | Path) -> Path:
        """Write the picture as laid-out DOT; returns its path."""
        return self.picture.to_dot(path)

    def __repr__(self) -> str:
        return f"<Stepper of {self.recording!r}>"
