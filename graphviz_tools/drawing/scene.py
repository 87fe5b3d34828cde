"""A Recording laid out for drawing: its outline, the place of everything in it, and what changes when.

Pictures, pages and widgets are all drawn from a Scene; it is made once and then only read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from graphviz_tools.drawing.boxes import ScopePath
from graphviz_tools.drawing.layout import Layout, lay_out
from graphviz_tools.drawing.opening import Budget, choose_open
from graphviz_tools.drawing.outline import Outline, outline
from graphviz_tools.drawing.prepared import Prepared, prepare
from graphviz_tools.drawing.timeline import Flow, Moment, flows, moments
from graphviz_tools.language import _
from graphviz_tools.recording import Recording


@dataclass(frozen=True, slots=True)
class Scene:
    """`opened` are the parts that are open, in the order in which they were opened; `home[n]` is the key of the box
    that shows node `n`."""

    prepared: Prepared
    opened: tuple[ScopePath, ...]
    outline: Outline
    moments: dict[str, tuple[Moment, ...]]
    flows: tuple[Flow, ...]
    layout: Layout
    home: list[str]
    _running: dict[int, list[Flow]] = field(default_factory=dict)

    @property
    def recording(self) -> Recording:
        return self.prepared.recording

    def at(self, key: str, step: int) -> Moment:
        """What box `key` shows after `step`."""
        past = self.moments[key]
        return past[bisect_right(past, step, key=lambda moment: moment.step) - 1]

    def current(self, step: int) -> str | None:
        """The key of the box where `step` happens."""
        if not 0 <= step < len(self.recording.steps):
            return None
        node = self.recording.steps[step].node
        return None if node is None else self.home[node]

    def flowing(self, step: int) -> list[tuple[int, str]]:
        """The links over which gradients run back in `step`, each once, with what runs there."""
        over: dict[int, list[str]] = {}
        for flow in self._running.get(step, ()):
            over.setdefault(flow.link, []).append(flow.text)
        return [(link, " + ".join(texts)) for link, texts in over.items()]

    def sentence(self, step: int) -> str:
        """The picture in words, for those who cannot see it."""
        name = self.recording.title or self.recording.framework
        boxes = len(self.outline.boxes)
        where = _("before the first step")
        if 0 <= step < len(self.recording.steps):
            done = self.recording.steps[step]
            where = _(
                "after step {step} of {count} ({phase} {op})",
                step=step + 1,
                count=len(self.recording.steps),
                phase=done.phase,
                op=done.op,
            )
        return _("Computation graph of {name}, {boxes} boxes, {where}", name=name, boxes=boxes, where=where)


def make_scene(
    recording: Recording | Prepared,
    opened: Collection[ScopePath] | None = None,
    *,
    fold: bool = False,
    autograd: bool = False,
    budget: Budget | None = None,
) -> Scene:
    """Outline and lay out `recording`; another scene of the same `Prepared` is made quickly.

    `opened` are the scopes drawn open (None: as many as keep the picture readable), `fold` rolls repeated
    blocks up, `autograd` shows the autograd nodes, and `budget` says how large the picture may be: what does not
    fit is closed. Raises UserError when `recording` is not a Recording and for a path in `opened` that is not a
    scope.
    """
    if not isinstance(recording, Prepared):
        recording = prepare(recording, fold=fold, autograd=autograd)
    paths = choose_open(recording, opened, budget)
    drawing, home = outline(recording, paths)
    box_moments = moments(recording, drawing, home)
    running = flows(recording, drawing, home)
    by_step: defaultdict[int, list[Flow]] = defaultdict(list)
    for flow in running:
        by_step[flow.step].append(flow)
    return Scene(
        prepared=recording,
        opened=paths,
        outline=drawing,
        moments=box_moments,
        flows=running,
        layout=lay_out(drawing, box_moments),
        home=home,
        _running=dict(by_step),
    )
