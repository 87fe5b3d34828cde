"""Races: do two threads touch one cell, one of them writing, with nothing that orders them?

Accesses are logged while an epoch runs (the time between two barriers) and looked at when it ends. The
test does not depend on the order in which the executor happened to run them: it asks for each cell whether
the threads that wrote it, read it or used an atomic on it are one and the same.

What orders two accesses: a barrier (they are then in different epochs), `syncwarp` and the other warp
functions for threads of one warp, and for different blocks a fence followed by an atomic on one side and
an atomic on the other (`order.py`). What is not a race: atomics with atomics, reads with reads, and several
threads that store the same value, for which CUDA guarantees that the value arrives (CUDA C++ Programming
Guide, "SIMT Architecture"; compute-sanitizer's racecheck calls it benign). A store that writes back what it
read, as `h[k] += 1` does, is not among these: that two updates came out equal means that one was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.launch_record import WARP, AccessKind
from gpu_labs.executor.runtime.lanes import Lanes, Mask
from gpu_labs.executor.runtime.memory import spread
from gpu_labs.executor.runtime.sparse import cell_values
from gpu_labs.executor.runtime.windows import Memory

READ, WRITE, ATOMIC = 0, 1, 2
CODES = {"read": READ, "write": WRITE, "atomic": ATOMIC}
RANK = {READ: 0, ATOMIC: 1, WRITE: 2}  # on one line
MANY = 256
UPDATE = np.uint64(1 << 63)  # marks the code of a write whose thread had read the cell: no two are equal


class Entry(NamedTuple):
    """One access as the engine ran it: cells, and the mask of the lanes that took part.

    `lanes` is None where the cells broadcast over the lanes, else the lane of each cell; `times` is then the
    time of each, where it is known. `turns` counts the warp functions that each warp had passed, or is None
    where there was none."""

    kind: AccessKind
    site: Site
    flat: Any
    mask: Mask
    value: Any
    time: int
    turns: np.ndarray | None
    lanes: np.ndarray | None = None
    times: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a race."""

    lane: int
    site: Site
    time: int
    kind: int


class Expanded(NamedTuple):
    """An access with one row for each lane that took part: its cell, the lane and (of a write) the value."""

    cells: np.ndarray
    lanes: np.ndarray
    values: np.ndarray | None


def expand(entry: Entry, lanes: Lanes) -> Expanded:
    """An access, lane by lane."""
    if entry.lanes is not None:
        return Expanded(entry.flat, entry.lanes, entry.value)
    shape = lanes.shape
    if entry.mask is None:
        cells = np.broadcast_to(entry.flat, shape).reshape(-1)
        value = None if entry.value is None else np.broadcast_to(entry.value, shape).reshape(-1)
        return Expanded(cells, lanes.flat, value)
    where = lanes.active(entry.mask, shape)
    value = None if entry.value is None else spread(entry.value, shape, where)
    return Expanded(spread(entry.flat, shape, where), lanes.flat.take(where), value)


def compact(entry: Entry, lanes: Lanes) -> tuple[np.ndarray, np.ndarray, bool]:
    """Cells and one lane for each; the flag says that more lanes than that one touched each cell."""
    if entry.lanes is not None:
        return entry.flat, entry.lanes, False
    flat, mask = entry.flat, entry.mask
    shape = np.shape(flat) if mask is None else np.broadcast_shapes(np.shape(flat), mask.shape)
    shape = (1,) * (4 - len(shape)) + shape
    whole = shape == lanes.shape
    if whole:
        chosen = lanes.flat
    else:
        part = tuple(
            slice(None) if n == full else slice(0, 1) for n, full in zip(shape, lanes.shape, strict=True)
        )
        chosen = lanes.lane[part].reshape(-1)
    if mask is None:
        return np.asarray(flat).reshape(-1), chosen, not whole
    where = lanes.active(mask, shape)
    return spread(flat, shape, where), chosen.take(where), not whole


def suspects(entries: list[Entry], lanes: Lanes, scratch: Callable[[], tuple[Any, Any]]) -> np.ndarray:
    """Cells that may be raced for: a fast test that never misses one.

    `scratch` gives two arrays, -1 everywhere, one place per cell; they are left as they were."""
    head = entries[0]
    if all(e.flat is head.flat and e.mask is head.mask for e in entries) and distinct(head, lanes):
        return np.empty(0, np.int64)  # every lane has cells of its own
    owner, other = scratch()
    writes, atomics, reads = ([e for e in entries if e.kind == kind] for kind in ("write", "atomic", "read"))
    found = [*_beside_writes(writes, atomics, reads, lanes, owner)]
    if atomics and reads:
        found += _read_beside_atomics(atomics, reads, lanes, other)
    bad = [cells for cells in found if cells.size]
    return np.unique(np.concatenate(bad)) if bad else np.empty(0, np.int64)


def _beside_writes(
    writes: list[Entry], atomics: list[Entry], reads: list[Entry], lanes: Lanes, owner: np.ndarray
) -> Iterator[np.ndarray]:
    """Cells that a thread writes and another one touches. `owner` holds each written cell's thread."""
    touched: list[np.ndarray] = []
    for entry in writes:
        cells, who, _ = expand(entry, lanes)
        if touched:
            before = owner.take(cells)
            yield cells[(before >= 0) & (before != who)]
        owner[cells] = who
        touched.append(cells)
        if not distinct(entry, lanes):
            yield cells[owner.take(cells) != who]
    for entry in atomics if touched else ():
        cells, who, _ = expand(entry, lanes)
        before = owner.take(cells)
        yield cells[(before >= 0) & (before != who)]
    for entry in reads if touched else ():
        cells, who, many = compact(entry, lanes)
        before = owner.take(cells)
        yield cells[before >= 0 if many else (before >= 0) & (before != who)]
    for cells in touched:
        owner[cells] = -1


def _read_beside_atomics(
    atomics: list[Entry], reads: list[Entry], lanes: Lanes, other: np.ndarray
) -> Iterator[np.ndarray]:
    """Cells that a thread changes atomically and another one reads. `other` holds the thread, or -2 for several."""
    for entry in atomics:
        cells, who, _ = expand(entry, lanes)
        before = other.take(cells)
        other[cells] = np.where((before >= 0) & (before != who), -2, who)
        twice = (other.take(cells) != who) & (other.take(cells) != -2)
        other[cells[twice]] = -2
    for entry in reads:
        cells, who, many = compact(entry, lanes)
        before = other.take(cells)
        yield cells[before != -1 if many else (before != -1) & (before != who)]
    for entry in atomics:
        other[expand(entry, lanes).cells] = -1


def distinct(entry: Entry, lanes: Lanes) -> bool:
    """Whether the lanes are known to touch different cells, because these ascend. (False may be wrong.)"""
    if entry.lanes is not None:
        return False
    kept = lanes.ascending.get((id(entry.flat), id(entry.mask)))
    if kept is None:
        if len(lanes.ascending) > 64:
            lanes.ascending.clear()
        cells = expand(entry, lanes).cells
        kept = (entry.flat, entry.mask, bool((cells[1:] > cells[:-1]).all()))
        lanes.ascending[id(entry.flat), id(entry.mask)] = kept
    _flat, _mask, ascend = kept
    return ascend


class Table(NamedTuple):
    """The accesses to suspected cells, one row each."""

    cell: np.ndarray
    lane: np.ndarray
    kind: np.ndarray
    entry: np.ndarray
    code: np.ndarray
    turn: np.ndarray
    time: np.ndarray


def table(
    entries: list[Entry], lanes: Lanes, cells: np.ndarray, size: int, updating: Container[int]
) -> Table:
    """All accesses to `cells`. `updating` are the sites of stores that write back what they had read."""
    wanted = cell_values(size, False, bool)
    wanted[cells] = True
    parts: list[tuple[np.ndarray, ...]] = []
    warps = -(-lanes.per_block // WARP)
    for at, entry in enumerate(entries):
        touched, who, value = expand(entry, lanes)
        chosen = np.flatnonzero(wanted.take(touched))
        if not chosen.size:
            continue
        touched, who = touched[chosen].astype(np.int64), who[chosen].astype(np.int64)
        code = bits(value[chosen]) if value is not None else np.zeros(len(chosen), np.uint64)
        if entry.turns is None:
            turn = np.zeros(len(chosen), np.int64)
        else:
            turn = entry.turns.reshape(-1)[warp_of(who, lanes.per_block, warps)]
        kind = np.full(len(chosen), CODES[entry.kind])
        time = np.full(len(chosen), entry.time) if entry.times is None else entry.times[chosen]
        parts.append((touched, who, kind, np.full(len(chosen), at), code, turn, time))
    rows = Table(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    own = np.array([entry.site.id in updating for entry in entries])
    _mark_updates(rows, own[rows.entry])
    return rows


def _mark_updates(rows: Table, updating: np.ndarray) -> None:
    """Give each updating write whose thread had read the cell before a code of its own."""
    reads, writes = np.flatnonzero(rows.kind == READ), np.flatnonzero((rows.kind == WRITE) & updating)
    if not reads.size or not writes.size:
        return
    mine = rows.cell * (rows.lane.max() + 1) + rows.lane
    keys, group = np.unique(mine[reads], return_inverse=True)
    since = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(since, group, rows.time[reads])
    at = np.minimum(np.searchsorted(keys, mine[writes]), len(keys) - 1)
    updates = writes[(keys[at] == mine[writes]) & (since[at] < rows.time[writes])]
    rows.code[updates] = UPDATE | rows.lane[updates].astype(np.uint64)


def bits(values: np.ndarray) -> np.ndarray:
    """Values as numbers that are equal exactly where their bits are."""
    size = values.dtype.itemsize
    raw = np.ascontiguousarray(values)
    if size in (1, 2, 4, 8):
        return raw.view(f"u{size}").astype(np.uint64)
    return np.unique(raw.view(f"V{size}"), return_inverse=True)[1].astype(np.uint64)


def warp_of(lane: np.ndarray, per_block: int, warps: int) -> np.ndarray:
    """The number of a lane's warp among all warps of the stretch."""
    return lane // per_block * warps + lane % per_block // WARP


def raced(rows: Table, per_block: int) -> np.ndarray:
    """The cells, of those in `rows`, for which no order exists between some two threads."""
    warps = -(-per_block // WARP)
    warp = warp_of(rows.lane, per_block, warps)
    between = _clashes(rows.cell, warp, rows)
    key = np.stack((rows.cell, warp, rows.turn))
    _, group = np.unique(key, axis=1, return_inverse=True)
    within = np.isin(group, _clashes(group.reshape(-1), rows.lane, rows))
    return np.union1d(between, rows.cell[within.reshape(-1)])


class _Ends(NamedTuple):
    """The lowest and the highest actor of one kind in each group; the highest is -1 in a group without one."""

    low: np.ndarray
    high: np.ndarray


def _clashes(group: np.ndarray, actor: np.ndarray, rows: Table) -> np.ndarray:
    """The groups in which two different actors clash."""
    order = np.argsort(group, kind="stable")
    sorted_group = group[order]
    starts = np.flatnonzero(np.concatenate(([True], sorted_group[1:] != sorted_group[:-1])))
    kind, actor = rows.kind[order], actor[order]
    huge = np.iinfo(np.int64).max

    def ends(of: int) -> _Ends:
        low = np.minimum.reduceat(np.where(kind == of, actor, huge), starts)
        return _Ends(low, np.maximum.reduceat(np.where(kind == of, actor, -1), starts))

    reads, writes, atomics = ends(READ), ends(WRITE), ends(ATOMIC)
    code = rows.code[order]
    low = np.minimum.reduceat(np.where(kind == WRITE, code, np.iinfo(np.uint64).max), starts)
    high = np.maximum.reduceat(np.where(kind == WRITE, code, 0), starts)
    clash = (writes.low < writes.high) & (low != high)
    for a, b in ((writes, reads), (writes, atomics), (reads, atomics)):
        both = (a.high >= 0) & (b.high >= 0)
        clash |= both & (np.minimum(a.low, b.low) != np.maximum(a.high, b.high))
    return sorted_group[starts[clash]]


def one_value(rows: Table, cell: int) -> bool:
    """Whether several threads write to a cell, and all of them the same value."""
    writes = (rows.cell == cell) & (rows.kind == WRITE)
    codes, several = rows.code[writes], len(np.unique(rows.lane[writes])) > 1
    return several and bool((codes == codes[:1]).all()) and bool((codes < UPDATE).all())


class _Row(NamedTuple):
    """A row of the table that represents its line and cell. `number` counts the threads of the grid."""

    party: Party
    code: int
    turn: int
    number: int


class Pair(NamedTuple):
    """Two accesses to one cell that clash."""

    cell: int
    earlier: Party
    later: Party


def pairs(
    rows: Table,
    cells: np.ndarray,
    entries: list[Entry],
    lanes: Lanes,
    ordered: Callable[[Party, Party], bool],
) -> list[Pair]:
    """For the first of `cells`, the accesses that clash: one pair for each two lines, and one more where it
    happens between blocks as well as within one. Blocks and threads with low numbers are taken first. `ordered`
    says whether fences and atomics order two accesses."""
    found: dict[tuple[object, ...], Pair] = {}
    blocks = lanes.blocks.take(rows.lane // lanes.per_block)
    number = blocks * lanes.per_block + rows.lane % lanes.per_block
    for cell in cells[:MANY]:
        mine = np.flatnonzero(rows.cell == cell)
        chosen: list[_Row] = []
        for at in np.unique(rows.entry[mine]):
            of_entry = mine[rows.entry[mine] == at]
            of_entry = of_entry[np.argsort(number[of_entry], kind="stable")]
            for row in of_entry[:3] if len(of_entry) <= 3 else (of_entry[0], of_entry[1], of_entry[-1]):
                entry = entries[at]
                party = Party(int(rows.lane[row]), entry.site, int(rows.time[row]), int(rows.kind[row]))
                chosen.append(_Row(party, int(rows.code[row]), int(rows.turn[row]), int(number[row])))
        _clashing(int(cell), chosen[:64], lanes.per_block, found, ordered)
    # The uppermost line first, and the closest lines: a barrier there often settles the others.
    return sorted(found.values(), key=_lower_then_upper_line)


def _lower_then_upper_line(pair: Pair) -> tuple[int, int]:
    upper, lower = sorted((pair.earlier.site.line, pair.later.site.line))
    return lower, -upper


def _clashing(
    cell: int,
    chosen: list[_Row],
    per_block: int,
    found: dict[tuple[object, ...], Pair],
    ordered: Callable[[Party, Party], bool],
) -> None:
    """Add the clashes of one cell to `found`, unless another cell has shown the same; of several pairs the one whose
    lower line has the first thread."""
    best: dict[tuple[object, ...], tuple[int, int]] = {}
    for i, one in enumerate(chosen):
        for other in chosen[i + 1 :]:
            a, b = one.party, other.party
            kinds = {a.kind, b.kind}
            if a.lane == b.lane or kinds in ({READ}, {ATOMIC}):
                continue
            if kinds == {WRITE} and one.code == other.code:
                continue
            same_block = a.lane // per_block == b.lane // per_block
            same_warp = same_block and a.lane % per_block // WARP == b.lane % per_block // WARP
            if same_warp and one.turn != other.turn:
                continue
            upper, lower = sorted((one, other), key=_place)
            key = (_line(upper), _line(lower), same_block)
            numbers = (lower.number, upper.number)
            if key in found and not (key in best and numbers < best[key]):
                continue
            earlier, later = (a, b) if a.time <= b.time else (b, a)
            if not ordered(earlier, later):
                found[key], best[key] = Pair(cell, earlier, later), numbers


def _line(row: _Row) -> tuple[int, int]:
    return row.party.site.line, RANK[row.party.kind]


def _place(row: _Row) -> tuple[int, int, int]:
    return *_line(row), row.number


def memory_size(memory: Memory) -> int:
    """Cells of a memory: elements, or fields of elements."""
    return len(memory.buffer) * max(1, len(memory.fields))
