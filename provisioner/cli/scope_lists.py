"""Files that list scopes, as `--scopes-from` names them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason
from provisioner.model.scopes import ADVICE, scope_fault

_MOST_BYTES: Final = 16 << 20


def read_scopes(name: str) -> tuple[str, ...]:
    """Raises ProvisionerError for what is no list of scopes; none of its names is repeated in that."""
    where = "stdin" if name == "-" else f'"{name}"'
    found: dict[str, None] = {}
    for number, line in enumerate(_text(name, where).split("\n"), 1):
        scope = line.strip()
        if not scope or scope.startswith("#"):
            continue
        if fault := scope_fault(scope):
            raise ProvisionerError(f"The scope on line {number} of {where} {fault}.", ADVICE)
        found[scope] = None
    return tuple(found)


def _text(name: str, where: str) -> str:
    try:
        if name == "-":
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as stream:
                content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ProvisionerError(f"{where} cannot be read: {reason(error)}.") from error
    if len(content) > _MOST_BYTES:
        raise ProvisionerError(f"{where} has more than {_MOST_BYTES >> 20} MB: that is no list of scopes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProvisionerError(f"{where} is not UTF-8.", "Save it as UTF-8, one scope a line.") from error
