"""Recording changes nothing: results, gradients, random numbers and versions are bit-equal without it, and no
hook, patch or mode of it stays."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch

from graphviz_tools.sources.torch.recorder import record_torch
from graphviz_tools.sources.torch.tensor_registry import tensors_in
from tests.graphviz_tools.sources.torch.torch_models import MODELS, build
from tests.graphviz_tools.sources.torch.torch_traces import nodes_with_something_of_ours, traces
from tests.graphviz_tools.sources.torch.torch_zoo import ZOO


def backward_as_recorded(result: Any) -> None:
    """What `record_torch(..., backward=True)` promises to call on a program's result."""
    loss = result.get("loss") if isinstance(result, dict) else None
    tensors = [t for t in tensors_in(result if loss is None else loss) if t.requires_grad]
    losses = [t for t in tensors if t.numel() == 1] or tensors
    if losses:
        torch.autograd.backward(losses, [torch.ones_like(t) for t in losses])


def bits(tensor: torch.Tensor | None) -> Any:
    if tensor is None:
        return None
    plain = tensor.detach().resolve_conj()
    if plain.layout is not torch.strided:
        plain = plain.to_dense()
    wide = plain.float() if plain.dtype is torch.bfloat16 else plain
    return tuple(plain.shape), plain.dtype, wide.contiguous().numpy().tobytes()


def version(tensor: torch.Tensor) -> int | None:
    return None if tensor.is_inference() else tensor._version


def state_of(result: Any, state: list[torch.Tensor], error: str) -> dict[str, Any]:
    return {
        "error": error,
        "result": [bits(t) for t in tensors_in(result)],
        "state": [bits(t) for t in state],
        "versions": [version(t) for t in (*tensors_in(result), *state)],
        "gradients": [bits(t.grad) for t in state],
        "gradient versions": [None if t.grad is None else version(t.grad) for t in state],
        "random": torch.get_rng_state().numpy().tobytes(),
        "grad mode": torch.is_grad_enabled(),
    }


def program_and_state(name: str) -> tuple[Any, list[torch.Tensor]]:
    if name not in MODELS:
        return ZOO[name]()
    model, inputs = build(name)  # training, so that dropout draws random numbers
    return lambda: model(**inputs), [*model.parameters(), *model.buffers()]


def run(name: str, *, recorded: bool) -> dict[str, Any]:
    program, state = program_and_state(name)
    result, error, ran = None, "", []
    original = torch.autograd._engine_run_backward

    def noticing(*args: Any, **kwargs: Any) -> Any:
        ran.extend([1] * kwargs.get("accumulate_grad", True))
        return original(*args, **kwargs)

    if recorded:
        results: list[Any] = []

        def kept() -> Any:
            results.append(program())
            return results[-1]

        recording = record_torch(kept)
        assert recording.omitted == (), "the recorder understood every call"
        error = recording.error
        result = results[-1] if results else None
        error = "" if error.startswith("nothing to call backward") else error
    else:
        torch.autograd._engine_run_backward = noticing
        try:
            result = program()
            if not ran:
                backward_as_recorded(result)
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
        finally:
            torch.autograd._engine_run_backward = original
    return state_of(result, state, error)


@pytest.mark.parametrize("name", [*ZOO, *MODELS])
def test_a_recorded_program_computes_the_same_bits(name: str) -> None:
    before = traces()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, recorded = run(name, recorded=False), run(name, recorded=True)
    assert recorded == plain
    assert traces() == before


@pytest.mark.parametrize("name", MODELS)
def test_nothing_stays_in_the_graph_or_the_modules_of_a_real_model(name: str) -> None:
    model, inputs = build(name)
    kept: list[Any] = []

    def program() -> Any:
        kept.append(model(**inputs))
        kept[0].loss.backward(retain_graph=True)
        return kept[0]

    recording = record_torch(program)
    assert recording.error == "" and recording.omitted == ()
    assert nodes_with_something_of_ours(tensors_in(kept[0])) == []
    for module in model.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks and not module._backward_hooks
        assert "forward" not in vars(module)
