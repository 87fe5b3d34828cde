"""KernelView shows what the executor recorded, and leaves a true picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numba import cuda as numba_cuda

from gpu_labs import inspect
from graphviz_tools.drawing.appearance import CELLS
from graphviz_tools.errors import UserError
from widgets import KernelView, kernel_picture
from widgets.kernel_data import BLOCKS, item_bytes, launch_data, packed
from widgets.kernel_picture import kernel_svg


@numba_cuda.jit
def affine(a, x, b, y):
    i = numba_cuda.grid(1)
    y[i] = a * x[i] + b


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
    """Its thread's number: `pass` would do as well."""
    numba_cuda.grid(1)


@numba_cuda.jit
def hole(x, y):
    raise NotImplementedError("task 2")


@numba_cuda.jit
def talks(x, y):
    print("hello")


@numba_cuda.jit
def astray(x, y):
    y[100] = 1.0


def launched(kernel, grid, block, *arguments, **options):
    return inspect(kernel, grid, block, *arguments, **options)


@pytest.fixture
def stray():
    """An affine launch whose last threads run past the end."""
    x = np.arange(13, dtype=np.float32)
    return launched(affine, 2, 8, np.float32(2), x, np.float32(1), np.zeros_like(x))


@pytest.fixture
def reversed_launch():
    x = np.arange(24, dtype=np.float32)
    return launched(reverse, 3, 8, x, np.zeros_like(x))


def test_the_data_is_json_and_names_every_access(reversed_launch) -> None:
    data = launch_data(reversed_launch)
    json.dumps(data)
    assert [array["name"] for array in data["arrays"]] == ["x", "tile", "y"]
    assert {access["epoch"] for frame in data["frames"] for access in frame["accesses"]} == {0, 1}
    assert sum(data["counts"].values()) == len(data["blocks"]) * 8 * 4


def test_a_finding_is_on_its_card_and_line(stray) -> None:
    data = launch_data(stray)
    finding = data["findings"][0]
    assert finding["kind"] == "out-of-bounds"
    assert data["blocks"][finding["card"]] == [1, 0, 0]
    assert data["source"][finding["line"] - data["firstLine"]].strip() == "y[i] = a * x[i] + b"


def test_more_blocks_than_fit_are_counted() -> None:
    x = np.zeros(1024, dtype=np.float32)
    data = launch_data(launched(affine, 128, 8, np.float32(2), x, np.float32(1), np.zeros_like(x)))
    assert 1 <= len(data["blocks"]) <= BLOCKS
    assert data["blocksLeftOut"] == 128 - len(data["blocks"])


@pytest.mark.parametrize(
    ("kernel", "level", "words"),
    [
        (untouched, "hazards", "The kernel did nothing: no reads, no writes."),
        (untouched, "profile", "The kernel did nothing: no reads, no writes."),
        (hole, "hazards", "No reads and writes to show: the findings say why."),
        (talks, "hazards", "The kernel only printed: no reads, no writes."),
        (affine, "bounds", "Level 'bounds' records no reads and writes"),
        (astray, "hazards", "No reads and writes to show"),
    ],
)
def test_a_launch_without_accesses_says_why(kernel, level, words) -> None:
    x = np.ones(24, dtype=np.float32)
    arguments = (np.float32(2), x, np.float32(1), x.copy()) if kernel is affine else (x, x.copy())
    data = launch_data(launched(kernel, 3, 8, *arguments, level=level))
    assert data["nothing"].startswith(words)
    picture = kernel_svg(data)
    assert data["nothing"].partition("'")[0] in picture.replace("\xa0", " ")
    assert "more block" not in picture


def test_a_hole_that_is_still_empty_is_a_finding_at_its_line() -> None:
    x = np.ones(24, dtype=np.float32)
    (finding,) = launch_data(launched(hole, 3, 8, x, x.copy()))["findings"]
    assert (finding["kind"], finding["text"]) == ("exception", 'raise NotImplementedError("task 2")')
    assert "Thread 0 of block 0 raises NotImplementedError" in finding["sentence"]
    assert finding["card"] == 0


def test_a_block_whose_first_access_strays_has_its_card() -> None:
    x = np.ones(16, dtype=np.float32)
    data = launch_data(launched(astray, 3, 8, x, x.copy()))
    assert data["findings"][0]["card"] == data["blocks"].index(list(data["findings"][0]["block"]))


def test_a_launch_with_accesses_did_something(stray) -> None:
    assert launch_data(stray)["nothing"] == ""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_still_picture_says_what_was_found(stray, theme) -> None:
    text = kernel_svg(launch_data(stray), theme)
    assert text.startswith("<svg")
    assert "out-of-bounds" in text
    assert "2 findings" in text


def test_the_still_picture_has_a_cell_for_each_element_that_the_live_view_has_one_for() -> None:
    x = np.zeros(CELLS, np.float32)
    assert "elements\xa0a\xa0cell" not in kernel_svg(launch_data(launched(reverse, 1, 8, x, x.copy())))
    more = np.zeros(CELLS + 1, np.float32)
    assert "2\xa0elements\xa0a\xa0cell" in kernel_svg(launch_data(launched(reverse, 1, 8, more, x)))
    source = Path(kernel_picture.__file__).parent / "static" / "kernel_arrays.js"
    assert "const CELLS = appearance.cells;" in source.read_text("utf-8")


def test_a_picture_escapes_what_a_kernel_holds(stray) -> None:
    data = launch_data(stray)
    data["source"] = ["<script>alert(1)</script>"]
    assert "<script>" not in kernel_svg(data)


def test_a_view_leaves_its_picture_in_the_notebook(stray) -> None:
    data, _ = KernelView(stray)._repr_mimebundle_()
    assert data["image/svg+xml"].startswith("<svg")


def test_a_page_stands_alone_and_is_small(reversed_launch, tmp_path) -> None:
    page = KernelView(reversed_launch).to_html(tmp_path / "launch")
    text = page.read_text()
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert page.stat().st_size < 300_000


def test_a_wrong_argument_is_one_clear_line(stray) -> None:
    with pytest.raises(
        TypeError, match=r"KernelView shows a launch record, not a int: make one with gpu_labs\.inspect"
    ):
        KernelView(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(UserError, match="frame 99 does not exist"):
        KernelView(stray).frame = 99


def test_runs_are_packed_and_other_lists_kept() -> None:
    assert packed((4, 6, 8)) == {"run": [4, 2, 3]}
    assert packed((4, 6, 9)) == {"list": [4, 6, 9]}
    assert packed((4,)) == {"list": [4]}


def test_element_sizes_come_from_the_dtype() -> None:
    assert [item_bytes(name) for name in ("float16", "int32", "float64", "complex64", "bool")] == [
        2,
        4,
        8,
        8,
        1,
    ]
