"""Agents as their clients see them: found, made and removed, each shown with the latest of its versions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.project import agent_rows
from provisioner.emulator.project.agent_rules import check_card, check_endpoint, check_name, check_split
from provisioner.emulator.project.departed_rows import remember_place
from provisioner.emulator.wire.errors import not_found
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row


ONE: Final = "/agents/{name}"  # the path
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
    endpoint, card = or_default(document.get("agent_endpoint"), DEFAULT_ENDPOINT), document.get("agent_card")
    check_endpoint(endpoint)
    check_split(call, endpoint, kind)
    check_card(or_default(card, {}))
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


def or_default(given: object, default: Json) -> Any:
    """For what is not given, or empty; whatever else is given is for the rules to judge."""
    return default if given in (None, {}) else given


def _identity() -> Json:
    return {"principal_id": str(uuid.uuid4()), "client_id": str(uuid.uuid4()), "status": "active"}
