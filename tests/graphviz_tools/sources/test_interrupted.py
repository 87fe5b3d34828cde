"""The stop button and `sys.exit()` end a program; what was recorded up to there is kept."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from typing import Any

import pytest
import torch

from graphviz_tools import record_compiled, record_jax, record_tensorflow, record_torch, recording_torch


def test_a_program_stopped_in_its_loop_keeps_its_recording() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background job
    started = threading.Event()

    def train() -> None:
        w = torch.ones(3)
        while True:
            w = w * 1.0001
            started.set()

    def stop() -> None:
        started.wait()
        _thread.interrupt_main()

    threading.Thread(target=stop).start()
    recording = record_torch(train)
    signal.signal(signal.SIGINT, before)
    assert recording.error == "KeyboardInterrupt"
    assert recording.steps[0].op == "ones" and recording.steps[1].op == "mul"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
def test_what_ends_a_program_is_the_error_of_its_recording(error: BaseException) -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        torch.sin(x)
        raise error

    recording = record_torch(program, torch.ones(2))
    assert recording.error == f"{type(error).__name__}: {error}".removesuffix(": ")
    assert [s.op for s in recording.steps] == ["sin", type(error).__name__]
    assert recording.steps[-1].line is not None and recording.steps[-1].line.text == "raise error"


def test_a_block_that_exits_keeps_its_recording_and_exits() -> None:
    with pytest.raises(SystemExit), recording_torch() as recorder:
        torch.ones(2).sin()
        sys.exit()
    assert recorder.recording is not None and recorder.recording.error == "SystemExit"


def test_a_hook_that_stops_the_backward_pass_keeps_the_recording() -> None:
    def stop(gradient: torch.Tensor) -> None:
        raise KeyboardInterrupt

    def program(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        y.register_hook(stop)
        return y.sum()

    recording = record_torch(program, torch.ones(2, requires_grad=True))
    assert recording.error == "KeyboardInterrupt"
    assert "SumBackward0" in [s.op for s in recording.steps]


def stopped(x: Any) -> Any:
    _ = x * 2
    raise KeyboardInterrupt


def test_a_hook_that_raises_without_words_is_one_failing_step() -> None:
    def program(x: torch.Tensor) -> None:
        y = x * 2
        y.register_hook(lambda gradient: (_ for _ in ()).throw(ValueError()))
        y.sum().backward()

    recording = record_torch(program, torch.ones(2, requires_grad=True))
    assert recording.error == "ValueError" == recording.steps[-1].error
    assert sum(bool(step.error) for step in recording.steps) == 1


def test_compiling_that_is_stopped_keeps_its_recording() -> None:
    assert record_compiled(stopped, torch.ones(2)).error == "KeyboardInterrupt"


def test_tracing_by_tensorflow_that_is_stopped_keeps_its_recording() -> None:
    import tensorflow as tf

    recording = record_tensorflow(stopped, tf.constant([1.0]))
    assert recording.error == "KeyboardInterrupt" and "Mul" in [n.op for n in recording.nodes]


def test_tracing_by_jax_that_is_stopped_keeps_its_recording() -> None:
    import jax.numpy as jnp

    assert record_jax(stopped, jnp.ones(2)).error == "KeyboardInterrupt"
