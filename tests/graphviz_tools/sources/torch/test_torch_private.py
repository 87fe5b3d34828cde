"""The corners of PyTorch that are nobody's promise, and on which the recorder stands.

When an upgrade moves one of them, these tests say which, before a Recording silently lacks something.
"""

from __future__ import annotations

import sys

import pytest
import torch
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode
from torch.utils.data import DataLoader, dataloader

from graphviz_tools import record_torch
from graphviz_tools.private_name import PrivateName
from graphviz_tools.sources.torch.private_names import (
    ATTRIBUTES,
    COMPILERS,
    DYNAMO_SWITCH,
    HOOK_MARKS,
    HOOK_QUESTION,
    NAMES,
    found_or,
    missing,
)
from tests.graphviz_tools.sources.torch.torch_zoo import Cube


def test_every_run_of_the_engine_passes_one_python_function() -> None:
    x = torch.ones(2, requires_grad=True)
    original, runs = torch.autograd._engine_run_backward, []

    def counting(*args, **kwargs):
        runs.append((len(args), kwargs["accumulate_grad"]))
        return original(*args, **kwargs)

    torch.autograd._engine_run_backward = counting
    try:
        x.sum().backward()
        torch.autograd.backward([x.sum()])
        torch.autograd.grad(x.sum(), x)
        torch.func.grad(lambda v: v.sum())(x)
    finally:
        torch.autograd._engine_run_backward = original
    assert [accumulates for _, accumulates in runs] == [True, True, False, False]
    assert all(count >= 4 for count, _ in runs), (
        "outputs, gradients, retain_graph, create_graph come by place"
    )


def test_autograd_functions_have_numbers_saved_fields_and_room_for_ours() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    function = y.grad_fn
    assert function is not None
    assert isinstance(function._sequence_nr(), int)
    accumulate = function.next_functions[0][0]
    assert accumulate is not None
    assert accumulate._sequence_nr() == 2**64 - 1 and accumulate.variable is x
    saved = function._raw_saved_result
    assert saved.data.data_ptr() == y.data_ptr()
    assert isinstance(function.metadata, dict)


def test_a_saved_tensor_can_be_looked_at_without_its_unpack_hook() -> None:
    def unpack(packed):
        raise AssertionError("looked at through the hook")

    x = torch.ones(2, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: "packed", unpack):
        y = x.exp()
    assert y.grad_fn is not None and y.grad_fn._raw_saved_result.data == "packed"


def test_a_custom_function_is_known_by_its_class() -> None:
    function = Cube.apply(torch.ones(1, requires_grad=True)).grad_fn
    assert isinstance(function, BackwardCFunction) and type(function)._forward_cls is Cube
    assert len(function._raw_saved_tensors) == 1


def test_wrappers_of_torch_func_come_off() -> None:
    functorch, seen = torch._C._functorch, []

    def look(v):
        seen.append((functorch.is_functorch_wrapped_tensor(v), functorch.is_batchedtensor(v)))
        seen.append(tuple(functorch.get_unwrapped(v).shape))
        return v

    torch.func.vmap(look)(torch.ones(3, 2))
    assert seen == [(True, True), (3, 2)]


def test_two_modes_on_the_stack_can_be_distinguished() -> None:
    with TorchFunctionMode() as mode:
        assert torch.overrides._get_current_function_mode() is mode
    assert torch.overrides._get_current_function_mode() is None


def test_a_loader_draws_its_batches_through_one_method() -> None:
    iterator = iter(DataLoader(list(range(2))))  # type: ignore[arg-type]
    assert type(iterator).__next__ is dataloader._BaseDataLoaderIter.__next__


def test_dynamo_switches_itself_on_and_off_through_one_function() -> None:
    program = torch.compile(lambda x: x + 1, backend="eager")
    home, seen = torch._dynamo.eval_frame, []
    original = home._maybe_set_eval_frame

    def noting(callback):
        frame = sys._getframe(1)
        if frame.f_code.co_name == "compile_wrapper":
            seen.append({name: frame.f_locals.get(name) is not None for name in ("fn", "args", "result")})
        return original(callback)

    home._maybe_set_eval_frame = noting
    try:
        program(torch.ones(1))
    finally:
        home._maybe_set_eval_frame = original
    before, after = seen
    assert before == {"fn": True, "args": True, "result": False} and all(after.values())


def test_an_unfinished_trace_can_be_recognised() -> None:
    seen: list[bool] = []
    torch.jit.trace(lambda v: seen.append(torch._C._is_tracing()) or v * 1, torch.ones(1))
    assert seen[0] and not torch._C._is_tracing()


def test_a_backward_that_a_compiler_made_is_known_by_its_function() -> None:
    x, nodes = torch.ones(2, requires_grad=True), []
    result = torch.cond(x.sum() > 1, torch.sin, torch.cos, (x,))
    assert type(result.grad_fn)._forward_cls.__module__.startswith(COMPILERS)

    class Noting(torch.autograd.Function):
        @staticmethod
        def forward(ctx, given):
            return given * 1

        @staticmethod
        def backward(ctx, gradient):
            nodes.append(torch._C._current_autograd_node())
            return gradient

    noted = Noting.apply(x)
    noted.sum().backward()
    assert nodes == [noted.grad_fn], "inside a backward, the node that runs can be told"


@pytest.mark.parametrize(
    "name", [*NAMES, DYNAMO_SWITCH, HOOK_MARKS, HOOK_QUESTION], ids=lambda name: name.name
)
def test_a_private_name_is_where_it_was_last_seen(name: PrivateName) -> None:
    assert name.find() is not None, f"torch {torch.__version__} has no {name.module}.{name.name}"


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.name)
def test_without_a_private_name_a_recording_has_less_and_says_so(
    name: PrivateName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(f"{name.module}.{name.name}")
    missing.cache_clear()
    found_or.cache_clear()
    try:
        recording = record_torch(lambda x: (x * 2).exp(), torch.ones(2), backward=False)
    finally:
        monkeypatch.undo()
        missing.cache_clear()
        found_or.cache_clear()
    assert [s.op for s in recording.steps] == ["mul", "exp"]
    assert [o.why for o in recording.omitted] == [f"this PyTorch hides {name.loses}"]


def test_tensors_and_modules_have_the_attributes_that_are_read() -> None:
    tensor, module = torch.ones(1), torch.nn.Linear(1, 1)
    of_tensors, of_modules = {"_version", "_is_view"}, {"_buffers", "_parameters", "_modules"}
    assert (of_tensors | of_modules) <= ATTRIBUTES.keys()
    assert all(hasattr(tensor, name) for name in of_tensors)
    assert all(isinstance(getattr(module, name), dict) for name in of_modules)
