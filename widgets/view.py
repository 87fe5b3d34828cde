"""What the Stepper and the Duet share: the traits, the messages with the browser, the static picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import traitlets

from graphviz_tools.arguments import check_choice
from graphviz_tools.drawing.appearance import SPEEDS
from graphviz_tools.drawing.prepared import Prepared, prepare
from graphviz_tools.drawing.scene import make_scene
from graphviz_tools.errors import UserError
from graphviz_tools.gc_pause import seldom_collected
from graphviz_tools.language import _
from graphviz_tools.recording import Recording
from graphviz_tools.transforms.scopes import Path as ScopePath
from graphviz_tools.transforms.simplify import without_plumbing
from widgets.front_end import script, style
from widgets.front_end_data import ROOM, with_further_scenes
from widgets.page import packed, page_text, write_page, write_svg
from widgets.recording_data import scene_json
from widgets.shown_steps import Stage, places, same_place
from widgets.static_fallback import Twin


class View(Twin):
    """A player of one or two Recordings.

    Traits, kept equal in Python and in the browser: `step` (-1 before the first), `speed` (0.5 to 8),
    `predict` (whether each step is asked before it is shown), `score` (`right` and `asked`) and `all_ops`
    (whether a static graph shows its plumbing; steps count what is shown).
    """

    _esm = script()
    _css = style()
    _data = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(-1, help="the step shown; -1 is before the first").tag(sync=True)
    speed = traitlets.Enum(SPEEDS, 1, help="how fast play goes").tag(sync=True)
    predict = traitlets.Bool(False, help="ask before each step is shown").tag(sync=True)
    all_ops = traitlets.Bool(False, help="show a static graph's plumbing").tag(sync=True)
    score = traitlets.Dict({"right": 0, "asked": 0}, help="answers so far").tag(sync=True)

    @seldom_collected()
    def __init__(
        self, recordings: Sequence[Recording], step: int, predict: bool, all_ops: bool, seed: int
    ) -> None:
        for name, choice in (("predict", predict), ("all_ops", all_ops)):
            check_choice(name, choice)
        self._whole = tuple(recordings)
        self._plain = tuple(map(without_plumbing, recordings))
        self._seed = seed
        self._stages: dict[bool, Stage] = {}
        self._folded: list[Prepared] = []
        self._made = False
        stage = self._stage_of(all_ops)
        if not isinstance(step, int) or isinstance(step, bool):
            raise UserError(
                _(
                    "step must be an int from -1 to {count}, got {step!r}",
                    count=len(stage.beats) - 1,
                    step=step,
                )
            )
        super().__init__(_data=self._sent(stage), step=step, predict=predict, all_ops=all_ops)
        self._made = True
        self.on_msg(self._answer)

    def _staged(self, recordings: Sequence[Recording], seed: int) -> Stage:
        """`recordings` made ready to be shown."""
        raise NotImplementedError

    def _stage_of(self, all_ops: bool) -> Stage:
        shown = self._whole if all_ops else self._plain
        key = all_ops and self._has_plumbing
        if key not in self._stages:
            self._stages[key] = self._staged(shown, self._seed)
        return self._stages[key]

    @property
    def _stage(self) -> Stage:
        return self._stage_of(self.all_ops)

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """The Recordings as they are shown: static ones without plumbing, unless `all_ops`."""
        return self._stage.recordings

    @property
    def _has_plumbing(self) -> bool:
        return any(whole is not few for whole, few in zip(self._whole, self._plain, strict=True))

    def _sent(self, stage: Stage) -> dict[str, Any]:
        return stage.data | {"plumbing": self._has_plumbing}

    @traitlets.observe("all_ops")
    def _switch(self, change: Any) -> None:
        """Put the plumbing in, or take it out, at the same place of the program."""
        if not self._made or not self._has_plumbing:
            return
        found = places(self._stage_of(False), self._stage_of(True))
        with self.hold_sync():
            step = same_place(self.step, found, self.all_ops)
            self._data = self._sent(self._stage)
            self.step = step

    @traitlets.validate("step")
    def _check_step(self, proposal: Any) -> int:
        step = proposal["value"]
        length = len(self._stage.beats)
        if not -1 <= step < length:
            raise UserError(
                _(
                    "step {step} does not exist: steps go from -1 (before the first) to {length}",
                    step=step,
                    length=length - 1,
                )
            )
        return step

    def stored(self) -> dict[str, Any]:
        data = self._sent(self._stage) | {"predict": self.predict, "plumbing": False}
        return {"entry": "app.js", "sheets": [], "data": packed(data)}

    def to_html(self, path: str | Path) -> Path:
        """Write one self-contained page that steps with no kernel and no network; returns its path.

        Raises UserError for another ending than .html and for a missing folder.
        """
        return write_page(self._page_data(), path)

    def to_svg(self, path: str | Path) -> Path:
        """Write the still picture, as a saved notebook shows it; returns its path."""
        return write_svg(self.still(), path)

    def _page_data(self) -> dict[str, Any]:
        data = self._with_the_other(self._sent(self._stage)) | {"predict": self.predict}
        return with_further_scenes(data, self._stage.scenes)

    def _with_the_other(self, data: dict[str, Any]) -> dict[str, Any]:
        """`data`, with what a page needs to put plumbing in or out, where that leaves it small enough."""
        if not self._has_plumbing:
            return data
        few, whole = self._stage_of(False), self._stage_of(True)
        other = (few if self.all_ops else whole).data
        if len(json.dumps(data)) + len(json.dumps(other)) > ROOM:
            return data | {"plumbing": False}
        return data | {"other": other, "places": places(few, whole), "allOps": self.all_ops}

    def _answer(self, _: Any, message: dict[str, Any], __: Any) -> None:
        if message.get("what") == "page":
            name = f"{self._data['title']}.html".replace("/", "-")
            self.send({"what": "page", "name": name, "html": page_text(self._page_data())})
        elif message.get("what") == "scene":
            opened: list[str] | None = message["opened"]
            prepared = self._prepared(message["side"], message["fold"])
            paths = None if opened is None else _paths(prepared, opened)
            scene = make_scene(prepared, paths)
            self.send({"what": "scene", "id": message["id"], "scene": scene_json(scene)})

    def _prepared(self, side: int, fold: bool) -> Prepared:
        """What a side is drawn from, with repeated blocks rolled up or not."""
        scene = self._stage.scenes[side]
        if not fold:
            return scene.prepared
        if not any(prepared.recording is scene.recording for prepared in self._folded):
            self._folded = [*self._folded[-1:], prepare(scene.recording, fold=True)]
        return next(prepared for prepared in self._folded if prepared.recording is scene.recording)


def _paths(prepared: Prepared, names: Sequence[str]) -> list[ScopePath]:
    """The paths that the browser named by joining them, in its order; names may hold a slash themselves."""
    known = {"/".join(path): path for path in (*prepared.by_scope, *prepared.parts)}
    return [known[name] for name in names if name in known]
