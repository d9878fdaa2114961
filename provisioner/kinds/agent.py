"""Agents: the project plane. Every version of an agent is immutable; a change of its definition makes a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from provisioner.kinds import fragments as f
from provisioner.kinds.agent_checks import CODES, check_agent
from provisioner.kinds.agent_connections import connections_named
from provisioner.kinds.agent_neighbours import AGENTS
from provisioner.kinds.agent_schema import DEFINITIONS, MEMORY_TOOL, MEMORY_TOOLS, OLD_MEMORY_TOOL, PROPERTIES
from provisioner.kinds.agent_versions import (
    ON_THE_AGENT,
    agent_path,
    is_copy,
    makes_version,
    overtaken,
    own_among,
    require_alone,
    served_versions,
    version_path,
    versions_of,
)
from provisioner.kinds.conflict import changed_since
from provisioner.kinds.deployment import SECTION as DEPLOYMENTS
from provisioner.kinds.equivalents import quantity
from provisioner.kinds.policies_named import policy_named
from provisioner.kinds.protocol import Kind, Service
from provisioner.kinds.rights import Right, on_data
from provisioner.kinds.shapes import AGENT, VERSION, answered, require_shape, shaped
from provisioner.kinds.store import SECTION as STORES
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Finding
from provisioner.model.document import ABSENT, Document, leaves, lookup, overlay, place
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.resource import Condition, Desired, Live, Reference
from provisioner.model.traits import Rule, Traits
from provisioner.reconcile.marker import RELEASED, is_released, read_marker, write_marker

if TYPE_CHECKING:
    from provisioner.model.plan import Change

SECTION: Final = "agents"

# What lives beside the definition in a version.
_BESIDE: Final = ("description", "metadata", "draft", "blueprint_reference")
_WRITTEN_IN_FULL: Final = ("tools", "tool_choice", "text", "structured_inputs", "skills", "harness")
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
# Filled in where nothing is declared: the newest version answers, in Responses, to whom Entra knows.
# Source: azure-ai-projects, AgentEndpoint
_DEFAULT_ENDPOINT: Final[Document] = {
    "version_selector": {
        "version_selection_rules": [{"type": "FixedRatio", "agent_version": "@latest", "traffic_percentage": 100}]
    },
    "protocol_configuration": {"responses": {}},
    "authorization_schemes": [{"type": "Entra"}],
}


class AgentKind(Kind):
    section = SECTION
    singular = "agent"
    traits = Traits(
        immutable=(("kind",),),
        replace_resets=((),),
        rules={
            ("kind",): Rule(default="prompt"),
            ("draft",): Rule(default=False),
            ("state",): Rule(default="enabled"),
            ("metadata",): Rule(free=True),
            ("rai_config",): Rule(is_silent=True),  # what guards must be seen to be there
            ("environment_variables",): Rule(free=True),
            ("cpu",): Rule(meaning=quantity),
            ("memory",): Rule(meaning=quantity),
            **{(key,): Rule(whole=True) for key in _WRITTEN_IN_FULL},
            ("agent_endpoint", "protocol_configuration"): Rule(chosen=True),  # `a2a: {}` is how it is spoken
            **{("agent_endpoint", *path): Rule(default=value) for path, value in leaves(_DEFAULT_ENDPOINT)},
        },
        versioned=True,
        beside_versions=tuple((key,) for key in ON_THE_AGENT),
        remarks=served_versions,
        replace_loses="Its versions, its identity and the role assignments of that identity are lost.",
    )

    neighbours = AGENTS
    section_neighbours = ("agent",)
    codes = CODES

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
        known = (*_BESIDE, *ON_THE_AGENT, "kind", *DEFINITIONS.get(kind, ()))
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
        yield from connections_named(fields)
        policy = ("rai_config", "rai_policy_name")
        yield from policy_named(lookup(fields, policy), policy)
        tools = fields.get("tools")
        for index, tool in enumerate(tools if isinstance(tools, (list, tuple)) else ()):
            if _is_memory(tool) and isinstance(store := tool.get("memory_store_name"), str):
                path = ("tools", str(index), "memory_store_name")
                yield Reference(path=path, target=Address(STORES, store))

    def rights(self, change: Change) -> Iterator[Right]:
        """No source names the action that deletes one."""
        yield on_data("agents/*" if change.action is Action.DELETE else "agents/write")

    def uses_models(self, fields: Document) -> bool:
        """Only with memory: an agent itself is answered for as whoever asks it."""
        tools = fields.get("tools")
        return any(map(_is_memory, tools if isinstance(tools, (list, tuple)) else ()))

    def check(self, name: str, entry: Document) -> Iterator[Finding]:
        yield from check_agent(name, entry, beside=(*_BESIDE, *ON_THE_AGENT))

    def list(self, service: Service) -> Iterator[Live]:
        yield from (_observed(body) for body in service.project.items("agents"))

    def read(self, service: Service, address: Address) -> Live | None:
        body = service.project.get(agent_path(address))
        return _observed(body) if body is not None else None

    def is_unclear(self, wanted: Desired, found: Live | None) -> bool:
        """Drafts are in no list, a version made in the portal carries no marker though an earlier one may, and one made
        from a copy carries that of an earlier one.
        """
        return wanted.fields.get("draft") is True or (found is not None and _may_be_anothers(found))

    def inspect(self, service: Service, wanted: Desired, found: Live | None) -> Live | None:
        if wanted.fields.get("draft") is True:
            # an agent that has nothing but drafts may be in no list either
            return _newest_draft(service, wanted, found or self.read(service, wanted.address)) or found
        if found is not None and _may_be_anothers(found):
            return _with_own_version(service, found)
        return found

    def create(self, service: Service, change: Change) -> Live | None:
        after = change.after or {}
        version = self._make_version(service, change)
        keys = {key for key in ON_THE_AGENT if key in after and not (key == "state" and _state(after) == "enabled")}
        return self._write_on_agent(service, change, keys, version)

    def update(self, service: Service, change: Change) -> Live | None:
        changed = {field.path[0] for field in change.fields}
        version = self._make_version(service, change) if makes_version(change) else None
        return self._write_on_agent(service, change, changed & set(ON_THE_AGENT), version)

    def delete(self, service: Service, change: Change) -> None:
        def is_gone() -> bool:
            found = self.read(service, change.address)
            if found is not None and not found.odd and _may_be_anothers(found):
                found = _with_own_version(service, found)
            if found is not None and change.before is not None and found.marker != change.before.marker:
                raise changed_since(change.address)
            return found is None

        service.project.delete(agent_path(change.address), is_gone=is_gone)

    def _make_version(self, service: Service, change: Change) -> Document:
        body = _version_body(change)
        features = _features(change.after or {})
        version = service.project.post(
            f"{agent_path(change.address)}/versions", body, features=features, settled=partial(_made, service, change)
        )
        if VERSION.oddity(version):  # it may have been made all the same, and then the agent shows it
            what = f"The answer for a new version of {change.address}"
            version = _made(service, change) or require_shape(version, VERSION, what=what)
        require_alone(service, change, version)
        if version.get("status") in ("creating", "failed"):
            return _wait_until_active(service, change.address, str(version.get("version")))
        return version

    def _write_on_agent(
        self, service: Service, change: Change, keys: set[str], version: Document | None
    ) -> Live | None:
        """What the answers show: the new version, and the agent where that was written, too."""
        after = change.after or {}
        merge: dict[str, Any] = {key: after.get(key) for key in sorted(keys - {"state"})}
        agent: Document | None = None
        if merge:
            agent = service.project.patch(agent_path(change.address), overlay(merge, _erased(change, merge)))
        if "state" in keys:
            wanted = _state(after)
            verb = "disable" if wanted == "disabled" else "enable"
            settled = partial(_switched, service, change, wanted)
            service.project.post(f"{agent_path(change.address)}:{verb}", {}, settled=settled)
            return None  # the answer to that shows nothing
        if agent is not None:
            return answered(_observed, agent, change.address)
        if version is None:
            return None
        unmoved = change.before.fields if change.before and change.action is not Action.REPLACE else {}
        on_the_agent = {key: unmoved[key] for key in ON_THE_AGENT if key in unmoved}
        return _with_version(change.address.name, version, on_the_agent)


def _made(service: Service, change: Change) -> Document | None:
    """The version that the change makes, if it is there already. Raises PlaneError when another one is."""
    if (change.after or {}).get("draft"):  # drafts are never the latest version
        draft = _newest_draft(service, Desired(address=change.address), None)
        is_made = draft is not None and draft.revision != overtaken(change) and draft.marker == change.marker
        return {"version": draft.revision} if draft and is_made else None
    body = service.project.get(agent_path(change.address))
    if body is not None:
        require_shape(body, AGENT, what=f"The answer for {change.address}")
    latest = _latest(body) if body is not None else None
    if latest is None or latest.get("version") == overtaken(change):
        return None
    if read_marker(latest.get("metadata") or {})[1] != change.marker:
        raise changed_since(change.address)
    return latest


def _switched(service: Service, change: Change, wanted: str) -> Document | None:
    """The agent, if its state is the wanted one already. Raises PlaneError when it is not the one it was either."""
    body = service.project.get(agent_path(change.address))
    if body is not None and _state(body) == wanted:
        return body
    if body is None or _state(body) != _state(change.before.fields if change.before else {}):
        raise changed_since(change.address)
    return None


def _state(fields: Document) -> str:
    return str(fields.get("state") or "enabled")


def _erased(change: Change, merge: Document) -> Document:
    """A null for each removed field inside what is sent: a merge patch keeps what it does not name."""
    erased: dict[str, Any] = {}
    for field in change.fields:
        if field.after is ABSENT and merge.get(field.path[0]) is not None:
            gone = next(
                length for length in range(1, len(field.path) + 1) if lookup(merge, field.path[:length]) is ABSENT
            )  # with the parents that it leaves empty
            place(erased, field.path[:gone], None)
    return erased


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
    for key in ON_THE_AGENT:
        fields.pop(key, None)
    beside: dict[str, Any] = {key: fields.pop(key) for key in _BESIDE if key in fields}
    if not beside.get("draft"):
        beside.pop("draft", None)
    if not fields.get("tools", True):
        del fields["tools"]
    marks = write_marker(change.marker) if change.marker else RELEASED
    return {"definition": fields, **beside, "metadata": {**beside.get("metadata", {}), **marks}}


@shaped(SECTION, AGENT)
def _observed(body: Document) -> Live:
    fields: dict[str, Any] = {key: body[key] for key in ON_THE_AGENT if body.get(key) is not None}
    return _with_version(str(body["name"]), _latest(body) or {}, fields)


def _with_version(name: str, version: Document, on_the_agent: Document) -> Live:
    definition = _without_server_filled(version.get("definition") or {})
    metadata, marker = read_marker(version.get("metadata") or {}, Address(SECTION, name))
    fields: dict[str, Any] = {key: value for key, value in definition.items() if value is not None}
    if fields.get("kind") == "prompt":  # no tools are an empty list, sent or not
        fields["tools"] = [_renamed(tool) for tool in fields.get("tools") or ()]
    fields.update({key: version[key] for key in _BESIDE if version.get(key) not in (None, "", {})})
    fields.pop("metadata", None)
    if metadata:
        fields["metadata"] = metadata
    fields["draft"] = bool(version.get("draft"))
    baseline = dict(fields) if marker is not None else None
    fields.update(on_the_agent)
    revision = str(version.get("version") or "")
    return Live(
        address=Address(SECTION, name),
        fields=fields,
        marker=marker,
        needs=frozenset(reference.target for reference in AgentKind().references(fields)),
        revision=revision,
        marker_revision=revision if marker else "",
        baseline=baseline,
        condition=_CONDITIONS.get(str(version.get("status")), Condition.READY),
    )


def _without_server_filled(definition: Document) -> dict[str, Any]:
    result = dict(definition)
    for section, field in _SERVER_FILLED.get(str(definition.get("kind")), ()):
        if isinstance(part := result.get(section), Mapping):
            result[section] = {key: value for key, value in part.items() if key != field}
    return result


def _may_be_anothers(found: Live) -> bool:
    if found.marker is None:
        return found.revision != "1"
    return is_copy(found.revision, found.marker.applied)


def _with_own_version(service: Service, found: Live) -> Live:
    """With the marker and the baseline of the version that we made last."""
    copies: list[Live] = []
    own: Live | None = None
    for version in versions_of(service, found.address):
        if is_released(version.get("metadata") or {}):
            break
        made = _with_version(found.address.name, version, {})
        if made.marker is None:
            continue
        if not is_copy(made.revision, made.marker.applied):
            own = made
            break
        copies.append(made)
    own = own_among(copies, own)
    if own is None:
        return found
    return replace(found, marker=own.marker, marker_revision=own.revision, baseline=own.baseline)


def _newest_draft(service: Service, wanted: Desired, found: Live | None) -> Live | None:
    on_the_agent = {key: found.fields[key] for key in ON_THE_AGENT if found and key in found.fields}
    versions = versions_of(service, wanted.address, drafts=True)
    try:
        drafts = (it for it in versions if it.get("draft") and read_marker(it.get("metadata") or {})[1] is not None)
        version = next(drafts, None)
    except PlaneError as error:
        if error.failure.status != 404:
            raise
        return None
    if version is None:
        return None
    # its number does not tell a copy from what we made, so it is no baseline
    return replace(_with_version(wanted.address.name, version, on_the_agent), baseline=None)


def _wait_until_active(service: Service, address: Address, version: str) -> Document:
    def probe() -> Document | None:
        body = service.project.get(version_path(address, version)) or {}
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
    return service.project.wait(probe, what=what, every_s=_READY_EVERY_S, at_most_s=_READY_AT_MOST_S)
