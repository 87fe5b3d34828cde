"""The grader's bundle of an exercise: made from its text where it is needed, kept in the cache."""

from __future__ import annotations

from pathlib import Path

from graph_duet.authoring.cache import bundle_fingerprint, cache_folder
from graph_duet.authoring.notebooks_from_text import named_lines, solved_notebook
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.notebooks import Unreadable
from graph_duet.grading.releasing import make_bundle


def bundle_of(folder: Path) -> Bundle:
    """The bundle of the exercise whose `exercise.md` is in `folder`.

    It is made (the solution runs twice) when its text or what makes it changed. Raises UserError with the
    line where the text is wrong, or as `make_bundle` does.
    """
    solved = solved_notebook(folder)
    cached = cache_folder() / "bundles" / f"{folder.resolve().name}-{bundle_fingerprint(folder)}.json"
    if cached.is_file():
        try:
            return Bundle.load(cached)
        except Unreadable:
            pass  # damaged: make it again
    with named_lines(folder / "exercise.md"):
        bundle = make_bundle(solved, folder)
    cached.parent.mkdir(parents=True, exist_ok=True)
    bundle.save(cached)
    return bundle
