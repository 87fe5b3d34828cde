"""A kernel launch as the plain data that KernelView draws: blocks, arrays, and frames of accesses in order.

Thread and element numbers are mostly arithmetic runs, so a list of them travels as `[first, stride, count]`
where it is one; this keeps a launch of thousands of threads small enough for a saved notebook.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from gpu_labs.executor.findings import Finding
from gpu_labs.executor.launch_record import Access, ArrayInfo, Launch
from graphviz_tools.drawing.text import number_text
from graphviz_tools.language import _

VALUES = 10_000  # values on one page; a launch with more shows the numbers of its elements alone
BLOCKS = 8  # block cards on one page; the recording's first ones
ITEM_BYTES = {"bool": 1, "float16": 2, "bfloat16": 2, "complex64": 8, "complex128": 16}


def launch_data(launch: Launch) -> dict[str, Any]:
    """JSON-able data of `launch`: source, shapes, arrays, frames, findings, profile, and what is left out.

    `nothing` is one line where there is no access to show, else "".
    """
    blocks = shown_blocks(launch)
    place = {block: i for i, block in enumerate(blocks)}
    accesses = [access for access in launch.accesses if access.block in place]
    valued = sum(len(access.values) for access in accesses) <= VALUES
    bx, by, bz = launch.block
    gx, gy, gz = launch.grid
    return {
        "kernel": launch.kernel,
        "firstLine": launch.first_line,
        "source": launch.source.splitlines(),
        "counts": line_counts(accesses),
        "grid": list(launch.grid),
        "block": list(launch.block),
        "threads": bx * by * bz,
        "blocks": [list(block) for block in blocks],
        "blocksLeftOut": gx * gy * gz - len(blocks),
        "accessesLeftOut": launch.accesses_omitted + len(launch.accesses) - len(accesses),
        "arrays": [array_data(array, valued) for array in launch.arrays],
        "frames": frames(accesses, place, valued),
        "nothing": "" if accesses else why_nothing(launch),
        "findings": [finding_data(each, place) for each in launch.findings],
        "atFault": [
            {"card": place[each.block], "threads": packed(each.threads)}
            for each in launch.at_fault
            if each.block in place
        ],
        "profile": None if launch.profile is None else profile_data(launch),
        "engine": launch.engine,
        "level": launch.level,
        "printed": launch.printed,
        "notes": list(launch.notes),
    }


def why_nothing(launch: Launch) -> str:
    """Why a launch without accesses has none, in one line."""
    if launch.findings:
        return _("No reads and writes to show: the findings say why.")
    if launch.level not in ("hazards", "profile"):
        return _(
            "Level {level!r} records no reads and writes: inspect with level='hazards' to see them.",
            level=launch.level,
        )
    if launch.printed:
        return _("The kernel only printed: no reads, no writes.")
    return _("The kernel did nothing: no reads, no writes.")


def shown_blocks(launch: Launch) -> list[tuple[int, int, int]]:
    """The recorded blocks in launch order, those with findings first kept when there are too many."""
    guilty = {block: True for each in launch.findings for block in (each.block, each.other_block) if block}
    recorded = dict.fromkeys(access.block for access in launch.accesses)
    at_fault = dict.fromkeys(each.block for each in launch.at_fault)
    kept = list(guilty | recorded | at_fault)[:BLOCKS]
    return sorted(kept, key=lambda block: block[::-1])


def array_data(array: ArrayInfo, valued: bool) -> dict[str, Any]:
    """An array, with its first values as text where values are shown."""
    before = [number_text(number) for number in array.before] if valued else []
    return {**asdict(array), "before": before, "itemBytes": item_bytes(array.dtype)}


def frames(
    accesses: list[Access], place: dict[tuple[int, int, int], int], valued: bool
) -> list[dict[str, Any]]:
    """One frame a step of the launch: the accesses that the blocks made together, with values where `valued`."""
    together: dict[int, list[Access]] = defaultdict(list)
    for access in accesses:
        together[access.step].append(access)
    return [
        {
            "line": group[0].line,
            "accesses": [
                {
                    "array": access.array,
                    "kind": access.kind,
                    "line": access.line,
                    "block": place[access.block],
                    "epoch": access.epoch,
                    "threads": packed(access.threads),
                    "indices": packed(access.indices),
                    "values": [number_text(number) for number in access.values] if valued else [],
                }
                for access in group
            ],
        }
        for _, group in sorted(together.items())
    ]


def packed(numbers: tuple[int, ...]) -> dict[str, list[int]]:
    """`{"run": [first, stride, count]}` for an arithmetic run of at least three, else `{"list": [...]}`."""
    if len(numbers) >= 3:
        stride = numbers[1] - numbers[0]
        if all(b - a == stride for a, b in pairwise(numbers)):
            return {"run": [int(numbers[0]), int(stride), len(numbers)]}
    return {"list": [int(number) for number in numbers]}


def line_counts(accesses: list[Access]) -> dict[str, int]:
    """How many memory accesses the shown threads made on each source line."""
    counts: Counter[int] = Counter()
    for access in accesses:
        counts[access.line] += len(access.threads)
    return {str(line): count for line, count in sorted(counts.items())}


def finding_data(finding: Finding, place: dict[tuple[int, int, int], int]) -> dict[str, Any]:
    """A finding with the places of its blocks among those shown (None: not shown)."""
    return {
        **asdict(finding),
        "kind": _(finding.kind),
        "severity": finding.severity,
        "card": place.get(finding.block) if finding.block else None,
        "otherCard": place.get(finding.other_block) if finding.other_block else None,
    }


def profile_data(launch: Launch) -> dict[str, Any]:
    profile = launch.profile
    assert profile is not None
    lines = [
        {**asdict(row), "coalescing": row.coalescing, "bankConflict": row.bank_conflict}
        for row in profile.lines
    ]
    return {**asdict(profile), "lines": lines, "intensity": profile.arithmetic_intensity}


def item_bytes(dtype: str) -> int:
    """Bytes of one element, from the dtype's name (`float32`: 4); 4 for a name that says nothing."""
    if dtype in ITEM_BYTES:
        return ITEM_BYTES[dtype]
    digits = "".join(filter(str.isdigit, dtype))
    return int(digits) // 8 if digits in {"8", "16", "32", "64", "128"} else 4
