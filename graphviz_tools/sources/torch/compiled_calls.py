"""A call of what `torch.compile` made is one step, and the compiler sees what it sees in an unrecorded run.

The compiler looks at the modes and module hooks that are active and compiles them in. So the recorder steps
aside for the time of such a call: Dynamo switches itself on and off through one function, which is wrapped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

import torch

from graphviz_tools.language import _
from graphviz_tools.sources.common.call_sites import call_site
from graphviz_tools.sources.common.patches import Patch
from graphviz_tools.sources.torch.constructors import Constructors
from graphviz_tools.sources.torch.frames import calling_site
from graphviz_tools.sources.torch.function_mode import CallRecorder
from graphviz_tools.sources.torch.import_hook import once_imported
from graphviz_tools.sources.torch.private_names import (
    DYNAMO,
    handling_dynamo_switches,
    handling_hook_questions,
)
from graphviz_tools.sources.torch.tensor_registry import tensors_in

NOTE = _("One step: this was compiled, and its graph runs as a whole (record_compiled shows it).")


@contextmanager
def compiled_calls(recorder: CallRecorder, constructors: Constructors) -> Iterator[None]:
    """While entered, calls of compiled functions of this thread run unwatched and are one operation each."""
    running: list[tuple[FrameType, bool]] = []

    def switch(original: Any, callback: Any) -> Any:
        caller = _outside(sys._getframe(1))
        if caller.f_code.co_name != "compile_wrapper":
            return original(callback)  # what is excluded from compiling passes here too
        if running and running[-1][0] is caller:  # the call is over, its result is there
            _, aside = running.pop()
            prior = original(callback)
            if aside:
                recorder.modules.open()
                constructors.open()
                recorder.step_back(lambda: _write(recorder, caller))
            return prior
        aside = recorder.step_aside()
        if aside:
            recorder.modules.shut()
            constructors.shut()
        running.append((caller, aside))
        return original(callback)

    with (
        handling_hook_questions(recorder.modules.without_hooks),
        ExitStack() as stack,
        once_imported(DYNAMO, lambda: stack.enter_context(handling_dynamo_switches(switch))),
    ):
        yield


def _outside(frame: FrameType) -> FrameType:
    """The first frame from `frame` outward that is not of the patch."""
    while frame.f_back is not None and frame.f_globals.get("Patch") is Patch:
        frame = frame.f_back
    return frame


def _write(recorder: CallRecorder, wrapper: FrameType) -> None:
    """The step for a compiled call whose frame, in Dynamo's wrapper, is at its end."""
    known = wrapper.f_locals
    function = known.get("fn")
    running = recorder.modules.running
    module = getattr(running[-1], "_orig_mod", None) if running else None
    module = module if module is not None else getattr(function, "__self__", None)
    name = getattr(function, "__name__", "function")
    given = tensors_in((known.get("args"), known.get("kwargs")))
    if isinstance(module, torch.nn.Module):
        name, given = type(module).__name__, [*given, *module.parameters()]
    site, _ = calling_site(wrapper.f_back)
    if name.startswith("_") and site is not None:  # PyTorch's own, around `torch.cond` and its likes
        name = call_site(site.code, site.instruction).callee or name
    recorder.trace.fused(f"compiled {name}", given, tensors_in(known.get("result")), site, NOTE)
