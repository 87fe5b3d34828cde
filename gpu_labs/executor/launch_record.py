"""The launch record: what one run of a kernel did, as plain data that views draw.

Nothing here holds a framework object or a learner's array, so a launch can be drawn, compared and tested
where no kernel can run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gpu_labs.executor.findings import Dim3, Finding
from graphviz_tools.errors import InternalError, UserError
from graphviz_tools.language import _

Level = Literal["off", "bounds", "hazards", "profile"]
Engine = Literal["lock-step", "serial", "simulator", "none"]
Space = Literal["global", "shared", "local", "constant"]
AccessKind = Literal["read", "write", "atomic"]
Number = bool | int | float | complex

VALUES = 256  # elements of an array whose values are kept

_HARDWARE: dict[str, int] = json.loads(
    Path(__file__).with_name("hardware.json").read_text("utf-8")
)  # as the view does
WARP = _HARDWARE["warp"]  # threads
SECTOR_BYTES = _HARDWARE["sectorBytes"]
BANKS = _HARDWARE["banks"]
BANK_BYTES = _HARDWARE["bankBytes"]


class KernelError(UserError, RuntimeError):
    """A launch had findings that make its result wrong. `launch` is the whole record."""

    def __init__(self, launch: Launch) -> None:
        super().__init__(str(launch))
        self.launch = launch


class KernelTypeError(UserError):
    """The kernel would not compile for a GPU. `line` and `text` point into it; `details` are Numba's words."""

    def __init__(self, message: str, line: int = 0, text: str = "", details: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.text = text
        self.details = details


class ExecutorError(InternalError):
    """The executor failed on a kernel, which may be right: a mistake of ours, whose cause is chained."""

    def __init__(self, kernel: str, error: Exception) -> None:
        super().__init__(
            _(
                "The executor failed while it ran {kernel} ({error}). The mistake is the executor's, and the kernel "
                "may be right: please report it with its source. inspect(..., engine='serial') or "
                "engine='lock-step' may run it.",
                kernel=kernel,
                error=f"{type(error).__name__}: {error}",
            )
        )


class KernelWarning(UserWarning):
    """Something in a launch is worth a look, though the result may be right."""


@dataclass(frozen=True, slots=True)
class ArrayInfo:
    """An array of the kernel. `shape` is one block's for shared and one thread's for local arrays.

    `before` are its elements before the launch, in row-major order; empty for shared and local arrays, which
    hold nothing yet, and where values are not kept (see `Access`).
    """

    name: str
    space: Space
    dtype: str
    shape: tuple[int, ...]
    before: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """One load or store as one block ran it.

    `epoch` counts the barriers that the block had passed, `step` orders the accesses of the launch.
    `threads[i]` (number within the block, x fastest) touched element `indices[i]` (number within the
    array, in row-major order) of `array`, which is a place in `Launch.arrays`.

    `values[i]` is what that element held afterwards. It is empty for an array of more than `VALUES` elements, of
    records, or that is not contiguous. The serial engine keeps what a read found only as it is after the epoch.
    """

    array: int
    kind: AccessKind
    line: int
    block: Dim3
    epoch: int
    step: int
    threads: tuple[int, ...]
    indices: tuple[int, ...]
    values: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class AtFault:
    """The threads of one block that findings are about, by their number within the block (x fastest)."""

    block: Dim3
    threads: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LineProfile:
    """What the accesses of one kernel line to one array cost, summed over the sampled blocks.

    `requests` counts warp-wide requests. For global memory `sectors` counts the 32-byte sectors that they
    touched and `ideal_sectors` the fewest that could have carried the same bytes. For shared memory
    `bank_passes` counts the passes over the 32 four-byte banks and `fewest_passes` those that would do
    without a conflict: one for a request, two where elements have eight bytes.
    """

    line: int
    text: str
    array: str
    kind: AccessKind
    space: Space
    requests: int
    lanes: int
    sectors: int = 0
    ideal_sectors: int = 0
    bank_passes: int = 0
    fewest_passes: int = 0

    @property
    def coalescing(self) -> float:
        """Useful share of the sectors moved, 0 to 1; 1 is fully coalesced."""
        return self.ideal_sectors / self.sectors if self.sectors else 1.0

    @property
    def bank_conflict(self) -> float:
        """Passes beside the fewest that would do; 1 is conflict-free, 32 the worst."""
        return self.bank_passes / self.fewest_passes if self.fewest_passes else 1.0


@dataclass(frozen=True, slots=True)
class BranchProfile:
    """How often warps met a branch and how often their lanes went both ways."""

    line: int
    text: str
    warps: int
    divergent: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """How often each element was read and written; `rows` x `columns` bins over the array, row-major."""

    array: str
    rows: int
    columns: int
    reads: tuple[int, ...]
    writes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts, not times. `blocks_sampled` of `blocks` were looked at; every sum is over those."""

    blocks: int
    blocks_sampled: int
    lines: tuple[LineProfile, ...]
    branches: tuple[BranchProfile, ...]
    heat: tuple[HeatMap, ...]
    flops: int
    bytes_moved: int

    @property
    def arithmetic_intensity(self) -> float:
        """Floating-point operations per byte of global memory moved (sectors x 32 bytes)."""
        return self.flops / self.bytes_moved if self.bytes_moved else 0.0


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch: its shape, what was found, and what was accessed.

    `accesses` are those of the first blocks, as many as the memory budget holds; `accesses_omitted` counts
    the others. `epochs[i]` is the number of barriers that block `i` passed, for the recorded blocks.
    `notes` say what was not looked at, or why another engine ran. `at_fault` are all threads with an index
    outside its array, a variable without a value, or an exception, where a finding names the first.
    """

    kernel: str
    file: str
    first_line: int
    source: str
    grid: Dim3
    block: Dim3
    shared_bytes: int
    level: Level
    engine: Engine
    seed: int | None
    findings: tuple[Finding, ...] = ()
    arrays: tuple[ArrayInfo, ...] = ()
    accesses: Sequence[Access] = ()
    accesses_omitted: int = 0
    epochs: tuple[int, ...] = ()
    printed: str = ""
    profile: Profile | None = None
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    at_fault: tuple[AtFault, ...] = ()

    @property
    def threads(self) -> int:
        """Threads of the whole grid."""
        gx, gy, gz = self.grid
        bx, by, bz = self.block
        return gx * gy * gz * bx * by * bz

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the result wrong or undefined on a GPU."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that are worth a look."""
        return tuple(f for f in self.findings if f.severity == "warning")

    @property
    def ok(self) -> bool:
        """True when no error was found (warnings may be there)."""
        return not self.errors

    def raise_for_errors(self) -> Launch:
        """Return this launch, or raise `KernelError` when an error was found."""
        if not self.ok:
            raise KernelError(self)
        return self

    def __str__(self) -> str:
        shape = f"{self.kernel}[{self.grid}, {self.block}]"
        if not self.findings:
            return _("{shape}: no findings (level {level!r})", shape=shape, level=self.level)
        return "\n".join(
            [
                _("{shape}: {count} finding(s)", shape=shape, count=len(self.findings)),
                *map(str, self.findings),
            ]
        )
