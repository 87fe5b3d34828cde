"""A private name of a framework: where it is, which version had it last, and what is lost without it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class PrivateName:
    """`name` of `module`, last seen in version `seen`, and what is lost without it."""

    module: str
    name: str
    seen: str
    loses: str

    def find(self) -> Any | None:
        """The object behind the name; None when this version has no such name."""
        try:
            return self._look_up()
        except (ImportError, AttributeError):
            return None

    def is_there(self) -> bool:
        """Whether this version has the name, even where its value is None."""
        try:
            self._look_up()
        except (ImportError, AttributeError):
            return False
        return True

    def _look_up(self) -> Any:
        found: Any = import_module(self.module)
        for part in self.name.split("."):
            found = getattr(found, part)
        return found
