"""From a running instruction to the words that the user wrote.

A recorder that runs inside a call knows the caller's code object and the offset of its current instruction.
Python keeps, for every instruction, the span of source that it came from (PEP 657), so the exact expression
is found without guessing, also in a notebook cell (IPython puts cells into `linecache`).
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from opcode import opmap
from types import CodeType

from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.common.evaluation_order import Moment, Moments, Span, moments, span
from graphviz_tools.sources.common.user_code import source_line

LABEL_WIDTH = 80
_GET_ITER = opmap["GET_ITER"]
_FOR_ITER = opmap["FOR_ITER"]


@dataclass(frozen=True, slots=True)
class CallSite:
    """What the source says about one call.

    `label` is the whole statement where the call is all that it does (`h = x * 2`), else the expression;
    `targets` are the names that the result is bound to, one for each output; `arguments[i]` is the name of
    the i-th positional operand ("" where it is not a name), and keyword operands are in `keywords`. `callee` is
    the last word of what is called, and `receiver` what stands before its dot (None: nothing does).
    `test` is the keyword of the statement that asks the call for a decision ("if", "while", "assert").
    `moment` says when it runs and in which loops (None where that is not known).
    """

    line: SourceLine
    label: str = ""
    targets: tuple[str, ...] = ()
    arguments: tuple[str | tuple[str, ...], ...] = ()
    keywords: tuple[tuple[str, str], ...] = ()
    callee: str = ""
    receiver: str | None = None
    test: str = ""
    moment: Moment | None = None


@dataclass(frozen=True, slots=True)
class _Spot:
    node: ast.AST
    statement: ast.stmt
    targets: tuple[ast.expr, ...]
    test: str


def call_site(code: CodeType, instruction: int) -> CallSite:
    """The call at byte offset `instruction` of `code`; only the line when the source is missing."""
    return _call_site(code, code.co_filename, instruction)


def operand_texts(code: CodeType, instruction: int) -> tuple[str, ...]:
    """The source of each positional operand of the call at byte offset `instruction`; () where it is not known."""
    line, end, column, end_column = list(code.co_positions())[instruction // 2]
    if line is None or end is None or column is None or end_column is None:
        return ()
    page = _page(code.co_filename)
    spot = page.find((line, column, end, end_column))
    return () if spot is None else tuple(page.text(operand) for operand in _operands(spot.node)[0])


@lru_cache(maxsize=1 << 15)
def _call_site(code: CodeType, filename: str, instruction: int) -> CallSite:
    # Equal code in two files compares equal, so the file's name stands beside it.
    positions = list(code.co_positions())
    place = instruction // 2
    line, end, column, end_column = positions[place] if 0 <= place < len(positions) else (None,) * 4
    first = line or code.co_firstlineno
    source = source_line(filename, first, code.co_name)
    if line is None or end is None or column is None or end_column is None:
        return CallSite(source)
    page = _page(filename)
    if code.co_code[instruction] == _FOR_ITER:
        return CallSite(source, moment=page.moments.next_items.get((line, column, end, end_column)))
    span_of_it = (line, column, end, end_column)
    if code.co_code[instruction] == _GET_ITER and page.starts_loop(span_of_it):
        return CallSite(
            source, label=source.text.removesuffix(":"), moment=page.moments.starts.get(span_of_it)
        )
    spot = page.find(span_of_it)
    if spot is None:
        return CallSite(source)
    return _describe(page, spot, source)


class _Page:
    """One source file, parsed once: which expression lies at which span."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.spans: dict[Span, _Spot] = {}
        self.ends: dict[tuple[int, int], _Spot] = {}
        self.moments = Moments({}, {}, {})
        try:
            tree = ast.parse("".join(lines))
        except (SyntaxError, ValueError):
            return
        self._visit_body(tree.body)
        self.moments = moments(tree, lines)

    def find(self, span: Span) -> _Spot | None:
        # A method call that is broken over lines is reported from its attribute on, so it is looked up a second time.
        return self.spans.get(span) or self.ends.get(span[2:])

    def starts_loop(self, span: Span) -> bool:
        """Whether a GET_ITER with this span begins a `for` statement: the span reaches to the end of the loop, where
        some other call may end, and from Python 3.13 on it is that of what is looped over."""
        return span not in self.spans or (sys.version_info >= (3, 13) and span in self.moments.next_items)

    def text(self, node: ast.AST) -> str:
        """The source of `node` on one line."""
        line, column, end, end_column = span(node)
        taken = [part.encode() for part in self.lines[line - 1 : end]]
        taken[-1] = taken[-1][:end_column]
        taken[0] = taken[0][column:]
        flat = " ".join(b"".join(taken).decode(errors="replace").split())
        return flat if len(flat) <= LABEL_WIDTH else flat[: LABEL_WIDTH - 1] + "…"

    def _visit_body(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self._visit_statement(statement)

    def _visit_statement(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._visit_body(statement.body)
            return
        test = ""
        if isinstance(statement, ast.If | ast.While | ast.Assert):
            test = type(statement).__name__.lower()
        if isinstance(statement, ast.AugAssign):
            self._keep(statement, _Spot(statement, statement, (statement.target,), ""))
        bound = _bound(statement)
        for name, child in _fields(statement):
            if isinstance(child, ast.stmt):
                self._visit_statement(child)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                self._visit_body(child.body)
            elif isinstance(child, ast.withitem):
                self._visit_expression(child.context_expr, statement, (), "")
            elif isinstance(child, ast.expr):
                targets = bound if name == "value" else ()
                self._visit_expression(child, statement, targets, test if name == "test" else "")

    def _visit_expression(
        self,
        node: ast.expr,
        statement: ast.stmt,
        targets: tuple[ast.expr, ...],
        test: str,
    ) -> None:
        self._keep(node, _Spot(node, statement, targets, test))
        for name, child in _fields(node):
            inner_test = test if isinstance(node, ast.BoolOp | ast.UnaryOp) else ""
            if isinstance(node, ast.IfExp) and name == "test":
                inner_test = "if"
            inner = (node.target,) if isinstance(node, ast.NamedExpr) and name == "value" else ()
            if isinstance(child, ast.keyword | ast.comprehension):
                for _, grandchild in _fields(child):
                    if isinstance(grandchild, ast.expr):
                        self._visit_expression(grandchild, statement, (), "")
            elif isinstance(child, ast.expr):
                self._visit_expression(child, statement, inner, inner_test)

    def _keep(self, node: ast.AST, spot: _Spot) -> None:
        place = span(node)
        self.spans[place] = spot
        if isinstance(node, ast.Call):
            self.ends[place[2:]] = spot


_pages: dict[str, _Page] = {}


def _page(filename: str) -> _Page:
    lines = linecache.getlines(filename)
    page = _pages.get(filename)
    if page is None or (page.lines is not lines and page.lines != lines):
        page = _pages[filename] = _Page(lines)
    return page


def _describe(page: _Page, spot: _Spot, source: SourceLine) -> CallSite:
    node, statement = spot.node, spot.statement
    whole = getattr(statement, "value", None) is node or statement is node
    operands, keywords, callee = _operands(node)
    method = callee if isinstance(callee, ast.Attribute) else None
    return CallSite(
        line=source,
        label=page.text(statement if whole else node).removeprefix("return "),
        targets=tuple(_name(t) for t in _unpacked(spot.targets)),
        arguments=tuple(_names(operand) for operand in operands),
        keywords=tuple((k, _name(v)) for k, v in keywords),
        callee=method.attr if method is not None else _name(callee) if callee is not None else "",
        receiver=_name(method.value) if method is not None else None,
        test=spot.test,
        moment=page.moments.expressions.get(span(node)),
    )


def _operands(node: ast.AST) -> tuple[list[ast.expr], list[tuple[str, ast.expr]], ast.expr | None]:
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right], [], None
        case ast.AugAssign(target=target, value=value):
            return [target, value], [], None
        case ast.Compare(left=left, comparators=comparators):
            return [left, *comparators], [], None
        case ast.UnaryOp(operand=operand):
            return [operand], [], None
        case ast.Subscript(value=value, slice=index):
            return [value, index], [], None
        case ast.Attribute(value=value):
            return [value], [], None
        case ast.Call(func=func, args=args, keywords=keywords):
            named = [(k.arg, k.value) for k in keywords if k.arg]
            return list(args), named, func
        case ast.expr():
            return [node], [], None
    return [], [], None


def _bound(statement: ast.stmt) -> tuple[ast.expr, ...]:
    if isinstance(statement, ast.Assign):
        return (statement.targets[-1],)
    if isinstance(statement, ast.AnnAssign | ast.AugAssign):
        return (statement.target,)
    return ()


def _unpacked(targets: tuple[ast.expr, ...]) -> tuple[ast.expr, ...]:
    if len(targets) == 1 and isinstance(targets[0], ast.Tuple | ast.List):
        return tuple(targets[0].elts)
    return targets


def _name(node: ast.expr) -> str:
    """`x`, `self.h` or `w[0]` as written; "" for any larger expression."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            owner = _name(value)
            return f"{owner}.{attribute}" if owner else ""
        case ast.Subscript(value=value, slice=ast.Constant(value=key)):
            owner = _name(value)
            return f"{owner}[{key!r}]" if owner else ""
        case ast.Starred(value=value):
            return _name(value)
    return ""


def _names(node: ast.expr) -> str | tuple[str, ...]:
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(_name(element) for element in node.elts)
    return _name(node)


def _fields(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield name, value
        elif isinstance(value, list):
            yield from ((name, item) for item in value if isinstance(item, ast.AST))
