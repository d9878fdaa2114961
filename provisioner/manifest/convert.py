"""Text as the number or boolean it spells."""

from __future__ import annotations

import re
from collections.abc import Collection

_WHOLE = re.compile(r"[-+]?[0-9]{1,400}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,300}\.[0-9]{1,300}")


def convert(text: str, wanted: Collection[str]) -> int | float | bool | None:
    """`wanted` are JSON Schema's type names; None when the text spells none of those."""
    spelled = text.strip()
    if "boolean" in wanted and spelled.lower() in {"true", "false"}:
        return spelled.lower() == "true"
    if ("integer" in wanted or "number" in wanted) and _WHOLE.fullmatch(spelled):
        return int(spelled)
    if "number" in wanted and _DECIMAL.fullmatch(spelled):
        return float(spelled)
    return None
