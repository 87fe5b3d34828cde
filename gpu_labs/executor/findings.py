"""What the executor can find wrong in a kernel: the kinds, and one finding.

Errors make the kernel's result wrong or undefined on a GPU. Warnings are worth a look and do not by
themselves make it wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from graphviz_tools.language import _

Severity = Literal["error", "warning"]

Kind = Literal[
    "out-of-bounds",  # an index outside the array; a computed negative index too
    "lost-update",  # two threads read a cell, change it and write it back, and one change is overwritten
    "race-write-write",  # two threads write different values to one cell, nothing orders them
    "race-read-write",  # across blocks: one thread reads what another writes, nothing orders them
    "missing-barrier",  # the same inside one block, where a barrier between the two would order them
    "uninitialised-read",  # a shared or local cell is read before anything was written to it
    "divergent-barrier",  # some living threads of the block wait at a barrier that others do not reach
    "divergent-warp",  # a warp function's mask names lanes that do not come, or a shuffle reads from one
    "exited-threads-at-barrier",  # the same, but the missing threads have returned (warning)
    "useless-barrier",  # nothing that one thread wrote is used by another across it (warning)
    "endless-loop",  # the step budget ran out in a loop
    "spin-lock",  # the same, and the loop waits for a lock (atomic cas or exch)
    "inter-block-wait",  # the same, and the loop waits for memory that another block writes
    "not-called",  # a barrier or a fence is named and not called, which does nothing (warning)
    "unused-dimension",  # the launch and the kernel do not use the same dimensions (warning)
    "exception",  # a thread comes to a `raise`, or an `assert` that does not hold, and ends there
    "launch-shape",  # the grid or block is not one that a GPU takes
    "shared-memory",  # more shared memory for one block than a GPU has
    "empty-grid",  # no block or no thread: nothing runs
]

KINDS: tuple[Kind, ...] = get_args(Kind)
WARNINGS: frozenset[Kind] = frozenset(
    {"exited-threads-at-barrier", "useless-barrier", "not-called", "unused-dimension"}
)

Dim3 = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, at one place of the kernel.

    `line` counts from 1 in the kernel's file and `text` is that line without its indent; `line` is 0 where
    the launch itself is at fault. `array` is the array's name in the kernel, `index` the element,
    `block` and `thread` are (x, y, z). The `other_` fields name the second party of a race, or a thread
    that did not reach a barrier. `places` counts the threads that met it or, for a barrier, the blocks; of a race the
    elements of the array that are raced for, and of shared memory without a value the elements that were read. The
    finding shows the first. `sentence` says what happened, `hint` what to try.
    """

    kind: Kind
    sentence: str
    hint: str
    line: int = 0
    text: str = ""
    array: str = ""
    index: tuple[int, ...] | None = None
    block: Dim3 | None = None
    thread: Dim3 | None = None
    other_block: Dim3 | None = None
    other_thread: Dim3 | None = None
    other_line: int | None = None
    other_text: str = ""
    places: int = 1

    def swapped(self) -> Finding:
        """The same race told from its other side."""
        return replace(
            self,
            line=self.other_line or 0,
            text=self.other_text,
            block=self.other_block,
            thread=self.other_thread,
            other_line=self.line,
            other_text=self.text,
            other_block=self.block,
            other_thread=self.thread,
        )

    @property
    def severity(self) -> Severity:
        """ "warning" for what does not by itself make the result wrong, else "error"."""
        return "warning" if self.kind in WARNINGS else "error"

    def __str__(self) -> str:
        where = _("line {line}: {text}\n  ", line=self.line, text=self.text) if self.line else ""
        return _(
            "{kind}: {where}{sentence}\n  Try: {hint}",
            kind=self.kind,
            where=where,
            sentence=self.sentence,
            hint=self.hint,
        )
