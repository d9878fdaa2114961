"""How much of what a run only samples is tried: SWEEP=all in the environment tries all of it."""

from __future__ import annotations

import os
from typing import Final

SWEEP: Final = os.environ.get("SWEEP")
IS_WHOLE: Final = SWEEP == "all"
