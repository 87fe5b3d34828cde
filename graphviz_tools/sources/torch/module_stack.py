"""Where in the model a call happens: the stack of modules that are running, as a path of names."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from threading import get_ident
from types import FrameType
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils.hooks import RemovableHandle

from graphviz_tools.sources.common.call_sites import call_site
from graphviz_tools.sources.torch.frames import calling_site
from graphviz_tools.sources.torch.private_names import remove_module_hook
from graphviz_tools.sources.torch.tape import ModuleCall, Site

# In eval mode these look whether anyone watches their calls, and run one fused kernel only when nobody does.
_SHY = (torch.nn.TransformerEncoder, torch.nn.TransformerEncoderLayer, torch.nn.MultiheadAttention)


def _is_shy(module: torch.nn.Module, arguments: Any) -> bool:
    if isinstance(module, torch.jit.ScriptModule):
        return True  # nobody can watch its calls
    if not isinstance(module, _SHY) or module.training:
        return False
    first = module.layers[0] if isinstance(module, torch.nn.TransformerEncoder) else module
    with torch._C.DisableTorchFunction():  # where a gradient will be computed, it never runs the fused kernel
        given = (*arguments, *first.parameters())
        return not torch.is_grad_enabled() or not any(
            isinstance(tensor, torch.Tensor) and tensor.requires_grad for tensor in given
        )


class ModuleStack:
    """`scope` is the number of the module call in which the program stands; 0 is outside every module.

    The module given as `root` is the program itself and adds no name to the path. A module that would compute
    differently while it is watched gets its calls unwatched, between `aside()` and `back(module, arguments,
    result)`.
    """

    def __init__(
        self,
        root: torch.nn.Module | None,
        aside: Callable[[], bool],
        back: Callable[[torch.nn.Module, Any, Any], None],
        met: Callable[[tuple[Any, ...], FrameType], None],
        passed: Callable[[torch.nn.Module, torch.Tensor, Site | None], None],
        steps: Callable[[], int],
    ) -> None:
        self._aside, self._back, self._met, self._passed, self._steps = aside, back, met, passed, steps
        self._unwatched: torch.nn.Module | None = None
        self.scope = 0
        self.calls = [ModuleCall(0, "", "", None)]
        self.names: dict[int, str] = {}
        self.buffers: set[int] = set()
        self.group = 0  # of calls inside torch.nn code: the number of the user's call that led into it
        self.running: list[torch.nn.Module] = []
        self._groups: list[int] = []
        self._began: list[int] = []  # the steps that there were when each running module was called
        self._entered = 0
        self._stack: list[int] = []
        self._paths: dict[int, str] = {}
        self._thread = get_ident()
        self._handles: list[RemovableHandle] = []
        self._root_names: Counter[str] = Counter()
        self._roots: list[torch.nn.Module] = []
        if root is not None:
            self._learn(root, "")

    def open(self) -> None:
        self._handles = [
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, with_kwargs=True, always_call=True),
        ]

    def close(self) -> None:
        """For good. What leads back to the recorder goes too: in a cycle the whole tape would stay in memory
        until Python's collector finds it."""
        self.shut()
        self.running.clear()
        self._roots.clear()
        del self._aside, self._back, self._met, self._passed, self._steps

    def shut(self) -> None:
        """Take the hooks out, until `open`."""
        for handle in self._handles:
            remove_module_hook(handle)
        self._handles.clear()

    def without_hooks(self, question: Callable[[], Any]) -> bool:
        """The answer to `question` while the hooks are out."""
        if not self._handles:
            return bool(question())
        self.shut()
        try:
            return bool(question())  # PyTorch answers with the very mapping that the hooks go back into
        finally:
            self.open()

    def _enter(self, module: torch.nn.Module, arguments: Any) -> None:
        if get_ident() != self._thread:
            return
        frame = sys._getframe(1)
        site, _ = calling_site(frame)
        path = self._paths.get(id(module))
        if path is None:
            self._learn(module, self._root_name(module, site))
            path = self._paths[id(module)]
        self._met(arguments, frame)
        self._stack.append(self.scope)
        self._groups.append(self.group)
        self._entered += 1
        if not type(module).__module__.startswith("torch."):
            self.group = 0
        elif not self.group:
            self.group = self._entered
        self.running.append(module)
        self._began.append(self._steps())
        if path:
            self.calls.append(ModuleCall(self.scope, self._word(path), type(module).__name__, site))
            self.scope = len(self.calls) - 1
        if self._unwatched is None and _is_shy(module, arguments) and self._aside():
            self._unwatched = module

    def _word(self, path: str) -> str:
        """The attribute path of the module that begins to run, from the module that calls it where that holds it."""
        above = self._paths[id(self.running[-2])] if len(self.running) > 1 else ""
        return path[len(above) + 1 :] if above and path.startswith(above + ".") else path

    def _root_name(self, module: torch.nn.Module, site: Site | None) -> str:
        """What the program calls a module that is part of no other: the name in `model(x)`."""
        words = call_site(site.code, site.instruction) if site is not None else None
        name = words.callee if words is not None else ""
        if not name or name in ("forward", "__call__"):
            name = type(module).__name__
        self._root_names[name] += 1
        return name if self._root_names[name] == 1 else f"{name} {self._root_names[name]}"

    def _leave(self, module: torch.nn.Module, *arguments: Any) -> None:
        # (args, kwargs, result); when the module has raised, PyTorch leaves the kwargs out.
        # A module whose pre-hooks raised before ours ran was never entered.
        if get_ident() != self._thread or not self.running or self.running[-1] is not module:
            return
        if module is self._unwatched:
            self._unwatched = None
            self._back(module, arguments[:-1], arguments[-1])
        elif self._began[-1] == self._steps():
            result = arguments[-1]
            if isinstance(result, torch.Tensor) and any(result is given for given in arguments[0]):
                self._passed(module, result, self.calls[self.scope].site)
        self.running.pop()
        self._began.pop()
        self.scope = self._stack.pop()
        self.group = self._groups.pop()

    def _learn(self, root: torch.nn.Module, name: str) -> None:
        """The paths of all modules below `root`, and the names of its parameters and buffers."""
        self._roots.append(root)  # so that no number of a dead module is taken for a live one
        waiting = [(root, name, "")]  # what named_modules() and its likes walk, in one go
        while waiting:
            module, path, inner = waiting.pop()
            if id(module) in self._paths:
                continue
            self._paths[id(module)] = path
            self.buffers.update(map(id, module._buffers.values()))
            for key, tensor in (*module._parameters.items(), *module._buffers.items()):
                if tensor is not None:
                    self.names.setdefault(id(tensor), inner + key)
            for key, child in reversed(module._modules.items()):
                if child is not None and key == "_orig_mod":  # what torch.compile was given has no name more
                    waiting.append((child, path, inner))
                elif child is not None:
                    waiting.append((child, f"{path}.{key}" if path else key, f"{inner}{key}."))
