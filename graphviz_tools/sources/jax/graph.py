"""Read a jaxpr into a StaticGraph: each equation one node, each jaxpr that it calls one scope."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jax.extend.core import ClosedJaxpr, Jaxpr, Literal
from jax.extend.source_info_util import summarize

from graphviz_tools.language import _
from graphviz_tools.recording import Edge, Node, ScopeKind, SourceLine, Value
from graphviz_tools.sources.common.static_graph import Path, StaticGraph
from graphviz_tools.sources.common.user_code import is_user_file, source_line


@dataclass(frozen=True)
class Equation:
    """One equation with its node's number, and the parts that it calls."""

    number: int
    eqn: Any
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Part:
    """A jaxpr at its place: the program, a branch, a loop's body, a function called inside."""

    word: str
    path: Path
    jaxpr: Jaxpr
    constants: tuple[Any, ...]
    inputs: tuple[int, ...]  # numbers of the nodes of its constants, then of its arguments
    equations: tuple[Equation, ...]
    output: int


@dataclass
class JaxprReader:
    """Adds jaxprs to `into`, each equation with a `trace` step; parts are read before what calls them."""

    into: StaticGraph
    _names: dict[str, int] = field(default_factory=dict)

    def read(self, closed: Any, path: Path = (), word: str = "", labels: Sequence[str] = ()) -> Part:
        """`labels` are the user's names for the arguments, where they are known."""
        jaxpr, constants = (closed.jaxpr, closed.consts) if isinstance(closed, ClosedJaxpr) else (closed, ())
        given = [*labels, *(f"argument {i}" for i in range(len(labels), len(jaxpr.invars)))]
        inputs = [
            self._input(var, "constant", f"constant {i}", path) for i, var in enumerate(jaxpr.constvars)
        ]
        inputs += [
            self._input(var, "input", name, path) for var, name in zip(jaxpr.invars, given, strict=False)
        ]
        equations = tuple(self._equation(eqn, path) for eqn in jaxpr.eqns)
        output = self.into.node("output", "output", label="output", scope=path)
        self._join(jaxpr.outvars, output, path)
        self.into.step("trace", output, reads=self._symbols(jaxpr.outvars, path))
        return Part(
            word=word,
            path=path,
            jaxpr=jaxpr,
            constants=tuple(constants),
            inputs=tuple(inputs),
            equations=equations,
            output=output,
        )

    def _input(self, var: Any, kind: Any, label: str, path: Path) -> int:
        number = self.into.node(kind, kind, label=label, name=label, scope=path, makes=[(path, var)])
        self.into.step("trace", number, writes=[symbol(var, label)])
        return number

    def _equation(self, eqn: Any, path: Path) -> Equation:
        name = self._fresh(eqn.primitive.name)
        parts = tuple(self._parts(eqn, (*path, name)))
        number = self.into.node(
            "branch" if eqn.primitive.name in DECIDING else "op",
            eqn.primitive.name,
            label=str(eqn.params.get("name", name)) if parts else name,
            name=name,
            scope=path,
            line=user_line(eqn),
            makes=[(path, var) for var in eqn.outvars],
        )
        self._join(eqn.invars, number, path)
        for part in parts:
            for outer, inner in zip(passed(eqn, part.word), part.jaxpr.invars, strict=False):
                if not isinstance(outer, Literal):
                    self.into.join((path, outer), self.into.makers[part.path, inner].node)
            self.into.edge(Edge(part.output, number, kind="control"))
        writes = [symbol(var, name) for var in eqn.outvars]
        note = _NOTES.get(eqn.primitive.name, "")
        self.into.step("trace", number, reads=self._symbols(eqn.invars, path), writes=writes, note=note)
        return Equation(number, eqn, parts)

    def _parts(self, eqn: Any, box: Path) -> Iterator[Part]:
        called = list(called_jaxprs(eqn))
        around = DECIDING.get(eqn.primitive.name, "function")
        for word, kind, jaxpr in called:
            self.into.scope(box, around, str(eqn.params.get("name", box[-1])))
            path = self.into.scope((*box, word), kind, word) if word else box
            yield self.read(jaxpr, path, word)

    def _join(self, variables: Sequence[Any], number: int, path: Path) -> None:
        for slot, var in enumerate(variables):
            if not isinstance(var, Literal):
                self.into.join((path, var), number, slot)

    def _symbols(self, variables: Sequence[Any], path: Path) -> list[Value]:
        return [symbol(var, self._maker(var, path)) for var in variables]

    def _maker(self, var: Any, path: Path) -> str:
        if isinstance(var, Literal):
            return ""
        made: Node = self.into.nodes[self.into.makers[path, var].node]
        return made.name

    def _fresh(self, primitive: str) -> str:
        count = self._names[primitive] = self._names.get(primitive, -1) + 1
        return f"{primitive}_{count}" if count else primitive


DECIDING: dict[str, ScopeKind] = {"cond": "branch", "while": "loop", "scan": "loop"}
_NOTES = {
    "cond": _("Every branch is in the graph: one of them is chosen when it runs."),
    "while": _("One copy of the loop's body is in the graph, however often it will run."),
    "scan": _("One copy of the loop's body is in the graph, however often it will run."),
}


def called_jaxprs(eqn: Any) -> Iterator[tuple[str, ScopeKind, Any]]:
    """(word, kind, jaxpr) of all that an equation calls; the word of a plain function call is ""."""
    match eqn.primitive.name:
        case "cond":  # lax.cond's branches are (false, true); lax.switch's are counted
            branches = eqn.params["branches"]
            words = ("else", "then") if len(branches) == 2 else [f"case {i}" for i in range(len(branches))]
            for word, branch in zip(words, branches, strict=True):
                yield word, "branch", branch
        case "while":
            yield "cond", "cond", eqn.params["cond_jaxpr"]
            yield "body", "body", eqn.params["body_jaxpr"]
        case "scan":
            yield "body", "body", eqn.params["jaxpr"]
        case _:
            inner = [value for value in eqn.params.values() if isinstance(value, ClosedJaxpr | Jaxpr)]
            if len(inner) == 1 and len(_arguments(inner[0])) == len(eqn.invars):
                yield "", "function", inner[0]


def _arguments(jaxpr: Any) -> list[Any]:
    return jaxpr.jaxpr.invars if isinstance(jaxpr, ClosedJaxpr) else jaxpr.invars


def passed(eqn: Any, word: str) -> list[Any]:
    """What an equation passes to its part called `word`, argument by argument."""
    invars = list(eqn.invars)
    if eqn.primitive.name == "cond":
        return invars[1:]
    if eqn.primitive.name == "while":
        tests, turns = eqn.params["cond_nconsts"], eqn.params["body_nconsts"]
        constants = invars[:tests] if word == "cond" else invars[tests : tests + turns]
        return constants + invars[tests + turns :]
    return invars


def symbol(var: Any, name: str) -> Value:
    """A variable (or literal) of a jaxpr: its type, without a number."""
    aval = var.aval
    shape, dtype = tuple(getattr(aval, "shape", ())), str(getattr(aval, "dtype", aval))
    if isinstance(var, Literal):
        return Value(shape=shape, dtype=dtype, text=str(var.val))
    known = tuple(size if isinstance(size, int) else None for size in shape)
    return Value(shape=known, dtype=dtype, name=name, text=f"{name}: {dtype}[{', '.join(map(str, shape))}]")


def user_line(eqn: Any) -> SourceLine | None:
    """The user's line that made the equation; None for one that JAX made itself."""
    found = re.fullmatch(
        r"(?P<file>.+?):(?P<line>\d+)(?::\d+)?(?:-\d+(?::\d+)?)? \((?P<function>.+)\)",
        summarize(eqn.source_info),
    )
    if found is None or not is_user_file(found["file"]):
        return None
    return source_line(found["file"], int(found["line"]), found["function"].rpartition(".")[2])
