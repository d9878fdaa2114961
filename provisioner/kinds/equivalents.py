"""What the service takes for the same value: another case, another unit, another order. For `Rule.meaning`."""

from __future__ import annotations

import re
from typing import Any, Final

from provisioner.model.document import canonical

_QUANTITY: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kKMGT]i?|m)?[bB]?\s*")
# Kubernetes' suffixes, which Azure's container services share
_FACTORS: Final = {
    "": 1,
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
    from decimal import Decimal  # noqa: PLC0415 - few manifests have quantities

    number = Decimal(match[1])
    return float(number / 1000 if match[2] == "m" else number * _FACTORS[match[2] or ""])


def unordered(value: Any) -> object:
    """A list that is a set."""
    return sorted(value, key=canonical) if isinstance(value, (list, tuple)) else value
