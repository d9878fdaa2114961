"""Handles for tests and the curious, under /_emulator: no token, so loopback names and no other sites."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from .control import deployments, quota
from .control.directory import DEFAULT_ACCOUNT, DEFAULT_GROUP, DEFAULT_PROJECT
from .control.resources import ACCOUNT, DEPLOYMENT, SUBSCRIPTION_ID, Charge, Resource, new_etag, update
from .project import agents, stores, versions
from .state import dump, load
from .switches import changed
from .wire.call import Reply
from .wire.errors import Refusal
from .wire.routing import Route
from .wire.versions import V1

if TYPE_CHECKING:
    from .wire.call import Call

Json = dict[str, Any]


def read_state(call: Call) -> Reply:
    """Counts and objects; `?objects=false` for the counts alone."""
    families = {"resources": "resources", "stores": "stores", "agents": "agents", "versions": "versions"}
    counts = {name: call.state.number(f"SELECT count(*) FROM {table}") for name, table in families.items()}  # noqa: S608
    body: Json = {"counts": counts, "switches": asdict(call.switches), "now": call.now}
    if call.query.get("objects") != "false":
        body["objects"] = {
            name: [load(row["body"]) for row in call.state.all(f"SELECT body FROM {table} ORDER BY id")]  # noqa: S608
            for name, table in families.items()
        }
    return Reply(body=body)


def reset(call: Call) -> Reply:
    call.world.reset()
    return Reply(status=204)


def list_requests(call: Call) -> Reply:
    return Reply(body={"requests": list(call.world.requests)})


def forget_requests(call: Call) -> Reply:
    call.world.requests.clear()
    return Reply(status=204)


def move_clock(call: Call) -> Reply:
    seconds = call.document().get("advance_s")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise _wrong('Send {"advance_s": seconds}.')
    call.world.clock.advance(seconds)
    return Reply(body={"now": call.now})


def set_switches(call: Call) -> Reply:
    try:
        call.world.switches = changed(call.switches, call.document())
    except ValueError as error:
        raise _wrong(str(error)) from None
    return Reply(body=asdict(call.world.switches))


def declare_faults(call: Call) -> Reply:
    """One fault, a list of them, or {"faults": [...]}."""
    try:
        given = json.loads(call.content)
        given = given.get("faults", given) if isinstance(given, dict) else given
        call.world.faults.declare(given if isinstance(given, list) else [given])
    except (ValueError, TypeError, AttributeError) as error:
        raise _wrong(str(error)) from None
    return Reply(body={"faults": call.world.faults.describe()})


def list_faults(call: Call) -> Reply:
    return Reply(body={"faults": call.world.faults.describe()})


def forget_faults(call: Call) -> Reply:
    call.world.faults.clear()
    return Reply(status=204)


def set_quota(call: Call) -> Reply:
    document = call.document()
    usage, limit = document.get("usage"), document.get("limit")
    if not isinstance(usage, str) or usage not in call.world.catalogue.quotas or not isinstance(limit, int):
        raise _wrong('Send {"usage": a usage name of the catalogue, "limit": n, "region": "eastus2"}.')
    quota.set_limit(call.state, quota.plain(str(document.get("region", "eastus2"))), usage, limit)
    return Reply(status=204)


def drift(call: Call) -> Reply:
    """Change a live object as somebody in the portal would."""
    document = call.document()
    sort, name, changes = document.get("kind"), document.get("name"), document.get("changes")
    if not isinstance(name, str) or not isinstance(changes, dict):
        raise _wrong('Send {"kind": "deployment" | "store" | "agent", "name": ..., "changes": {...}}.')
    if sort == "deployment":
        return Reply(body=_drift_deployment(call, name, changes, str(document.get("account", DEFAULT_ACCOUNT))))
    call = replace(call, project=_project(call, str(document.get("project", DEFAULT_PROJECT))))
    if sort == "store":
        return Reply(body=stores.edit_store(call, stores.find_row(call, name), changes))
    if sort == "agent":
        return Reply(body=_drift_agent(call, name, changes))
    raise _wrong(f"There is no kind {sort!r}; there are: deployment, store, agent.")


def seed(call: Call) -> Reply:
    """Many plain objects at once, for measuring: {"deployments": n, "stores": n, "agents": n}."""
    wanted = call.document()
    quota.set_limit(call.state, "eastus2", "OpenAI.GlobalStandard.gpt-4.1-mini", 10**9)
    call = replace(call, query={"api-version": V1}, project=_project(call, DEFAULT_PROJECT))
    for index in range(int(wanted.get("deployments", 0))):
        _seed_deployment(call, f"deployment-{index}")
    for index in range(int(wanted.get("stores", 0))):
        models = {"kind": "default", "chat_model": "deployment-0", "embedding_model": "embedding"}
        _with_body(stores.create_store, call, {"name": f"store-{index}", "definition": models})
    for index in range(int(wanted.get("agents", 0))):
        definition = {"kind": "prompt", "model": "deployment-0", "instructions": "Be brief."}
        versions.publish(call, f"agent-{index}", {"definition": definition})
    return read_state(replace(call, query={"objects": "false"}))


def _seed_deployment(call: Call, name: str) -> None:
    here = {"subscription": SUBSCRIPTION_ID, "group": DEFAULT_GROUP, "account": DEFAULT_ACCOUNT, "deployment": name}
    model = {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}
    document = {"sku": {"name": "GlobalStandard", "capacity": 1}, "properties": {"model": model}}
    _with_body(deployments.write_deployment, replace(call, params=here), document)


def _with_body(handler: Any, call: Call, document: Json) -> None:
    handler(replace(call, content=dump(document).encode()))


def _drift_deployment(call: Call, name: str, changes: Json, account: str) -> Json:
    sql = (
        "SELECT d.* FROM resources d JOIN resources a ON a.id = d.parent "
        "WHERE d.kind = ? AND d.name = ? AND a.kind = ? AND a.name = ?"
    )
    row = call.state.one(sql, DEPLOYMENT, name, ACCOUNT, account)
    if row is None:
        raise Refusal(404, "ResourceNotFound", f"There is no deployment '{name}' in account '{account}'.")
    before = Resource(row=row["id"], kind=row["kind"], parent=row["parent"], name=row["name"], body=load(row["body"]))
    body: Json = {**agents.merge(before.body, changes), "etag": new_etag()}
    capacity = body["sku"]["capacity"]
    body["properties"]["currentCapacity"] = capacity
    return update(call.state, before, body, Charge(region=row["region"], usage=row["usage"], capacity=capacity)).body


def _drift_agent(call: Call, name: str, changes: Json) -> Json:
    """A version with a changed definition that does not carry the metadata on, as the portal saves."""
    row = agents.find_agent(call, name)
    if row is None:
        raise Refusal(404, "ResourceNotFound", f"There is no agent '{name}'.")
    latest = load(row["latest_body"])
    definition = agents.merge(latest["definition"], changes)
    kept = {key: latest[key] for key in ("description",) if key in latest}
    call = replace(call, query={"api-version": V1})
    return versions.publish(call, name, {"definition": definition, **kept})


def _project(call: Call, name: str) -> int:
    row = call.state.one("SELECT id FROM resources WHERE kind = 'project' AND name = ? ORDER BY id", name)
    if row is None:
        raise Refusal(404, "ResourceNotFound", f"There is no project '{name}'.")
    return int(row["id"])


def _wrong(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


ROUTES: Final = tuple(
    Route(method=method, path=f"/_emulator/{name}", handler=handler, token=False)
    for method, name, handler in (
        ("GET", "state", read_state),
        ("POST", "reset", reset),
        ("GET", "requests", list_requests),
        ("DELETE", "requests", forget_requests),
        ("POST", "clock", move_clock),
        ("POST", "switches", set_switches),
        ("GET", "faults", list_faults),
        ("POST", "faults", declare_faults),
        ("DELETE", "faults", forget_faults),
        ("POST", "quota", set_quota),
        ("POST", "drift", drift),
        ("POST", "seed", seed),
    )
)
