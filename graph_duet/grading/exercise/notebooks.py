"""Reading notebooks that others wrote: a file that is not a notebook is reported in one clear line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

MAX_BYTES = 20 * 2**20


class Unreadable(UserError):
    """The file is not a notebook that can be graded; the message says why in one sentence."""


def parse(data: bytes) -> NotebookNode:
    """The notebook in `data`, which nobody has looked at yet: not trusted, not validated beyond what
    grading needs.

    Raises Unreadable when the bytes are empty, too many, not JSON, nested too deep or not a notebook of format 4.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(
            _(
                "the notebook has {count:.0f} MB; at most {max_bytes} MB are read",
                count=len(data) / 2**20,
                max_bytes=MAX_BYTES // 2**20,
            )
        )
    if not data.strip():
        raise Unreadable(_("the file is empty"))
    try:
        raw = json.loads(data)
    except RecursionError:
        raise Unreadable(_("the file is JSON nested too deep to be a notebook")) from None
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError both are
        raise Unreadable(
            _("the file is not JSON, so not a notebook: {error}", error=str(error)[:120])
        ) from None
    if isinstance(raw, dict) and raw.get("nbformat") != 4 and not {"nbformat", "cells"}.isdisjoint(raw):
        found = str(raw.get("nbformat"))[:20]
        raise Unreadable(
            _("the notebook has format {found!r}; save it again in JupyterLab as format 4", found=found)
        )
    if not isinstance(raw, dict) or not isinstance(raw.get("cells"), list):
        raise Unreadable(_("the file is JSON, but not a notebook: it has no list of cells"))
    try:
        return NotebookNode(nbformat.from_dict({**raw, "cells": [_cell(cell) for cell in raw["cells"]]}))
    except RecursionError:
        raise Unreadable(_("the file is JSON nested too deep to be a notebook")) from None


def read(path: Path) -> NotebookNode:
    """The notebook at `path`; raises Unreadable, or UserError when there is no such file."""
    if path.is_dir():
        raise UserError(_("{path} is a folder: name the notebook in it", path=path))
    if not path.is_file():
        raise UserError(_("there is no file {path}", path=path))
    if path.stat().st_size > MAX_BYTES:
        raise Unreadable(
            _(
                "{path} has {st_size:.0f} MB; at most {max_bytes} MB are read",
                path=path.name,
                st_size=path.stat().st_size / 2**20,
                max_bytes=MAX_BYTES // 2**20,
            )
        )
    try:
        return parse(path.read_bytes())
    except Unreadable as error:
        raise Unreadable(f"{path.name}: {error}") from None


def duet(node: NotebookNode) -> Mapping[str, Any]:
    """The `duet` metadata of a notebook or a cell; empty where there is none."""
    metadata = node.get("metadata")
    found = metadata.get("duet") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def dumps(notebook: NotebookNode) -> str:
    """The notebook as the JSON text that Jupyter itself would save."""
    return nbformat.writes(notebook) + "\n"


def _cell(cell: object) -> dict[str, Any]:
    """The cell with just what grading reads: another person's saved output is never read."""
    if not isinstance(cell, dict):
        raise Unreadable(_("the notebook has a cell that is not a JSON object"))
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        raise Unreadable(_("the notebook has a cell whose source is not text"))
    metadata = cell.get("metadata")
    return {
        **{key: cell[key] for key in ("execution_count", "outputs") if key in cell},
        **{key: cell[key] for key in ("cell_type", "id") if isinstance(cell.get(key), str)},
        "source": source.encode("utf-8", "replace").decode(),  # half a surrogate pair is not text
        "metadata": metadata if isinstance(metadata, dict) else {},
    }
