"""Keys for what is live and declared nowhere yet: its name where that can be one, or else the nearest that is free."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import count
from typing import Final

from provisioner.manifest.misfits import fits_name
from provisioner.manifest.schema import ANY_NAME
from provisioner.model.address import Address
from provisioner.model.document import Document

_UNUSABLE: Final = re.compile(r"[^\w.-]+|\A\.+\Z")  # no more than `ANY_KEY` takes
_NAMELESS: Final = "unnamed"
_LONGEST: Final = 200


def keys_for(addresses: Iterable[Address], taken: Collection[Address] = ()) -> dict[Address, Address]:
    """For each live address that cannot be its own key, the address of its entry."""
    given, used = {}, set(taken)
    hard: list[Address] = []
    for address in sorted(addresses):
        if address in used or not fits_name(address.name, ANY_NAME):
            hard.append(address)
        else:
            used.add(address)
    for address in hard:
        given[address] = _free(address, used)
        used.add(given[address])
    return given


def _free(address: Address, used: Collection[Address]) -> Address:
    stem = _UNUSABLE.sub("-", address.name)[:_LONGEST].strip("-") or _NAMELESS
    names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(it for name in names if (it := Address(address.kind, name)) not in used)


def with_live_name(entry: Document, address: Address, key: Address) -> Document:
    """The entry, which says what it is called on the service where that is not its key."""
    return entry if key == address else {"live_name": address.name, **entry}
