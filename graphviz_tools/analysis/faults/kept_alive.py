"""Tensors that one turn of a loop leaves alive for all later turns, with their graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from graphviz_tools.analysis.faults.finding import Finding, finding_at, title
from graphviz_tools.analysis.faults.program import Program
from graphviz_tools.language import _
from graphviz_tools.recording import Step

_TURNS = 3
_ADVICE = _("Keep the number, `loss.item()`, or the tensor without its history, `loss.detach()`.")
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    """What a turn of a loop ends in: a value with a history that nothing else in the turn uses."""

    step: Step
    turn: Path
    place: object


def kept_alive(program: Program) -> Iterator[Finding]:
    """Lists that grow by one result and its graph each turn, and totals that do."""
    turns = _turns(program)
    died = {storage: step.index for step in program.steps for storage in step.released}
    backward_ends = {s.node: s.index for s in program.steps if s.phase == "backward" and s.node is not None}
    for paths in turns.values():
        if len(paths) < _TURNS:
            continue
        places: defaultdict[object, list[_Result]] = defaultdict(list)
        for path in paths:
            for result in _results(program, path, paths[path]):
                places[result.place].append(result)
        for results in places.values():
            finding = _growing(program, results, paths, died, backward_ends)
            if finding is not None:
                yield finding


def _turns(program: Program) -> dict[Path, dict[Path, list[Step]]]:
    """By loop, then by its turn, the steps in it."""
    found: defaultdict[Path, dict[Path, list[Step]]] = defaultdict(dict)
    for step in program.steps:
        if step.phase == "backward" and step.node is not None:
            continue
        for depth in range(1, len(step.scope) + 1):
            path = step.scope[:depth]
            if program.scope_kinds.get(path) == "iteration":
                found[path[:-1]].setdefault(path, []).append(step)
    return found


def _results(program: Program, turn: Path, steps: list[Step]) -> Iterator[_Result]:
    within = {s.node for s in steps}
    for step in steps:
        if step.phase != "forward" or step.node is None or not step.writes:
            continue
        if "requires_grad" not in step.writes[0].flags or "leaf" in step.writes[0].flags:
            continue
        goes_on = any(
            e.target in within and _has_history(program.made.get(e.target)) for e in program.out_of[step.node]
        )
        if not goes_on:
            line = step.line.line if step.line is not None else 0
            yield _Result(step, turn, (line, step.op, program.nodes[step.node].label))


def _has_history(step: Step | None) -> bool:
    return step is not None and any("requires_grad" in v.flags for v in step.writes)


def _growing(
    program: Program,
    results: list[_Result],
    turns: dict[Path, list[Step]],
    died: dict[int, int],
    backward_ends: dict[int, int],
) -> Finding | None:
    if len({r.turn for r in results}) < _TURNS:
        return None
    ends = {path: max(s.index for s in steps) for path, steps in turns.items()}
    last = max(ends.values())
    if _is_used_later(program, results, ends, backward_ends):
        return None
    name = results[0].step.writes[0].name or title(program.nodes[results[0].step.node or 0])
    if _is_total(program, results):
        return finding_at(
            program.recording, "kept alive", results[1].step.index,
            _("`{name}` is added up with its history: the graph of every turn stays alive, and "
            "memory grows.", name=name),
            _("Add the number, `total += loss.item()`, or the tensor without its history, `loss.detach()`."),
        )  # fmt: skip
    old = [r for r in results if ends[r.turn] < last][:-1]
    aliases = {v.storage for s in program.steps for v in s.writes if "detached" in v.flags}
    alive = [r for r in old if died.get(r.step.writes[0].storage or -1, last + 1) >= last]
    alive = [r for r in alive if r.step.writes[0].storage not in aliases]
    if len(old) >= _TURNS - 2 and len(alive) == len(old):
        return finding_at(
            program.recording, "kept alive", results[0].step.index,
            _("`{name}` of every turn is kept (in a list, perhaps) with the graph that made it, and "
            "memory grows.", name=name),
            _ADVICE,
        )  # fmt: skip
    return None


def _is_used_later(
    program: Program, results: list[_Result], ends: dict[Path, int], backward_ends: dict[int, int]
) -> bool:
    """Whether a backward pass runs through a result, or through the tensor it is a view of, after its turn has ended:
    then it is kept for a reason."""
    for result in results:
        storage = result.step.writes[0].storage
        makers = {result.step.node or 0, *(program.makers.get(storage, ()) if storage is not None else ())}
        nodes = [node for maker in makers for node in program.behind.get(maker, ())]
        if any(backward_ends.get(node, -1) > ends[result.turn] for node in nodes):
            return True
    return False


def _is_total(program: Program, results: list[_Result]) -> bool:
    """Whether each turn's result is computed from that of the turn before."""
    chained = 0
    for before, after in pairwise(results):
        sources = [e.source for e in program.into[after.step.node or 0]]
        chained += before.step.node in sources and after.step.op in ("add", "add_", "radd")
    return chained >= len(results) - 1 and chained >= _TURNS - 1
