"""Versions of agents: immutable, numbered by a counter that never gives a number twice."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.family import Family
from provisioner.emulator.project import agent_objects, agent_rows
from provisioner.emulator.project.agent_rules import (
    VERSIONS_MAX,
    check_features,
    check_name,
    definition_of,
)
from provisioner.emulator.project.departed_rows import DEPARTED, departed_place, remember_place
from provisioner.emulator.project.request_members import given_description, metadata_of
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal, bad_request, not_found
from provisioner.emulator.wire.paging import envelope, page_of
from provisioner.emulator.wire.routing import Route
from provisioner.emulator.world.state import dump, load

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row

TELLING: Final = ("definition", "description", "metadata")  # what makes two versions the same


def create_version(call: Call) -> Reply:
    """POST /agents/{name}/versions: what every SDK uses; makes the agent when there is none.

    An identical version is one more version (microsoft/agent-framework#1955), except for hosted agent_objects.
    """
    document = call.document()
    check_features(call, document)
    return Reply(body=publish(call, call.params["name"], document, dedupe=call.switches.dedupe_versions))


def publish(call: Call, name: str, document: Json, *, dedupe: bool = False) -> Json:
    check_name(name)
    content = {
        "definition": definition_of(call, document, name),
        **given_description(document),
        "metadata": metadata_of(document) or {},
    }
    kind, draft = content["definition"]["kind"], bool(document.get("draft")) and not call.switches.drafts_ignored
    row = agent_objects.find_agent(call, name)
    if row is not None and row["kind"] != kind:  # assumed
        raise bad_request(f"Agent '{name}' is of kind '{row['kind']}' and cannot get a version of kind '{kind}'.")
    same = _identical_latest(row, content) if (dedupe or kind == "hosted") and not draft else None
    if row is not None and same is not None:
        return agent_objects.shown_version(same, row["active_at"], call.now)
    agent = agent_objects.insert(call, name, kind, document) if row is None else int(row["id"])
    return _add(call, agent, name, content, draft=draft)


def list_versions(call: Call) -> Reply:
    agent = agent_objects.the_agent(call)["id"]
    page = page_of(call.query, lambda cursor: _place(call, agent, cursor))
    drafts = call.query.get("include_drafts", "").lower() == "true"
    rows = agent_rows.page_of_versions(call.state, agent, page, drafts=drafts)
    return Reply(
        body=envelope([agent_objects.shown_version(row["body"], row["active_at"], call.now) for row in rows], page)
    )


def read_version(call: Call) -> Reply:
    row = _the_version(call)
    return Reply(body=agent_objects.shown_version(row["body"], row["active_at"], call.now))


def delete_version(call: Call) -> Reply:
    """assumed: the last version takes the agent with it, since an agent always has a latest one."""
    row, agent = _the_version(call), agent_objects.the_agent(call)
    is_left = agent_rows.delete_version(call.state, agent["id"], row["id"])
    version = load(row["body"])
    remember_place(call.state, "versions", agent["id"], row["id"], version["id"], row["version"])
    if not is_left:
        agent_objects.remove(call, agent)
    return Reply(
        body={"object": "agent.version.deleted", "name": agent["name"], "version": row["version"], "deleted": True}
    )


def _add(call: Call, agent: int, name: str, content: Json, *, draft: bool) -> Json:
    if agent_rows.count_versions(call.state, agent) >= VERSIONS_MAX:
        message = f"Agent '{name}' has {VERSIONS_MAX} versions, the most there can be. Delete some first."
        raise bad_request(message, code="UserError")
    number = agent_rows.last_number(call.state, agent) + (0 if draft else 1)
    version = f"draft-{int(call.now * 1000)}" if draft else str(number)
    hosted = content["definition"]["kind"] == "hosted"
    active_at = call.now + (call.switches.write_seconds if hosted else 0)
    body: Json = {
        "object": "agent.version",
        "id": f"{name}:{version}",
        "name": name,
        "version": version,
        "created_at": int(call.now),
        "draft": draft,
        "agent_guid": str(uuid.uuid4()),
        **_with_content_hash(content),
    }
    agent_rows.add_version(call.state, agent, body, number=number, active_at=active_at)
    return agent_objects.shown_version(dump(body), active_at, call.now)


def _with_content_hash(content: Json) -> Json:
    """The service fills in the hash of a hosted agent's code."""
    code = content["definition"].get("code_configuration")
    if not isinstance(code, dict):
        return content
    digest = hashlib.sha256(dump({**code, "content_hash": None}).encode()).hexdigest()
    definition = {**content["definition"], "code_configuration": {**code, "content_hash": digest}}
    return {**content, "definition": definition}


def _identical_latest(row: Row | None, content: Json) -> str | None:
    if row is None or row["latest_body"] is None:
        return None
    latest, wanted = load(row["latest_body"]), _with_content_hash(content)
    same = all(latest.get(key) == wanted.get(key) for key in TELLING)
    return str(row["latest_body"]) if same and not latest["draft"] else None


def _the_version(call: Call) -> Row:
    agent, version = agent_objects.the_agent(call), call.params["version"]
    row = agent_rows.find_version(call.state, agent["id"], version)
    if row is None:
        raise not_found(f"Agent '{agent['name']}' has no version '{version}'.")
    return row


def _place(call: Call, agent: int, cursor: str) -> int | None:
    version = cursor.rpartition(":")[2]
    row = agent_rows.find_version(call.state, agent, version)
    return departed_place(call.state, "versions", agent, cursor) if row is None else int(row["id"])


def overlapping(path: str) -> Refusal:
    """Source: azure-sdk-for-net#58060: the message carries a second error as JSON text."""
    inner = dump({"error": {"code": "conflict", "message": f"{path} was modified concurrently.", "type": "error"}})
    return Refusal(
        409,
        "conflict",
        f"The resource already exists or was modified concurrently. Please retry.\r\n\r\n{inner}",
        param="",
        kind="ServiceError",
    )


FAMILY: Final = Family(
    tables=(agent_rows.VERSIONS, DEPARTED),
    name="versions",
    kind="version",
    count=lambda call: agent_rows.count_all_versions(call.state),
    bodies=lambda call: agent_rows.all_versions(call.state),
    project_routes=(
        Route(method="POST", path=f"{agent_objects.ONE}/versions", handler=create_version, exclusive=True),
        Route(method="GET", path=f"{agent_objects.ONE}/versions", handler=list_versions),
        Route(method="GET", path=f"{agent_objects.ONE}/versions/{{version}}", handler=read_version),
        Route(method="DELETE", path=f"{agent_objects.ONE}/versions/{{version}}", handler=delete_version),
    ),
)
