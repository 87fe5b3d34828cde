"""Notebook views of Recordings.

from widgets import Duet, Stepper
Stepper(record_torch(model, x))
Duet(record_torch(f, x), record_tensorflow(g, x))
"""

from __future__ import annotations

from widgets.duet import Duet
from widgets.stepper import Stepper

__all__ = ["Duet", "Stepper"]
