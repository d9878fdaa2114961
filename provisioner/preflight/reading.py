"""Asks the service for what it offers. Whatever goes wrong is an Unknown: a check that cannot know refuses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from provisioner.kinds.protocol import ManagementPlane
from provisioner.model.document import Document
from provisioner.model.errors import PlaneError
from provisioner.preflight.access import Assignment, Grant
from provisioner.preflight.facts import Bounds, Catalogue, Model, Project, Sku, Unknown, Usage, plain

T = TypeVar("T")
_ENDING: Final[Mapping[str, int]] = {"deprecating": 1, "deprecated": 2}
_COUNT: Final = "count"
_FORBIDDEN: Final = 403
# Microsoft Learn, Foundry: manage quota. A role on the account alone does not do.
_OF_QUOTA: Final = "Cognitive Services Usages Reader on the subscription"
_FINE_TUNED: Final = "finetune"
_AUTHORIZATION_VERSION: Final = "2022-04-01"
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_PATTERN: Final = 500
_MOST_PATTERNS: Final = 50_000  # hundreds of roles; each of them is looked at for each right


def region(management: ManagementPlane) -> str | Unknown:
    """Where the account is."""
    return _region(management, management.account, "The account's region")


def project(management: ManagementPlane) -> Project | Unknown:
    """Where the project is, and who."""
    found = _asked(lambda: management.get(management.project) or {}, "The project")
    if isinstance(found, Unknown):
        return found
    identity = found.get("identity")
    return Project(
        region=plain(_text(found.get("location"))) or _untold("The project's region"),
        principals=tuple(_principals_in(_mapping(identity)))
        if found and (identity is None or isinstance(identity, dict))
        else _untold("The project's own identity"),
    )


def _principals_in(identity: Mapping[str, Any]) -> Iterator[str]:
    """Its own, and those that somebody assigned to it; each once."""
    assigned = _mapping(identity.get("userAssignedIdentities")).values()
    found = (_text(_mapping(it).get("principalId")) for it in (identity, *assigned))
    yield from dict.fromkeys(it for it in found if _GUID.fullmatch(it))


def grants(management: ManagementPlane, scope: str, what: str) -> tuple[Grant, ...] | Unknown:
    """What the caller may do at a scope, by whatever roles, wherever and to whichever of its groups they were given.
    `what` is what people call the scope.
    """
    said = f"What you may do on the {what}"
    path = f"{scope}/providers/Microsoft.Authorization/permissions?api-version={_AUTHORIZATION_VERSION}"
    found = _asked(lambda: tuple(dict.fromkeys(map(_grant, management.items(path)))), said)
    if not isinstance(found, Unknown) and sum(map(_size, found)) > _MOST_PATTERNS:
        return Unknown(f"{said} is not known: Azure tells of more than {_MOST_PATTERNS:,} actions.")
    return found


def _grant(entry: Document) -> Grant:
    """What is left out (a published example has no data actions) or is no list of actions may allow anything."""
    return Grant(
        actions=_patterns(entry.get("actions")),
        not_actions=_patterns(entry.get("notActions")) or (),
        data_actions=_patterns(entry.get("dataActions")),
        not_data_actions=_patterns(entry.get("notDataActions")) or (),
    )


def _patterns(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(it, str) and len(it) <= _LONGEST_PATTERN for it in value):
        return None
    return tuple(value)


def _size(grant: Grant) -> int:
    parts = (grant.actions, grant.not_actions, grant.data_actions, grant.not_data_actions)
    return sum(len(part or ()) for part in parts)


def assignments(management: ManagementPlane, scope: str, principal: str) -> tuple[Assignment, ...] | Unknown:
    """The roles that somebody, or a group they are in, has been given at a scope, above it and below, in force or
    not.
    """
    query = urlencode({"api-version": _AUTHORIZATION_VERSION, "$filter": f"assignedTo('{principal}')"})
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments?{query}"
    found = _asked(lambda: list(management.items(path)), f"The roles of {principal}")
    return found if isinstance(found, Unknown) else tuple(_assignments_in(found))


def _assignments_in(entries: Iterable[Document]) -> Iterator[Assignment]:
    for entry in entries:
        given = _mapping(entry.get("properties"))
        role = _text(given.get("roleDefinitionId")).rstrip("/").rpartition("/")[2]
        yield Assignment(role=role, scope=_text(given.get("scope")))


def _region(management: ManagementPlane, path: str, what: str) -> str | Unknown:
    found = _asked(lambda: plain(_text((management.get(path) or {}).get("location"))), what)
    return found or _untold(what)


def _untold(what: str) -> Unknown:
    return Unknown(f"{what} is not known: the service does not say it.")


def catalogue(management: ManagementPlane, *, region: str = "") -> Catalogue | Unknown:
    """What the account can deploy, or where a region is named, what accounts there can."""
    holder = _location(management, region) if region else management.account
    found = _asked(lambda: list(management.items(f"{holder}/models")), "The models that can be deployed")
    if isinstance(found, Unknown):
        return found
    models = tuple(models_in(found))
    return Catalogue(models) if models else Unknown("The models that can be deployed are not known: the list is empty.")


def usages(management: ManagementPlane, where: str | Unknown) -> Mapping[str, Usage] | Unknown:
    """What is used of each quota in a region."""
    if isinstance(where, Unknown):
        return Unknown()  # for which there is a note already
    path = f"{_location(management, where)}/usages"
    found = _asked(lambda: list(management.items(path)), f"The quota in {where}", role=_OF_QUOTA)
    return found if isinstance(found, Unknown) else dict(_usages_in(found))


def _asked(ask: Callable[[], T], what: str, *, role: str = "") -> T | Unknown:
    """`role` is what who may not ask is lacking."""
    try:
        return ask()
    except PlaneError as error:
        told = error.failure.message.partition("\n")[0].rstrip(".")
        remedy = f" It takes the role {role}." if role and error.failure.status == _FORBIDDEN else ""
        return Unknown(f"{what} could not be read: {told}.{remedy}")


def _location(management: ManagementPlane, where: str) -> str:
    subscription = "/".join(management.account.split("/")[:3])
    return f"{subscription}/providers/Microsoft.CognitiveServices/locations/{quote(where, safe='')}"


def models_in(entries: Iterable[Document]) -> Iterator[Model]:
    """Each version once, though the service lists it once for each kind of account. What is no model is left out."""
    merged: dict[tuple[str, str, str], Model] = {}
    for entry in entries:
        model = _model(entry.get("model") if isinstance(entry.get("model"), dict) else entry)
        if model is None:
            continue
        key = (model.format.casefold(), model.name.casefold(), model.version.casefold())
        merged[key] = _merged(merged[key], model) if key in merged else model
    yield from merged.values()


def _merged(first: Model, second: Model) -> Model:
    """What one kind of account can still have is not refused, whatever another one cannot."""
    lead, other = sorted((first, second), key=lambda it: _ENDING.get(it.lifecycle.casefold(), 0))
    more = tuple(sku for sku in other.skus if lead.sku(sku.name) is None)
    return replace(lead, is_default=lead.is_default or other.is_default, skus=(*lead.skus, *more))


def _model(entry: Any) -> Model | None:
    names = [_text(entry.get(key)) for key in ("format", "name", "version")]
    if not all(names):
        return None
    end, next_one = _mapping(entry.get("deprecation")), _mapping(entry.get("replacementConfig"))
    return Model(
        format=names[0],
        name=names[1],
        version=names[2],
        is_default=entry.get("isDefaultVersion") is True,
        lifecycle=_text(entry.get("lifecycleStatus")),
        retires=day(end.get("inference")),
        certainty=_text(end.get("deprecationStatus")),
        capabilities=frozenset(key for key, value in _mapping(entry.get("capabilities")).items() if value == "true"),
        skus=tuple(_skus(entry.get("skus"))),
        successor=_text(next_one.get("targetModelName")),
    )


def _skus(entries: Any) -> Iterator[Sku]:
    """Those that a base model is deployed with; what is listed twice is one."""
    seen: set[str] = set()
    for entry in entries if isinstance(entries, list) else ():
        name = _text(_mapping(entry).get("name"))
        if name and name.casefold() not in seen and _text(entry.get("scope")).casefold() != _FINE_TUNED:
            seen.add(name.casefold())
            yield Sku(
                name=name,
                usage=_text(entry.get("usageName")),
                capacity=_bounds(_mapping(entry.get("capacity"))),
                lifecycle=_text(entry.get("lifecycleStatus")),
            )


def _bounds(capacity: Mapping[str, Any]) -> Bounds:
    given = capacity.get("allowedValues")
    allowed = [whole(it) for it in given] if isinstance(given, list) else []
    return Bounds(
        **{key: whole(capacity.get(key)) for key in ("minimum", "maximum", "step", "default")},
        allowed=tuple(it for it in allowed if it is not None),
    )


def _usages_in(entries: Iterable[Document]) -> Iterator[tuple[str, Usage]]:
    """How much of what is not counted in capacity, such as bytes or percent, says nothing of what is left of that."""
    for entry in entries:
        name = _text(_mapping(entry.get("name")).get("value"))
        is_count = (_text(entry.get("unit")) or _COUNT).casefold() == _COUNT
        if name:
            used, limit = (whole(entry.get(key)) if is_count else None for key in ("currentValue", "limit"))
            yield name, Usage(used=used, limit=limit)


def whole(value: object) -> int | None:
    """A number as the service writes it, with or without a fraction."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value)


def day(value: object) -> date | None:
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
