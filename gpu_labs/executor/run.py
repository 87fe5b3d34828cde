"""One launch on the executor: type gate, program, engine, record."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gpu_labs.executor.choose_engine import choose, may_change
from gpu_labs.executor.compiled_kernel import Prepared, parameters, prepare
from gpu_labs.executor.findings import Dim3, Finding
from gpu_labs.executor.frontend.lowering import Unsupported
from gpu_labs.executor.ir.program import source_of
from gpu_labs.executor.launch_options import LaunchOptions
from gpu_labs.executor.launch_record import Engine, ExecutorError, KernelTypeError, KernelWarning, Launch
from gpu_labs.executor.lockstep.runtime import Run
from gpu_labs.executor.observers.access_log import Recorder
from gpu_labs.executor.observers.dimensions import dimension_findings
from gpu_labs.executor.observers.livelock import Stuck
from gpu_labs.executor.observers.messages import raised_on_simulator
from gpu_labs.executor.observers.observer import Watch
from gpu_labs.executor.observers.profiler import Profiler
from gpu_labs.executor.observers.redundant_barriers import Usefulness
from gpu_labs.executor.runtime.arguments import arrays_in, bind, host_array
from gpu_labs.executor.runtime.lanes import Lanes
from gpu_labs.executor.runtime.launch_shape import problems
from gpu_labs.executor.runtime.undo import FewLanesError, Loneliness
from gpu_labs.executor.runtime.windows import Array, Memory, Record
from gpu_labs.executor.serial.scheduler import BlockRun
from gpu_labs.executor.simulator import simulated_kernel
from graphviz_tools.errors import InternalError, UserError
from graphviz_tools.language import _

STRETCH = 16_384  # lanes that run at once: their arrays then stay in a core's cache


def run(
    function: Callable[..., Any],
    grid: Dim3,
    block: Dim3,
    values: Sequence[Any],
    options: LaunchOptions,
) -> Launch:
    """Run one launch; see `inspect` for the arguments.

    Raises:
        KernelTypeError: a GPU compiler would reject the kernel.
        ExecutorError: the executor itself failed.
    """
    start = time.perf_counter()
    names = parameters(function)
    hosted = [host_array(v, n) for v, n in zip(values, names, strict=False)] + list(values[len(names) :])
    record = _Blank(function, grid, block, options, start)
    static_shared, prepared, limit = 0, None, None
    try:
        prepared = prepare(function, hosted, options.declared)
        static_shared = prepared.static_shared
    except Unsupported as error:
        limit = error
    except UserError:
        raise
    except Exception as error:
        raise ExecutorError(function.__name__, error) from error
    refused = problems(grid, block, options.shared_bytes, static_shared)
    if refused:
        return record.filled("none", findings=tuple(refused))
    if prepared is None:
        return _simulated(record, hosted, " ".join(str(limit).split()))
    _refuse_read_only(hosted, names, prepared)
    launch = _launched(record, prepared, hosted, names, options)
    outdated = prepared.outdated(function)
    if outdated:
        warnings.warn(outdated, KernelWarning, stacklevel=3)
        launch = replace(launch, notes=(*launch.notes, outdated))
    return launch


@dataclass(frozen=True, slots=True)
class _Blank:
    """A launch whose record is not made yet. `start` is when it began, by `time.perf_counter`."""

    function: Callable[..., Any]
    grid: Dim3
    block: Dim3
    options: LaunchOptions
    start: float

    def filled(self, engine: Engine, **found: Any) -> Launch:
        """The record, with what was found."""
        code, options = self.function.__code__, self.options
        first, source = source_of(code)
        return Launch(
            kernel=code.co_name,
            file=code.co_filename,
            first_line=first,
            source=source,
            grid=self.grid,
            block=self.block,
            shared_bytes=options.shared_bytes,
            level=options.level,
            engine=engine,
            seed=options.seed,
            seconds=time.perf_counter() - self.start,
            **found,
        )


def _simulated(blank: _Blank, values: list[Any], limit: str) -> Launch:
    """The record of a launch on Numba's simulator, with a warning."""
    note = _(
        "Ran on Numba's simulator, slowly and without any check, because neither engine can run it: {limit}",
        limit=limit,
    )
    warnings.warn(note, KernelWarning, stacklevel=4)
    findings: tuple[Finding, ...] = ()
    kernel = simulated_kernel(blank.function, blank.grid, blank.block, blank.options.shared_bytes)
    try:
        kernel(*values)
    except (UserError, InternalError):
        raise
    except Exception as error:  # whatever the kernel raises, as Python raises it
        findings = (raised_on_simulator(error),)
    return blank.filled("simulator", notes=(note,), findings=findings)


def _launched(
    blank: _Blank,
    prepared: Prepared,
    values: list[Any],
    names: list[str],
    options: LaunchOptions,
) -> Launch:
    """The record of a launch by an engine; by the other one when the first finds that it is the slower, and block by
    block when blocks wait for each other."""
    try:
        launched = _OneLaunch(blank, prepared, values, names, options)
        before = launched.before()
        record = launched.record()
        if before and _waits_between_blocks(record):
            return _block_by_block(record, launched, before)
        return record
    except FewLanesError:
        again = _OneLaunch(blank, prepared, values, names, replace(options, engine="serial"))
        again.note = _("Ran serially: for most turns of its loops only a few threads had work.")
        return again.record()
    except UserError:
        raise
    except Exception as error:
        raise ExecutorError(blank.function.__name__, error) from error


def _block_by_block(waiting: Launch, launched: _OneLaunch, before: list[np.ndarray]) -> Launch:
    """The record of a launch again, one block after the other, unless blocks wait for each other then too, with the
    last block first or with the first.

    Blocks that take a number when they start, and wait for the block with the number before, need no order and no
    other block that runs at the same time: CUDA promises that they end."""
    record = waiting
    for ascending in (False, True):
        for memory, values in zip(launched.written, before, strict=True):
            memory.buffer[...] = values
        again = _OneLaunch(
            launched.blank, launched.prepared, launched.values, launched.names, launched.options
        )
        in_order = np.sort(again.blocks)
        again.blocks, again.step = in_order if ascending else in_order[::-1], 1
        again.watch.one_stretch = False
        record = again.record()
        if _waits_between_blocks(record):
            return waiting
    return record


def _waits_between_blocks(record: Launch) -> bool:
    return any(finding.kind == "inter-block-wait" for finding in record.findings)


class _OneLaunch:
    """A launch that an engine runs."""

    def __init__(
        self,
        blank: _Blank,
        prepared: Prepared,
        values: list[Any],
        names: list[str],
        options: LaunchOptions,
    ) -> None:
        self.blank, self.prepared, self.options = blank, prepared, options
        self.values, self.names = values, names
        engine, grid, block = options.engine, blank.grid, blank.block
        self.per_block = block[0] * block[1] * block[2]
        self.blocks = np.arange(grid[0] * grid[1] * grid[2], dtype=np.int64)
        if options.seed is not None:
            self.blocks = np.random.default_rng(options.seed).permutation(self.blocks)
        program = prepared.program
        self.bound, memories = bind(values, [p.type for p in program.kernel.parameters], names)
        self.written = _written(self.bound, memories, names, prepared)
        for memory in memories:
            memory.steady = memory not in self.written and not any(
                np.may_share_memory(memory.buffer, w.buffer) for w in self.written
            )
        lanes = len(self.blocks) * self.per_block
        self.engine: Engine
        self.engine, self.note = choose(engine, prepared.manners, lanes, options.level)
        changes = may_change(engine, self.engine, prepared.manners, options.level)
        self.loneliness = Loneliness(lanes) if changes else None
        self.step = len(self.blocks) if prepared.manners.grid_sync else max(1, STRETCH // self.per_block)
        if self.engine == "serial" or (prepared.manners.locks and not prepared.manners.grid_sync):
            self.step = 1
        self.recorder = Recorder(memories) if options.level in ("hazards", "profile") else None
        useful = _usefulness(prepared) if self.per_block > 1 else None
        one_stretch = self.step >= len(self.blocks)
        self.watch = Watch(program, prepared.facts, options, one_stretch, self.recorder, useful)
        if self.watch.hazards:
            given = options.dimensions
            for finding in dimension_findings(program.kernel.file, prepared.specials, grid, block, given):
                self.watch.report.add(finding)
        self.printed = io.StringIO()
        self.profile: Any = None

    def before(self) -> list[np.ndarray]:
        """What the launch may write over, where it may have to run again block by block; else nothing."""
        manners = self.prepared.manners
        again = manners.waits and not manners.grid_sync and self.step > 1 and len(self.blocks) > 1
        return [memory.buffer.copy() for memory in self.written] if again else []

    def record(self) -> Launch:
        """Run it."""
        recorder, watch = self.recorder, self.watch
        with np.errstate(all="ignore"):
            try:
                for first in range(0, len(self.blocks), self.step):
                    self._stretch(first)
                    watch.end()
            except Stuck:
                watch.end()
        profile = self.profile
        note = self.note
        if profile is not None and profile.blocks_sampled < profile.blocks:
            note = _(
                "{note} The profile counts {blocks_sampled} of {blocks} blocks.",
                note=note,
                blocks_sampled=profile.blocks_sampled,
                blocks=profile.blocks,
            ).strip()
        return self.blank.filled(
            self.engine,
            findings=watch.report.findings(),
            arrays=tuple(recorder.arrays) if recorder else (),
            accesses=recorder.accesses() if recorder else (),
            accesses_omitted=recorder.omitted if recorder else 0,
            epochs=tuple(recorder.epochs) if recorder else (),
            printed=self.printed.getvalue(),
            notes=(note,) if note else (),
            profile=profile,
            at_fault=watch.report.at_fault(self.blank.grid),
        )

    def _stretch(self, first: int) -> None:
        """The blocks from place `first` on, as many as run at once."""
        blank, watch, options = self.blank, self.watch, self.options
        lanes = Lanes(blank.grid, blank.block, self.blocks[first : first + self.step], options.seed)
        if watch.recorder is not None:
            watch.recorder.begin(lanes)
        watch.begin(lanes, self.written)
        if self.engine == "serial":
            run = BlockRun(self.prepared.serial, lanes, watch, options.shared_bytes, self.printed, self.bound)
            for _ in run.go():
                pass  # the engine is not chosen for kernels that wait for the grid
            return
        profiler = Profiler(lanes) if options.level == "profile" and first == 0 else None
        watch.profile = profiler
        engine = Run(lanes, watch, options.shared_bytes, self.printed, profiler, self.loneliness)
        self.prepared.lockstep(engine, None, *self.bound)
        if profiler is not None:
            watch.look()
            self.profile = profiler.result(len(self.blocks))


def _usefulness(prepared: Prepared) -> Usefulness | None:
    """Only while some barrier has not been seen to be needed; a fence makes barriers needed in other ways."""
    facts = prepared.facts
    if facts.fences or facts.grid_sync or not prepared.sites_with_barriers - prepared.needed_barriers:
        return None
    return Usefulness(prepared.needed_barriers, prepared.looped)


def _refuse_read_only(values: Sequence[Any], names: list[str], prepared: Prepared) -> None:
    for value, name in zip(values, names, strict=True):
        if not prepared.writes(name):
            continue
        if any(not array.flags.writeable for _, array in arrays_in(value, name)):
            raise KernelTypeError(
                _("The kernel writes to `{name}`, which is a read-only array: pass a copy.", name=name)
            )


def _written(bound: list[Any], memories: list[Memory], names: list[str], prepared: Prepared) -> list[Memory]:
    """The memories that the kernel may write to."""
    reached = {
        id(memory)
        for value, name in zip(bound, names, strict=True)
        if prepared.writes(name)
        for memory in _memories_of(value)
    }
    return [memory for memory in memories if id(memory) in reached]


def _memories_of(value: Any) -> Iterator[Memory]:
    """The memories of one argument."""
    if isinstance(value, tuple):
        for item in value:
            yield from _memories_of(item)
    elif isinstance(value, (Array, Record)):
        yield value.memory
