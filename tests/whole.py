"""How much of what a run only samples is tried: SWEEP=all in the environment tries all of it, and
`--hypothesis-profile=thorough` four times as many examples of each property.
"""

from __future__ import annotations

import os
from typing import Final

import hypothesis

SWEEP: Final = os.environ.get("SWEEP")
IS_WHOLE: Final = SWEEP == "all"
THOROUGH: Final = 100  # examples, where a test names no number
EVERYDAY: Final = 12
FEWEST: Final = 8


def tries(number: int, *, least: int = FEWEST) -> int:
    """How many examples a test draws that draws so many when it is thorough. `least` is for those that take long."""
    share = number * hypothesis.settings().max_examples // THOROUGH
    return max(min(number, least), share)
