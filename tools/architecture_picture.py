"""Draw which room imports which, read from the code, with the project's own drawing.

    python tools/architecture_picture.py

Writes docs/images/rooms.svg. An arrow goes from a room to the one that uses it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graphviz_tools import draw  # noqa: E402
from graphviz_tools.recording import Edge, Node, Recording, Step  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "rooms.svg"
# From the one that imports nothing to the one that imports all; a notebook counts by its saved cells.
ROOMS = ("graphviz_tools", "gpu_labs", "widgets", "graph_duet", "lessons")
_IMPORT = re.compile(r"^\W*(?:from|import) (\w+)", re.MULTILINE)


def files(room: str) -> list[Path]:
    if room == "lessons":
        return sorted([*ROOT.glob("lessons/L*/lesson.ipynb"), *ROOT.glob("*/[LG]*/exercise.ipynb")])
    return sorted((ROOT / room).rglob("*.py"))


def used_by(room: str) -> set[str]:
    """The rooms that files of `room` import."""
    found = {name for path in files(room) for name in _IMPORT.findall(path.read_text(encoding="utf-8"))}
    return found & set(ROOMS) - {room}


def size(room: str) -> str:
    return f"{len(files(room))} {'notebooks' if room == 'lessons' else 'modules'}"


def recording() -> Recording:
    """A Recording in which each step adds a room and the arrows from the rooms that it imports."""
    nodes, edges, steps = [], [], []
    for number, room in enumerate(ROOMS):
        kind = "input" if not used_by(room) else "output" if room == "lessons" else "op"
        nodes.append(Node(number, kind, size(room), f"{room}/"))
        arrows = [Edge(ROOMS.index(other), number) for other in sorted(used_by(room), key=ROOMS.index)]
        added = tuple(range(len(edges), len(edges) + len(arrows)))
        edges += arrows
        steps.append(Step(number, "forward", room, number, nodes=(number,), edges=added))
    return Recording("rooms", "Graph Duet", tuple(nodes), tuple(edges), tuple(steps))


def main() -> None:
    draw(recording()).to_svg(PICTURE)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
