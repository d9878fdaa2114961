"""Edits of live objects as somebody in the portal would make them: a merge patch, or null to delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.control import families, resource_rows
from provisioner.emulator.control.directory import DEFAULT_ACCOUNT, DEFAULT_GROUP, DEFAULT_PROJECT
from provisioner.emulator.control.resource_rows import ACCOUNT, DEPLOYMENT, PROJECT, Charge, Resource, delete, update
from provisioner.emulator.control.resources import new_etag
from provisioner.emulator.project import agents, memory, stores, versions
from provisioner.emulator.project.agent_rules import check_card, check_endpoint
from provisioner.emulator.wire.errors import Refusal
from provisioner.emulator.wire.versions import V1
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.wire.call import Call

Json = dict[str, Any]
OWN_KINDS: Final = ("account", "agent", "deployment", "memory", "project", "store")
ENVELOPE: Final = ("agent_card", "agent_endpoint", "state")  # of an agent; the rest is its latest definition
CAPACITY_MAX: Final = 2**53  # what every reader of JSON still counts exactly


def drift(call: Call, document: Json) -> Json:
    """The object as it reads afterwards; empty when it was deleted. Inside a write transaction."""
    problem = drift_problem(document)
    if problem:
        raise Refusal(400, "BadRequest", problem)
    try:
        return _drift(call, document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # the edit took away what every object has
        message = f"The {document['kind']} could not be after these changes ({error})."
        raise Refusal(400, "BadRequest", message) from error


def drift_problem(document: Json) -> str:
    """What is wrong with its shape, or nothing."""
    changes, kind = document.get("changes", ""), document.get("kind")
    kinds = sorted({*OWN_KINDS, *_families()})
    if not isinstance(document.get("name"), str) or not (changes is None or isinstance(changes, dict)):
        return f'Send {{"kind": one of {", ".join(kinds)}, "name": ..., "changes": {{...}} or null}}.'
    return "" if kind in kinds else f"There is no kind {kind!r}; there are: {', '.join(kinds)}."


def _families() -> dict[str, families.Family]:
    return {family.kind: family for family in families.every()}


def _drift(call: Call, document: Json) -> Json:
    kind, name, changes = document["kind"], document["name"], document["changes"]
    if (family := _families().get(kind)) is not None:
        return _drift_member(call, family, name, changes, document)
    if kind in {"account", "project", "deployment"}:
        return _drift_resource(call, kind, name, changes, str(document.get("account", DEFAULT_ACCOUNT)))
    project = project_row(call, str(document.get("project", DEFAULT_PROJECT)))
    call = replace(call, project=project, params={"name": name})
    if kind == "store":
        return _drift_store(call, changes)
    if kind == "agent":
        return _drift_agent(call, name, changes)
    return _drift_memory(call, name, changes)


def _drift_member(call: Call, family: families.Family, name: str, changes: Json | None, document: Json) -> Json:
    """Of the account, or of the project that is named."""
    account, project = str(document.get("account", DEFAULT_ACCOUNT)), document.get("project")
    found = resource_rows.named_below(call.state, family.kind, name, account, str(project) if project else None)
    if found is None:
        raise _missing(family.kind, name)
    if changes is None:
        delete(call.state, found.row)
        return {}
    body = agents.merge(found.body, changes)
    if not isinstance(body["properties"], dict):
        raise TypeError("properties")
    return update(call.state, found, family.edited(call.state, found, body)).body


def project_row(call: Call, name: str) -> int:
    row = call.state.one("SELECT id FROM resources WHERE kind = 'project' AND name = ? ORDER BY id", name)
    if row is None:
        raise _missing("project", name)
    return int(row["id"])


def _drift_resource(call: Call, kind: str, name: str, changes: Json | None, account: str) -> Json:
    found = _resource(call, kind, name, account)
    if changes is None:
        delete(call.state, found.row)
        return {}
    body: Json = {**agents.merge(found.body, changes), "etag": new_etag()}
    if not isinstance(body["properties"], dict) or not isinstance(body.get("tags", {}), dict):
        raise TypeError("properties")
    if kind != "deployment":
        return update(call.state, found, body).body
    capacity = body["sku"]["capacity"]
    if isinstance(capacity, bool) or not isinstance(capacity, int) or not 0 <= capacity <= CAPACITY_MAX:
        raise ValueError("sku.capacity")
    for name_of_it in (body["sku"]["name"], body["properties"]["model"]["name"]):
        if not isinstance(name_of_it, str):
            raise TypeError("name")
    body["properties"]["currentCapacity"] = capacity
    row = call.state.one("SELECT region, usage FROM resources WHERE id = ?", found.row)
    charge = Charge(region=row["region"], usage=row["usage"], capacity=capacity) if row else None
    return update(call.state, found, body, charge).body


def _resource(call: Call, kind: str, name: str, account: str) -> Resource:
    """Accounts stand in the group, the others in an account."""
    parent = DEFAULT_GROUP if kind == ACCOUNT else account
    sql = (
        "SELECT c.* FROM resources c JOIN resources p ON p.id = c.parent WHERE c.kind = ? AND c.name = ? AND p.name = ?"
    )
    row = call.state.one(sql, {"account": ACCOUNT, "project": PROJECT}.get(kind, DEPLOYMENT), name, parent)
    if row is None:
        raise _missing(kind, name)
    return Resource(row=row["id"], kind=row["kind"], parent=row["parent"], name=row["name"], body=load(row["body"]))


def _drift_store(call: Call, changes: Json | None) -> Json:
    if changes is None:
        stores.delete_store(call)
        return {}
    return stores.edit_store(call, stores.find_row(call, call.params["name"]), changes)


def _drift_agent(call: Call, name: str, changes: Json | None) -> Json:
    """A version with a changed definition that does not carry the metadata on, as the portal saves."""
    row = agents.find_agent(call, name)
    if row is None:
        raise _missing("agent", name)
    if changes is None:
        agents.remove(call, row)
        return {}
    outside = {key: changes[key] for key in ENVELOPE if key in changes}
    if outside:
        agent = agents.merge(load(row["body"]), outside)
        check_endpoint(agent["agent_endpoint"])
        check_card(agent.get("agent_card", {}))
        agents.save(call, row["id"], agent)
    inside = {key: value for key, value in changes.items() if key not in ENVELOPE}
    if not inside and outside:
        return agents.shown(agents.the_agent(call), call.now)
    latest = load(row["latest_body"])
    kept = {key: latest[key] for key in ("description",) if key in latest}
    call = replace(call, query={"api-version": V1})
    return versions.publish(call, name, {"definition": agents.merge(latest["definition"], inside), **kept})


def _drift_memory(call: Call, memory_id: str, changes: Json | None) -> Json:
    sql = "SELECT m.* FROM memories m JOIN stores s ON s.id = m.store WHERE m.memory_id = ? AND s.project = ?"
    row = call.state.one(sql, memory_id, call.project)
    if row is None:
        raise _missing("memory", memory_id)
    if changes is None:
        memory.rows.delete(call.state, row)
        return {}
    content = str(changes.get("content", row["content"]))
    return memory.rows.rewrite(call.state, memory.rows.store_of(call.state, row["store"]), row, content, call.now)


def _missing(kind: str, name: str) -> Refusal:
    return Refusal(404, "ResourceNotFound", f"There is no {kind} '{name}'.")
