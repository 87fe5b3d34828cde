"""Launches whose dimensions are not those of the kernel. They are warnings: such a kernel may still be right."""

from __future__ import annotations

import linecache

from gpu_labs.executor.findings import Dim3, Finding
from gpu_labs.executor.ir.program import Program
from graphviz_tools.language import _, _n

_NUMBERS = {"y": ("grid.2", "grid.3"), "z": ("grid.3",)}


def special_lines(program: Program) -> dict[str, int]:
    """The line of each of `cuda.threadIdx.x` and its variants that the kernel uses."""
    return {op.info: op.line for op in program.ops() if op.kind == "special"}


def dimension_findings(
    file: str, specials: dict[str, int], grid: Dim3, block: Dim3, given: int
) -> list[Finding]:
    """What to warn of: a kernel that asks for y or z in a launch of fewer dimensions, and a launch with threads
    in y or z that the kernel does not tell apart. `given` counts the dimensions that the launch was written
    with: (8, 1) says that one row is meant, 8 does not. `specials` are those of `special_lines`."""
    found: list[Finding] = []
    for axis, name in enumerate("yz", 1):
        in_grid = [*_NUMBERS[name], f"bid.{name}"]
        in_block = [*_NUMBERS[name], f"tid.{name}"]
        asked = [specials[word] for word in {*in_grid, *in_block} if word in specials]
        strides = {f"gdim.{name}", f"gridsize.{axis + 1}", "gridsize.3"} & set(specials)
        if asked and given <= axis and not strides:
            found.append(_always_zero(axis, name, given, file, min(asked)))
        for what, sizes, words in (("block", block, in_block), ("grid", grid, in_grid)):
            if sizes[axis] > 1 and not {*words, "laneid"} & set(specials):
                found.append(_same_work(axis, name, what, sizes[axis]))
    return found


def _always_zero(axis: int, name: str, given: int, file: str, line: int) -> Finding:
    """The kernel asks for a dimension that the launch does not have."""
    sentence = _n(
        "The kernel works in {name} too, and the launch has {number} dimension: {name} is 0 in every thread.",
        "The kernel works in {name} too, and the launch has {number} dimensions: {name} is 0 in every thread.",
        given,
        name=name,
    )
    hint = _(
        "launch it with {axis} sizes, such as kernel[(blocks_x, blocks_y), (16, 16)](...).", axis=axis + 1
    )
    return Finding("unused-dimension", sentence, hint, line, linecache.getline(file, line).strip())


def _same_work(axis: int, name: str, what: str, size: int) -> Finding:
    """The launch has a dimension for which the kernel does not ask."""
    sentence = _(
        "The {what} has {sizes} in {name}, and the kernel never asks for {name}: threads that "
        "differ in {name} alone all do the same work.",
        what=what,
        sizes=size,
        name=name,
    )
    hint = _(
        "leave {name} out of the launch, or use cuda.grid({axis}) or cuda.{part}.{name}.",
        name=name,
        axis=axis + 1,
        part="threadIdx" if what == "block" else "blockIdx",
    )
    return Finding("unused-dimension", sentence, hint)
