"""One launch on the executor: type gate, program, engine, record."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gpu_labs.executor.bind import bind, host_array
from gpu_labs.executor.engine import Manners, choose
from gpu_labs.executor.findings import Dim3, Finding
from gpu_labs.executor.lanes import Lanes
from gpu_labs.executor.launch import Engine, KernelTypeError, Launch, Level, Profile
from gpu_labs.executor.lockstep import Run
from gpu_labs.executor.lockstep_code import compile_program
from gpu_labs.executor.profile import Profiler
from gpu_labs.executor.program import ArrayType, Program
from gpu_labs.executor.record import Recorder
from gpu_labs.executor.roots import Roots
from gpu_labs.executor.serial import BlockRun
from gpu_labs.executor.serial_code import compile_serial
from gpu_labs.executor.shape import problems
from gpu_labs.executor.stuck import Stuck
from gpu_labs.executor.useless import Usefulness, barrier_sites, looped_sites
from gpu_labs.executor.watch import Watch

STRETCH = 16_384  # lanes that run at once: their arrays then stay in a core's cache


class Prepared:
    """A kernel for one set of argument types: its program, and what the engines compiled from it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.roots = Roots(program)
        self.written = self.roots.written
        self.static_shared = sum(
            int(np.prod(a.shape)) * a.dtype.itemsize
            for a in program.allocs
            if a.space == "shared" and not a.dynamic
        )
        self.manners = Manners(program, self.roots)
        self.sites_with_barriers = barrier_sites(program)
        self.looped = looped_sites(program)
        self.needed_barriers: set[int] = set()
        self._lockstep: Callable[..., None] | None = None
        self._serial: Callable[..., Any] | None = None

    @property
    def lockstep(self) -> Callable[..., None]:
        """The lock-step code, made at first use."""
        if self._lockstep is None:
            self._lockstep = compile_program(self.program)
        return self._lockstep

    @property
    def serial(self) -> Callable[..., Any]:
        """The serial code, made at first use."""
        if self._serial is None:
            self._serial = compile_serial(self.program)
        return self._serial


_prepared: dict[tuple[Any, ...], Prepared] = {}


def prepare(
    function: Callable[..., Any], values: Sequence[Any], declared: tuple[Any, ...] | None = None
) -> Prepared:
    """The kernel for the types of these arguments (or the `declared` Numba types), typed and lowered once.

    Raises:
        KernelTypeError: a GPU compiler would reject it, or an argument does not fit.
    """
    from gpu_labs.executor import frontend, gate

    names = parameters(function)
    if len(values) != len(names):
        raise KernelTypeError(
            f"{function.__name__} takes {len(names)} arguments ({', '.join(names)}), and {len(values)} were given."
        )
    types = declared or tuple(gate.type_of_argument(v, n) for v, n in zip(values, names, strict=True))
    key = (function, types, _captured(function))
    if key not in _prepared:
        _prepared[key] = Prepared(frontend.build(gate.type_kernel(function, types)))
    return _prepared[key]


def parameters(function: Callable[..., Any]) -> list[str]:
    """The names of a kernel's parameters."""
    return list(function.__code__.co_varnames[: function.__code__.co_argcount])


def _captured(function: Callable[..., Any]) -> tuple[Any, ...]:
    """Numbers that the kernel takes from its closure or module: constants of the compiled kernel."""
    code = function.__code__
    cells = [c.cell_contents for c in function.__closure__ or ()]
    found = [function.__globals__.get(name) for name in code.co_names]
    return tuple(v for v in (*cells, *found) if isinstance(v, (int, float, complex, str, bool)))


def run(
    function: Callable[..., Any],
    grid: Dim3,
    block: Dim3,
    values: Sequence[Any],
    shared_bytes: int = 0,
    level: Level = "hazards",
    seed: int | None = None,
    engine: str = "auto",
    step_budget: int = 1_000_000,
    declared: tuple[Any, ...] | None = None,
) -> Launch:
    """Run one launch; see `inspect` for the arguments."""
    start = time.perf_counter()
    names = parameters(function)
    hosted = [host_array(v, n) for v, n in zip(values, names, strict=False)] + list(values[len(names) :])
    prepared = prepare(function, hosted, declared)
    program = prepared.program
    _refuse_read_only(hosted, names, prepared)
    refused = problems(grid, block, shared_bytes, prepared.static_shared)
    recorder = Recorder() if level in ("hazards", "profile") else None

    def launch(
        findings: tuple[Finding, ...],
        used: Engine,
        printed: str,
        watch: Watch | None,
        note: str = "",
        profile: Profile | None = None,
    ) -> Launch:
        kernel = program.kernel
        return Launch(
            kernel=kernel.name,
            file=kernel.file,
            first_line=kernel.first_line,
            source=kernel.source,
            grid=grid,
            block=block,
            shared_bytes=shared_bytes,
            level=level,
            engine=used,
            seed=seed,
            findings=findings,
            arrays=tuple(recorder.arrays) if recorder else (),
            accesses=recorder.accesses() if recorder and watch else (),
            accesses_omitted=recorder.omitted if recorder else 0,
            epochs=tuple(recorder.epochs) if recorder else (),
            printed=printed,
            notes=(note,) if note else (),
            profile=profile,
            seconds=time.perf_counter() - start,
        )

    if refused:
        return launch(tuple(refused), "none", "", None)
    dtypes = [p.type for p in program.kernel.parameters]
    bound, memories = bind(hosted, dtypes, names)
    written = [
        m for m in memories if any(_reaches(b, m, n, prepared) for b, n in zip(bound, names, strict=True))
    ]
    blocks = np.arange(grid[0] * grid[1] * grid[2], dtype=np.int64)
    if seed is not None:
        blocks = np.random.default_rng(seed).permutation(blocks)
    per_block = block[0] * block[1] * block[2]
    chosen, why = choose(engine, prepared.manners, len(blocks) * per_block, level)
    step = len(blocks) if prepared.manners.grid_sync else max(1, STRETCH // per_block)
    if chosen == "serial":
        step = 1
    useful = _usefulness(prepared) if per_block > 1 else None
    watch = Watch(program, level, step_budget, step >= len(blocks), recorder, useful)
    printed = io.StringIO()
    profile: Profile | None = None
    with np.errstate(all="ignore"):
        try:
            if chosen == "serial":
                _run_serial(prepared, grid, block, blocks, seed, watch, written, shared_bytes, printed, bound)
            else:
                for first in range(0, len(blocks), step):
                    lanes = _begin(grid, block, blocks[first : first + step], seed, watch, written)
                    profiler = Profiler(lanes) if level == "profile" and first == 0 else None
                    watch.profile = profiler
                    prepared.lockstep(Run(lanes, watch, shared_bytes, printed, watch.profile), None, *bound)
                    watch.end()
                    profile = profiler.result(len(blocks)) if profiler else profile
        except Stuck:
            watch.end()
    if profile is not None and profile.blocks_sampled < profile.blocks:
        why = f"{why} The profile counts {profile.blocks_sampled} of {profile.blocks} blocks.".strip()
    return launch(watch.report.findings(), chosen, printed.getvalue(), watch, why, profile)


def _usefulness(prepared: Prepared) -> Usefulness | None:
    """Only while some barrier has not been seen to be needed; a fence makes barriers needed in other ways."""
    program = prepared.program
    if program.uses("fence", "gridsync") or not prepared.sites_with_barriers - prepared.needed_barriers:
        return None
    return Usefulness(prepared.needed_barriers, prepared.looped)


def _begin(
    grid: Dim3, block: Dim3, blocks: np.ndarray, seed: int | None, watch: Watch, written: list[Any]
) -> Lanes:
    lanes = Lanes(grid, block, blocks, seed)
    if watch.recorder is not None:
        watch.recorder.begin(lanes)
    watch.begin(lanes, written)
    return lanes


def _run_serial(
    prepared: Prepared,
    grid: Dim3,
    block: Dim3,
    blocks: np.ndarray,
    seed: int | None,
    watch: Watch,
    written: list[Any],
    shared_bytes: int,
    printed: io.StringIO,
    bound: list[Any],
) -> None:
    for number in range(len(blocks)):
        lanes = _begin(grid, block, blocks[number : number + 1], seed, watch, written)
        for _ in BlockRun(prepared.serial, lanes, watch, shared_bytes, printed, bound).go():
            pass  # the engine is not chosen for kernels that wait for the grid
        watch.end()


def _refuse_read_only(values: Sequence[Any], names: list[str], prepared: Prepared) -> None:
    for value, name in zip(values, names, strict=True):
        if (
            isinstance(value, np.ndarray)
            and not value.flags.writeable
            and f"v_arg_{name}" in prepared.written
        ):
            raise KernelTypeError(f"The kernel writes to `{name}`, which is a read-only array: pass a copy.")


def _reaches(value: Any, memory: Any, name: str, prepared: Prepared) -> bool:
    return getattr(value, "memory", None) is memory and f"v_arg_{name}" in prepared.written


__all__ = ["ArrayType", "Prepared", "prepare", "run"]
