"""What of the live state has been written into the manifest, and what has not."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.model.address import Address
from provisioner.model.document import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A field of a resource, or with an empty path all of it, and where it stands now."""

    address: Address
    path: Path = ()
    file: str
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """`why` goes on after the name of the field."""

    address: Address
    path: Path = ()
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Both in the order of the addresses."""

    written: tuple[Written, ...] = ()
    left: tuple[Left, ...] = ()
