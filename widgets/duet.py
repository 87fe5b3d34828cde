"""`Duet(eager, static)`: the same program twice, in step."""

from __future__ import annotations

from graphviz_tools.align import Alignment, align
from graphviz_tools.recording import Recording
from graphviz_tools.scene import make_scene
from widgets.beats import Beat, beats
from widgets.still import side_by_side
from widgets.view import View
from widgets.views import duet_json, names


class Duet(View):
    """Two Recordings of the same program, locked together by `align`.

    While the static side is traced it shows handles with no values beside the eager side's numbers; then it
    runs. The clock above says which Python lines execute when. `step` counts beats: `duet.beats[step]` are
    the steps that the two sides show.

    Raises TypeError when a side is no Recording and IndexError for a beat that does not exist.
    """

    def __init__(
        self,
        eager: Recording,
        static: Recording,
        *,
        step: int = -1,
        predict: bool = False,
        seed: int = 0,
    ) -> None:
        recordings = (eager, static)
        scenes = tuple(make_scene(recording) for recording in recordings)
        self.alignment = align(eager, static)
        partners = _partners(self.alignment, static)
        self.beats: tuple[Beat, ...] = beats(eager, static, ((step, built) for step, built, _ in partners))
        alone = (self.alignment.unmatched_eager, self.alignment.unmatched_static)
        data = duet_json(recordings, scenes, self.beats, seed) | {
            "partners": [list(partner) for partner in partners],
            "alone": [names(r, nodes) for r, nodes in zip(recordings, alone, strict=True)],
        }
        super().__init__(recordings, scenes, data, len(self.beats), step, predict)

    def still(self) -> str:
        return side_by_side(self._scenes, self.beats[-1] if self.beats else (-1, -1))

    def __repr__(self) -> str:
        return f"<Duet of {self._recordings[0]!r} and {self._recordings[1]!r}>"


def _partners(alignment: Alignment, static: Recording) -> list[tuple[int, int, int]]:
    """For each pair the eager step, the static step that built the op, and the one that ran it (-1: none)."""
    built = {node: step.index for step in static.steps if step.phase == "trace" for node in step.nodes}
    found = []
    for pair in alignment.pairs:
        ran = -1 if pair.static_step is None else pair.static_step
        found.append((pair.eager_step, built.get(pair.static_node, ran), ran))
    return [partner for partner in found if partner[1] >= 0]
