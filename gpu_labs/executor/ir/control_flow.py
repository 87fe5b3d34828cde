"""Control flow: in which order blocks run so that threads that part meet again.

Blocks are numbered so that, within one turn of a loop, every block comes after all that can lead to it,
and everything inside a loop comes before what follows the loop. Always running the waiting block with the
lowest number then brings threads together again at the first place where their paths join. A loop gets
one extra block, its *latch*, numbered after its body: threads that finish a turn wait there for the
others, as the threads of a warp do.
"""

from __future__ import annotations

import ast
import linecache
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gpu_labs.executor.ir.program import Block, Branch, Function, Jump, Op, Return, Site, SliceOf, Var


@dataclass(frozen=True, slots=True)
class Loop:
    """A natural loop: its header's label and the labels of all its blocks, the header's included.

    `exits` are the blocks of a `return` that the source has inside the loop: no way leads back from them."""

    header: int
    body: frozenset[int]
    latch: int
    exits: frozenset[int]


@dataclass(frozen=True, slots=True)
class Flow:
    """`order` holds block labels and latch numbers; `rank[label]` is the place in it; `loops` by header."""

    order: tuple[int, ...]
    rank: dict[int, int]
    loops: dict[int, Loop]

    def loops_of(self, label: int) -> list[Loop]:
        """The loops that contain a block."""
        return [loop for loop in self.loops.values() if label in loop.body]


def successors(function: Function, label: int) -> tuple[int, ...]:
    """Where control may go from a block."""
    end = function.blocks[label].end
    if isinstance(end, Jump):
        return (end.target,)
    if isinstance(end, Branch):
        return (end.then, end.orelse)
    return ()


def analyse(function: Function) -> Flow:
    """The order of the blocks of `function` and its loops."""
    preorder, back = _search(function)
    loops: dict[int, Loop] = {}
    first_free = max(function.blocks) + 1
    for header in sorted({h for _, h in back}):
        body = _natural_loop(function, header, [u for u, h in back if h == header], preorder)
        exits = _returns_inside(function, body, preorder)
        loops[header] = Loop(header, frozenset(body), first_free + len(loops), frozenset(exits))
    order = _ordered(function, set(preorder), function.entry, loops, set())
    return Flow(tuple(order), {label: at for at, label in enumerate(order)}, loops)


def _search(function: Function) -> tuple[list[int], list[tuple[int, int]]]:
    """Reachable blocks, and the edges that go back to a block on the way from the entry."""
    seen: list[int] = []
    back: list[tuple[int, int]] = []
    open_blocks: set[int] = set()
    stack: list[tuple[int, int]] = [(function.entry, 0)]
    while stack:
        label, at = stack.pop()
        if at == 0:
            seen.append(label)
            open_blocks.add(label)
        targets = successors(function, label)
        if at < len(targets):
            stack.append((label, at + 1))
            target = targets[at]
            if target in open_blocks:
                back.append((label, target))
            elif target not in seen:
                stack.append((target, 0))
        else:
            open_blocks.discard(label)
    return seen, back


def dominators(entry: int, targets: Mapping[int, Iterable[int]]) -> dict[int, set[int]]:
    """For each block that can be reached, the blocks (itself included) that every path from the entry to it
    passes. `targets` says where control may go from a block."""
    reachable, work = [entry], [entry]
    while work:
        new = [target for target in targets[work.pop()] if target not in reachable]
        reachable += dict.fromkeys(new)
        work += new
    before: dict[int, list[int]] = {label: [] for label in reachable}
    for label in reachable:
        for target in targets[label]:
            before[target].append(label)
    found = {label: set(reachable) for label in reachable}
    found[entry] = {entry}
    changed = True
    while changed:
        changed = False
        for label in reachable:
            if label == entry:
                continue
            passed = set.intersection(*(found[source] for source in before[label])) | {label}
            if passed != found[label]:
                found[label], changed = passed, True
    return found


def _natural_loop(function: Function, header: int, tails: list[int], reachable: list[int]) -> set[int]:
    before: dict[int, list[int]] = {label: [] for label in reachable}
    for label in reachable:
        for target in successors(function, label):
            before[target].append(label)
    body = {header}
    work = list(tails)
    while work:
        label = work.pop()
        if label not in body:
            body.add(label)
            work.extend(before[label])
    return body


def _returns_inside(function: Function, body: set[int], reachable: list[int]) -> set[int]:
    outside = {target for label in reachable if label not in body for target in successors(function, label)}
    return {
        target
        for label in body
        for target in successors(function, label)
        if target not in body | outside
        and target < max(body)
        and isinstance(function.blocks[target].end, Return)
    }


def _ordered(
    function: Function, region: set[int], entry: int, loops: dict[int, Loop], opened: set[int]
) -> list[int]:
    """A topological order of `region` in which each inner loop is one stretch that ends in its latch."""
    inner = [loop for h, loop in loops.items() if h in region and h not in opened]
    outer = [a for a in inner if not any(a.header in b.body and a is not b for b in inner)]
    home = {label: loop.header for loop in outer for label in loop.body | loop.exits}
    before: dict[int, set[int]] = {home.get(label, label): set() for label in region}
    for label in region:
        for target in successors(function, label):
            if target in region and not (target == entry and entry in opened):
                a, b = home.get(label, label), home.get(target, target)
                if a != b:
                    before[b].add(a)
    order: list[int] = []
    while before:
        ready = [label for label, wanted in before.items() if not wanted] or [min(before)]
        label = min(ready)
        del before[label]
        for wanted in before.values():
            wanted.discard(label)
        loop = next((each for each in outer if each.header == label), None)
        if loop is None:
            order.append(label)
        else:
            order += _ordered(function, set(loop.body | loop.exits), label, loops, opened | {label})
            order.append(loop.latch)
    return order


def outlive_their_loop(function: Function, flow: Flow) -> set[str]:
    """Variables that are read outside a loop in which they get their value.

    A thread that left the loop still needs its value while others go round, so these, and only these,
    must keep the old value where a thread does not take part."""
    blocks = [(label, function.blocks[label]) for label in flow.rank if label in function.blocks]
    read: dict[str, set[int]] = {}
    for label, block in blocks:
        for source, operand in _reads(block, label):
            for name in _names(operand):
                read.setdefault(name, set()).add(source)
    defined = {p.name: function.entry for p in function.parameters}
    defined |= {name: label for label, block in blocks for name in _defines(block)}
    return {
        name
        for name, label in defined.items()
        if any(read.get(name, set()) - loop.body for loop in flow.loops_of(label))
    }


def _defines(block: Block) -> Iterator[str]:
    for phi in block.phis:
        yield phi.dst.name
    for op in block.ops:
        if op.dst is not None:
            yield op.dst.name
            if op.kind == "next":
                yield op.info


def _reads(block: Block, label: int) -> Iterator[tuple[int, object]]:
    """Each operand that `block` reads, and the block in which it is read: a phi reads where control comes from."""
    for phi in block.phis:
        yield from phi.incoming.items()
    for op in block.ops:
        yield from ((label, operand) for operand in op.args)
    if isinstance(block.end, Branch):
        yield label, block.end.condition
    elif isinstance(block.end, Return):
        yield label, block.end.value


def _names(operand: object) -> Iterator[str]:
    if isinstance(operand, Var):
        yield operand.name
    elif isinstance(operand, SliceOf):
        for part in (operand.start, operand.stop, operand.step):
            yield from _names(part)


def waits_for(function: Function, body: frozenset[int], steady: Callable[[Function, Op], bool]) -> set[str]:
    """What the conditions that leave a loop depend on, as far as it is computed in the loop: "load", "call"
    and the like for operations, and the name of an atomic ("cas"). What is `steady`, because no other thread
    changes it, is not waited for."""
    made: dict[str, tuple[str, tuple[object, ...]]] = {}
    work: list[object] = []
    for label in body:
        block = function.blocks[label]
        for phi in block.phis:
            made[phi.dst.name] = ("phi", tuple(phi.incoming.values()))
        for op in block.ops:
            if op.kind in ("load", "field", "call") and op.dst is not None and steady(function, op):
                made[op.dst.name] = ("steady", op.args[1:] if op.kind == "load" else op.args)
            elif op.dst is not None:
                made[op.dst.name] = (op.info if op.kind == "atomic" else op.kind, op.args)
        if isinstance(block.end, Branch) and not {block.end.then, block.end.orelse} <= body:
            work.append(block.end.condition)
    kinds: set[str] = set()
    seen: set[str] = set()
    while work:
        operand = work.pop()
        if isinstance(operand, Var) and operand.name in made and operand.name not in seen:
            seen.add(operand.name)
            kind, operands = made[operand.name]
            kinds.add(kind)
            if kind != "load":
                work.extend(operands)
    return kinds


def loop_site(function: Function, loop: Loop) -> Site | None:
    """The line that a loop without an end is reported at; None where an iterator ends the loop."""
    labels = sorted(loop.body)
    if any(op.kind == "next" for op in function.blocks[loop.header].ops):
        return None
    branches = [end for label in labels if isinstance(end := function.blocks[label].end, Branch)]
    leaving = [end for end in branches if not {end.then, end.orelse} <= loop.body]
    if leaving:
        return leaving[-1].site
    lines = [op.line for label in labels for op in function.blocks[label].ops]
    lines += [end.site.line for end in branches]
    line = _line_of_while(function, min(lines, default=0))
    text = linecache.getline(function.file, line).strip()
    return Site(-1 - loop.header - (line << 12), line, text, function.file, "loop")


def _line_of_while(function: Function, line: int) -> int:
    """The line of the innermost `while` around a line, where nothing is compiled from its test; else the line."""
    shift = function.first_line - 1
    try:
        tree = ast.parse(textwrap.dedent(function.source))
    except SyntaxError:  # a part of a line, as of a lambda
        return line
    starts = [
        node.lineno + shift
        for node in ast.walk(tree)
        if isinstance(node, ast.While) and node.lineno + shift <= line <= (node.end_lineno or 0) + shift
    ]
    return max(starts, default=line)
