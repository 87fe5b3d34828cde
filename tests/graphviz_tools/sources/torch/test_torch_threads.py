"""Threads may record at once, and recordings may overlap: each sees its own, and nothing stays."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch.utils.data import DataLoader

from graphviz_tools import record_torch, recording_torch
from graphviz_tools.recording import Recording
from graphviz_tools.sources.common.patches import Patch
from tests.graphviz_tools.sources.torch.torch_traces import traces


def test_threads_that_overlap_record_each_its_own_and_put_everything_back() -> None:
    before, barrier = traces(), threading.Barrier(2)
    recordings: dict[int, Recording] = {}

    def work(factor: int) -> None:
        def program() -> torch.Tensor:
            barrier.wait()  # both record
            total = sum(x.sum() for x in DataLoader(torch.ones(4, 1)))  # type: ignore[arg-type]
            y = (torch.ones(2, requires_grad=True) * factor).sum() + total
            y.backward()
            if factor == 2:
                barrier.wait()  # the first to enter is the first to leave

            return y

        recordings[factor] = record_torch(program, batches=2)
        if factor == 1:
            barrier.wait()

    threads = [threading.Thread(target=work, args=(factor,)) for factor in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert traces() == before
    for factor, recording in recordings.items():
        assert recording.error == ""
        assert len([s for s in recording.steps if s.op == "AccumulateGrad"]) == 1
        assert recording.steps[-1].grads_in[0].numbers == (factor, factor)  # type: ignore[union-attr]


def test_a_recording_inside_another_is_recorded_by_both() -> None:
    before = traces()
    x = torch.ones(2, requires_grad=True)
    with recording_torch() as outer, recording_torch() as inner:
        (x * 2).sum().backward()
    assert outer.recording is not None and inner.recording is not None
    assert [s.op for s in inner.recording.steps] == [s.op for s in outer.recording.steps]
    assert traces() == before


def test_what_a_pool_of_threads_computes_is_differentiated_by_its_own_nodes() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(lambda i: torch.sin(x[i]) * 2, range(2)))
        return torch.stack(parts).sum()

    recording = record_torch(program, torch.randn(2, 3, requires_grad=True))
    names = [s.op for s in recording.steps if s.phase == "backward"]
    assert names[:3] == ["backward", "SumBackward0", "StackBackward0"]
    assert sorted(names[3:9]) == sorted(2 * ["MulBackward0", "SinBackward0", "SelectBackward0"])
    owners = {n.name: recording.nodes[n.owner].op for n in recording.nodes if n.owner is not None}
    assert (owners["SumBackward0"], owners["StackBackward0"]) == ("sum", "stack")


class Home:
    @staticmethod
    def function(x: int) -> int:
        return x + 1


def test_a_patch_is_removed_with_its_last_handler_in_any_order() -> None:
    original, patch = Home.function, Patch(Home, "function")
    first = patch.handled_by(lambda call, x: call(x) * 10)
    second = patch.handled_by(lambda call, x: call(x) + 5)
    first.__enter__()
    second.__enter__()
    assert Home.function(1) == 25, "the newest first, around the others"
    first.__exit__(None, None, None)
    assert Home.function(1) == 7
    with pytest.raises(ZeroDivisionError), patch.handled_by(lambda call, x: 1 // 0):
        Home.function(1)
    second.__exit__(None, None, None)
    assert Home.function is original
