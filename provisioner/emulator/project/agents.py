"""Agents: a name, an endpoint that takes traffic, and the latest of their versions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.arm_family import in_project, no_such
from provisioner.emulator.control.family import Cells, Family
from provisioner.emulator.project import agent_objects, agent_rows, versions
from provisioner.emulator.project.agent_rules import check_card, check_endpoint, check_features, check_name, check_split
from provisioner.emulator.project.departed_rows import DEPARTED, departed_place
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal, not_found
from provisioner.emulator.wire.markup import Safe, badge, excerpt, stamp, table, tag
from provisioner.emulator.wire.merge_patch import merge
from provisioner.emulator.wire.paging import envelope, page_of
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.wire.versions import V1
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Edit
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row

ENVELOPE: Final = ("agent_card", "agent_endpoint", "state")  # of an agent; the rest is its latest definition
VERSIONS_SHOWN: Final = 100  # on an agent's page


def create_agent(call: Call) -> Reply:
    """POST /agents: the agent with its first version, or one more version."""
    document = call.document()
    check_features(call, document)
    name = check_name(document.get("name"))
    versions.publish(call, name, document)
    return _agent(call, name)


def update_agent(call: Call) -> Reply:
    """POST /agents/{name}: a version if anything changed.

    Source: azure-rest-api-specs, ai-foundry agents/routes.tsp, updateAgent.
    """
    document = call.document()
    check_features(call, document)
    agent_objects.the_agent(call)
    versions.publish(call, call.params["name"], document, dedupe=True)
    return _agent(call, call.params["name"])


def list_agents(call: Call) -> Reply:
    page = page_of(call.query, lambda cursor: _place(call, cursor))
    rows = agent_rows.page_of_agents(call.state, call.project, page, call.query.get("kind"))
    return Reply(body=envelope([agent_objects.shown(row, call.now) for row in rows], page))


def read_agent(call: Call) -> Reply:
    return Reply(body=agent_objects.shown(agent_objects.the_agent(call), call.now))


def patch_agent(call: Call) -> Reply:
    """A merge patch of endpoint and card. Fields it does not know: 200 and no effect."""
    if call.headers.get("content-type", "").split(";")[0].strip() != "application/merge-patch+json":
        message = "The content type must be application/merge-patch+json."
        raise Refusal(415, "UnsupportedMediaType", message)
    row, patch = agent_objects.the_agent(call), call.document()
    agent = load(row["body"])
    merged = merge({key: agent.get(key) for key in ("agent_endpoint", "agent_card")}, _only_known(patch))
    if "agent_endpoint" in patch:
        agent["agent_endpoint"] = agent_objects.or_default(merged.get("agent_endpoint"), agent_objects.DEFAULT_ENDPOINT)
        check_endpoint(agent["agent_endpoint"])
        check_split(call, agent["agent_endpoint"], row["kind"])
    if "agent_card" in patch:
        agent["agent_card"] = merged.get("agent_card")
        check_card(agent_objects.or_default(agent["agent_card"], {}))
    agent_rows.save(call.state, row["id"], agent)
    return Reply(body=agent_objects.shown(agent_objects.the_agent(call), call.now))


def delete_agent(call: Call) -> Reply:
    """With every version. Its numbers start at 1 again when the name is used anew (inferred from samples)."""
    row = agent_objects.the_agent(call)
    agent_objects.remove(call, row)
    return Reply(body={"object": "agent.deleted", "name": row["name"], "deleted": True})


def enable(call: Call) -> Reply:
    return _switch(call, "enabled")


def disable(call: Call) -> Reply:
    return _switch(call, "disabled")


def not_imported(call: Call) -> Reply:
    raise Refusal(501, "NotEmulated", f"{call.method} {call.path} is not emulated: import from a manifest.")


def _only_known(patch: Json) -> Json:
    return {key: patch[key] for key in ("agent_endpoint", "agent_card") if key in patch}


def _switch(call: Call, state: str) -> Reply:
    row = agent_objects.the_agent(call)
    agent_rows.save(call.state, row["id"], {**load(row["body"]), "state": state})
    return Reply(status=204)


def _place(call: Call, cursor: str) -> int | None:
    place = agent_rows.place(call.state, call.project, cursor)
    return departed_place(call.state, "agents", call.project, cursor) if place is None else place


def _agent(call: Call, name: str) -> Reply:
    row = agent_objects.find_agent(call, name)
    if row is None:
        raise not_found(f"Agent '{name}' not found.")
    return Reply(body=agent_objects.shown(row, call.now))


def _edit(call: Call, edit: Edit) -> Json:
    """A version with a changed definition that does not carry the metadata on, as the portal saves."""
    call = in_project(call, edit.name, project=edit.project)
    name, changes = edit.name, edit.changes
    row = agent_objects.find_agent(call, name)
    if row is None:
        raise no_such("agent", name)
    if changes is None:
        agent_objects.remove(call, row)
        return {}
    outside = {key: changes[key] for key in ENVELOPE if key in changes}
    if outside:
        agent = merge(load(row["body"]), outside)
        check_endpoint(agent["agent_endpoint"])
        check_card(agent.get("agent_card", {}))
        agent_rows.save(call.state, row["id"], agent)
    inside = {key: value for key, value in changes.items() if key not in ENVELOPE}
    if not inside and outside:
        return agent_objects.shown(agent_objects.the_agent(call), call.now)
    latest = load(row["latest_body"])
    kept = {key: latest[key] for key in ("description",) if key in latest}
    call = replace(call, query={"api-version": V1})
    return versions.publish(call, name, {"definition": merge(latest["definition"], inside), **kept})


def _seed(call: Call, amount: int) -> None:
    definition = {"kind": "prompt", "model": "deployment-0", "instructions": "Be brief."}
    call = in_project(call)
    for index in range(amount):
        versions.publish(call, f"agent-{index}", {"definition": definition})


def _listed(call: Call, limit: int, first: int) -> list[Cells]:
    return [_cells(row) for row in agent_rows.page_with_projects(call.state, limit, first)]


def _cells(row: Row) -> Cells:
    latest: Json = load(row["latest_body"]) if row["latest_body"] else {}
    link = tag("a", row["name"], href=f"/?agent={row['id']}")
    state = str(load(row["body"])["state"])
    shown = badge(state, "good" if state == "enabled" else "warn")
    model = latest.get("definition", {}).get("model", "")
    return link, row["in_project"], row["kind"], latest.get("version", ""), f"{row['versions']:,}", model, shown


def _whole(call: Call, agent: int) -> Safe | None:
    row = agent_rows.with_project(call.state, agent)
    if row is None:
        return None
    latest = agent_rows.latest_versions(call.state, agent, VERSIONS_SHOWN)
    left = row["versions"] - len(latest)
    shown = [_version(load(version["body"])) for version in latest]
    return tag(
        "section",
        tag("h2", "Agent ", row["name"]),
        table(("Version", "Created", "Model", "Instructions", "Tools"), shown),
        tag("p", f"The {VERSIONS_SHOWN} latest versions are shown, {left:,} are not.", class_="more") if left else "",
    )


def _version(body: Json) -> Cells:
    definition = body["definition"]
    tools = definition.get("tools")
    names = [str(tool.get("type", "")) for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    instructions = excerpt(definition.get("instructions") or "")
    return body["version"], stamp(body["created_at"]), definition.get("model", ""), instructions, ", ".join(names)


ONE: Final = agent_objects.ONE
FAMILY: Final = Family(
    tables=(agent_rows.AGENTS, DEPARTED),
    name="agents",
    kind="agent",
    count=lambda call: agent_rows.count_all(call.state),
    bodies=lambda call: agent_rows.all_bodies(call.state),
    edit=_edit,
    seed=_seed,
    title="Agents",
    nothing="No agent yet.",
    columns=("Name", "Project", "Kind", "Latest", "Versions", "Model", "State"),
    listed=_listed,
    whole=_whole,
    project_routes=(
        Route(method="POST", path="/agents", handler=create_agent),
        Route(method="POST", path=ONE, handler=update_agent),
        Route(method="GET", path="/agents", handler=list_agents),
        Route(method="GET", path=ONE, handler=read_agent),
        Route(method="PATCH", path=ONE, handler=patch_agent),
        Route(method="DELETE", path=ONE, handler=delete_agent),
        Route(method="POST", path=f"{ONE}:enable", handler=enable),
        Route(method="POST", path=f"{ONE}:disable", handler=disable),
        Route(method="POST", path="/agents:import", handler=not_imported),
        Route(method="POST", path=f"{ONE}/import", handler=not_imported),
        Route(method="POST", path=f"{ONE}/versions:import", handler=not_imported),
    ),
)
