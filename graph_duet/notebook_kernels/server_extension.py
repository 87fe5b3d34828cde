"""A Jupyter server extension that starts the zygote with the server, so that the first kernel is quick
too."""

from __future__ import annotations

from typing import Any

from graph_duet.notebook_kernels.shared_zygote import can_fork_kernels, start_zygote


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "graph_duet.notebook_kernels.server_extension"}]


def _load_jupyter_server_extension(server: Any) -> None:
    if can_fork_kernels():
        start_zygote()
