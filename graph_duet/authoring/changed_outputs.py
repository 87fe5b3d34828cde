"""How the outputs of a notebook differ from those it had: a few lines for each cell, for an author to read."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping

from nbformat import NotebookNode

from graphviz_tools.language import _

_LINES = 12  # of a diff that are shown for one cell
_WIDTH = 160


def changed_outputs(before: NotebookNode | None, after: NotebookNode) -> list[tuple[str, str]]:
    """(cell id, what changed) for each cell of `after` that had other outputs in `before`, or none.

    A bitmap that changed is named, not compared: another version of Matplotlib draws other pixels.
    """
    old = {cell.id: cell for cell in before.cells} if before is not None else {}
    changes: list[tuple[str, str]] = []
    for cell in after.cells:
        if cell.cell_type != "code" or cell.id not in old:
            continue
        diff = list(_diff(_shown(old[cell.id]), _shown(cell)))
        if diff:
            changes.append((cell.id, "\n".join(diff)))
    return changes


def same_but_for_bitmaps(before: NotebookNode, after: NotebookNode) -> bool:
    """Whether both have the same limits and, cell by cell, show a reader the same, up to the pixels of bitmaps."""
    if before.metadata.get("duet") != after.metadata.get("duet"):
        return False
    return [_facts(cell) for cell in before.cells] == [_facts(cell) for cell in after.cells]


def _facts(cell: NotebookNode) -> tuple[str, str, str, str, list[str]]:
    return (
        cell.cell_type,
        str(cell.get("id")),
        cell.source,
        json.dumps(cell.metadata, sort_keys=True),
        list(_shown(cell)),
    )


def _diff(before: list[str], after: list[str]) -> Iterator[str]:
    lines = [
        line[:_WIDTH]
        for line in difflib.unified_diff(before, after, lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    yield from lines[:_LINES]
    if len(lines) > _LINES:
        yield _("… and {count} more lines", count=len(lines) - _LINES)


def _shown(cell: NotebookNode) -> list[str]:
    """The outputs of a cell as lines: text as it is, a bitmap as its type."""
    lines: list[str] = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            lines += output.text.splitlines()
        elif output.output_type == "error":
            lines.append(f"{output.ename}: {output.evalue}")
        else:
            lines += _data_lines(output.data)
    return lines


def _data_lines(data: Mapping[str, object]) -> Iterator[str]:
    """Text and SVG as they are. A bitmap, and a widget's data for stepping with no kernel (it holds file paths and
    versions of this machine), are only named; the widget's SVG beside it is compared."""
    for kind, content in sorted(data.items()):
        if isinstance(content, str) and (not kind.startswith("image/") or kind.startswith("image/svg")):
            yield from content.splitlines()
        else:
            yield f"[{kind}]"
