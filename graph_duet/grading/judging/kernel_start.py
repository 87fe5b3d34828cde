"""Where judged notebook kernels come from: the sandbox, or, for a learner's own work, an ordinary start."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jupyter_client.manager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

from graph_duet.grading.judging.kernel_client import bounded_context
from graph_duet.notebook_kernels.private_names import COMPILER
from graph_duet.notebook_kernels.sandbox import Limits, start_confined_zygote
from graph_duet.notebook_kernels.shared_zygote import LESSON_MODULES, Zygote, await_zygote

StartKernel = Callable[[], KernelManager]

# What each fresh process would else import again. Labs import more.
_CHECKING = ("graph_duet.grading.exercise.values", "graph_duet.grading.judging.tamper_check")
GRADING_MODULES = (*LESSON_MODULES, *_CHECKING)
_FRAMEWORKS = re.compile(r"\b(torch|tensorflow|tf|keras|jax|numba|graphviz_tools|widgets|gpu_labs)\b")
_LABS = ("numba.cuda", "gpu_labs.executor.cuda_module", "gpu_labs.autograd", "gpu_labs.checks", COMPILER)
_ONNX = ("onnx.reference",)
ALL_MODULES = (*GRADING_MODULES, *_LABS, *_ONNX)


class _OwnSpecManager(KernelManager):
    """A KernelManager whose kernelspec is our own, found in no folder."""

    def use(self, spec: KernelSpec) -> KernelManager:
        self._kernel_spec: Any = spec
        return self


def modules_for(notebook: NotebookNode) -> tuple[str, ...]:
    """What is worth importing before the kernels of this exercise are forked."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    if not _FRAMEWORKS.search(code):
        return ("numpy", *(_ONNX if "onnx" in code else ()), *_CHECKING)
    if "gpu_labs" in code:
        return (*GRADING_MODULES, *_LABS)
    return (*GRADING_MODULES, COMPILER) if "dynamo" in code or "compile" in code else GRADING_MODULES


def start_zygote(modules: Sequence[str], gpu: bool = False) -> str:
    """The socket of this process's confined zygote, started if it was not; it imports while the caller goes on.

    Call it in the main thread: the zygote ends with the thread that starts it. Raises
    graph_duet.notebook_kernels.sandbox.NoSandbox where there is none.
    """
    return str(_own_zygote(tuple(modules), gpu).path)


def in_sandbox(
    limits: Limits, gpu: bool = False, modules: Sequence[str] = GRADING_MODULES, zygote: str = ""
) -> StartKernel:
    """Kernels forked inside bubblewrap, from the zygote whose socket is given and else from one of this process.

    Raises graph_duet.notebook_kernels.sandbox.NoSandbox where there is none.
    """
    if not zygote:
        _own_zygote(tuple(modules), gpu)

    def start() -> KernelManager:
        config = {"zygote": _ready_zygote(tuple(modules), gpu, zygote), "limits": limits}
        provisioner = {"provisioner_name": "duet-sandbox", "config": config}
        spec = KernelSpec(argv=["python"], language="python", metadata={"kernel_provisioner": provisioner})
        manager = _OwnSpecManager(context=bounded_context(reconnect=False)).use(spec)
        manager.start_kernel()
        return manager

    return start


def ordinary(cwd: Path) -> StartKernel:
    """Kernels of this very environment, with `cwd` as their folder and no protection at all."""

    def start() -> KernelManager:
        manager = jupyter_client.manager.KernelManager(
            kernel_name=CURRENT_ENV_KERNEL_NAME,
            kernel_spec_manager=NbvalKernelspecManager(),
            context=bounded_context(reconnect=True),
        )
        manager.start_kernel(cwd=str(cwd))
        return manager

    return start


def from_zygote(cwd: Path) -> StartKernel:
    """Kernels forked from this process's zygote, with `cwd` as their folder and no protection at all."""
    spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        language="python",
        metadata={"kernel_provisioner": {"provisioner_name": "duet-forked"}},
    )

    def start() -> KernelManager:
        manager = _OwnSpecManager(context=bounded_context(reconnect=True)).use(spec)
        manager.start_kernel(cwd=str(cwd))
        return manager

    return start


_zygotes: dict[tuple[frozenset[str], bool], Zygote] = {}


def _own_zygote(modules: tuple[str, ...], gpu: bool) -> Zygote:
    """The confined zygote of this process that has imported at least these modules; a new one when none runs."""
    for (imported, on_gpu), zygote in _zygotes.items():
        if on_gpu == gpu and imported.issuperset(modules) and zygote.is_running():
            return zygote
    _zygotes[frozenset(modules), gpu] = made = start_confined_zygote(modules, gpu)
    return made


def _ready_zygote(modules: tuple[str, ...], gpu: bool, shared: str) -> str:
    """The socket of a zygote that can fork: the shared one while it lives, else this process's own."""
    if shared and await_zygote(Path(shared)):
        return shared
    own = _own_zygote(modules, gpu)
    if not own.wait_until_ready():
        raise OSError("the process from which kernels are forked did not start")
    return str(own.path)
