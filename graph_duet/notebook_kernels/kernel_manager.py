"""The server's kernel manager, which refuses a notebook kernel that has no room: `ServerApp.kernel_manager_class`."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from graph_duet.notebook_kernels.memory_guard import require_room


class GuardedKernelManager(AsyncMappingKernelManager):
    """Asks for room before anything of a kernel exists.

    Later, in the provisioner, would be too late: jupyter_client keeps a start that failed among its pending
    kernels, and a server then cannot end, for it waits for a kernel that nobody has.
    """

    async def start_kernel(self, *, kernel_id: str | None = None, **kwargs: Any) -> str:
        """Start as usual; raises memory_guard.NoRoomError where a hub limits memory and little is left."""
        if kernel_id is None or kernel_id not in self:
            require_room()
        return await super().start_kernel(kernel_id=kernel_id, **kwargs)
