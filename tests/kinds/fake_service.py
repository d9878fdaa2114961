"""A tiny Foundry in memory behind the kinds' protocols: it stores, fills in and forgets as the service does.

Bodies are as azure-rest-api-specs and recordings show them. It keeps every call that writes, and every opt-in it was
given.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote

from provisioner.kinds import KINDS, TRAITS
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.plan import Action, Plan
from provisioner.model.resource import Desired, Lifecycle, Live
from provisioner.reconcile.planner import make_plan
from provisioner.reconcile.write_only import sealed
from tests.strategies import EVERYTHING_ALLOWED, OWNER

T = TypeVar("T")
MEMORY = ("MemoryStores=V1Preview",)
DEFAULT_ENDPOINT = {
    "version_selector": {
        "version_selection_rules": [{"type": "FixedRatio", "agent_version": "@latest", "traffic_percentage": 100}]
    }
}


@dataclass(frozen=True)
class Call:
    """One write: method, path, body and opt-ins."""

    method: str
    path: str
    body: Any = None
    features: tuple[str, ...] = ()


def refused(status: int, code: str) -> PlaneError:
    return PlaneError(Failure(message=code, code=code, status=status))


@dataclass
class FakeProject:
    stores: dict[str, dict[str, Any]] = field(default_factory=dict)
    agents: dict[str, dict[str, Any]] = field(default_factory=dict)
    deployments: list[Document] = field(default_factory=list)
    shown: dict[str, list[Document]] = field(default_factory=dict)  # what else is only looked at, by its path
    writes: list[Call] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    lost_answers: int = 0  # so many POSTs end without an answer …
    lost_requests: int = 0  # … and so many never arrive
    statuses: list[str] = field(default_factory=list)  # what a new hosted version says when asked, in turn
    waits: list[tuple[str, float, float]] = field(default_factory=list)

    def items(self, path: str, *, features: tuple[str, ...] = ()) -> Iterator[Document]:
        self.reads.append(path)
        bare, _, query = path.partition("?")
        if bare == "deployments":
            yield from self.deployments
        elif bare == "memory_stores":
            self._opted_in(features)
            yield from copy.deepcopy(list(self.stores.values()))
        elif "/" not in bare and bare != "agents":
            yield from copy.deepcopy(self.shown.get(bare, []))
        elif bare == "agents":
            yield from (self._agent(name) for name in self.agents if self._released(name))
        else:
            name = self._agent_name(bare)
            if name not in self.agents:
                raise refused(404, "not_found")
            versions = self.agents[name]["versions"]
            yield from reversed(versions if "include_drafts=true" in query else self._released(name))

    def get(self, path: str, *, features: tuple[str, ...] = (), case_blind: bool = False) -> Document | None:
        assert case_blind == path.startswith(("deployments/", "connections/"))
        self.reads.append(path)
        parts = path.split("/")
        if parts[0] == "memory_stores":
            self._opted_in(features)
            return copy.deepcopy(self.stores.get(unquote(parts[1])))
        name = unquote(parts[1])
        if parts[0] in self.shown:
            return next((it for it in self.shown[parts[0]] if it["name"] == name), None)
        if parts[0] == "deployments":
            found = {str(it["name"]): it for it in self.deployments}
            return found.get(name)
        if name not in self.agents:
            return None
        if len(parts) == 2:
            return self._agent(name)
        version: dict[str, Any] = next(it for it in self.agents[name]["versions"] if it["version"] == parts[3])
        if self.statuses:
            version["status"] = self.statuses.pop(0)
        return copy.deepcopy(version)

    def post(
        self,
        path: str,
        body: Document,
        *,
        features: tuple[str, ...] = (),
        settled: Callable[[], Document | None] | None = None,
    ) -> Document:
        self.writes.append(Call("POST", path, copy.deepcopy(body), features))
        if self.lost_requests:
            self.lost_requests -= 1
        else:
            answer = self._posted(path, copy.deepcopy(dict(body)), features)
            if not self.lost_answers:
                return answer
            self.lost_answers -= 1
        assert settled is not None, "an unclear POST must not be repeated blindly"
        found = settled()
        return found if found is not None else self.post(path, body, features=features, settled=settled)

    def patch(self, path: str, body: Document, *, features: tuple[str, ...] = ()) -> Document:
        self.writes.append(Call("PATCH", path, copy.deepcopy(body), features))
        agent = self.agents[self._agent_name(path)]
        for key, value in body.items():
            agent[key] = _merged(agent.get(key), value)
        agent["agent_endpoint"] = agent["agent_endpoint"] or DEFAULT_ENDPOINT
        return self._agent(self._agent_name(path))

    def delete(self, path: str, *, features: tuple[str, ...] = (), is_gone: Callable[[], bool]) -> None:  # noqa: ARG002
        self.writes.append(Call("DELETE", path, None, features))
        collection, name, *version = path.split("/")
        if version:
            versions = self.agents[unquote(name)]["versions"]
            versions[:] = [it for it in versions if it["version"] != version[1]]
        elif collection == "memory_stores":
            self._opted_in(features)
            self.stores.pop(unquote(name), None)
        else:
            self.agents.pop(unquote(name), None)

    def wait(self, probe: Callable[[], T | None], *, what: str, every_s: float, at_most_s: float) -> T:
        self.waits.append((what, every_s, at_most_s))
        while (found := probe()) is None:
            pass
        return found

    def _posted(self, path: str, body: dict[str, Any], features: tuple[str, ...]) -> Document:
        if path.startswith("memory_stores"):
            self._opted_in(features)
            return self._posted_store(path, body)
        if not path.startswith("agents/"):
            raise refused(403, "PermissionDenied")
        name = self._agent_name(path.partition(":")[0])
        if ":" in path:
            self.agents[name]["state"] = "disabled" if path.endswith(":disable") else "enabled"
            return {}
        return self._new_version(name, body)

    def _posted_store(self, path: str, body: dict[str, Any]) -> Document:
        if path == "memory_stores":
            if body["name"] in self.stores:
                raise refused(409, "conflict")
            options = {"user_profile_details": "", **body["definition"]["options"]}
            self.stores[body["name"]] = {
                "object": "memory_store",
                "id": "memstore_1",
                "created_at": 1,
                "updated_at": 1,
                "description": None,
                **body,
                "definition": {**body["definition"], "options": options},
            }
            return self.stores[body["name"]]
        store = self.stores[unquote(path.removeprefix("memory_stores/"))]
        assert set(body) <= {"description", "metadata"}, "the definition of a store never changes"
        store.update(body, updated_at=store["updated_at"] + 1)
        return store

    def _new_version(self, name: str, body: dict[str, Any]) -> Document:
        assert set(body) <= {"definition", "description", "metadata", "draft", "blueprint_reference"}
        agent = self.agents.setdefault(
            name, {"versions": [], "state": "enabled", "agent_endpoint": DEFAULT_ENDPOINT, "agent_card": None}
        )
        number = 1 + len(agent["versions"])
        draft = bool(body.pop("draft", False))
        definition = _filled(name, body.pop("definition"))
        version = {
            "object": "agent.version",
            "version": f"draft-{number}" if draft else str(number),
            "name": name,
            "created_at": number,
            "description": "",
            "metadata": {},
            "status": "creating" if definition["kind"] == "hosted" else "active",
            "draft": draft,
            **body,
            "definition": definition,
        }
        agent["versions"].append(version)
        return version

    def _agent(self, name: str) -> dict[str, Any]:
        agent = {key: value for key, value in self.agents[name].items() if key != "versions"}
        latest = (self._released(name) or [None])[-1]
        body = {"object": "agent", "id": name, "name": name, **agent, "versions": {"latest": latest}}
        return copy.deepcopy({**body, "instance_identity": {"principal_id": "p"}})

    def _released(self, name: str) -> list[Any]:
        return [version for version in self.agents[name]["versions"] if not version["draft"]]

    def _agent_name(self, path: str) -> str:
        return unquote(path.split("/")[1])

    def _opted_in(self, features: tuple[str, ...]) -> None:
        if features != MEMORY:
            raise refused(403, "preview_feature_required")


def _filled(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """What the service adds to a definition."""
    if definition["kind"] == "external":
        return {"otel_agent_id": name, **definition}
    if "code_configuration" in definition:
        definition["code_configuration"]["content_hash"] = "sha"
    if "tools" in definition:
        definition["tools"] = [{**tool, "filled": None} for tool in definition["tools"]]
    return {**definition, "temperature": definition.get("temperature", 1), "rai_config": definition.get("rai_config")}


def _merged(base: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(base) if isinstance(base, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


@dataclass
class FakeManagement:
    """`bodies` are deployments by name; `others` is whatever else, by its path, given back as it was sent."""

    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[Call] = field(default_factory=list)

    account: str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"

    @property
    def project(self) -> str:
        return f"{self.account}/projects/p"

    def items(self, path: str) -> Iterator[Document]:
        if path == f"{self.account}/deployments":
            yield from copy.deepcopy(list(self.bodies.values()))
        else:
            yield from (copy.deepcopy(it) for at, it in self.others.items() if at.rpartition("/")[0] == path)

    def get(self, path: str) -> Document | None:
        if self._is_other(path):
            return copy.deepcopy(self.others.get(path))
        return copy.deepcopy(self.bodies.get(self._name(path)))

    def put(self, path: str, body: Document, *, is_free: Callable[[], bool] | None = None) -> Document:
        assert is_free is None or is_free()
        if self._is_other(path):
            return self._kept("PUT", path, copy.deepcopy(dict(body)))
        return self._written(self._name(path), body)

    def _is_other(self, path: str) -> bool:
        return not path.startswith(f"{self.account}/deployments/")

    def _kept(self, method: str, path: str, body: dict[str, Any]) -> Document:
        self.writes.append(Call(method, path.removeprefix(self.account), copy.deepcopy(body)))
        date = {"createdAt": "2026-01-01T00:00:00Z", "lastModifiedAt": "2026-01-01T00:00:00Z"}
        self.others[path] = {**body, "id": path, "name": unquote(path.rpartition("/")[2]), "systemData": date}
        return copy.deepcopy(self.others[path])

    def _name(self, path: str) -> str:
        assert path.startswith(f"{self.account}/deployments/")
        return unquote(path.split("/deployments/")[1].split("/", maxsplit=1)[0])

    def _written(self, name: str, body: Document) -> Document:
        self.writes.append(Call("PUT", name, copy.deepcopy(body)))
        properties = copy.deepcopy(dict(body["properties"]))
        properties["model"] = {"version": "1", **properties["model"], "callRateLimit": {"count": 1}}
        kept = self.bodies.get(name, {}).get("properties", {}).get("deploymentState", "Running")
        self.bodies[name] = {
            "id": f"/subscriptions/s/deployments/{name}",
            "type": "Microsoft.CognitiveServices/accounts/deployments",
            "name": name,
            "etag": '"1"',
            "sku": {"tier": None, **body["sku"]},
            "tags": dict(body["tags"]),
            "systemData": {"createdBy": "somebody"},
            "properties": {
                "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
                "raiPolicyName": "Microsoft.DefaultV2",
                **properties,
                "deploymentState": kept,
                "provisioningState": "Succeeded",
                "currentCapacity": body["sku"].get("capacity", 1),
                "capabilities": {"chatCompletion": "true"},
                "callRateLimit": {"count": 1},
                "rateLimits": [{"key": "request", "count": 1}],
                "dynamicThrottlingEnabled": False,
                "spilloverDeploymentName": properties.get("spilloverDeploymentName"),
            },
        }
        return copy.deepcopy(self.bodies[name])

    def patch(self, path: str, body: Document) -> Document:
        """Of others it merges the properties, one level deep."""
        if self._is_other(path):
            properties = {**self.others[path]["properties"], **body["properties"]}
            return self._kept("PATCH", path, {**self.others[path], "properties": properties})
        name = self._name(path)
        assert set(body) <= {"sku", "tags"}
        self.writes.append(Call("PATCH", name, copy.deepcopy(body)))
        live = self.bodies[name]
        live["sku"] = {**live["sku"], **body["sku"]}
        live["tags"] = {**live["tags"], **body["tags"]}  # the less forgiving of the two ways to patch tags
        return copy.deepcopy(live)

    def post(self, path: str, body: Document | Sequence[Any] | None = None) -> Document:
        if self._is_other(path):
            self._acted(path, body)
            return {}
        assert body is None
        name, verb = self._name(path), path.rpartition("/")[2]
        self.writes.append(Call("POST", f"{name}/{verb}"))
        self.bodies[name]["properties"]["deploymentState"] = {"pause": "Paused", "resume": "Running"}[verb]
        return copy.deepcopy(self.bodies[name])

    def _acted(self, path: str, body: Any) -> None:
        """`addThings` takes objects with names, `deleteThings` the names alone."""
        self.writes.append(Call("POST", path.removeprefix(self.account), copy.deepcopy(body)))
        holder, _, action = path.rpartition("/")
        things = action.removeprefix("add").removeprefix("delete")
        for it in body:
            at = f"{holder}/{things[:1].lower()}{things[1:]}/{it['name'] if action.startswith('add') else it}"
            if action.startswith("add"):
                self.others[at] = {**copy.deepcopy(it), "id": at}
            else:
                del self.others[at]

    def delete(self, path: str) -> None:
        if self._is_other(path):
            self.writes.append(Call("DELETE", path.removeprefix(self.account)))
            for below in [at for at in self.others if at == path or at.startswith(f"{path}/")]:
                del self.others[below]
            return
        name = self._name(path)
        self.writes.append(Call("DELETE", name))
        self.bodies.pop(name, None)


@dataclass
class FakeService:
    project: FakeProject = field(default_factory=FakeProject)
    management: FakeManagement | None = field(default_factory=FakeManagement)

    @property
    def arm(self) -> FakeManagement:
        assert self.management is not None
        return self.management

    def live(self, desired: Mapping[Address, Desired] | None = None) -> dict[Address, Live]:
        found = {it.address: it for kind in KINDS.values() for it in kind.list(self)}
        for address, wanted in (desired or {}).items():
            kind = KINDS[address.kind]
            if kind.is_unclear(wanted, found.get(address)):
                closer = kind.inspect(self, wanted, found.get(address))
                if closer is not None:
                    found[address] = closer
        return found

    def plan(self, desired: Mapping[Address, Desired], *, owner: str = OWNER) -> Plan:
        return make_plan(desired, self.live(desired), owner=owner, traits=TRAITS, allow=EVERYTHING_ALLOWED)

    def apply(self, desired: Mapping[Address, Desired], *, owner: str = OWNER) -> list[str]:
        """Run the plan and tell what was done; afterwards there must be nothing left to do."""
        self.forget()
        plan = self.plan(desired, owner=owner)
        for change in plan.changes:
            kind = KINDS[change.address.kind]
            if change.action in (Action.DELETE, Action.REPLACE):
                kind.delete(self, change)
            if change.action in (Action.CREATE, Action.REPLACE):
                kind.create(self, change)
            elif change.action is not Action.DELETE:
                kind.update(self, change)
        left = self.plan(desired, owner=owner)
        assert left.is_empty, left.changes
        return [f"{change.action.value} {change.address.name}" for change in plan.changes]

    def forget(self) -> None:
        self.project.writes.clear()
        self.project.reads.clear()
        if self.management is not None:
            self.management.writes.clear()


def want(section: str, name: str, entry: Document, **lifecycle: Any) -> dict[Address, Desired]:
    """A manifest of one entry, read as the manifest room reads it."""
    kind, address = KINDS[section], Address(section, name)
    fields = sealed(kind.desired(entry), kind.traits)
    needs = frozenset(reference.target for reference in kind.references(fields))
    return {address: Desired(address=address, fields=fields, needs=needs, lifecycle=Lifecycle(**lifecycle))}
