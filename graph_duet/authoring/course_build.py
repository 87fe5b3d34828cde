"""Building many folders at once, each in a process of its own, and again whenever a text is saved."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from graph_duet.authoring.build import Built, build_folder
from graph_duet.authoring.execute import forked_kernels
from graphviz_tools.errors import UserError, refused

_POLL_SECONDS = 0.3
_WATCHED = (".md", ".py", ".csv", ".json", ".png", ".svg")

Result = tuple[Path, list[Built] | UserError]


def build_all(
    folders: Sequence[Path], force: bool = False, check: bool = False, jobs: int | None = None
) -> Iterator[Result]:
    """Build `folders` and yield each with its notebooks, or with what is wrong, as it is done.

    `jobs` processes at a time; by default one a core. The kernels of all fork from one preloaded process.
    """
    with forked_kernels():
        number = min(len(folders), jobs or os.cpu_count() or 1)
        if number <= 1:
            for folder in folders:
                yield folder, _build(folder, force, check)
            return
        # Not forked: this process has threads.
        with ProcessPoolExecutor(number, mp_context=multiprocessing.get_context("spawn")) as pool:
            waiting: dict[Future[list[Built] | UserError], Path] = {
                pool.submit(_build, folder, force, check): folder for folder in folders
            }
            for future in as_completed(waiting):
                yield waiting[future], future.result()


def changed_folders(folders: Sequence[Path]) -> Iterator[list[Path]]:
    """Wait for a file that authors write to be saved, and yield the folders in which one was. Never ends."""
    seen = {folder: _newest(folder) for folder in folders}
    while True:
        time.sleep(_POLL_SECONDS)
        now = {folder: _newest(folder) for folder in folders}
        changed = [folder for folder in folders if now[folder] != seen[folder]]
        seen = now  # what is saved from here on is seen next time
        if changed:
            yield changed


def _build(folder: Path, force: bool, check: bool) -> list[Built] | UserError:
    try:
        return build_folder(folder, force, check)
    except UserError as error:
        return UserError(str(error))  # plain, so that it can be sent between processes
    except OSError as error:  # a full disk, a folder that is read-only: the other folders are built
        if not refused(error):
            raise
        return UserError(refused(error))


def _newest(folder: Path) -> float:
    """When a file of the folder was last saved, in seconds."""
    times = [path.stat().st_mtime for path in folder.rglob("*") if path.suffix in _WATCHED and path.is_file()]
    return max(times, default=0.0)
