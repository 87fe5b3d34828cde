"""What differs between two Recordings: nodes added, removed, and changed.

    changes = diff(before, after)
    print(changes)              # one line for each difference
    draw(changes.union())       # both graphs in one, marked + - ~

`diff(b, a)` is the mirror image of `diff(a, b)`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from graphviz_tools.arguments import check_recordings
from graphviz_tools.language import _
from graphviz_tools.recording import Edge, Node, Recording, Step
from graphviz_tools.transforms.node_matching import LEAVES, Side, last_writes, pair
from graphviz_tools.transforms.rewrite import Draft, rewrite


@dataclass(frozen=True, slots=True)
class Change:
    """Node `before` of the first Recording is node `after` of the second, but for `what`, in words."""

    before: int
    after: int
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """The differences from `a` to `b`: `removed` are nodes of `a`, `added` of `b`, `same` pairs of both."""

    a: Recording
    b: Recording
    added: tuple[int, ...]
    removed: tuple[int, ...]
    changed: tuple[Change, ...]
    same: tuple[tuple[int, int], ...]

    def __bool__(self) -> bool:
        """True when anything differs."""
        return bool(self.added or self.removed or self.changed)

    def __str__(self) -> str:
        if not self:
            return _("no difference in {count} nodes", count=len(self.same))
        a, b = self.a.nodes, self.b.nodes
        lines = [f"- {_said(a[n])}" for n in self.removed]
        lines += [f"+ {_said(b[n])}" for n in self.added]
        lines += [f"~ {_said(b[change.after])}: {'; '.join(change.what)}" for change in self.changed]
        return "\n".join([*lines, _("  {count} nodes are the same", count=len(self.same))])

    def union(self) -> Recording:
        """Both graphs in one Recording, one step a node; labels are marked "-", "+" or "~" where they differ.

        Removed nodes come first, then the graph of `b`.
        """
        return _union(self)


def diff(a: Recording, b: Recording) -> Diff:
    """Compare two Recordings' graphs: their nodes, how they are wired, and the shapes and dtypes that flowed.

    Numbers are not compared: two runs of one program on other data are the same graph. Raises UserError for what is
    not a Recording.
    """
    check_recordings(a, b)
    left, right = Side.of(a), Side.of(b)
    partner = pair(left, right)
    changes = {pair: tuple(_words(left, right, partner, *pair)) for pair in sorted(partner.items())}
    return Diff(
        a=a,
        b=b,
        added=tuple(sorted(set(range(len(b.nodes))) - set(partner.values()))),
        removed=tuple(sorted(set(range(len(a.nodes))) - set(partner))),
        changed=tuple(Change(*pair, what) for pair, what in changes.items() if what),
        same=tuple(pair for pair, what in changes.items() if not what),
    )


def _words(left: Side, right: Side, partner: dict[int, int], a: int, b: int) -> Iterator[str]:
    """In what node `a` and its partner `b` differ."""
    before, after = left.recording.nodes[a], right.recording.nodes[b]
    if before.op != after.op:
        yield f"{before.op} → {after.op}"
    elif before.kind != after.kind:
        yield f"{before.kind} → {after.kind}"
    elif before.kind in LEAVES and before.label != after.label:
        yield f"{before.label} → {after.label}"
    if before.scope != after.scope:
        yield _("moved from {before} to {after}", before=_path(before), after=_path(after))
    was = {(partner.get(e.source), e.source_slot, e.target_slot, e.kind) for e in left.inputs.get(a, ())}
    now = {(e.source, e.source_slot, e.target_slot, e.kind) for e in right.inputs.get(b, ())}
    if was != now:
        old, new = _sources(left, a), _sources(right, b)
        yield (
            _("inputs {old} → {new}", old=old, new=new)
            if old != new
            else _("inputs {new}, but other ones", new=new)
        )
    if (old := _types(left, a)) != (new := _types(right, b)) and old and new:
        yield f"{old} → {new}"


def _sources(side: Side, node: int) -> str:
    edges = sorted(side.inputs.get(node, ()), key=lambda e: (e.kind != "data", e.target_slot))
    return ", ".join(_called(side.recording.nodes[e.source]) for e in edges) or "none"


def _types(side: Side, node: int) -> str:
    """Shapes and dtypes that the node last wrote."""
    return ", ".join(f"{value.dtype} {value.shape}" for value in side.values.get(node, ()) if value.dtype)


def _path(node: Node) -> str:
    return "/".join(node.scope) or _("the outermost scope")


def _called(node: Node) -> str:
    return node.name or node.label or node.op


def _said(node: Node) -> str:
    name = _called(node)
    return node.op if name == node.op else f"{node.op} {name}"


class _Mark(NamedTuple):
    """The mark of a node that is in one graph only: a sign before its label, and a note at its step."""

    sign: str
    note: str


def _union(difference: Diff) -> Recording:
    """Both graphs as one draft: node `n` of `b` keeps its number, and node `n` of `a` is `n + shift`."""
    a, b = difference.a, difference.b
    shift = len(b.nodes)
    becomes = {n: n for n in range(shift)} | {n + shift: n + shift for n in difference.removed}
    becomes |= {before + shift: after for before, after in difference.same}
    becomes |= {change.before + shift: change.after for change in difference.changed}

    marks = _marks(difference, shift)
    nodes = [_shifted(a.nodes[n], shift) for n in difference.removed] + list(b.nodes)
    place = {node.id: i for i, node in enumerate(nodes)}
    edges = _edges(difference, shift)
    latest = [max(place[becomes[e.source]], place[becomes[e.target]]) for e in edges]
    order = sorted(range(len(edges)), key=latest.__getitem__)
    edges_at: dict[int, list[int]] = defaultdict(list)
    for number, old in enumerate(order):
        edges_at[latest[old]].append(number)

    before, after = last_writes(a), last_writes(b)
    written = [before.get(n, ()) for n in difference.removed] + [after.get(n, ()) for n in range(shift)]
    draft = Draft(
        nodes=[_marked(node, marks[node.id].sign) for node in nodes],
        becomes=becomes,
        edges=[edges[n] for n in order],
        steps=[
            Step(
                index=i,
                phase="optimize",
                op=node.op,
                node=node.id,
                line=node.line,
                nodes=(node.id,),
                edges=tuple(edges_at[i]),
                writes=written[i],
                scope=node.scope,
                note=marks[node.id].note,
            )
            for i, node in enumerate(nodes)
        ],
        scopes=list({scope.path: scope for scope in (*a.scopes, *b.scopes)}.values()),
    )
    return replace(rewrite(b, draft), title=f"{a.title or a.framework} → {b.title or b.framework}")


def _marks(difference: Diff, shift: int) -> dict[int, _Mark]:
    marks = dict.fromkeys(range(shift + len(difference.a.nodes)), _Mark("", ""))
    marks |= {n + shift: _Mark("-", "removed") for n in difference.removed}
    marks |= dict.fromkeys(difference.added, _Mark("+", "added"))
    return marks | {change.after: _Mark("~", "; ".join(change.what)) for change in difference.changed}


def _edges(difference: Diff, shift: int) -> list[Edge]:
    """Those of `a` at a node that was removed, then all of `b`."""
    removed = set(difference.removed)
    of_removed = [
        replace(e, source=e.source + shift, target=e.target + shift)
        for e in difference.a.edges
        if e.source in removed or e.target in removed
    ]
    return [*of_removed, *difference.b.edges]


def _shifted(node: Node, shift: int) -> Node:
    return replace(node, id=node.id + shift, owner=None if node.owner is None else node.owner + shift)


def _marked(node: Node, mark: str) -> Node:
    label = node.label or node.name or node.op
    return replace(node, label=f"{mark} {label}" if mark else label)
