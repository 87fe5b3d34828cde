"""When a class must hand in, and what a late submission loses.

The penalty is a share of the points earned, for each day begun after deadline and grace, up to a most. Where a
platform says only that a submission was late, not when it came, one day is taken off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class HandedIn:
    """When a student handed in: seconds since 1970, 0 where the platform does not say. `late` is the platform's own
    word."""

    at: float = 0.0
    late: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lateness:
    """How many days late, and the share of the points that this costs."""

    days: int = 0
    share: float = 0.0

    def reduced(self, points: float) -> float:
        return points * (1.0 - self.share)


@dataclass(frozen=True, slots=True)
class Deadline:
    """`due` in seconds since 1970, `grace` in seconds; `penalty` is the share of the points that a day costs, `most`
    the share that lateness costs at most."""

    due: float
    grace: float = 0.0
    penalty: float = 0.0
    most: float = 1.0

    def lateness(self, handed_in: HandedIn, extension: float = 0.0) -> Lateness:
        """What `handed_in` costs; `extension` is the student's own deadline, 0 for none."""
        if handed_in.at:
            over = handed_in.at - max(extension, self.due) - self.grace
            days = math.ceil(over / _DAY) if over > 0 else 0
        else:
            days = 1 if handed_in.late and not extension else 0
        return Lateness(days, min(self.most, days * self.penalty))


def moment(text: str) -> float:
    """Seconds since 1970 of "2026-03-01 23:59" (the machine's own time zone) or "2026-03-01T23:59+01:00".

    Raises UserError for text that is not a date.
    """
    try:
        return datetime.fromisoformat(text.strip()).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise UserError(
            _("{text!r} is not a moment: write it like 2026-03-01T23:59+01:00", text=text)
        ) from None


def in_words(at: float) -> str:
    """The moment in the machine's own time zone, "" for 0."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z") if at else ""


def share(text: str) -> float:
    """0.1 of "10%", "10 %" or "0.1". Raises UserError for what is not a share from 0 to 100 %."""
    bare = text.strip()
    try:
        value = float(bare.rstrip("% ")) / 100 if bare.endswith("%") else float(bare)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise UserError(_("{text!r} is not a share: write it like 10%", text=text))
    return value
