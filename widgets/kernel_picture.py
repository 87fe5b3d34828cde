"""A kernel launch as one still SVG: the source with what was found, the blocks, and the arrays they touched.

It is what a saved notebook, a PDF or a code host shows in place of the live KernelView.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from graphviz_tools.drawing.appearance import CELLS
from graphviz_tools.drawing.palette import Theme
from graphviz_tools.language import _, _n
from widgets.svg_table import CHAR, MARGIN, Sheet

LINE = 18  # pixels a row of text takes
CELL, GAP = 14, 2
THREADS = 64  # more threads than this share squares


def kernel_svg(launch: dict[str, Any], theme: Theme = "light") -> str:
    """The SVG of a launch given as `launch_data` makes it. Raises UserError for an unknown theme."""
    sheet = Sheet(theme)
    shape = f"{launch['kernel']}[{shown(launch['grid'])}, {shown(launch['block'])}]"
    found = len(launch["findings"])
    title = _n("{shape}: {number} finding", "{shape}: {number} findings", found, shape=shape)
    sheet.text(MARGIN, MARGIN + LINE, title, "bad" if found else "ink", "bold")
    top = MARGIN + 2.5 * LINE
    draw_source(sheet, launch, top)
    right = sheet.width + 2 * MARGIN
    bottom = draw_blocks(sheet, launch, right, top)
    draw_arrays(sheet, launch, right, bottom + LINE)
    draw_findings(sheet, launch, sheet.height + 1.5 * LINE)
    return sheet.svg(title)


def shown(shape: list[int]) -> str:
    """A grid's or block's shape without its trailing ones: `3` or `(2, 2)`."""
    return coordinates(shape, shape)


def coordinates(place: list[int], within: list[int]) -> str:
    """A block's or thread's (x, y, z) with only the dimensions that its grid or block has."""
    used = max((i + 1 for i, size in enumerate(within) if size > 1), default=1)
    return str(place[0]) if used == 1 else f"({', '.join(map(str, place[:used]))})"


def draw_source(sheet: Sheet, launch: dict[str, Any], top: float) -> None:
    guilty = {finding["line"] for finding in launch["findings"]}
    for i, text in enumerate(launch["source"]):
        line, y = launch["firstLine"] + i, top + i * LINE
        if line in guilty:
            sheet.box(MARGIN, y - 13, 6, LINE, fill=sheet.colours["bad"], line="bad")
        count = launch["counts"].get(str(line))
        sheet.text(MARGIN + 12, y, f"{line:>3}", "muted")
        sheet.text(MARGIN + 44, y, f"{count:>5}x" if count else "", "gradient")
        sheet.text(MARGIN + 96, y, text)


def draw_blocks(sheet: Sheet, launch: dict[str, Any], left: float, top: float) -> float:
    """Cards of threads, at most four a row; a thread of a finding is filled. Returns the y below them."""
    guilty = {(f["card"], thread_number(f["thread"], launch)) for f in launch["findings"] if f["thread"]}
    guilty |= {
        (f["otherCard"], thread_number(f["other_thread"], launch))
        for f in launch["findings"]
        if f["other_thread"]
    }
    threads = launch["threads"]
    share = math.ceil(threads / THREADS)
    columns = min(16, math.ceil(threads / share))
    rows = math.ceil(threads / share / columns)
    card_w, card_h = max(columns * (CELL + GAP) + 12, 84), rows * (CELL + GAP) + 30
    for i, block in enumerate(launch["blocks"]):
        x, y = left + (i % 4) * (card_w + 10), top - 14 + (i // 4) * (card_h + 10)
        sheet.box(x, y, card_w, card_h, fill=sheet.colours["panel"], line="rule")
        sheet.text(
            x + 6, y + 16, _("block {coordinates}", coordinates=coordinates(block, launch["grid"])), "muted"
        )
        for square in range(math.ceil(threads / share)):
            bad = any((i, t) in guilty for t in range(square * share, (square + 1) * share))
            at_x, at_y = (
                x + 6 + (square % columns) * (CELL + GAP),
                y + 24 + (square // columns) * (CELL + GAP),
            )
            fill = sheet.colours["bad" if bad else "op-fill"]
            name = _("thread {square}", square=square * share) + (
                _(" to {square}", square=(square + 1) * share - 1) if share > 1 else ""
            )
            sheet.box(at_x, at_y, CELL, CELL, fill=fill, line="bad" if bad else "op-line", title=name)
    below = top - 14 + math.ceil(len(launch["blocks"]) / 4) * (card_h + 10)
    if launch["nothing"]:
        sheet.text(left, below + 10, launch["nothing"], "ink", "bold")
        below += 1.5 * LINE
    elif (more := launch["blocksLeftOut"]) > 0:
        sheet.text(
            left,
            below + 10,
            _n("and {number} more block", "and {number} more blocks", more),
            "muted",
        )
        below += LINE
    return below


def thread_number(thread: list[int] | tuple[int, ...], launch: dict[str, Any]) -> int:
    bx, by, _ = launch["block"]
    return thread[0] + bx * (thread[1] + by * thread[2])


def draw_arrays(sheet: Sheet, launch: dict[str, Any], left: float, top: float) -> None:
    """Each array as cells: the fill says how often it was read, an outline that it was written."""
    for number, array in enumerate(launch["arrays"]):
        size = math.prod(array["shape"])
        share = max(1, math.ceil(size / CELLS))
        reads, writes = totals(launch, number, share)
        shape = ", ".join(map(str, array["shape"]))
        share_note = _(", {share} elements a cell", share=share) if share > 1 else ""
        sheet.text(
            left, top, f"{array['name']}  {array['space']} {array['dtype']}[{shape}]{share_note}", "muted"
        )
        columns = (
            array["shape"][-1] if share == 1 and len(array["shape"]) > 1 and array["shape"][-1] <= 32 else 32
        )
        cells = math.ceil(size / share)
        most = max([*reads.values(), *writes.values(), 1])
        for cell in range(cells):
            x, y = left + (cell % columns) * (CELL + GAP), top + 8 + (cell // columns) * (CELL + GAP)
            fill = blend(sheet.colours["op-fill"], sheet.colours["accent"], reads[cell] / most)
            line = "gradient" if writes[cell] else "rule"
            tip = _("{reads} reads, {writes} writes", reads=reads[cell], writes=writes[cell])
            sheet.box(x, y, CELL, CELL, fill=fill, line=line, title=tip, width=2.4 if writes[cell] else 1)
        top += 8 + math.ceil(cells / columns) * (CELL + GAP) + 1.5 * LINE
    if launch["arrays"]:
        sheet.text(left, top - 8, _("filled: read    outlined: written"), "muted")


def totals(launch: dict[str, Any], array: int, share: int) -> tuple[Counter[int], Counter[int]]:
    """Reads and writes of each cell of `share` elements, over the whole recorded launch."""
    reads: Counter[int] = Counter()
    writes: Counter[int] = Counter()
    for frame in launch["frames"]:
        for access in frame["accesses"]:
            if access["array"] != array:
                continue
            cells = [index // share for index in unpacked(access["indices"])]
            if access["kind"] != "write":
                reads.update(cells)
            if access["kind"] != "read":
                writes.update(cells)
    return reads, writes


def unpacked(packed: dict[str, list[int]]) -> Iterator[int]:
    """The numbers that `launch_data.packed` packed."""
    if "list" in packed:
        return iter(packed["list"])
    first, stride, count = packed["run"]
    return iter(first + stride * i for i in range(count))


def blend(low: str, high: str, share: float) -> str:
    """The colour `share` of the way from `low` to `high`, both `#rrggbb`."""
    pairs = zip((1, 3, 5), (1, 3, 5), strict=True)
    mixed = [
        round(int(low[a : a + 2], 16) * (1 - share) + int(high[b : b + 2], 16) * share) for a, b in pairs
    ]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def draw_findings(sheet: Sheet, launch: dict[str, Any], top: float) -> None:
    wide = max(60, int(sheet.width / CHAR))
    y = top
    for finding in launch["findings"][:5]:
        where = _(" (line {line})", line=finding["line"]) if finding["line"] else ""
        sheet.text(
            MARGIN,
            y,
            f"{finding['kind']}{where}",
            "bad" if finding["severity"] == "error" else "gradient",
            "bold",
        )
        for text in (finding["sentence"], "Try: " + finding["hint"]):
            for row in wrap(text, wide):
                y += LINE
                sheet.text(MARGIN + 12, y, row)
        y += 1.5 * LINE
    if len(launch["findings"]) > 5:
        sheet.text(MARGIN, y, _("and {count} more findings", count=len(launch["findings"]) - 5), "muted")
