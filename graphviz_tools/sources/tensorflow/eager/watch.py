"""Watch an eager TensorFlow program while it runs: its ops, its tapes, and what Python asks its tensors."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import cache
from types import FrameType
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.sources.common.patches import Handler, Patch
from graphviz_tools.sources.tensorflow.eager.stack import is_users
from graphviz_tools.sources.tensorflow.eager.tape_steps import TapeSteps
from graphviz_tools.sources.tensorflow.eager.trace import EagerTrace
from graphviz_tools.sources.tensorflow.private_names import (
    UNCONVERTED,
    calling_after_each_op,
    handling_custom_records,
    handling_gradients,
    is_eager,
)

_ASKED = ("__bool__", "__float__", "__int__", "__index__", "numpy")  # these give a Python number or an array
_CREATED = ("constant", "convert_to_tensor")


def watching(trace: EagerTrace) -> ExitStack:
    """Write what this thread runs into `trace`, until the result is closed."""
    tapes = TapeSteps(trace)
    with ExitStack() as entered:
        entered.callback(tapes.close)
        entered.enter_context(handling_gradients(tapes.op_gradient))
        entered.enter_context(handling_custom_records(tapes.custom_record))
        for name, patch in _tape_patches().items():
            entered.enter_context(patch.handled_by(getattr(tapes, name.strip("_"))))
        for name, patch in _question_patches().items():
            entered.enter_context(patch.handled_by(_question(trace, name)))
        for patch in _creation_patches():
            entered.enter_context(patch.handled_by(_creation(trace)))
        entered.enter_context(calling_after_each_op(_after_each_op(trace, tapes)))
        return entered.pop_all()
    raise AssertionError("an ExitStack swallows nothing")


@cache
def _tape_patches() -> dict[str, Patch]:
    """The methods of `tf.GradientTape` that a tape's steps are made of."""
    tape = import_tensorflow().GradientTape
    names = ("__init__", "__enter__", "__exit__", "watch", "gradient", "stop_recording", "reset")
    return {name: Patch(tape, name, UNCONVERTED) for name in names}


@cache
def _question_patches() -> dict[str, Patch]:
    kinds = type(import_tensorflow().constant(0)).__mro__
    homes = {name: next((kind for kind in kinds if name in vars(kind)), None) for name in _ASKED}
    return {name: Patch(home, name, UNCONVERTED) for name, home in homes.items() if home is not None}


@cache
def _creation_patches() -> list[Patch]:
    return [Patch(import_tensorflow(), name, UNCONVERTED) for name in _CREATED]


def _after_each_op(trace: EagerTrace, tapes: TapeSteps) -> Handler:
    def ran(
        op: Any, inputs: Any, attributes: Any, outputs: Any, name: Any = None, graph: Any = None, **more: Any
    ) -> None:
        if trace.busy or graph is not None or more.get("op_name") is not None:
            return
        frame = sys._getframe(1)
        with trace.writing():
            op_type = op.decode() if isinstance(op, bytes) else op
            tapes.ran(op_type, list(inputs), list(outputs or ()), frame)

    return ran


def _question(trace: EagerTrace, name: str) -> Handler:
    def asked(original: Any, tensor: Any, *args: Any) -> Any:
        answer = original(tensor, *args)
        frame = _direct_caller(sys._getframe(1))
        if not trace.busy:
            with trace.writing():
                node = trace.question(name, tensor, answer, frame) if frame is not None else None
                trace.answered(answer, tensor, node)
        return answer

    return asked


def _creation(trace: EagerTrace) -> Handler:
    def make(original: Any, *args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        frame = _direct_caller(sys._getframe(1))
        if frame is not None and not trace.busy and is_eager(made):
            with trace.writing():
                trace.created(made, frame)
        return made

    return make


def _direct_caller(patched: FrameType) -> FrameType | None:
    """The user's frame that called a patched function; None when a library did."""
    caller = patched.f_back
    return caller if caller is not None and is_users(caller) else None
