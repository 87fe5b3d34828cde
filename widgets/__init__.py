"""Notebook views of Recordings.

from widgets import Stepper
Stepper(record_torch(model, x))
"""

from __future__ import annotations

from widgets.stepper import Stepper

__all__ = ["Stepper"]
