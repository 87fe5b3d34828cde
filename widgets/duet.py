"""`Duet(eager, static)`: the same program twice, in step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from graphviz_tools.alignment.align import Alignment, align
from graphviz_tools.drawing.scene import make_scene
from graphviz_tools.recording import Recording
from widgets.beats import beats
from widgets.front_end_data import duet_json, names
from widgets.shown_steps import Stage
from widgets.side_by_side_svg import side_by_side
from widgets.view import View


class Duet(View):
    """Any two Recordings of the same program, locked together by `align`: an eager one beside a static one, two
    frameworks, or two ways of one framework.

    While the static side is traced it shows handles with no values beside the eager side's numbers; then it
    runs. The clock above says which Python lines execute when. `step` counts beats: `duet.beats[step]` are
    the steps that the two sides show. The static side leaves its plumbing out unless `all_ops=True`.

    Raises UserError when a side is not a Recording and for a beat that does not exist.
    """

    def __init__(
        self,
        eager: Recording,
        static: Recording,
        *,
        step: int = -1,
        predict: bool = False,
        all_ops: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__([eager, static], step, predict, all_ops, seed)

    def _staged(self, recordings: Sequence[Recording], seed: int) -> Stage:
        eager, static = recordings
        scenes = (make_scene(eager), make_scene(static))
        alignment = align(eager, static)
        partners = _partners(alignment, static)
        found = beats(eager, static, ((step, built) for step, built, _ in partners))
        alone = (alignment.unmatched_eager, alignment.unmatched_static)
        data = duet_json(recordings, scenes, found, seed) | {
            "partners": [list(partner) for partner in partners],
            "alone": [names(r, nodes) for r, nodes in zip(recordings, alone, strict=True)],
        }
        return Stage((eager, static), scenes, found, data)

    @property
    def beats(self) -> tuple[tuple[int, ...], ...]:
        """The steps that the two sides show together, for each `step`."""
        return self._stage.beats

    @property
    def alignment(self) -> Alignment:
        """What was paired and why."""
        return align(*self._stage.recordings)

    def still(self) -> str:
        return side_by_side(self._stage.scenes, self.beats[-1] if self.beats else (-1, -1))

    def __repr__(self) -> str:
        eager, static = self._stage.recordings
        return f"<Duet of {eager!r} and {static!r}>"


class _Partners(NamedTuple):
    """What belongs together: an eager step, the static step that built the op, and the one that ran it (-1: none)."""

    eager: int
    built: int
    ran: int


def _partners(alignment: Alignment, static: Recording) -> list[_Partners]:
    built = {node: step.index for step in static.steps if step.phase == "trace" for node in step.nodes}
    found: list[_Partners] = []
    for pair in alignment.pairs:
        ran = -1 if pair.static_step is None else pair.static_step
        found.append(_Partners(pair.eager_step, built.get(pair.static_node, ran), ran))
    return [each for each in found if each.built >= 0]
