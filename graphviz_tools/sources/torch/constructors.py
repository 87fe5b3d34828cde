"""Functions that make tensors and that PyTorch reports to no mode: `torch.Tensor(...)`, `torch.from_numpy`, ..."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from typing import Any

import torch
import torch.utils.dlpack as torch_dlpack

from graphviz_tools.sources.common.patches import Patch
from graphviz_tools.sources.torch.frames import calling_site
from graphviz_tools.sources.torch.function_mode import CallRecorder
from graphviz_tools.sources.torch.tensor_registry import tensors_in
from graphviz_tools.sources.torch.typed_constructors import DefaultPatch, typed_constructors

_PATCHES = {
    Patch(torch, "from_numpy"): "from_numpy",
    Patch(torch, "frombuffer"): "frombuffer",
    Patch(torch, "from_dlpack"): "from_dlpack",
    Patch(torch_dlpack, "from_dlpack"): "from_dlpack",
    Patch(torch, "to_dlpack"): "dlpack",
    Patch(torch_dlpack, "to_dlpack"): "dlpack",
    Patch(torch.Tensor, "__new__"): "Tensor",
    Patch(torch.nested, "nested_tensor"): "nested_tensor",
    **dict(typed_constructors()),
}
_DEFAULT = DefaultPatch(torch, "set_default_tensor_type")


class Constructors:
    """Between `open` and `shut`, each call of one is a step of the recording."""

    def __init__(self, recorder: CallRecorder) -> None:
        self._recorder = recorder
        self._open = ExitStack()

    def open(self) -> None:
        for patch, op in _PATCHES.items():
            self._open.enter_context(patch.handled_by(partial(self._made, op)))
        self._open.enter_context(_DEFAULT.handled_by(_as_it_is))

    def shut(self) -> None:
        self._open.close()

    def _made(self, op: str, original: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = self._recorder
        made_of_calls = kwargs.get("layout") is torch.jagged  # PyTorch makes such a tensor in Python
        if made_of_calls or recorder.trace.compiler_works() or not recorder.step_aside():
            return original(*args, **kwargs)  # inside another operation
        made: Any = None
        site, _ = calling_site(sys._getframe(1))

        def write() -> None:
            if made is not None:
                recorder.trace.constructed(op, tensors_in([*args, *kwargs.values()]), made, site)

        try:
            made = original(*args, **kwargs)
        finally:
            recorder.step_back(write)
        return made


def _as_it_is(original: Any, kind: Any) -> Any:
    return original(kind)
