"""Close and open scopes: the boxes of modules, functions, branches, iterations and segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from graphviz_tools.errors import UserError
from graphviz_tools.language import _, _n
from graphviz_tools.recording import Node, Recording, Scope
from graphviz_tools.transforms.fold import Folding, Path, follow_owners, leaders, members


def closed(recording: Recording, opened: frozenset[Path]) -> Folding:
    """Fold every scope that is neither in `opened` nor around one that is.

    Raises UserError when a path in `opened` is not a scope of the recording.
    """
    paths = _paths(recording)
    unknown = opened - paths
    if unknown:
        raise UserError(
            _("no scope {unknown!r}; the scopes are {some}", unknown=min(unknown), some=_some(sorted(paths)))
        )
    opened = frozenset(_with_parents(opened))
    box_of = {path: _outermost_closed(path, opened) for path in paths | {()}}
    keys = [(n.kind != "autograd" and box_of[n.scope]) or n.id for n in recording.nodes]
    leader = leaders(keys)
    known = {scope.path: scope for scope in recording.scopes}
    boxes = {
        first: _scope_box(key, [recording.nodes[n] for n in group], known.get(key))
        for first, group in members(leader).items()
        if isinstance(key := keys[first], tuple)
    }
    inner = follow_owners(recording, leader, boxes)
    return Folding(leader, boxes, lambda path: box[:-1] if (box := box_of[path]) else path, inner=inner)


def opening(recording: Recording, limit: int) -> frozenset[Path]:
    """The scopes to open so that `collapse(recording, open=...)` shows as much as fits in `limit` nodes.

    Scopes are opened from the outside in, on each level the smallest first; one that would be the only box
    is always opened. Autograd nodes are not counted: a picture shows the nodes that own them.
    """
    size = Counter(node.scope for node in recording.nodes if node.kind != "autograd")
    children: dict[Path, list[Path]] = {}
    for path in sorted(set(_with_parents(size))):
        size[path[:-1]] += 1
        children.setdefault(path[:-1], []).append(path)
    shown = size[()]
    opened: set[Path] = set()
    level = children.get((), [])
    while level:
        fresh = []
        for path in sorted(level, key=size.__getitem__):
            if shown == 1 or shown - 1 + size[path] <= limit:
                shown += size[path] - 1
                fresh.append(path)
        opened.update(fresh)
        level = [child for path in fresh for child in children.get(path, [])]
    return frozenset(opened)


def around(paths: Sequence[Path]) -> Path:
    """The innermost scope around all of `paths`."""
    low, high = min(paths), max(paths)
    depth = 0
    while depth < len(low) and low[depth : depth + 1] == high[depth : depth + 1]:
        depth += 1
    return low[:depth]


def _paths(recording: Recording) -> frozenset[Path]:
    """Every scope's path, and those of the scopes around it even where the recording does not list them."""
    named = {scope.path for scope in recording.scopes}
    named.update(node.scope for node in recording.nodes)
    named.update(step.scope for step in recording.steps)
    return frozenset(_with_parents(named))


def _with_parents(paths: Iterable[Path]) -> Iterable[Path]:
    return (path[:depth] for path in paths for depth in range(1, len(path) + 1))


def _outermost_closed(path: Path, opened: frozenset[Path]) -> Path | None:
    return next((outer for outer in _with_parents([path]) if outer not in opened), None)


def _scope_box(path: Path, group: Sequence[Node], scope: Scope | None) -> Node:
    ops = sum(node.kind in ("op", "branch") for node in group)
    label = (scope.label if scope else "") or path[-1]
    kind = scope.kind if scope else "module"
    return Node(
        id=group[0].id,
        kind="scope",
        op=kind,
        label=_n("{label} ({number} op)", "{label} ({number} ops)", ops, label=label),
        name=path[-1],
        scope=path[:-1],
    )


def _some(paths: Sequence[Path], limit: int = 10) -> str:
    rest = _(" and {count} more", count=len(paths) - limit) if len(paths) > limit else ""
    return (", ".join(map(repr, paths[:limit])) or "none") + rest
