"""What the service tells of itself: models, quota, rights and where the account is. Every part may be unknown, and says
why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from provisioner.kinds.rights import Where
from provisioner.model.address import Address
from provisioner.model.resource import Live
from provisioner.preflight.access import Assignment, Grant
from provisioner.preflight.diagnosis import Door


@dataclass(frozen=True, slots=True)
class Unknown:
    """`why` is a sentence for people; empty where nobody asked."""

    why: str = ""


NOT_ASKED: Final = Unknown()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of a sku one deployment can have; None where the service does not say."""

    minimum: int | None = None
    maximum: int | None = None
    step: int | None = None
    default: int | None = None
    allowed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sku:
    """`usage` is the name of the quota that it takes from. `lifecycle` is empty where the sku has none of its own."""

    name: str
    usage: str = ""
    capacity: Bounds = field(default_factory=Bounds)
    lifecycle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One version of a model. `certainty` says how sure the date is: `Planned`, `Tentative`. `successor` is the name of
    the model that an automatic upgrade leads to.
    """

    format: str
    name: str
    version: str
    is_default: bool = False
    lifecycle: str = ""
    retires: date | None = None
    certainty: str = ""
    capabilities: frozenset[str] = frozenset()
    skus: tuple[Sku, ...] = ()
    successor: str = ""

    def sku(self, name: str) -> Sku | None:
        """Names ignore case."""
        return next((sku for sku in self.skus if sku.name.casefold() == name.casefold()), None)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the account can deploy. Formats, names and versions ignore case."""

    models: tuple[Model, ...]

    def versions(self, format: str, name: str) -> tuple[Model, ...]:  # noqa: A002 - the service's word
        wanted = format.casefold(), name.casefold()
        return tuple(it for it in self.models if (it.format.casefold(), it.name.casefold()) == wanted)

    def find(self, format: str, name: str, version: str) -> Model | None:  # noqa: A002
        """Without a version, the one that the service picks."""
        versions = self.versions(format, name)
        if not version:
            return picked(versions)
        return next((it for it in versions if it.version.casefold() == version.casefold()), None)


def picked(versions: Sequence[Model]) -> Model | None:
    """The version that a deployment gets that asks for none; None where the service does not say: many models have no
    version that is flagged as the default.
    """
    defaults = [it for it in versions if it.is_default] or list(versions)
    return defaults[0] if len(defaults) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Of one quota, summed over all accounts of the subscription in a region; None where the service does not say."""

    used: int | None
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where the project is, and the ids of the identities that it has of its own."""

    region: str | Unknown
    principals: tuple[str, ...] | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`live` is what the plan was made from; `account` is the account's ARM id, empty where nothing but the project
    can be read, and `region` is where it is. `grants` are the caller's, by where they apply; `principals` are the
    project's own identities, and `identity_roles` what they have been given at the account and above. A retirement
    within `fail_within` days is an error.
    """

    today: date
    live: Mapping[Address, Live] = field(default_factory=dict)
    account: str = ""
    is_local: bool = False
    region: str | Unknown = NOT_ASKED
    project_region: str | Unknown = NOT_ASKED
    catalogue: Catalogue | Unknown = NOT_ASKED
    usages: Mapping[str, Usage] | Unknown = NOT_ASKED
    door: Door = field(default_factory=lambda: Door(endpoint=""))
    grants: Mapping[Where, Sequence[Grant] | Unknown] = field(default_factory=dict)
    principals: tuple[str, ...] | Unknown = NOT_ASKED
    identity_roles: tuple[Assignment, ...] | Unknown = NOT_ASKED
    fail_within: int | None = None

    @property
    def remedy_here(self) -> str:
        """What helps beside another model on a Foundry that is embedded here; empty elsewhere."""
        return "The local Foundry goes by its catalogue; --catalogue FILE adds to it." if self.is_local else ""

    def gaps(self) -> Iterator[str]:
        """Why what was asked for is unknown."""
        rights = (*self.grants.values(), self.principals, self.identity_roles)
        for part in (self.region, self.project_region, self.catalogue, self.usages, *rights):
            if isinstance(part, Unknown) and part.why:
                yield part.why


def plain(region: str) -> str:
    """ "East US 2" and `eastus2` are one region."""
    return region.casefold().replace(" ", "")
