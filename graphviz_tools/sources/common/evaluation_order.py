"""Which loops an expression is in, and when it runs, compared with the others of its function.

A function without a loop runs each expression at most once, in one order. So of two that ran one after the other,
the second has begun another turn of a loop exactly when it comes no later in that order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

Span = tuple[int, int, int, int]  # first line, first column, last line, past the last column
_WALK_THROUGH = frozenset(
    {"sum", "max", "min", "sorted", "any", "all", "list", "tuple", "set", "reduce", "functools.reduce"}
)


@dataclass(frozen=True, slots=True)
class Loop:
    """A `for` or `while` statement from `line` to `last_line`; `text` is its header."""

    line: int
    last_line: int
    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """`order` is the expression's place among those of its file, as they run, and `loops` are around it, the
    outermost first. `repeats`: it may run several times where no loop turns (in a comprehension, or as `sum`
    of tensors, which adds them all at one place). `tests_loop`: it is in the condition of a `while`, which
    Python compiles twice. `asks_next`: a `for` statement asks for its next item."""

    order: int
    loops: tuple[Loop, ...]
    repeats: bool = False
    tests_loop: bool = False
    asks_next: bool = False


def span(node: ast.AST) -> Span:
    """Where `node` stands."""
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


class Moments(NamedTuple):
    """The moment of every expression of a file, those at which `for` loops begin (`starts`) and those at which they ask
    for their next item, by the spans that Python gives them: of the statement, or of what is looped over."""

    expressions: dict[Span, Moment]
    starts: dict[Span, Moment]
    next_items: dict[Span, Moment]


def moments(tree: ast.AST, lines: list[str]) -> Moments:
    """When each expression of the file `tree`, whose text is `lines`, runs."""
    clock = _Clock(lines)
    clock.visit(tree)
    return Moments(clock.moments, clock.starts, clock.next_items)


class _Clock(ast.NodeVisitor):
    """Visits the expressions in the order in which they run."""

    def __init__(self, lines: list[str]) -> None:
        self.moments: dict[Span, Moment] = {}
        self.starts: dict[Span, Moment] = {}
        self.next_items: dict[Span, Moment] = {}
        self._lines = lines
        self._time = 0
        self._stopped = False  # in a comprehension, which counts as one moment
        self._tests_loop = False
        self._loops: tuple[Loop, ...] = ()

    def generic_visit(self, node: ast.AST) -> None:
        super().generic_visit(node)
        if isinstance(node, ast.expr | ast.AugAssign):
            self._tick(node)

    def _tick(self, node: ast.AST, repeats: bool = False) -> None:
        self._time += not self._stopped
        repeats = (
            repeats
            or self._stopped
            or (isinstance(node, ast.Call) and ast.unparse(node.func) in _WALK_THROUGH)
        )
        self.moments[span(node)] = Moment(self._time, self._loops, repeats, self._tests_loop)

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._all((node.value, *node.targets))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._all((node.value, node.target))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._all((node.value, node.target))
        self._tick(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._all((node.test, node.body, node.orelse))
        self._tick(node)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._time += 1
        self.starts[span(node)] = self.starts[span(node.iter)] = Moment(self._time, self._loops)
        self._turning(node, (node.target, *node.body))
        self._all(node.orelse)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self._tests_loop = True
        self._turning(node, (node.test,))
        self._tests_loop = False
        self._turning(node, node.body)
        self._all(node.orelse)

    def _turning(self, node: ast.For | ast.AsyncFor | ast.While, parts: Iterable[ast.AST]) -> None:
        around = self._loops
        last = node.test if isinstance(node, ast.While) else node.iter
        end = last.end_col_offset if last.end_lineno == node.lineno else None
        header = self._lines[node.lineno - 1].encode()[node.col_offset : end].decode().strip()
        self._loops = (*around, Loop(node.lineno, node.end_lineno or node.lineno, header))
        if not isinstance(node, ast.While):
            self._time += 1
            self.next_items[span(node)] = self.next_items[span(node.iter)] = Moment(
                self._time, self._loops, asks_next=True
            )
        self._all(parts)
        self._loops = around

    def _function(self, node: ast.AST) -> None:
        """What runs at another time, and is in no loop of the function that it is written in."""
        before = self._loops, self._stopped, self._tests_loop
        self._loops, self._stopped, self._tests_loop = (), False, False
        super().generic_visit(node)
        self._loops, self._stopped, self._tests_loop = before
        if isinstance(node, ast.Lambda):
            self._tick(node)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _function

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)
        self._tick(node, repeats=True)
        before, self._stopped = self._stopped, True
        first, *others = node.generators
        self._all((first.target, *first.ifs, *others))
        self._all((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,))
        self._stopped = before

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension
