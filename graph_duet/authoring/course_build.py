"""Building many folders at once, each in a process of its own, and again whenever a text is saved."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from types import FrameType

from graph_duet.authoring.build import Built, build_folder
from graph_duet.authoring.execute import forked_kernels
from graphviz_tools.errors import UserError, refused

_POLL_SECONDS = 0.3
_END_SECONDS = 5.0  # for processes that were asked to end; then they are killed
_WATCHED = (".md", ".py", ".csv", ".json", ".png", ".svg")

Result = tuple[Path, list[Built] | UserError]


def build_all(
    folders: Sequence[Path], force: bool = False, check: bool = False, jobs: int | None = None
) -> Generator[Result, None, None]:
    """Build `folders` and yield each with its notebooks, or with what is wrong, as it is done.

    `jobs` processes at a time; by default one a core. At Ctrl-C, and when the caller wants no more, all of them end,
    and their kernels with them.
    """
    with forked_kernels():
        number = min(len(folders), jobs or os.cpu_count() or 1)
        if number <= 1:
            for folder in folders:
                yield folder, _build(folder, force, check)
            return
        # Not forked: this process has threads.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(number, context, initializer=_end_at_sigterm) as pool:
            waiting: dict[Future[list[Built] | UserError], Path] = {
                pool.submit(_build, folder, force, check): folder for folder in folders
            }
            try:
                for future in as_completed(waiting):
                    yield waiting[future], future.result()
            except BaseException:
                _end(pool)
                raise


def _end_at_sigterm() -> None:
    """For a process of the pool: Ctrl-C is for the process that has it, which then sends SIGTERM."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)


def _stop(_signum: int, _frame: FrameType | None) -> None:
    global _stopped
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough, and what cleans up is not disturbed
    _stopped = True
    raise KeyboardInterrupt


_stopped = False


def _end(pool: ProcessPoolExecutor) -> None:
    """End the pool's processes, each with its kernels and what it keeps in temporary folders."""
    processes = multiprocessing.active_children()
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    until = time.monotonic() + _END_SECONDS
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        process.kill()


def changed_folders(folders: Sequence[Path]) -> Iterator[list[Path]]:
    """Wait for a file that authors write to be saved, and yield the folders in which one was. Never ends.

    What is saved since this call counts, also while the caller builds.
    """
    return _changes(folders, {folder: _saved(folder) for folder in folders})


def _changes(folders: Sequence[Path], seen: dict[Path, dict[Path, int]]) -> Iterator[list[Path]]:
    while True:
        time.sleep(_POLL_SECONDS)
        now = {folder: _saved(folder) for folder in folders}
        changed = [folder for folder in folders if now[folder] != seen[folder]]
        seen = now
        if changed:
            yield changed


def _build(folder: Path, force: bool, check: bool) -> list[Built] | UserError:
    if _stopped:  # this one was in the queue
        raise KeyboardInterrupt
    try:
        return build_folder(folder, force, check)
    except UserError as error:
        return UserError(str(error))  # plain, so that it can be sent between processes
    except OSError as error:  # a full disk, a folder that is read-only: the other folders are built
        if not refused(error):
            raise
        return UserError(refused(error))


def _saved(folder: Path) -> dict[Path, int]:
    """When each file of the folder was last saved, in nanoseconds."""
    times: dict[Path, int] = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # an editor replaces it just now
            if path.suffix in _WATCHED and path.is_file():
                times[path] = path.stat().st_mtime_ns
    return times
