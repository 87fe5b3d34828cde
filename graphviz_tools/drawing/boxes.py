"""The parts of a picture, without positions: boxes, the links between them, and frames around them."""

from __future__ import annotations

from dataclasses import dataclass

from graphviz_tools.recording import EdgeKind
from graphviz_tools.transforms.scopes import Path

ScopePath = Path


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `node` is the first node that it shows, `inner` says what is inside a closed part, whose path
    is `scope`. A box with a `holder` is drawn inside the box of that key, as a weight is in the op that reads it."""

    key: str
    kind: str
    op: str
    title: str
    node: int
    frame: ScopePath
    scope: ScopePath | None = None
    holder: str = ""

    @property
    def around(self) -> ScopePath:
        """The path of a closed part, or of the part around a box."""
        return self.frame if self.scope is None else self.scope


@dataclass(frozen=True, slots=True)
class Link:
    """One arrow between boxes, for all edges between them; `returns` says that gradients run back over it, `quiet`
    that another arrow says the same."""

    source: str
    target: str
    kind: EdgeKind
    returns: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """An open part, drawn around its boxes."""

    path: ScopePath
    kind: str
    label: str
