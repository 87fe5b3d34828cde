"""KernelView in a browser: playing, pointing, findings, the profile."""

from __future__ import annotations

import numpy as np
import pytest
from numba import cuda as numba_cuda

from gpu_labs import inspect
from widgets import KernelView


@numba_cuda.jit
def reverse(x, y):
    tile = numba_cuda.shared.array(8, "float32")
    t = numba_cuda.threadIdx.x
    i = numba_cuda.grid(1)
    tile[t] = x[i]
    numba_cuda.syncthreads()
    y[i] = tile[7 - t]


@numba_cuda.jit
def untouched(x, y):
    pass


@numba_cuda.jit
def raises(x, y):
    i = numba_cuda.grid(1)
    if i > 9:
        raise ValueError("too many")
    y[i] = x[i]


@numba_cuda.jit
def both_stray(x, y):
    i = numba_cuda.grid(1)
    y[i] = x[i]


@pytest.fixture(scope="module")
def view() -> KernelView:
    x = np.arange(20, dtype=np.float32)
    return KernelView(inspect(reverse, 3, 8, x, np.zeros_like(x), level="profile"))


def test_next_and_the_keys_walk_through_the_accesses(show, snap, view) -> None:
    page = show(view)
    status = page.locator(".kernel-view > .status")
    assert "read x" in status.inner_text()
    page.get_by_label("next (right arrow)").click()
    assert "write tile" in status.inner_text()
    page.locator(".kernel-view").press("ArrowRight")
    assert page.locator(".epoch-of").first.inner_text() == "after barrier 1"
    snap(page, "kernel-view-barrier")
    page.locator(".kernel-view").press("Home")
    assert status.inner_text() == "Before the first access."


def test_a_launch_that_did_nothing_says_so_once(show) -> None:
    x = np.arange(20, dtype=np.float32)
    page = show(KernelView(inspect(untouched, 3, 8, x, x.copy())))
    assert (
        page.locator(".kernel-view").inner_text().count("The kernel did nothing: no reads, no writes.") == 1
    )
    assert not page.get_by_label("play (space)").is_visible()  # there is nothing to play


def test_an_exception_is_a_finding_with_its_line_block_and_thread(show) -> None:
    x = np.arange(24, dtype=np.float32)
    page = show(KernelView(inspect(raises, 3, 8, x, x.copy())))
    assert page.locator(".verdict").inner_text() == "! 1 finding"
    assert 'raise ValueError("too many")' in page.locator(".line.hazard").inner_text()
    page.locator(".findings summary").click()
    assert "Thread 2 of block 1 raises ValueError('too many')" in page.locator(".findings").inner_text()
    assert page.locator(".card .thread.hazard").count() == 14  # all that raise


def test_pointing_at_a_thread_draws_lines_to_what_it_touches(show, snap, view) -> None:
    page = show(view)
    page.locator(".card").first.locator(".thread").nth(2).hover()
    assert page.locator(".threads-to-cells line").count() == 1
    assert "thread 2 of block 0 reads x[2]" in page.locator(".kernel-view > .status").inner_text()
    snap(page, "kernel-view-thread")


def test_pointing_at_a_cell_shows_who_touched_it(show, view) -> None:
    page = show(view)
    page.locator(".strip").first.locator(".cell").nth(9).hover()
    assert "x[9]: thread 1 of block 1 (read, line" in page.locator(".kernel-view > .status").inner_text()


def test_what_blocks_share_stands_below_what_all_see(show, view) -> None:
    names = show(view).locator(".strip p").all_inner_texts()
    spaces = [name.split()[1] for name in names]
    assert spaces == ["global", "global", "shared", "shared", "shared"]


def test_a_finding_opens_its_sentence_and_its_moment(show, snap, view) -> None:
    page = show(view)
    finding = page.locator(".findings details").first
    finding.locator("summary").click()
    assert "Try:" in finding.inner_text()
    snap(page, "kernel-view-finding")


def test_the_profile_counts_sectors_and_bank_passes(show, snap, view) -> None:
    page = show(view)
    page.get_by_role("button", name="show profile").click()
    assert "warp requests" in page.locator(".kernel-profile").inner_text()
    assert not page.locator(".kernel-body").is_visible()
    snap(page, "kernel-view-profile")


def test_the_profile_is_counted_from_the_accesses_where_none_was_taken(show, view) -> None:
    x = np.arange(20, dtype=np.float32)
    taken = show(view)
    counted = show(KernelView(inspect(reverse, 2, 8, x[:16], np.zeros_like(x[:16]))))
    for page in (taken, counted):
        page.get_by_role("button", name="show profile").click()
    assert "Counted from the 2 blocks shown." in counted.locator(".kernel-profile").inner_text()
    requests = counted.locator(".kernel-profile tbody tr td:nth-child(4)").all_inner_texts()
    assert requests == ["2", "2", "2", "2"]
    assert "useful" in counted.locator(".kernel-profile").inner_text()


def test_sectors_and_engines_are_named_in_the_profile_alone(show, view) -> None:
    page = show(view)
    assert "sector" not in page.locator(".kernel-view").inner_text()
    assert "engine" not in page.locator(".kernel-view").inner_text()
    page.get_by_role("button", name="show profile").click()
    assert "lock-step engine" in page.locator(".kernel-profile").inner_text()


def test_threads_are_numbered_and_wide_enough_to_hit(show, view) -> None:
    page = show(view)
    card = page.locator(".card").first
    assert card.locator(".thread text").all_text_contents() == [str(i) for i in range(8)]
    square = card.locator(".thread rect").first.bounding_box()
    assert square["width"] >= 24 and square["height"] >= 24


def test_cells_show_their_values(show, snap, view) -> None:
    page = show(view)
    tile = page.locator(".strip").filter(has_text="shared of block 1").locator(".cell .value")
    assert tile.all_text_contents() == ["?"] * 8
    page.get_by_label("next (right arrow)").click()
    assert tile.all_text_contents() == [str(i) for i in range(8, 16)]
    first = page.locator(".strip").first
    assert first.locator(".cell").nth(9).locator("text").all_text_contents() == ["9", "9"]
    snap(page, "kernel-view-values")


def test_every_thread_that_strays_is_marked(show, snap) -> None:
    x = np.arange(20, dtype=np.float32)
    page = show(KernelView(inspect(both_stray, 3, 8, x, x.copy())))
    marked = page.locator(".thread.hazard text").all_text_contents()
    assert marked == ["!4", "!5", "!6", "!7"]
    snap(page, "kernel-view-strays")


def test_findings_of_one_line_are_distinguished_while_they_are_folded(show) -> None:
    x = np.arange(20, dtype=np.float32)
    page = show(KernelView(inspect(both_stray, 3, 8, x, x.copy())))
    folded = page.locator(".findings summary").all_inner_texts()
    assert "x[20]" in folded[0] and "y[20]" in folded[1]


def test_a_launch_that_touched_nothing_shows_no_empty_table_and_no_empty_line(show) -> None:
    @numba_cuda.jit
    def hole(x):
        raise NotImplementedError("task 2")

    page = show(KernelView(inspect(hole, 1, 32, np.zeros(32), level="profile")))
    assert not page.locator(".kernel-view > .status").is_visible()
    page.get_by_role("button", name="show profile").click()
    assert (
        page.locator(".kernel-profile").inner_text()
        == "No thread touched an array: there is nothing to count."
    )


@pytest.mark.parametrize("width", [900, 1800])
def test_nothing_is_wider_than_the_page(show, snap, view, width) -> None:
    page = show(view, width=width, dark=True)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    snap(page, f"kernel-view-dark-{width}")
