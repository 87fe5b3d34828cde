"""Where judged kernels come from: the sandbox, or, for a learner's own work, an ordinary start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jupyter_client.manager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

from grading.judged_kernel import bounded_context
from kernels.sandbox import Limits, start_confined_zygote
from kernels.shared_zygote import LESSON_MODULES, Zygote

StartKernel = Callable[[], KernelManager]

# What each fresh process would else import anew; torch._dynamo comes with the first custom operator.
GRADING_MODULES = (
    *LESSON_MODULES,
    "grading.values",
    "grading.seal",
    "numba.cuda",
    "torch._dynamo",
    "gpu_labs.executor.facade",
    "gpu_labs.autograd",
    "gpu_labs.checks",
)


class _SandboxKernelManager(KernelManager):
    """A KernelManager whose kernelspec is our own, found in no folder."""

    def use(self, spec: KernelSpec) -> KernelManager:
        self._kernel_spec: Any = spec
        return self


def in_sandbox(limits: Limits, gpu: bool = False, modules: Sequence[str] = GRADING_MODULES) -> StartKernel:
    """Kernels forked inside bubblewrap. Raises kernels.sandbox.NoSandbox where there is none."""
    _zygote(tuple(modules), gpu)

    def start() -> KernelManager:
        config = {"zygote": str(_zygote(tuple(modules), gpu).path), "limits": limits}
        provisioner = {"provisioner_name": "duet-sandbox", "config": config}
        spec = KernelSpec(argv=["python"], language="python", metadata={"kernel_provisioner": provisioner})
        manager = _SandboxKernelManager(context=bounded_context(reconnect=False)).use(spec)
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


_zygotes: dict[tuple[tuple[str, ...], bool], Zygote] = {}


def _zygote(modules: tuple[str, ...], gpu: bool) -> Zygote:
    """The one confined zygote of this process for these modules; a new one when it has ended."""
    found = _zygotes.get((modules, gpu))
    if found is None or not found.is_running():
        found = _zygotes[modules, gpu] = start_confined_zygote(modules, gpu)
    if not found.wait_until_ready():
        raise OSError("the process from which kernels are forked did not start")
    return found
