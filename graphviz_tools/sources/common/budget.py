"""How much of a run is recorded."""

from __future__ import annotations

from dataclasses import dataclass

from graphviz_tools.recording import Omission


@dataclass
class Budget:
    """How many `run` steps may still be recorded; a program over its budget runs on unseen."""

    most: int
    shown: int = 0
    unseen: int = 0

    def spend(self) -> bool:
        """Whether one more step is within the budget."""
        if self.shown >= self.most:
            self.unseen += 1
            return False
        self.shown += 1
        return True

    def omission(self) -> list[Omission]:
        """What has been left out, if anything."""
        return [Omission("steps", self.unseen, f"max_steps={self.most}")] if self.unseen else []
