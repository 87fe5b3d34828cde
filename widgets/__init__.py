"""Notebook views of Recordings, caches and kernel launches.

from widgets import Duet, Stepper
Stepper(record_torch(model, x))
Duet(record_torch(f, x), record_tensorflow(g, x))
TraceCache(tf.function(f))
KernelView(inspect(kernel, blocks, threads, *arguments))

`%load_ext widgets` adds the cell magics `%%record torch` and `%%record tensorflow`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.duet import Duet
from widgets.kernel_view import KernelView
from widgets.stepper import Stepper
from widgets.trace_cache import TraceCache

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Duet", "KernelView", "Stepper", "TraceCache"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext widgets` calls."""
    from widgets.magics import RecordMagics

    shell.register_magics(RecordMagics)
