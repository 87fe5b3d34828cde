"""Inside a recorded program, what a compiler made is one step forward and one step back."""

from __future__ import annotations

import gc
import sys
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from graphviz_tools import record_torch, recording_torch
from graphviz_tools.sources.torch.import_hook import once_imported
from tests.graphviz_tools.sources.torch.torch_questions import steps
from tests.graphviz_tools.sources.torch.torch_traces import traces


def test_a_branch_of_the_graph_is_one_step_each_way() -> None:
    x = torch.ones(2, requires_grad=True)
    recording = record_torch(lambda: torch.cond(x.sum() > 1, torch.sin, torch.cos, (x,)).sum())
    assert [s.op for s in recording.steps] == [
        "sum", "gt", "compiled cond", "sum",
        "backward", "SumBackward0", "CondAutogradOpBackward", "AccumulateGrad",
    ]  # fmt: skip


def test_a_compiled_module_does_not_warn_of_the_hooks_that_record_it() -> None:
    compiled = torch.compile(nn.Linear(3, 3), backend="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert not record_torch(compiled, torch.ones(2, 3)).error
    user = nn.modules.module.register_module_forward_hook(lambda module, given, result: None)
    try:
        with pytest.warns(UserWarning, match="global hooks"):
            record_torch(compiled, torch.ones(2, 3))
    finally:
        user.remove()


def test_a_compiler_that_tries_a_backward_pass_adds_no_step() -> None:
    torch._dynamo.reset()
    net = nn.Linear(3, 3)
    compiled = torch.compile(net, backend="aot_eager")
    recording = record_torch(lambda: compiled(torch.ones(2, 3)).sum())
    assert [s.op for s in recording.steps if s.phase == "forward"][1:] == ["compiled Linear", "sum"]
    assert [s.op for s in recording.steps if s.phase == "backward"] == [
        "backward", "SumBackward0", "CompiledFunctionBackward", "AccumulateGrad", "AccumulateGrad",
    ]  # fmt: skip


def test_a_module_compiled_after_a_recording_meets_no_hook_of_it() -> None:
    net, x = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), torch.ones(1, 2)
    before = traces()
    record_torch(net, x)

    def interrupted(given: torch.Tensor) -> torch.Tensor:
        net(given)
        raise KeyboardInterrupt

    record_torch(interrupted, x)
    assert traces() == before
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*global hooks on modules")  # PyTorch's, where one is left
        torch.compile(net, backend="eager")(x)


def test_a_module_that_comes_late_is_noticed_when_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_late_module.py").write_text("here = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    came: list[bool] = []
    before = list(sys.meta_path)
    with once_imported("a_late_module", lambda: came.append(sys.modules["a_late_module"].here)):
        assert came == []
        import a_late_module  # type: ignore[import-not-found]

        assert came == [True]
        assert type(a_late_module.__spec__.loader).__name__ == "SourceFileLoader", "as without us"
    with once_imported("a_late_module", lambda: came.append(True)):
        assert came == [True, True], "it is there already"
    del sys.modules["a_late_module"]
    assert sys.meta_path == before


def test_what_a_checkpoint_computes_again_is_on_the_line_of_the_first_time() -> None:
    net, x = nn.Sequential(nn.Linear(3, 3), nn.Tanh()), torch.ones(2, 3, requires_grad=True)

    def program() -> torch.Tensor:
        h = checkpoint(net, x, use_reentrant=False)
        return h.sum()  # type: ignore[union-attr]

    first, again = steps(record_torch(program), "linear")
    assert first.line is not None and first.line.text.startswith("h = checkpoint(")
    assert again.line == first.line


def test_a_recorder_that_cannot_start_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    before, threshold = traces(), gc.get_threshold()

    def broken(*_: object) -> None:
        raise OSError("no")

    recorder = recording_torch()
    monkeypatch.setattr(recorder._calls.modules, "open", broken)
    with pytest.raises(OSError), recorder:
        pass
    assert traces() == before and gc.get_threshold() == threshold
