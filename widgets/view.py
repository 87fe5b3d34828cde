"""What the Stepper and the Duet share: the traits, the talk with the browser, the static twin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import traitlets

from graphviz_tools.recording import Recording
from graphviz_tools.scene import Scene, make_scene
from graphviz_tools.scopes import Path as ScopePath
from widgets.bundle import script, style
from widgets.page import page_text, write_page
from widgets.payload import scene_json
from widgets.twin import Twin
from widgets.views import with_further_scenes

SPEEDS = (0.5, 1, 2, 4, 8)


class View(Twin):
    """A player of one or two Recordings.

    Traits, kept equal in Python and in the browser: `step` (-1 before the first), `speed` (0.5 to 8),
    `predict` (whether each step is asked before it is shown) and `score` (`right` and `asked`).
    """

    _esm = script()
    _css = style()
    _data = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(-1, help="the step shown; -1 is before the first").tag(sync=True)
    speed = traitlets.Enum(SPEEDS, 1, help="how fast play goes").tag(sync=True)
    predict = traitlets.Bool(False, help="ask before each step is shown").tag(sync=True)
    score = traitlets.Dict({"right": 0, "asked": 0}, help="answers so far").tag(sync=True)

    def __init__(
        self,
        recordings: Sequence[Recording],
        scenes: Sequence[Scene],
        data: dict[str, Any],
        length: int,
        step: int,
        predict: bool,
    ) -> None:
        self._length = length
        if not isinstance(step, int) or isinstance(step, bool):
            raise TypeError(f"step must be an int from -1 to {length - 1}, got {step!r}")
        self._recordings = tuple(recordings)
        self._scenes = tuple(scenes)
        super().__init__(_data=data, step=step, predict=bool(predict))
        self.on_msg(self._answer)

    @traitlets.validate("step")
    def _check_step(self, proposal: Any) -> int:
        step = proposal["value"]
        if not -1 <= step < self._length:
            raise IndexError(
                f"step {step} does not exist: steps go from -1 (before the first) to {self._length - 1}"
            )
        return step

    def to_html(self, path: str | Path) -> Path:
        """Write one self-contained page that steps with no kernel and no network; returns its path.

        Raises ValueError for another ending than .html and FileNotFoundError for a missing folder.
        """
        return write_page(self._page_data(), path)

    def _page_data(self) -> dict[str, Any]:
        return with_further_scenes(dict(self._data), self._recordings, self._scenes)

    def _answer(self, _: Any, message: dict[str, Any], __: Any) -> None:
        if message.get("what") == "page":
            name = f"{self._data['title']}.html".replace("/", "-")
            self.send({"what": "page", "name": name, "html": page_text(self._page_data())})
        elif message.get("what") == "scene":
            opened: list[str] | None = message["opened"]
            recording = self._recordings[message["side"]]
            paths = None if opened is None else _paths(recording, opened)
            scene = make_scene(recording, paths, fold=message["fold"])
            self.send({"what": "scene", "id": message["id"], "scene": scene_json(scene)})


def _paths(recording: Recording, names: Sequence[str]) -> set[ScopePath]:
    """The scope paths that the browser named by joining them; names may hold a slash themselves."""
    paths = {scope.path for scope in recording.scopes} | {node.scope for node in recording.nodes}
    known = {"/".join(path[:depth]): path[:depth] for path in paths for depth in range(1, len(path) + 1)}
    return {known[name] for name in names if name in known}
