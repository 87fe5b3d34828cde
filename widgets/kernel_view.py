"""`KernelView(launch)`: blocks, threads and arrays of one kernel launch, over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import traitlets

from gpu_labs.executor.launch_record import Launch
from graphviz_tools.drawing.palette import Theme
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from widgets.front_end import script, style
from widgets.kernel_data import launch_data
from widgets.kernel_picture import kernel_svg
from widgets.page import packed, write_page, write_svg
from widgets.static_fallback import Twin


class KernelView(Twin):
    """A launch record (`gpu_labs.inspect`, or `report.launch` of a lab's check), played access by access.

    Trait `frame` (kept equal in Python and in the browser) is the frame shown: -1 before the first access.
    Raises UserError when `launch` is not a launch record.
    """

    _esm = script("kernel_app.js")
    _css = style("kernel.css")
    _data = traitlets.Dict().tag(sync=True)
    frame = traitlets.Int(0, help="the frame shown; -1 is before the first access").tag(sync=True)

    def __init__(self, launch: Launch) -> None:
        if not isinstance(launch, Launch):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UserError(
                _(
                    "KernelView shows a launch record, not a {kind}: "
                    "make one with gpu_labs.inspect(kernel, grid, block, *arguments)",
                    kind=type(launch).__name__,
                )
            )
        self.launch = launch
        data = launch_data(launch)
        super().__init__(_data=data, frame=min(0, len(data["frames"]) - 1))

    @traitlets.validate("frame")
    def _check_frame(self, proposal: Any) -> int:
        last = len(self._data["frames"]) - 1
        if not -1 <= proposal["value"] <= last:
            raise UserError(
                _(
                    "frame {value} does not exist: frames go from -1 to {last}",
                    value=proposal["value"],
                    last=last,
                )
            )
        return proposal["value"]

    def stored(self) -> dict[str, Any]:
        return {"entry": "kernel_app.js", "sheets": ["kernel.css"], "data": packed(self._data)}

    def to_html(self, path: str | Path) -> Path:
        """Write one self-contained page that plays with no kernel and no network; returns its path."""
        data = {**self._data, "name": "KernelView", "title": self.launch.kernel}
        return write_page(data, path, "kernel_app.js", ["kernel.css"])

    def to_svg(self, path: str | Path, theme: Theme = "light") -> Path:
        """Write the still picture; returns its path."""
        return write_svg(kernel_svg(self._data, theme), path)

    def still(self) -> str:
        return kernel_svg(self._data)

    def __repr__(self) -> str:
        return f"<KernelView of {self.launch.kernel}: {len(self.launch.findings)} findings>"
