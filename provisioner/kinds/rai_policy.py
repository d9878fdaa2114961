"""Content filter policies: Azure Resource Manager, `accounts/raiPolicies`. The service's own are not managed.

Source: Azure/bicep-types-az, Microsoft.CognitiveServices 2026-09-01; azure-rest-api-specs (RaiPolicy.tsp). assumed: the
service keeps the filters of a policy as they are sent (terraform-provider-azurerm's acceptance test of one filter is
read back as one). What it adds to them all the same is remembered in a tag, so that it is not taken for somebody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from provisioner.kinds import fragments as f
from provisioner.kinds.casing import camel, rekeyed, snake
from provisioner.kinds.equivalents import folded
from provisioner.kinds.managed import TAG_LIMIT, made, management_of, tagged
from provisioner.kinds.neighbours import NAME, Neighbours
from provisioner.kinds.policies_named import SECTION, is_built_in
from provisioner.kinds.protocol import ACCOUNT, Kind, ManagementPlane, Service
from provisioner.kinds.rai_blocklist import SECTION as BLOCKLISTS
from provisioner.kinds.rights import Right, on_account
from provisioner.kinds.shapes import LABELS, answered, shaped
from provisioner.model.address import Address
from provisioner.model.diagnostic import Finding, Severity
from provisioner.model.document import Document, canonical
from provisioner.model.resource import Desired, Live, Reference
from provisioner.model.shape import LIST, OBJECT, TEXT, having, needed, solid
from provisioner.model.traits import Rule, Traits
from provisioner.reconcile.marker import read_marker

if TYPE_CHECKING:
    from provisioner.model.plan import Change

_FILLED_IN: Final = "provisioner-filled-in"  # a tag: the fingerprints of the filters that the service added
_PRINT: Final = 8
_MOST_PRINTS: Final = 256 // _PRINT
_LISTS: Final = ("content_filters", "custom_blocklists", "safety_providers")
_POLICY: Final = having(
    properties=needed(
        having(
            basePolicyName=TEXT,
            mode=TEXT,
            type=TEXT,
            contentFilters=replace(LIST, each=solid(having(name=TEXT, source=TEXT))),
            customBlocklists=replace(LIST, each=solid(OBJECT)),
            safetyProviders=replace(LIST, each=solid(OBJECT)),
        )
    ),
    tags=replace(LABELS, members={**LABELS.members, _FILLED_IN: solid(TEXT)}),
    etag=TEXT,
    systemData=having(createdAt=TEXT),
)
_SYSTEM: Final = "systemmanaged"
_SEVERE: Final = ("hate", "sexual", "violence", "selfharm")  # the filters with a threshold
_SOURCES: Final = ["Prompt", "Completion", "PreRun", "PreToolCall", "PostToolCall", "PostRun"]
_EGRESS_DEFAULTS: Final = {"default_action": "Deny", "mode": "Enforced"}
_LATER: Final = {"deferred": "asynchronous_filter"}  # its name since 2025-06-01

_NEIGHBOURS: Final[Neighbours] = {
    "name": NAME,
    "properties": "Its keys stand one level up: `base_policy_name`, `mode`, `content_filters`, …",
    "basePolicy": "base_policy_name",
    "base_policy": "base_policy_name",
    "filters": "content_filters",
    "content_filter": "content_filters",
    "blocklists": "custom_blocklists",
    "promptBlocklists": "custom_blocklists",
    "completionBlocklists": "custom_blocklists",
}
_CODES: Final = {
    "built-in-policy": "The service keeps the policies called Microsoft.*; no manifest can.",
    "filter-twice": "A content filter policy names the same thing twice for one source.",
    "filter-threshold": "A content filter has a severity threshold and no use for it.",
}


def _mode(value: Any) -> object:
    mode = folded(value)
    return _LATER.get(mode, mode) if isinstance(mode, str) else mode


def _as_set(name_key: str, value: Any) -> object:
    """A list as a set by name and source, in whatever order and letters."""
    if not isinstance(value, (list, tuple)):
        return value
    return sorted((_plain(item) for item in value), key=partial(_identity, name_key))


def _plain(item: Any) -> object:
    """No action is as good as none."""
    if not isinstance(item, Mapping):
        return item
    return {
        key: folded(value) for key, value in item.items() if value is not None and (key, folded(value)) != _NO_ACTION
    }


_NO_ACTION: Final = ("action", "none")


def _identity(name_key: str, item: object) -> str:
    if not isinstance(item, Mapping):
        return canonical(item)
    return canonical([item.get("source"), item.get(name_key), item])


class RaiPolicyKind(Kind):
    section = SECTION
    singular = "content filter policy"
    # PUT is synchronous. assumed: while another child of the account is written, it is refused all the same.
    lane = ACCOUNT
    settings = ("subscription_id", "resource_group")
    traits = Traits(
        rules={
            # What guards must be seen to be there: a policy that shows less than was sent is not done.
            ("base_policy_name",): Rule(meaning=folded, is_silent=True),
            ("mode",): Rule(meaning=_mode, default="Default", is_silent=True),
            ("content_filters",): Rule(meaning=partial(_as_set, "name"), is_silent=True),
            ("custom_blocklists",): Rule(meaning=partial(_as_set, "blocklist_name"), is_silent=True),
            ("safety_providers",): Rule(meaning=partial(_as_set, "safety_provider_name"), is_silent=True),
            ("egress_policy",): Rule(is_silent=True),
            **{("egress_policy", key): Rule(meaning=folded) for key in _EGRESS_DEFAULTS},
            ("tags",): Rule(free=True, case_blind=True),
        },
        case_blind=True,
        marker_size=256,
    )
    codes = _CODES
    neighbours = _NEIGHBOURS

    def names(self) -> Document:
        # assumed: the length, as the service states none
        return {"pattern": "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", "minLength": 1, "maxLength": 64}

    def schema(self) -> Document:
        return f.mapping("A content filter policy of the account.", _PROPERTIES, required=["base_policy_name"])

    def desired(self, entry: Document) -> Document:
        """What the service might fill in is said, so that nothing of it looks like somebody's."""
        fields = f.meaning(entry, ("tags", *_LISTS))
        if isinstance(filters := fields.get("content_filters"), (list, tuple)):
            fields["content_filters"] = [_filled(it) for it in filters]
        for key in _LISTS[1:]:
            if isinstance(listed := fields.get(key), (list, tuple)):
                fields[key] = [{"blocking": True, **it} for it in listed]
        if isinstance(egress := fields.get("egress_policy"), Mapping):
            fields["egress_policy"] = {**_EGRESS_DEFAULTS, **rekeyed(rekeyed(dict(egress), camel), snake)}
        return fields

    def entry(self, fields: Document) -> Document:
        shown = f.fitting(fields, self.schema())
        return {key: shown[key] for key in _PROPERTIES if shown.get(key, {}) not in ({}, [])}

    def references(self, fields: Document) -> Iterator[Reference]:
        lists = fields.get("custom_blocklists")
        for index, item in enumerate(lists if isinstance(lists, (list, tuple)) else ()):
            if isinstance(item, Mapping) and isinstance(name := item.get("blocklist_name"), str):
                path = ("custom_blocklists", str(index), "blocklist_name")
                yield Reference(path=path, target=Address(BLOCKLISTS, name), optional=True, case_blind=True)

    def rights(self, change: Change) -> Iterator[Right]:
        yield from on_account("raiPolicies", change)

    def check(self, name: str, entry: Document) -> Iterator[Finding]:
        yield from f.check_pairs("tags", entry.get("tags"), limit=TAG_LIMIT - 1)
        if is_built_in(name):
            message = f'"{name}" is a policy of the service: it is named without an entry, and nobody can change it.'
            hint = "Choose another name, and give this one as `base_policy_name`."
            yield Finding(path=(), code="built-in-policy", message=message, hint=hint, at_key=True)
        for key, name_key in zip(_LISTS, ("name", "blocklist_name", "safety_provider_name"), strict=True):
            yield from _twice(name, key, name_key, entry.get(key))
        filters = entry.get("content_filters")
        for index, item in enumerate(filters if isinstance(filters, (list, tuple)) else ()):
            yield from _threshold(item, ("content_filters", str(index)))

    def list(self, service: Service) -> Iterator[Live]:
        if (management := service.management) is not None:
            bodies = management.items(f"{management.account}/raiPolicies")
            yield from (_observed(body) for body in bodies if not _is_systems(body))

    def lists_all(self, service: Service) -> bool:
        return service.management is not None

    def read(self, service: Service, address: Address) -> Live | None:
        if (management := service.management) is None:
            return None
        body = management.get(_path(management, address))
        return None if body is None or _is_systems(body) else _observed(body)

    def is_unclear(self, wanted: Desired, found: Live | None) -> bool:
        """The service's own are in no list of ours, and may be referred to like somebody's."""
        return wanted.external and found is None and is_built_in(wanted.address.name)

    def inspect(self, service: Service, wanted: Desired, found: Live | None) -> Live | None:
        if (management := service.management) is None:
            return found
        body = management.get(_path(management, wanted.address))
        return Live(address=wanted.address, fields={}) if body is not None else None

    def create(self, service: Service, change: Change) -> Live | None:
        path = _path(management_of(service, self), change.address)
        return self._seen(service, change, made(self, service, change, path=path, body=_wire(change)))

    def update(self, service: Service, change: Change) -> Live | None:
        management = management_of(service, self)
        return self._seen(service, change, management.put(_path(management, change.address), _wire(change)))

    def delete(self, service: Service, change: Change) -> None:
        management = management_of(service, self)
        management.delete(_path(management, change.address))

    def _seen(self, service: Service, change: Change, shown: Document) -> Live | None:
        """As the answer shows it, which tells the service's filling-in from what somebody adds later: what it filled in
        is written on the policy, in a second PUT that is only sent where it did.
        """
        live = answered(_observed, shown, change.address)
        prints = _filled_in(live, change) if live is not None and change.marker is not None else ()
        if not prints:
            return live
        management, body = management_of(service, self), _wire(change)
        tags = {**body["tags"], _FILLED_IN: "".join(prints[:_MOST_PRINTS])}
        again = management.put(_path(management, change.address), {**body, "tags": tags})
        return answered(_observed, again, change.address)


def _filled_in(live: Live, change: Change) -> list[str]:
    """The fingerprints of the filters that were not sent."""
    sent = {_key(item) for item in (change.after or {}).get("content_filters") or ()}
    shown = live.fields.get("content_filters") or ()
    return sorted(_fingerprint(item) for item in shown if _key(item) not in sent) if sent else []


def _key(item: Document) -> tuple[object, object]:
    return folded(item.get("source")), folded(item.get("name"))


def _fingerprint(item: Document) -> str:
    import hashlib  # noqa: PLC0415 - it loads OpenSSL, which nobody needs who stays offline

    return hashlib.sha256(canonical(_plain(item)).encode()).hexdigest()[:_PRINT]


def _filled(item: Document) -> dict[str, Any]:
    is_severe = str(item.get("name")).casefold() in _SEVERE
    return {"enabled": True, "blocking": True, **({"severity_threshold": "Medium"} if is_severe else {}), **item}


def _twice(name: str, key: str, name_key: str, items: object) -> Iterator[Finding]:
    seen: set[tuple[object, object]] = set()
    for index, item in enumerate(items if isinstance(items, (list, tuple)) else ()):
        if not isinstance(item, Mapping):
            continue
        which = folded(item.get("source")), folded(item.get(name_key))
        if which in seen:
            message = f'Policy "{name}" names "{item.get(name_key)}" twice for the source {item.get("source")}.'
            yield Finding(path=(key, str(index)), code="filter-twice", message=message, hint="Remove one of them.")
        seen.add(which)


def _threshold(item: object, path: tuple[str, ...]) -> Iterator[Finding]:
    """Source: templates; other filters are on or off."""
    if not isinstance(item, Mapping) or "severity_threshold" not in item:
        return
    if str(item.get("name")).casefold() in {"jailbreak", "indirect attack", "profanity", "task adherence"}:
        yield Finding(
            path=(*path, "severity_threshold"),
            code="filter-threshold",
            message=f'The filter "{item.get("name")}" is on or off, and has no severity.',
            hint="Remove `severity_threshold`.",
            severity=Severity.WARNING,
        )


def _path(management: ManagementPlane, address: Address) -> str:
    return f"{management.account}/raiPolicies/{quote(address.name, safe='')}"


def _is_systems(body: Document) -> bool:
    """Whether the service keeps it: nobody's to own, and named without an entry."""
    name, properties = body.get("name"), body.get("properties")
    is_said = isinstance(properties, Mapping) and folded(properties.get("type")) == _SYSTEM
    return isinstance(name, str) and (is_said or is_built_in(name))


@shaped(SECTION, _POLICY)
def _observed(body: Document) -> Live:
    address = Address(SECTION, str(body["name"]))
    tags, marker = read_marker(body.get("tags") or {}, address)
    prints = tags.pop(_FILLED_IN, "")
    theirs = {prints[at : at + _PRINT] for at in range(0, len(prints), _PRINT)} if marker is not None else set()
    properties = body["properties"]
    fields = {
        snake(key): rekeyed(value, snake)
        for key, value in properties.items()
        if key != "type" and value is not None and value != []
    }
    for key in set(_LISTS) & fields.keys():
        fields[key] = [{name: value for name, value in item.items() if value is not None} for item in fields[key]]
    filters = [item for item in fields.pop("content_filters", ()) if _fingerprint(item) not in theirs]
    if filters:
        fields["content_filters"] = filters
    if tags:
        fields["tags"] = tags
    return Live(
        address=address,
        fields=fields,
        marker=marker,
        needs=frozenset(reference.target for reference in RaiPolicyKind().references(fields)),
        revision=str(body.get("etag") or ""),
        identity=str((body.get("systemData") or {}).get("createdAt") or ""),
    )


def _wire(change: Change) -> dict[str, Any]:
    """The whole body of a PUT, which replaces."""
    fields = {key: value for key, value in (change.after or {}).items() if key != "tags"}
    return {"properties": rekeyed(fields, camel), "tags": tagged(change)}


def _applied_to(name_key: str, name: Mapping[str, Any], *, more: Mapping[str, Any], what: str) -> dict[str, Any]:
    source = f.text("When it looks: before or after the model, or at a point of an agent's run.", examples=_SOURCES)
    flag = f.flag("Whether what it finds is blocked; else it is only annotated.", default=True)
    return f.mapping(what, {name_key: name, "source": source, "blocking": flag, **more}, required=[name_key, "source"])


def _all(items: Mapping[str, Any], description: str, **more: Iterable[object]) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": dict(items), **more}


_PROPERTIES: Final[dict[str, Any]] = {
    "base_policy_name": f.text(
        "The policy of the service that it is based on.", examples=["Microsoft.DefaultV2", "Microsoft.Default"]
    ),
    "mode": f.text(
        "Whether answers are held back until they are looked at. `Deferred` is now called `Asynchronous_filter`.",
        examples=["Default", "Blocking", "Asynchronous_filter", "Deferred"],
    ),
    "content_filters": _all(
        _applied_to(
            "name",
            f.text("The service's name of it.", examples=["Hate", "Sexual", "Violence", "Selfharm", "Jailbreak"]),
            more={
                "enabled": f.flag("Whether it looks at all.", default=True),
                "severity_threshold": f.text(
                    "From where on it takes offence, of those that know severities; left out, `Medium`.",
                    examples=["Low", "Medium", "High"],
                ),
                "action": f.text("What an agent does then.", examples=["BLOCKING", "ANNOTATING", "HITL", "RETRY"]),
            },
            what="One filter.",
        ),
        "All filters of the policy, as a set by name and source: one that others add is drift.",
    ),
    "custom_blocklists": _all(
        _applied_to("blocklist_name", f.text("A blocklist of the account."), more={}, what="One blocklist."),
        "The blocklists that it looks into, as a set by name and source.",
    ),
    "safety_providers": _all(
        _applied_to(
            "safety_provider_name", f.text("A provider of the subscription."), more={}, what="One safety provider."
        ),
        "Safety providers of others, as a set by name and source.",
    ),
    "egress_policy": f.anything(
        "Where an agent may reach out to; its rules are passed through.",
        properties={
            "default_action": f.text("Of what no rule names; left out, `Deny`.", examples=["Deny", "Allow"]),
            "mode": f.text(
                "Whether rules hold or are only told of; left out, `Enforced`.", examples=["Enforced", "Audit"]
            ),
        },
    ),
    "tags": f.pairs("Azure tags. Other tags on the live policy are left alone.", key=512, value=256),
}
