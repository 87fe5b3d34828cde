"""How every source of a static graph grows a Recording: nodes, edges, scopes, and steps that claim them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any, NamedTuple

from graphviz_tools.own_bugs import is_own_bug, show_own_bug
from graphviz_tools.recording import (
    Control,
    Edge,
    EdgeKind,
    Node,
    NodeKind,
    Omission,
    Phase,
    Recording,
    Scope,
    ScopeKind,
    SourceLine,
    Step,
    Value,
)
from graphviz_tools.sources.common.stack_traces import error_line
from graphviz_tools.sources.common.user_code import source_texts, whole_function

Path = tuple[str, ...]


def add_run_scopes(scopes: dict[Path, Scope], path: Path) -> None:
    """Make the scopes of a place in a run: a turn of a loop is an "iteration", and inside it the graph's own scopes
    are there again."""
    for depth in range(1, len(path) + 1):
        here = path[:depth]
        if here in scopes:
            continue
        built = scopes.get(tuple(word for word in here if not word.startswith("iteration ")))
        if here[-1].startswith("iteration "):
            scopes[here] = Scope(here, "iteration", here[-1])
        elif built is not None:
            scopes[here] = Scope(here, built.kind, built.label)


class Maker(NamedTuple):
    """What makes a tensor: output `slot` of `node`."""

    node: int
    slot: int


@dataclass
class StaticGraph:
    """A Recording in the making.

    `makers` gives the output slot behind a framework's own key for a tensor; `line` is shown for ops that have
    no line of the user's.
    """

    line: SourceLine | None = None
    nodes: list[Node] = field(default_factory=list)
    edges: dict[Edge, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    scopes: dict[Path, Scope] = field(default_factory=dict)
    omitted: list[Omission] = field(default_factory=list)
    makers: dict[Hashable, Maker] = field(default_factory=dict)
    _claimed_nodes: int = 0
    _claimed_edges: int = 0

    def scope(self, path: Path, kind: ScopeKind, label: str = "") -> Path:
        """A box around what lies at `path`; the first kind and label stay."""
        self.scopes.setdefault(path, Scope(path, kind, label or path[-1]))
        return path

    def fresh(self, path: Path, word: str) -> Path:
        """A place in `path` that no scope has taken: `if`, then `if 2`, ..."""
        words = chain([word], (f"{word} {number}" for number in count(2)))
        return next((*path, word) for word in words if (*path, word) not in self.scopes)

    def node(
        self,
        kind: NodeKind,
        op: str,
        *,
        label: str = "",
        name: str = "",
        scope: Path = (),
        line: SourceLine | None = None,
        makes: Iterable[Hashable] = (),
    ) -> int:
        """A new node, whose output slots make the tensors called `makes`, in order."""
        number = len(self.nodes)
        line = line or (self.line if kind in ("op", "branch") else None)
        self.nodes.append(
            Node(id=number, kind=kind, op=op, label=label or name or op, name=name, scope=scope, line=line)
        )
        for slot, key in enumerate(makes):
            self.makers[key] = Maker(number, slot)
        return number

    def autograd_node(self, op: str, name: str, owner: int) -> int:
        """A new node for the gradient of what node `owner` does, whose results it stands behind."""
        number = len(self.nodes)
        self.nodes.append(
            Node(
                id=number,
                kind="autograd",
                op=op,
                label=op,
                name=name,
                scope=self.nodes[owner].scope,
                line=None,
                owner=owner,
                first_output=0,
            )
        )
        return number

    def claim(self) -> None:
        """Count the nodes and edges that are new since the last step as that step's."""
        if not self.steps:
            return
        last = self.steps[-1]
        nodes, edges = (
            range(self._claimed_nodes, len(self.nodes)),
            range(self._claimed_edges, len(self.edges)),
        )
        self.steps[-1] = replace(last, nodes=(*last.nodes, *nodes), edges=(*last.edges, *edges))
        self._claimed_nodes, self._claimed_edges = len(self.nodes), len(self.edges)

    def join(self, source: Hashable, target: int, slot: int = 0, kind: EdgeKind = "data") -> None:
        """An edge from the maker of the tensor called `source`; none where its maker is unknown."""
        if source in self.makers:
            maker, maker_slot = self.makers[source]
            self.edge(Edge(maker, target, maker_slot, slot, kind))

    def edge(self, edge: Edge) -> None:
        """An edge, once."""
        self.edges.setdefault(edge, len(self.edges))

    def step(
        self,
        phase: Phase,
        node: int | None,
        *,
        op: str = "",
        line: SourceLine | None = None,
        reads: Iterable[Value] = (),
        writes: Iterable[Value] = (),
        control: Control | None = None,
        scope: Path | None = None,
        note: str = "",
        error: str = "",
    ) -> None:
        """The next step; it adds every node and edge that is new since the one before."""
        about = None if node is None else self.nodes[node]
        if scope is not None:
            add_run_scopes(self.scopes, scope)
        self.steps.append(
            Step(
                index=len(self.steps),
                phase=phase,
                op=op or (about.op if about else ""),
                node=node,
                line=line or (about.line if about else None),
                nodes=tuple(range(self._claimed_nodes, len(self.nodes))),
                edges=tuple(range(self._claimed_edges, len(self.edges))),
                reads=tuple(reads),
                writes=tuple(writes),
                control=control,
                scope=scope if scope is not None else about.scope if about else (),
                note=note,
                error=error,
            )
        )
        self._claimed_nodes, self._claimed_edges = len(self.nodes), len(self.edges)

    def failed(self, error: BaseException, text: str) -> str:
        """Return `text`, which describes `error`. Without a step of an op that failed, add a step with it.

        Raises InternalError when it is our own bug, and not an error of the program.
        """
        if not any(step.error for step in self.steps):
            if is_own_bug(error):
                show_own_bug(error)
            phase = self.steps[-1].phase if self.steps else "trace"
            self.step(phase, None, line=error_line(error), error=text)
        return text

    def recording(
        self,
        framework: str,
        title: str,
        *,
        fn: Callable[..., Any] | None = None,
        outputs: Iterable[Value] = (),
        versions: dict[str, str],
        error: str = "",
        storages: Iterable[int] = (),
    ) -> Recording:
        """All of it, with the user's code around the lines that steps and nodes name."""
        lines = {item.line for item in (*self.steps, *self.nodes) if item.line is not None}
        return Recording(
            framework=framework,
            title=title,
            nodes=tuple(self.nodes),
            edges=tuple(self.edges),
            steps=tuple(self.steps),
            scopes=tuple(self.scopes.values()),
            sources=source_texts(lines, whole_function(fn)),
            outputs=tuple(outputs),
            omitted=tuple(self.omitted),
            versions=versions,
            error=error,
            storages=tuple(storages),
        )
