"""What the service takes for the same value: another case, another unit, another order. For `Rule.meaning`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from provisioner.model.document import canonical

_QUANTITY: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKMGT]i?|m)?[bB]?\s*")
# Kubernetes' suffixes, which Azure's container services share
_FACTORS: Final = {
    "": 1,
    "m": Decimal("0.001"),
    **{letter: 1000**power for power, letters in enumerate(("", "kK", "M", "G", "T")) for letter in letters},
    **{f"{letter}i": 1024**power for power, letters in enumerate(("", "kK", "M", "G", "T")) for letter in letters},
}


def folded(value: Any) -> object:
    """A name that ignores case."""
    return value.casefold() if isinstance(value, str) else value


def quantity(value: Any) -> object:
    """`0.5`, `500m`; `1Gi`, `1024Mi`."""
    match = _QUANTITY.fullmatch(str(value)) if isinstance(value, (str, int, float)) else None
    if match is None or isinstance(value, bool):
        return value
    return float(Decimal(match[1]) * _FACTORS[match[2] or ""])


def unordered(value: Any) -> object:
    """A list that is a set."""
    return sorted(value, key=canonical) if isinstance(value, (list, tuple)) else value
