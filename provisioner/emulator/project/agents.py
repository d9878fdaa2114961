"""Agents: a name, an endpoint that takes traffic, and the latest of their versions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.control.family import Family
from provisioner.emulator.project import agent_rows
from provisioner.emulator.project.agent_rules import check_card, check_endpoint, check_name, check_split
from provisioner.emulator.project.departed_rows import departed_place, remember_place
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal, not_found
from provisioner.emulator.wire.paging import envelope, page_of
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row


# Publishing a version takes traffic at once, unless the selector is pinned (azure-ai-projects 2.10, models)
DEFAULT_ENDPOINT: Final[Json] = {
    "version_selector": {
        "version_selection_rules": [
            {"type": "FixedRatio", "agent_version": "@latest", "traffic_percentage": 100},
        ]
    },
    "protocol_configuration": {"responses": {}},
    "authorization_schemes": [{"type": "Entra"}],
}


def list_agents(call: Call) -> Reply:
    page = page_of(call.query, lambda cursor: _place(call, cursor))
    rows = agent_rows.page_of_agents(call.state, call.project, page, call.query.get("kind"))
    return Reply(body=envelope([shown(row, call.now) for row in rows], page))


def read_agent(call: Call) -> Reply:
    return Reply(body=shown(the_agent(call), call.now))


def patch_agent(call: Call) -> Reply:
    """A merge patch of endpoint and card. Fields it does not know: 200 and no effect."""
    if call.headers.get("content-type", "").split(";")[0].strip() != "application/merge-patch+json":
        message = "The content type must be application/merge-patch+json."
        raise Refusal(415, "UnsupportedMediaType", message)
    row, patch = the_agent(call), call.document()
    agent = load(row["body"])
    merged = merge({key: agent.get(key) for key in ("agent_endpoint", "agent_card")}, _only_known(patch))
    if "agent_endpoint" in patch:
        agent["agent_endpoint"] = _or(merged.get("agent_endpoint"), DEFAULT_ENDPOINT)
        check_endpoint(agent["agent_endpoint"])
        check_split(call, agent["agent_endpoint"], row["kind"])
    if "agent_card" in patch:
        agent["agent_card"] = merged.get("agent_card")
        check_card(_or(agent["agent_card"], {}))
    agent_rows.save(call.state, row["id"], agent)
    return Reply(body=shown(the_agent(call), call.now))


def delete_agent(call: Call) -> Reply:
    """With every version. Its numbers start at 1 again when the name is used anew (inferred from samples)."""
    row = the_agent(call)
    remove(call, row)
    return Reply(body={"object": "agent.deleted", "name": row["name"], "deleted": True})


def enable(call: Call) -> Reply:
    return _switch(call, "enabled")


def disable(call: Call) -> Reply:
    return _switch(call, "disabled")


def not_imported(call: Call) -> Reply:
    raise Refusal(501, "NotEmulated", f"{call.method} {call.path} is not emulated: import from a manifest.")


def find_agent(call: Call, name: str) -> Row | None:
    return agent_rows.find(call.state, call.project, name)


def the_agent(call: Call) -> Row:
    name = call.params["name"]
    row = find_agent(call, name)
    if row is None:
        raise not_found(f"Agent '{name}' not found.")
    return row


def insert(call: Call, name: str, kind: str, document: Json) -> int:
    check_name(name)
    endpoint, card = _or(document.get("agent_endpoint"), DEFAULT_ENDPOINT), document.get("agent_card")
    check_endpoint(endpoint)
    check_split(call, endpoint, kind)
    check_card(_or(card, {}))
    agent: Json = {
        "object": "agent",
        "id": name,
        "name": name,
        "state": document.get("state") or "enabled",
        "agent_endpoint": endpoint,
        "instance_identity": _identity(),
        "blueprint": _identity(),
        **({"agent_card": card} if card else {}),
    }
    return agent_rows.insert(call.state, call.project, name, kind, agent)


def remove(call: Call, row: Row) -> None:
    agent_rows.delete(call.state, row["id"])
    remember_place(call.state, "agents", call.project, row["id"], row["name"])


def shown(row: Row, now: float) -> Json:
    latest = None if row["latest_body"] is None else shown_version(row["latest_body"], row["active_at"], now)
    return {**load(row["body"]), "versions": {"latest": latest}}


def shown_version(body: str, active_at: float, now: float) -> Json:
    """Hosted agents are `creating` for a while; the others are active at once."""
    return {**load(body), "status": "active" if active_at <= now else "creating"}


def merge(target: object, patch: object) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def _or(given: object, default: Json) -> Any:
    """For what is not given, or empty; whatever else is given is for the rules to judge."""
    return default if given in (None, {}) else given


def _only_known(patch: Json) -> Json:
    return {key: patch[key] for key in ("agent_endpoint", "agent_card") if key in patch}


def _switch(call: Call, state: str) -> Reply:
    row = the_agent(call)
    agent_rows.save(call.state, row["id"], {**load(row["body"]), "state": state})
    return Reply(status=204)


def _place(call: Call, cursor: str) -> int | None:
    place = agent_rows.place(call.state, call.project, cursor)
    return departed_place(call.state, "agents", call.project, cursor) if place is None else place


def _identity() -> Json:
    return {"principal_id": str(uuid.uuid4()), "client_id": str(uuid.uuid4()), "status": "active"}


ONE: Final = "/agents/{name}"
FAMILY: Final = Family(
    project_routes=(
        Route(method="GET", path="/agents", handler=list_agents),
        Route(method="GET", path=ONE, handler=read_agent),
        Route(method="PATCH", path=ONE, handler=patch_agent),
        Route(method="DELETE", path=ONE, handler=delete_agent),
        Route(method="POST", path=f"{ONE}:enable", handler=enable),
        Route(method="POST", path=f"{ONE}:disable", handler=disable),
        Route(method="POST", path="/agents:import", handler=not_imported),
        Route(method="POST", path=f"{ONE}/import", handler=not_imported),
        Route(method="POST", path=f"{ONE}/versions:import", handler=not_imported),
    )
)
