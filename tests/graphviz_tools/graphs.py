"""Recordings built by hand, and by Hypothesis, for the tests of what is computed from Recordings."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from graphviz_tools.recording import Edge, Node, Recording, Scope, SourceLine, Step, Value

# A law is tried on some fifty graphs; on a busy machine drawing one may take long, which says nothing about it.
law = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

LINES = tuple(SourceLine("program.py", n, f"line {n}") for n in range(1, 6))


def value(*shape: int, dtype: str = "float32") -> Value:
    return Value(shape=shape, dtype=dtype)


def grown(nodes: list[Node], edges: list[Edge], scopes: tuple[Scope, ...] = ()) -> Recording:
    """A Recording with one step for each op, which also adds the leaves before it."""
    steps: list[Step] = []
    edge_at: dict[int, list[int]] = {}
    edges = sorted(edges, key=lambda e: max(e.source, e.target))
    for number, edge in enumerate(edges):
        edge_at.setdefault(max(edge.source, edge.target), []).append(number)
    new: list[int] = []
    for node in nodes:
        new.append(node.id)
        if node.kind in ("op", "branch", "output") or node is nodes[-1]:
            added = tuple(e for n in new for e in edge_at.get(n, []))
            steps.append(
                Step(len(steps), "forward", node.op, node.id, node.line, tuple(new), added, scope=node.scope)
            )
            new = []
    return Recording("torch", "by hand", tuple(nodes), tuple(edges), tuple(steps), scopes)


def layers(count: int, scoped: bool = True) -> Recording:
    """`count` equal layers relu(linear(x, weight)) in a chain, each in its own module unless not `scoped`."""
    nodes = [Node(0, "input", "input", "x")]
    edges: list[Edge] = []
    last = 0
    for i in range(count):
        scope = ("layers", str(i)) if scoped else ()
        n = len(nodes)
        nodes += [
            Node(n, "parameter", "parameter", f"layers.{i}.weight", scope=scope),
            Node(n + 1, "op", "linear", "h = linear(x, w)", scope=scope, line=LINES[0]),
            Node(n + 2, "op", "relu", "x = relu(h)", scope=scope, line=LINES[1]),
        ]
        edges += [Edge(last, n + 1), Edge(n, n + 1, 0, 1), Edge(n + 1, n + 2)]
        last = n + 2
    nodes.append(Node(len(nodes), "output", "output", "y"))
    edges.append(Edge(last, len(nodes) - 1))
    scopes = [Scope(("layers",), "module", "layers")]
    scopes += [Scope(("layers", str(i)), "module", f"layers.{i}: Layer") for i in range(count)]
    return grown(nodes, edges, tuple(scopes) if scoped else ())


@st.composite
def recordings(draw: st.DrawFn, most: int = 12) -> Recording:
    """Any graph that a source could record: sources before targets, scopes nested, autograd nodes owned."""
    paths = st.lists(st.sampled_from("ab1"), max_size=3).map(tuple)
    nodes: list[Node] = []
    edges: list[Edge] = []
    for i in range(draw(st.integers(0, most))):
        kind = draw(
            st.sampled_from(["input", "parameter", "constant", "op", "op", "op", "branch", "autograd"])
        )
        owners = [n.id for n in nodes if n.kind in ("op", "parameter")]
        owner = draw(st.sampled_from(owners)) if kind == "autograd" and owners else None
        line = draw(st.none() | st.sampled_from(LINES)) if kind in ("op", "branch", "constant") else None
        op = draw(st.sampled_from(["add", "mul", "relu"]))
        name = draw(st.sampled_from(["", f"{op}_{i}", op]))
        nodes.append(Node(i, kind, op, draw(st.sampled_from(["", "x", "y"])), name, draw(paths), line, owner))
        if i and kind not in ("input", "parameter", "constant"):
            sources = draw(st.lists(st.integers(0, i - 1), max_size=3))
            flows = "autograd" if kind == "autograd" else draw(st.sampled_from(["data", "control"]))
            edges += [Edge(source, i, 0, slot, flows) for slot, source in enumerate(sources)]
    used = {n.scope[:depth] for n in nodes for depth in range(1, len(n.scope) + 1)}
    listed = tuple(Scope(path, "module") for path in sorted(used) if draw(st.booleans()))
    return grown(nodes, edges, listed) if nodes else Recording("torch")
