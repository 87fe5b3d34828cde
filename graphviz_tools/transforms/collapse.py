"""Make a smaller Recording of the same program: modules closed, lines gathered, repetitions rolled up.

    collapse(recording, by="module")                        # one box for every outermost scope
    collapse(recording, by="module", open={("encoder",)})   # the same, with one scope opened
    collapse(recording, by="line")                          # one box for every line of the user's code
    collapse(recording, by="repeat")                        # twelve equal layers become one, "× 12"

All steps stay, in their order, so a collapsed Recording is stepped through like any other.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Literal, get_args

from graphviz_tools.arguments import check_recordings
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Node, NodeKind, Recording
from graphviz_tools.transforms.fold import Folding, Path, fold, follow_owners, leaders, members
from graphviz_tools.transforms.repeats import rolled
from graphviz_tools.transforms.scopes import around, closed

By = Literal["module", "line", "repeat"]

WORK: frozenset[NodeKind] = frozenset({"op", "branch", "constant"})  # what a line of code makes
LEAVES: frozenset[NodeKind] = frozenset({"input", "parameter", "variable"})


def collapse(recording: Recording, by: By = "module", open: Iterable[Path] = ()) -> Recording:
    """`recording` with groups of nodes folded into one node each; every step is kept, in order.

    by="module" closes every scope (module, function, branch, iteration, segment, ...) but those in `open`
    and the ones around them. A closed scope is a node of kind "scope" whose path is `(*node.scope,
    node.name)`: a view opens it by adding that path to `open`, and closes one by taking away all paths that
    start with it. `scopes.opening` chooses what to open for a picture of a given size.

    by="line" gathers the ops that one line of the user's code made, in all its calls, and the parameters that
    each of its ops reads. Around a loop the arrows then run in a circle, as the code does.

    by="repeat" rolls up what repeats without a gap: neighbouring scopes, or runs of ops, of equal kinds, ops
    and inner wiring. The first one stays and says how often ("× 12").

    Raises UserError for an unknown `by`, for `open` with another `by` than "module", and for a path in
    `open` that is not a scope of the recording.
    """
    check_recordings(recording)
    opened = frozenset(map(tuple, open))
    if by not in get_args(By):
        raise UserError(_('by={by!r}: write by="module", by="line" or by="repeat"', by=by))
    if opened and by != "module":
        raise UserError(_('open= opens scopes, and by={by!r} closes none: write by="module"', by=by))
    return fold(recording, folding(recording, by, opened))


def folding(recording: Recording, by: By, opened: frozenset[Path] = frozenset()) -> Folding:
    """What `collapse` would fold; its `places()` say where each node goes."""
    if by == "module":
        return closed(recording, opened)
    return gathered(recording) if by == "line" else rolled(recording)


def gathered(recording: Recording) -> Folding:
    """Fold the ops of each line of code into one node, found in the innermost scope around them all.

    Leaves that are read at the same place of the same line, as a hundred layers' weights are, become one.
    """
    nodes = recording.nodes
    place = _places_read(recording)
    leader = leaders(_code_line(node) or place.get(node.id, node.id) for node in nodes)
    groups = {first: group for first, group in members(leader).items() if len(group) > 1}
    boxes = {first: _line_box([nodes[n] for n in group]) for first, group in groups.items()}
    inner = follow_owners(recording, leader, boxes)
    return Folding(leader, boxes, lambda path: path, inner=inner)


def _code_line(node: Node) -> tuple[str, int] | None:
    return (node.line.file, node.line.line) if node.line and node.kind in WORK else None


def _places_read(recording: Recording) -> dict[int, frozenset[Hashable]]:
    """For each leaf, the lines, ops and input slots where it is read."""
    reads: dict[int, set[Hashable]] = {}
    for edge in recording.edges:
        source, target = recording.nodes[edge.source], recording.nodes[edge.target]
        if source.kind in LEAVES and edge.kind == "data":
            line = _code_line(target)
            read = (source.kind, line, target.op, edge.target_slot) if line else (target.id, edge.target_slot)
            reads.setdefault(source.id, set()).add(read)
    return {leaf: frozenset(places) for leaf, places in reads.items()}


def _line_box(group: Sequence[Node]) -> Node:
    first, scope = group[0], around([node.scope for node in group])
    if first.kind in LEAVES:
        return replace(first, label=f"{first.label or first.name} × {len(group)}", scope=scope)
    ops = list(dict.fromkeys(node.op for node in group if node.kind != "constant")) or [first.op]
    kind: NodeKind = "branch" if any(node.kind == "branch" for node in group) else "op"
    text = first.line.text.strip() if first.line else ""
    op = ", ".join(ops[:4]) + (", …" if len(ops) > 4 else "")
    return replace(first, kind=kind, op=op, label=text or first.label, name="", scope=scope)
