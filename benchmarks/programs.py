"""Programs of any length as Recordings, made by hand: a loop, a chain, a fan, a dense net and a recurrent one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphviz_tools.recording import Edge, Node, Recording, Scope, Step, Value

_SCALAR = Value((), "float32", numbers=(1.0,))
Op = tuple[tuple[str, ...], tuple[int, ...]]  # the scope of an op, and the nodes that it reads


def chain(steps: int) -> Recording:
    return _recording(((), (n,)) for n in range(steps))


def fan(steps: int) -> Recording:
    """Many ops that read one input, and one that reads them all."""
    ops: list[Op] = [((), (0,)) for _ in range(steps - 1)]
    return _recording([*ops, ((), tuple(range(1, steps)))])


def dense(steps: int) -> Recording:
    """Every op reads the previous one and up to thirty earlier ones, nearest first."""
    return _recording(((), tuple({n, *(n - n * k // 30 for k in range(1, 30))})) for n in range(steps))


def loop(steps: int) -> Recording:
    """A training loop of ten ops per iteration, all of which read the input."""
    turns = ((("for", f"iteration {n // 10 + 1}"), (0, n if n % 10 else 0)) for n in range(steps))
    return _recording(turns)


def recurrent(steps: int) -> Recording:
    """A cell of five ops, called once per time step, that passes its state to the next call."""
    return _recording(
        (("for", f"iteration {n // 5 + 1}", "cell"), (n, 0) if n % 5 == 0 else (n,)) for n in range(steps)
    )


PROGRAMS: tuple[Callable[[int], Recording], ...] = (loop, chain, fan, dense, recurrent)


def _recording(ops: Iterator[Op] | list[Op]) -> Recording:
    nodes, edges, steps = [Node(0, "input", "input", "x")], [], []
    scopes: dict[tuple[str, ...], Scope] = {}
    for number, (path, sources) in enumerate(ops, 1):
        nodes.append(Node(number, "op", "mul", f"op {number}", scope=path))
        first = len(edges)
        edges += [Edge(source, number, 0, slot) for slot, source in enumerate(dict.fromkeys(sources))]
        for depth in range(1, len(path) + 1):
            kind = ("loop", "iteration", "module")[depth - 1]
            scopes.setdefault(path[:depth], Scope(path[:depth], kind, path[depth - 1]))
        new = (0, number) if number == 1 else (number,)
        steps.append(
            Step(number - 1, "forward", "mul", number, nodes=new, edges=tuple(range(first, len(edges))),
                 writes=(_SCALAR,), scope=path)
        )  # fmt: skip
    return Recording("torch", "program", tuple(nodes), tuple(edges), tuple(steps), tuple(scopes.values()))
