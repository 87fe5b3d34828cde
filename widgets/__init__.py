"""Notebook views of Recordings, caches and kernel launches.

from widgets import Duet, Stepper
Stepper(record_torch(model, x))
Duet(record_torch(f, x), record_tensorflow(g, x))
TraceCache(tf.function(f))
KernelView(inspect(kernel, blocks, threads, *arguments))
"""

from __future__ import annotations

from widgets.duet import Duet
from widgets.kernel_view import KernelView
from widgets.stepper import Stepper
from widgets.trace_cache import TraceCache

__all__ = ["Duet", "KernelView", "Stepper", "TraceCache"]
