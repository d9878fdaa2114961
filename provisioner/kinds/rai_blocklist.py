"""Blocklists of content filters: Azure Resource Manager, `accounts/raiBlocklists` and the items below each.

Source: Azure/bicep-types-az, Microsoft.CognitiveServices 2026-09-01; azure-rest-api-specs (RaiBlocklist.tsp,
RaiBlocklistItem.tsp, AddRaiBlocklistItems.json); Microsoft Learn, how to use blocklists (limits).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from provisioner.kinds import fragments as f
from provisioner.kinds.managed import TAG_LIMIT, made, management_of, tagged
from provisioner.kinds.neighbours import NAME, Neighbours
from provisioner.kinds.protocol import ACCOUNT, Kind, ManagementPlane, Service
from provisioner.kinds.rights import Right, on_account
from provisioner.kinds.shapes import LABELS, all_shaped, shaped
from provisioner.model.address import Address
from provisioner.model.diagnostic import Finding
from provisioner.model.document import Document
from provisioner.model.errors import PlaneError
from provisioner.model.resource import Live
from provisioner.model.shape import FLAG, TEXT, having, needed
from provisioner.model.traits import Rule, Traits
from provisioner.reconcile.marker import read_marker

if TYPE_CHECKING:
    from provisioner.model.plan import Change

SECTION: Final = "rai_blocklists"
_NAME: Final = "[a-zA-Z0-9][a-zA-Z0-9_.-]*"
_ITEM_NAME: Final = re.compile(_NAME)
_MOST_ITEMS: Final = 10_000
_LONGEST_PATTERN: Final = 1_000
_BATCH: Final = 100  # assumed: the service states no limit of its own
_BLOCKLIST: Final = having(
    properties=having(description=TEXT), tags=LABELS, etag=TEXT, systemData=having(createdAt=TEXT)
)
_ITEM: Final = having(name=needed(TEXT), properties=needed(having(pattern=needed(TEXT), isRegex=FLAG)))

_NEIGHBOURS: Final[Neighbours] = {
    "name": NAME,
    "properties": "Its keys stand one level up: `description`, `items`.",
    "raiBlocklistItems": "items",
    "blocklistItems": "items",
    "terms": "items",
}

_CODES: Final = {
    "too-many-items": "A blocklist has more items than the service takes.",
    "item-twice": "Two items of a blocklist have names that differ in their case alone.",
    "item-name": "An item of a blocklist has a name that the service does not take.",
}


class RaiBlocklistKind(Kind):
    section = SECTION
    singular = "blocklist"
    # Writes are synchronous. assumed: while another child of the account is written, they are refused all the same.
    lane = ACCOUNT
    settings = ("subscription_id", "resource_group")
    traits = Traits(
        rules={
            ("items",): Rule(whole=True, closed=True, case_blind=True, is_silent=True),
            ("tags",): Rule(free=True, case_blind=True),
        },
        case_blind=True,
        marker_size=256,
    )
    codes = _CODES
    neighbours = _NEIGHBOURS

    def names(self) -> Document:
        # assumed: the length, as the service states none
        return {"pattern": f"^{_NAME}$", "minLength": 1, "maxLength": 64}

    def schema(self) -> Document:
        return f.mapping("A list of what content filters are to block, on the account.", _PROPERTIES)

    def desired(self, entry: Document) -> Document:
        fields = f.meaning(entry, ("description", "items", "tags"))
        if isinstance(items := fields.get("items"), Mapping):
            fields["items"] = {name: {"is_regex": False, **item} for name, item in items.items()}
        return fields

    def entry(self, fields: Document) -> Document:
        shown = f.fitting(fields, self.schema())
        return {key: shown[key] for key in _PROPERTIES if shown.get(key, {}) not in ({}, "")}

    def rights(self, change: Change) -> Iterator[Right]:
        yield from on_account("raiBlocklists", change)

    def check(self, name: str, entry: Document) -> Iterator[Finding]:
        yield from f.check_pairs("tags", entry.get("tags"), limit=TAG_LIMIT)
        items = entry.get("items")
        if isinstance(items, Mapping):
            yield from _check_items(name, [str(item) for item in items])

    def list(self, service: Service) -> Iterator[Live]:
        """The list of lists shows no items: each costs a request of its own, and one more for each further page."""
        if (management := service.management) is not None:
            for body in management.items(f"{management.account}/raiBlocklists"):
                if (found := _with_items(management, _observed(body))) is not None:
                    yield found

    def lists_all(self, service: Service) -> bool:
        return service.management is not None

    def read(self, service: Service, address: Address) -> Live | None:
        if (management := service.management) is None:
            return None
        body = management.get(_path(management, address))
        return _with_items(management, _observed(body)) if body is not None else None

    def create(self, service: Service, change: Change) -> Live | None:
        """First the list, as items need one; where one of them fails, it is missing, and planned again."""
        management = management_of(service, self)
        path = _path(management, change.address)
        made(self, service, change, path=path, body=_wire(change))
        _add(management, path, _items(change.after))
        return None

    def update(self, service: Service, change: Change) -> Live | None:
        """The items first: once the list's tags tell of other ones, what is left of the old is nobody's."""
        management = management_of(service, self)
        path = _path(management, change.address)
        before, after = _items(change.before.fields if change.before else None), _items(change.after)
        stays = {name.casefold() for name in after}
        _remove(management, path, [name for name in before if name.casefold() not in stays])
        held = {name.casefold(): item for name, item in before.items()}
        _add(management, path, {name: item for name, item in after.items() if held.get(name.casefold()) != item})
        management.put(path, _wire(change))
        return None

    def delete(self, service: Service, change: Change) -> None:
        management = management_of(service, self)
        management.delete(_path(management, change.address))


def _check_items(name: str, items: Sequence[str]) -> Iterator[Finding]:
    if len(items) > _MOST_ITEMS:
        message = f'Blocklist "{name}" has {len(items):,} items; the service takes {_MOST_ITEMS:,}.'
        yield Finding(path=("items",), code="too-many-items", message=message, hint="Make a second list of the rest.")
    seen: dict[str, str] = {}
    for item in items:
        other = seen.setdefault(item.casefold(), item)
        if other != item:
            message = f'Blocklist "{name}" has the items "{other}" and "{item}", which are one to the service.'
            yield _about_item(item, "item-twice", message, "Remove one, or give it another name.")
        if not _ITEM_NAME.fullmatch(item):
            message = f'Blocklist "{name}" has an item of a name that the service does not take: "{item}".'
            yield _about_item(item, "item-name", message, "Letters, digits, `_`, `.` and `-`; a letter or digit first.")


def _about_item(item: str, code: str, message: str, hint: str) -> Finding:
    return Finding(path=("items", item), code=code, message=message, hint=hint, at_key=True)


def _path(management: ManagementPlane, address: Address) -> str:
    return f"{management.account}/raiBlocklists/{quote(address.name, safe='')}"


def _add(management: ManagementPlane, path: str, items: Mapping[str, Document]) -> None:
    """Those that are there already are written over."""
    bodies = [
        {"name": name, "properties": {"pattern": item["pattern"], "isRegex": item.get("is_regex", False)}}
        for name, item in items.items()
    ]
    for batch in _batches(bodies):
        management.post(f"{path}/addRaiBlocklistItems", batch)


def _remove(management: ManagementPlane, path: str, names: Sequence[str]) -> None:
    for batch in _batches(names):
        management.post(f"{path}/deleteRaiBlocklistItems", batch)


def _batches(things: Sequence[object]) -> Iterable[Sequence[object]]:
    return (things[at : at + _BATCH] for at in range(0, len(things), _BATCH))


def _items(fields: Document | None) -> dict[str, Document]:
    """Those of which something is left: one that goes may leave its name behind."""
    items = (fields or {}).get("items") or {}
    return {name: item for name, item in items.items() if "pattern" in item}


def _item(properties: Document) -> dict[str, Any]:
    return {"pattern": properties["pattern"], "is_regex": bool(properties.get("isRegex"))}


@shaped(SECTION, _BLOCKLIST)
def _observed(body: Document) -> Live:
    address = Address(SECTION, str(body["name"]))
    tags, marker = read_marker(body.get("tags") or {}, address)
    description = (body.get("properties") or {}).get("description")
    fields: dict[str, Any] = {"description": description} if description else {}
    if tags:
        fields["tags"] = tags
    made_at = str((body.get("systemData") or {}).get("createdAt") or "")
    return Live(address=address, fields=fields, marker=marker, revision=str(body.get("etag") or ""), identity=made_at)


def _with_items(management: ManagementPlane, found: Live) -> Live | None:
    """None where it went since it was shown."""
    if found.odd:
        return found
    what = f"An item of {found.address}"
    bodies = all_shaped(management.items(f"{_path(management, found.address)}/raiBlocklistItems"), _ITEM, what=what)
    try:
        items = {str(body["name"]): _item(body["properties"]) for body in bodies}
    except PlaneError as error:
        if error.failure.status != 404:
            raise
        return None
    return replace(found, fields={**found.fields, "items": items}) if items else found


def _wire(change: Change) -> dict[str, Any]:
    """The whole body of a PUT, which replaces."""
    description = (change.after or {}).get("description")
    return {"properties": {"description": description} if description else {}, "tags": tagged(change)}


_PROPERTIES: Final[dict[str, Any]] = {
    "description": f.text("What it is for."),
    "items": {
        "type": "object",
        "description": "What is blocked, by names of your own. It is the whole list: what others add is drift. Changes "
        "may take five minutes to have effect.",
        "additionalProperties": f.mapping(
            "One item.",
            {
                "pattern": f.text(
                    "The text, or regular expression, that is blocked. Its case matters.",
                    minLength=1,
                    maxLength=_LONGEST_PATTERN,
                ),
                "is_regex": f.flag("Whether it is a regular expression.", default=False),
            },
            required=["pattern"],
        ),
        "examples": [{"codename": {"pattern": "Project Falcon"}}],
    },
    "tags": f.pairs("Azure tags. Other tags on the live blocklist are left alone.", key=512, value=256),
}
