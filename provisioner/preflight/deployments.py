"""What a plan does to deployments, in the catalogue's terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioner.kinds.deployment import SECTION
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.document import Document, lookup
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired
from provisioner.preflight.facts import Catalogue, Facts, Model, Sku

_WRITTEN = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE, Action.ADOPT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A deployment as it is or is to be. `version` is empty and `capacity` None where the service chooses."""

    format: str
    name: str
    version: str
    sku: str
    capacity: int | None
    is_own: bool  # a model that somebody made, which no catalogue need list

    @property
    def model(self) -> str:
        """As people call it: `gpt-4.1-mini 2025-04-14`."""
        return f"{self.name} {self.version}".rstrip()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Format, name, version and sku, in which case counts for nothing."""
        return (self.format.casefold(), self.name.casefold(), self.version.casefold(), self.sku.casefold())

    def listed(self, catalogue: Catalogue) -> Model | None:
        return catalogue.find(self.format, self.name, self.version)


def wish_of(fields: Document) -> Wish:
    capacity = lookup(fields, ("sku", "capacity"))
    is_number = isinstance(capacity, (int, float)) and not isinstance(capacity, bool)
    own = any(isinstance(lookup(fields, ("model", key)), str) for key in ("source", "source_account"))
    name = _text(fields, "model", "name")
    return Wish(
        format=_text(fields, "model", "format"),
        name=name,
        version=_text(fields, "model", "version"),
        sku=_text(fields, "sku", "name"),
        capacity=int(capacity) if is_number else None,  # type: ignore[call-overload]
        is_own=own or ".ft-" in name,
    )


def _text(fields: Document, *path: str) -> str:
    value = lookup(fields, path)
    return value if isinstance(value, str) else ""


def asked_anew(plan: Plan) -> Iterator[tuple[Change, Wish]]:
    """The changes for which the service looks at model, sku and capacity again."""
    for change in plan.changes:
        if change.address.kind == SECTION and change.action in _WRITTEN and _is_asked(change):
            yield change, wish_of(change.after or {})


def _is_asked(change: Change) -> bool:
    is_new = change.action in (Action.CREATE, Action.REPLACE)
    return is_new or any(field.path[0] in ("model", "sku") for field in change.fields)


def standing(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[tuple[Desired, Wish]]:
    """Every declared deployment as it will be once the plan is done, also those of others."""
    after = {change.address: change.after for change in plan.changes if change.action in _WRITTEN}
    for address, wanted in sorted(desired.items()):
        if address.kind != SECTION:
            continue
        found = facts.live.get(address)
        fields = after.get(address) or (found.fields if found is not None else wanted.fields)
        if fields:
            yield wanted, wish_of(fields)


def running(facts: Facts) -> Iterator[tuple[Address, Wish]]:
    """Every deployment that is there, whosever it is."""
    for address, found in sorted(facts.live.items()):
        if address.kind == SECTION:
            yield address, wish_of(found.fields)


def sku_of(wish: Wish, catalogue: Catalogue) -> Sku | None:
    """Where the version is the service's choice, the sku that all versions have in common."""
    model = wish.listed(catalogue)
    if model is not None:
        return model.sku(wish.sku)
    if wish.version:
        return None
    skus = {sku for it in catalogue.versions(wish.format, wish.name) for sku in (it.sku(wish.sku),)}
    return skus.pop() if len(skus) == 1 else None
