"""Agents: the project plane. Every version of an agent is immutable; a change of its definition makes a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from provisioner.kinds import fragments as f
from provisioner.kinds.agent_checks import check_agent
from provisioner.kinds.agent_schema import DEFINITIONS, MEMORY_TOOL, MEMORY_TOOLS, OLD_MEMORY_TOOL, PROPERTIES
from provisioner.kinds.conflict import changed_since
from provisioner.kinds.deployment import SECTION as DEPLOYMENTS
from provisioner.kinds.neighbours import AGENTS
from provisioner.kinds.protocol import Service
from provisioner.kinds.store import SECTION as STORES
from provisioner.model.address import Address
from provisioner.model.diagnostic import Finding
from provisioner.model.document import ABSENT, Document, overlay, place
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.plan import Action, Change
from provisioner.model.resource import Condition, Desired, Live, Marker, Reference
from provisioner.model.traits import Traits
from provisioner.reconcile.marker import RELEASED, is_released, read_marker, write_marker

SECTION: Final = "agents"

# Where the parts of an entry live on the service: beside the definition in a version, or on the agent as a whole.
_BESIDE: Final = ("description", "metadata", "draft", "blueprint_reference")
_ON_THE_AGENT: Final = ("state", "agent_endpoint", "agent_card")
# Filled in by the service and refused or meaningless when sent.
_SERVER_FILLED: Final = {"hosted": (("code_configuration", "content_hash"),)}

_CONDITIONS: Final = {"creating": Condition.PENDING, "failed": Condition.FAILED}

# Whole kinds in preview need an opt-in on writes only (azure-ai-projects: Foundry-Features).
_KIND_FEATURES: Final = {
    "workflow": ("WorkflowAgents=V1Preview",),
    "external": ("ExternalAgents=V1Preview",),
    "voice": ("VoiceAgents=V1Preview",),
}
_FIELD_FEATURES: Final = {
    "draft": ("DraftAgents=V1Preview",),
    "skills": ("Skills=V1Preview",),
    "harness": ("GitHubCopilot=V1Preview", "MicrosoftCopilot=V1Preview"),
}
# A hosted version takes minutes to become active; azd polls every 10 s.
_READY_EVERY_S: Final = 10.0
_READY_AT_MOST_S: Final = 900.0


class AgentKind:
    section = SECTION
    singular = "agent"
    serial = False
    traits = Traits(immutable=(("kind",),), replace_resets=((),))

    neighbours = AGENTS

    def names(self) -> Document:
        # Microsoft Learn: agents limits and quotas
        return {"pattern": "^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$", "minLength": 1, "maxLength": 63}

    def schema(self) -> Document:
        return f.mapping("An agent of the project.", PROPERTIES)

    def desired(self, entry: Document) -> Document:
        fields = {"kind": "prompt", **f.meaning(entry, _BESIDE)}
        if isinstance(tools := fields.get("tools"), list):
            fields["tools"] = [_renamed(tool) for tool in tools]
        return fields

    def entry(self, fields: Document) -> Document:
        kind = str(fields.get("kind", "prompt"))
        known = (*_BESIDE, *_ON_THE_AGENT, "kind", *DEFINITIONS.get(kind, ()))
        shown = f.fitting(fields, self.schema())
        exported = {key: shown[key] for key in PROPERTIES if key in known and shown.get(key) not in (None, {}, "")}
        for key, default in (("kind", "prompt"), ("draft", False), ("state", "enabled")):
            if exported.get(key) == default:
                del exported[key]
        if not fields.get("tools", True):
            exported.pop("tools", None)
        return exported

    def references(self, fields: Document) -> Iterator[Reference]:
        model = fields.get("model")
        # "<connection>/<model>" is not on the account, and neither is a voice model that the service keeps
        if isinstance(model, str) and "/" not in model and fields.get("model_type") != "managed":
            wants = "chat" if fields.get("kind") != "voice" else None
            yield Reference(path=("model",), target=Address(DEPLOYMENTS, model), wants=wants)
        for index, tool in enumerate(fields.get("tools") or ()):
            if _is_memory(tool) and isinstance(store := tool.get("memory_store_name"), str):
                path = ("tools", str(index), "memory_store_name")
                yield Reference(path=path, target=Address(STORES, store))

    def provides(self, fields: Document) -> str | None:  # noqa: ARG002
        return None

    def check(self, name: str, entry: Document) -> Iterator[Finding]:
        yield from check_agent(name, entry, beside=(*_BESIDE, *_ON_THE_AGENT))

    def list(self, service: Service) -> Iterator[Live]:
        yield from (_observed(body) for body in service.project.items("agents"))

    def read(self, service: Service, address: Address) -> Live | None:
        body = service.project.get(_path(address))
        return _observed(body) if body is not None else None

    def is_unclear(self, wanted: Desired, found: Live | None) -> bool:
        """Drafts are in no list, and a version made in the portal carries no marker though an earlier one may."""
        return wanted.fields.get("draft") is True or (
            found is not None and found.marker is None and found.revision != "1"
        )

    def inspect(self, service: Service, wanted: Desired, found: Live | None) -> Live | None:
        if wanted.fields.get("draft") is True:
            # an agent that has nothing but drafts may be in no list either
            return _newest_draft(service, wanted, found or self.read(service, wanted.address)) or found
        if found is not None and found.marker is None and found.revision != "1":
            return _with_earlier_marker(service, found)
        return found

    def create(self, service: Service, change: Change) -> None:
        self._make_version(service, change)
        after = change.after or {}
        self._write_on_agent(service, change, {key for key in _ON_THE_AGENT if key in after})

    def update(self, service: Service, change: Change) -> None:
        changed = {field.path[0] for field in change.fields}
        if changed - set(_ON_THE_AGENT) or _marker_moves(change) or _has_failed(change):
            self._make_version(service, change)
        self._write_on_agent(service, change, changed & set(_ON_THE_AGENT))

    def delete(self, service: Service, change: Change) -> None:
        service.project.delete(_path(change.address))

    def _make_version(self, service: Service, change: Change) -> None:
        body = _version_body(change)
        features = _features(change.after or {})
        version = service.project.post(
            f"{_path(change.address)}/versions", body, features=features, settled=partial(_made, service, change)
        )
        if version.get("status") in ("creating", "failed"):
            _wait_until_active(service, change.address, str(version.get("version")))

    def _write_on_agent(self, service: Service, change: Change, keys: set[str]) -> None:
        after = change.after or {}
        merge: dict[str, Any] = {key: after.get(key) for key in sorted(keys - {"state"})}
        if merge:
            service.project.patch(_path(change.address), overlay(merge, _erased(change, merge)))
        if "state" in keys:
            wanted = _state(after)
            verb = "disable" if wanted == "disabled" else "enable"
            settled = partial(_switched, service, change, wanted)
            service.project.post(f"{_path(change.address)}:{verb}", {}, settled=settled)


def _made(service: Service, change: Change) -> Document | None:
    """The version that the change makes, if it is there already. Raises PlaneError when another one is."""
    if (change.after or {}).get("draft"):  # drafts are never the latest version
        draft = _newest_draft(service, Desired(address=change.address), None)
        is_made = draft is not None and draft.revision != _overtaken(change) and draft.marker == change.marker
        return {"version": draft.revision} if draft and is_made else None
    body = service.project.get(_path(change.address))
    latest = _latest(body) if body is not None else None
    if latest is None or latest.get("version") == _overtaken(change):
        return None
    if read_marker(latest.get("metadata") or {})[1] != change.marker:
        raise changed_since(change.address)
    return latest


def _switched(service: Service, change: Change, wanted: str) -> Document | None:
    """The agent, if its state is the wanted one already. Raises PlaneError when it is not the one it was either."""
    body = service.project.get(_path(change.address))
    if body is not None and _state(body) == wanted:
        return body
    if body is None or _state(body) != _state(change.before.fields if change.before else {}):
        raise changed_since(change.address)
    return None


def _state(fields: Document) -> str:
    return str(fields.get("state") or "enabled")


def _has_failed(change: Change) -> bool:
    return change.before is not None and change.before.condition is Condition.FAILED


def _marker_moves(change: Change) -> bool:
    """Whether the marker must be written, which is part of a version: because it comes, goes or changes its lifecycle,
    because nothing else changes, or because it has a field to forget, or else its removal would be planned for ever.
    A value on the agent as a whole is not worth a version, be it another one or a first one.
    """
    was = change.before.marker if change.before else None
    if was is None or change.marker is None or change.lifecycle_fields or not change.fields:
        return True
    return any(field.after is ABSENT for field in change.fields)


def _overtaken(change: Change) -> str | None:
    """The version that a new one must differ from; after a replace, numbers start again."""
    return change.before.revision if change.before and change.action is not Action.REPLACE else None


def _erased(change: Change, merge: Document) -> Document:
    """A null for each removed field inside what is sent: a merge patch keeps what it does not name."""
    erased: dict[str, Any] = {}
    for field in change.fields:
        if field.after is ABSENT and merge.get(field.path[0]) is not None:
            place(erased, field.path, None)
    return erased


def _path(address: Address) -> str:
    return f"agents/{quote(address.name, safe='')}"


def _latest(body: Document) -> Document | None:
    latest = (body.get("versions") or {}).get("latest")
    return latest if isinstance(latest, Mapping) else None


def _renamed(tool: object) -> object:
    if isinstance(tool, Mapping) and tool.get("type") == OLD_MEMORY_TOOL:
        return {**tool, "type": MEMORY_TOOL}
    return tool


def _is_memory(tool: object) -> bool:
    return isinstance(tool, Mapping) and tool.get("type") in MEMORY_TOOLS


def _features(fields: Document) -> tuple[str, ...]:
    wanted = list(_KIND_FEATURES.get(str(fields.get("kind")), ()))
    for key, tokens in _FIELD_FEATURES.items():
        if fields.get(key):
            wanted.extend(tokens)
    return tuple(wanted)


def _version_body(change: Change) -> dict[str, Any]:
    fields = dict(change.after or {})
    for key in _ON_THE_AGENT:
        fields.pop(key, None)
    beside: dict[str, Any] = {key: fields.pop(key) for key in _BESIDE if key in fields}
    if not beside.get("draft"):
        beside.pop("draft", None)
    if not fields.get("tools", True):
        del fields["tools"]
    marks = write_marker(change.marker) if change.marker else RELEASED
    return {"definition": fields, **beside, "metadata": {**beside.get("metadata", {}), **marks}}


def _observed(body: Document) -> Live:
    fields: dict[str, Any] = {key: body[key] for key in _ON_THE_AGENT if body.get(key) is not None}
    return _with_version(str(body["name"]), _latest(body) or {}, fields)


def _with_version(name: str, version: Document, on_the_agent: Document) -> Live:
    definition = _without_server_filled(version.get("definition") or {})
    metadata, marker = read_marker(version.get("metadata") or {})
    fields: dict[str, Any] = {key: value for key, value in definition.items() if value is not None}
    if fields.get("kind") == "prompt":  # no tools are an empty list, sent or not
        fields["tools"] = [_renamed(tool) for tool in fields.get("tools") or ()]
    fields.update({key: version[key] for key in _BESIDE if version.get(key) not in (None, "", {})})
    fields.pop("metadata", None)
    if metadata:
        fields["metadata"] = metadata
    fields["draft"] = bool(version.get("draft"))
    fields.update(on_the_agent)
    revision = str(version.get("version") or "")
    return Live(
        address=Address(SECTION, name),
        fields=fields,
        marker=marker,
        needs=frozenset(reference.target for reference in AgentKind().references(fields)),
        revision=revision,
        marker_revision=revision if marker else "",
        condition=_CONDITIONS.get(str(version.get("status")), Condition.READY),
    )


def _without_server_filled(definition: Document) -> dict[str, Any]:
    result = dict(definition)
    for section, field in _SERVER_FILLED.get(str(definition.get("kind")), ()):
        if isinstance(part := result.get(section), Mapping):
            result[section] = {key: value for key, value in part.items() if key != field}
    return result


def _with_earlier_marker(service: Service, found: Live) -> Live:
    for version in service.project.items(f"{_path(found.address)}/versions?order=desc"):
        metadata = version.get("metadata") or {}
        if is_released(metadata):
            return found
        marker = read_marker(metadata)[1]
        if marker is not None:
            return _marked(found, marker, str(version.get("version") or ""))
    return found


def _marked(found: Live, marker: Marker, revision: str) -> Live:
    return replace(found, marker=marker, marker_revision=revision)


def _newest_draft(service: Service, wanted: Desired, found: Live | None) -> Live | None:
    on_the_agent = {key: found.fields[key] for key in _ON_THE_AGENT if found and key in found.fields}
    versions = service.project.items(f"{_path(wanted.address)}/versions?include_drafts=true&order=desc")
    try:
        drafts = (it for it in versions if it.get("draft") and read_marker(it.get("metadata") or {})[1] is not None)
        version = next(drafts, None)
    except PlaneError as error:
        if error.failure.status != 404:
            raise
        return None
    return _with_version(wanted.address.name, version, on_the_agent) if version is not None else None


def _wait_until_active(service: Service, address: Address, version: str) -> None:
    def probe() -> Document | None:
        body = service.project.get(f"{_path(address)}/versions/{quote(version, safe='')}") or {}
        if body.get("status") == "failed":
            raise PlaneError(
                Failure(
                    message=f"{address} version {version} was made, but it failed to start.",
                    code="agent_version_failed",
                    advice="Look at its image or code and its logs in the portal, correct the entry and apply again.",
                )
            )
        return body if body.get("status") == "active" else None

    what = f"version {version} to become active"
    service.project.wait(probe, what=what, every_s=_READY_EVERY_S, at_most_s=_READY_AT_MOST_S)
