"""Memory stores: the project plane. A store's definition never changes, and deleting one deletes its memories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from provisioner.kinds import fragments as f
from provisioner.kinds.conflict import changed_since, unreadable
from provisioner.kinds.deployment import SECTION as DEPLOYMENTS
from provisioner.kinds.neighbours import NAME, Neighbours
from provisioner.kinds.protocol import Kind, Service
from provisioner.kinds.rights import Right, on_data
from provisioner.kinds.shapes import STORE, answered, shaped
from provisioner.model.address import Address
from provisioner.model.diagnostic import Finding, Severity
from provisioner.model.document import Document
from provisioner.model.resource import Live, Marker, Reference
from provisioner.model.scopes import ADVICE as SCOPE_ADVICE
from provisioner.model.scopes import MOST_SCOPES, declared_scopes, listed_scopes, scope_fault, texts_of_scopes
from provisioner.model.traits import Rule, Traits
from provisioner.reconcile.marker import read_marker, write_marker

if TYPE_CHECKING:
    from provisioner.model.plan import Change

SECTION: Final = "stores"
_FEATURES: Final = ("MemoryStores=V1Preview",)  # asked for by every memory route of v1, reads too
_DEFINITION: Final = ("kind", "chat_model", "embedding_model", "options")

# Sent in full on create: the service once filled in others than it documents (azure-sdk-for-python#43999).
_OPTION_DEFAULTS: Final[dict[str, Any]] = {
    "user_profile_enabled": True,
    "user_profile_details": "",
    "chat_summary_enabled": True,
    "procedural_memory_enabled": True,
    "default_ttl_seconds": 0,
}

_NEIGHBOURS: Final[Neighbours] = {
    "name": NAME,
    "definition": "Its keys stand one level up: `chat_model`, `embedding_model`, `options`.",
    "model": "chat_model",
    "embedding": "embedding_model",
    "userProfileEnabled": "options.user_profile_enabled",
    "userProfileDetails": "options.user_profile_details",
    "chatSummaryEnabled": "options.chat_summary_enabled",
    "user_profile_enabled": "options.user_profile_enabled",
    "user_profile_details": "options.user_profile_details",
    "chat_summary_enabled": "options.chat_summary_enabled",
    "procedural_memory_enabled": "options.procedural_memory_enabled",
    "default_ttl_seconds": "options.default_ttl_seconds",
    "scopes.command": "A manifest runs nothing. Pass what the command prints: --scopes-from -.",
}

CODES: Final = {
    "bad-scope": "A scope of memories is empty or holds a character that the service refuses.",
    "many-scopes": "A store names more scopes than one can have.",
}


class StoreKind(Kind):
    section = SECTION
    singular = "memory store"
    traits = Traits(
        immutable=tuple((field,) for field in _DEFINITION),
        holds_data=True,
        migrates=True,
        rules={
            ("description",): Rule(default=""),
            ("kind",): Rule(default="default"),
            ("metadata",): Rule(free=True),
            **{("options", key): Rule(default=value) for key, value in _OPTION_DEFAULTS.items()},
        },
    )

    neighbours = _NEIGHBOURS
    section_neighbours = ("memoryStores", "memory_stores")

    codes = CODES

    def names(self) -> Document:
        # The length is the API specification's. assumed: the service states no charset; these break its URLs.
        return {"pattern": r"^(?!\.{1,2}$)[^\s/:?#%\\]+$", "minLength": 1, "maxLength": 256}

    def schema(self) -> Document:
        return f.mapping("A memory store of the project.", _PROPERTIES, required=["chat_model", "embedding_model"])

    def desired(self, entry: Document) -> Document:
        """Without the scopes: they are nothing that the service is told."""
        fields = f.meaning(entry, ("description", "metadata"))
        return {key: value for key, value in fields.items() if key != "scopes"} if "scopes" in fields else fields

    def entry(self, fields: Document) -> Document:
        shown = f.fitting(fields, self.schema())
        exported = {key: shown[key] for key in _PROPERTIES if shown.get(key) not in (None, {}, "")}
        if exported.get("kind") == "default":
            del exported["kind"]
        if "options" in exported:
            exported["options"] = {key: value for key, value in exported["options"].items() if value != ""}
        return exported

    def references(self, fields: Document) -> Iterator[Reference]:
        for key, wants in (("chat_model", "chat"), ("embedding_model", "embedding")):
            if isinstance(name := fields.get(key), str):
                yield Reference(path=(key,), target=Address(DEPLOYMENTS, name), wants=wants)

    def rights(self, change: Change) -> Iterator[Right]:  # noqa: ARG002 - no source names the actions of memory
        yield on_data("*")

    def uses_models(self, fields: Document) -> bool:  # noqa: ARG002
        return True

    def check(self, name: str, entry: Document) -> Iterator[Finding]:  # noqa: ARG002
        yield from f.check_pairs("metadata", entry.get("metadata"), limit=f.METADATA_PAIRS)
        yield from _scopes(entry)

    def list(self, service: Service) -> Iterator[Live]:
        yield from (_observed(body) for body in service.project.items("memory_stores", features=_FEATURES))

    def read(self, service: Service, address: Address) -> Live | None:
        body = service.project.get(_path(address), features=_FEATURES)
        return _observed(body) if body is not None else None

    def create(self, service: Service, change: Change) -> Live | None:
        def settled() -> Document | None:
            body = service.project.get(_path(change.address), features=_FEATURES)
            if body is None:
                return None
            found = _observed(body)
            if found.odd:
                raise unreadable(change.address, found.odd)
            if found.marker != change.marker:
                raise changed_since(change.address)
            return body

        fields = change.after or {}
        options = {**_OPTION_DEFAULTS, **fields.get("options", {})}
        if not options["user_profile_details"]:
            del options["user_profile_details"]
        definition = {
            "kind": fields.get("kind", "default"),
            "chat_model": fields["chat_model"],
            "embedding_model": fields["embedding_model"],
            "options": options,
        }
        body = {"name": change.address.name, "definition": definition, **_mutable(change)}
        answer = service.project.post("memory_stores", body, features=_FEATURES, settled=settled)
        return answered(_observed, answer, change.address)

    def update(self, service: Service, change: Change) -> Live | None:
        def settled() -> Document | None:
            body = service.project.get(_path(change.address), features=_FEATURES)
            now = _observed(body) if body is not None else None
            if now is not None and _described(now.fields, now.marker) == _described(change.after or {}, change.marker):
                return body
            if not _is_described_as_before(change, now):
                raise changed_since(change.address)
            return None

        body = {"description": "", **_mutable(change)}  # left out, the service might keep the old one
        answer = service.project.post(_path(change.address), body, features=_FEATURES, settled=settled)
        return answered(_observed, answer, change.address)

    def delete(self, service: Service, change: Change) -> None:
        def is_gone() -> bool:
            found = self.read(service, change.address)
            if found is not None and change.before is not None and found.identity != change.before.identity:
                raise changed_since(change.address)  # another one, made since: its memories are not ours to delete
            return found is None

        service.project.delete(_path(change.address), features=_FEATURES, is_gone=is_gone)


def _scopes(entry: Document) -> Iterator[Finding]:
    """Told without their names: whose memories a store holds is people's own affair."""
    for path, text in texts_of_scopes(entry):
        for number, scope in listed_scopes(text):
            if fault := scope_fault(scope):
                line = f" on line {number}" if "\n" in text else ""
                yield Finding(path=path, code="bad-scope", message=f"A scope{line} {fault}.", hint=SCOPE_ADVICE)
    if (number := len(declared_scopes(entry))) > MOST_SCOPES:
        yield Finding(
            path=("scopes",),
            code="many-scopes",
            message=f"`scopes` names {number} scopes, and a store has at most {MOST_SCOPES}.",
            hint="Some of them have no memories, or the service's limit has been raised.",
            severity=Severity.WARNING,
        )


def _path(address: Address) -> str:
    return f"memory_stores/{quote(address.name, safe='')}"


def _described(fields: Document, marker: Marker | None) -> tuple[object, ...]:
    """All of a store that an update can change."""
    return fields.get("description") or "", fields.get("metadata") or {}, marker


def _is_described_as_before(change: Change, now: Live | None) -> bool:
    before = change.before
    if before is None or now is None:
        return False
    return _described(now.fields, now.marker) == _described(before.fields, before.marker)


def _mutable(change: Change) -> dict[str, Any]:
    fields = change.after or {}
    marks = write_marker(change.marker) if change.marker else {}
    body: dict[str, Any] = {"metadata": {**fields.get("metadata", {}), **marks}}
    if "description" in fields:
        body["description"] = fields["description"]
    return body


@shaped(SECTION, STORE)
def _observed(body: Document) -> Live:
    definition = body.get("definition") or {}
    metadata, marker = read_marker(body.get("metadata") or {}, Address(SECTION, str(body["name"])))
    fields: dict[str, Any] = {key: definition[key] for key in _DEFINITION if definition.get(key) is not None}
    if isinstance(options := fields.get("options"), dict):
        fields["options"] = {key: value for key, value in options.items() if value is not None}
    if body.get("description"):
        fields["description"] = body["description"]
    if metadata:
        fields["metadata"] = metadata
    return Live(
        address=Address(SECTION, str(body["name"])),
        fields=fields,
        marker=marker,
        needs=frozenset(reference.target for reference in StoreKind().references(fields)),
        revision=str(body.get("updated_at") or ""),
        identity=f"{body.get('id') or ''} {body.get('created_at') or ''}".strip(),
    )


_PROPERTIES: Final[dict[str, Any]] = {
    "description": f.text_or_file("Shown in the portal. Changed in place.", maxLength=512),
    "chat_model": f.text(
        "Name of the chat deployment that extracts memories. A change replaces the store.",
        examples=["gpt-5.4-mini"],
    ),
    "embedding_model": f.text(
        "Name of the embedding deployment that indexes memories. A change replaces the store.",
        examples=["text-embedding-3-large"],
    ),
    "options": f.mapping(
        "What is remembered. Set when the store is made; a change replaces the store.",
        {
            "user_profile_enabled": f.flag("Keep a profile of facts per scope.", default=True),
            "user_profile_details": f.text_or_file(
                "What the profile should hold.",
                examples=["Preferred languages, tools, OS, and answer style."],
            ),
            "chat_summary_enabled": f.flag("Summarise conversations.", default=True),
            "procedural_memory_enabled": f.flag("Remember how things are done.", default=True),
            "default_ttl_seconds": f.whole(
                "Forget a memory this many seconds after its last update; 0 is never.",
                minimum=0,
                maximum=2147483647,
                default=0,
            ),
        },
    ),
    "scopes": f.texts_or_files(
        "Whose memories it holds, as the service lists no scopes: what is counted before they are lost, and what a "
        "migration keeps. Nothing that the service is told.",
        "One scope, or several with one a line; or the file that holds them.",
        examples=[["team_blue", {"file": "scopes.txt"}], {"file": "scopes.txt"}],
    ),
    "metadata": f.pairs("Your own labels. Other labels on the live store are left alone."),
    "kind": {"const": "default", "description": "The only kind of store there is."},
}
