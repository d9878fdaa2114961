"""Who is to answer: a version of an agent, or a bare model deployment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provisioner.emulator.project import agent_objects, agent_rows
from provisioner.emulator.project.answers.deployment_checks import check_deployment
from provisioner.emulator.wire.errors import Refusal, bad_request, not_found
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call
    from provisioner.emulator.world.state import Row


# An agent fixes these. Sources: microsoft/agent-framework#5130 (tools), #5493 (text), #2573 (temperature, top_p);
# public third-party notes (instructions, reasoning). tool_choice passes: azure-ai-projects 2.10, samples.
FIXED_BY_AGENT: Final = ("tools", "instructions", "text", "reasoning", "temperature", "top_p")
SPREAD: Final = 61  # has no factor in common with 100: a hundred steps visit every number once, well mixed


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    deployment: str
    definition: Json = field(default_factory=dict)  # of the agent's version; empty for a bare model
    reference: Json | None = None  # as the response repeats it


def target_of(call: Call, document: Json) -> Target:
    reference = _reference_of(call, document)
    if reference is None:
        return _bare_model(call, document)
    row = the_enabled_agent(call, reference["name"])
    version = _version(call, row, reference.get("version"))
    body = load(version["body"])
    definition: Json = body["definition"]
    _check_answers(call, version, definition["kind"])
    _check_overrides(document, definition)
    check_deployment(call, definition["model"])
    found = {"type": "agent_reference", "name": row["name"], "version": body["version"]}
    return Target(deployment=definition["model"], definition=definition, reference=found)


def the_enabled_agent(call: Call, name: str) -> Row:
    row = agent_objects.find_agent(call, name)
    if row is None:
        raise not_found(f"Agent '{name}' not found.")
    if load(row["body"]).get("state") == "disabled":
        # azure-ai-projects 2.10, test_agents_crud.py: a 403. assumed: its code and words
        raise Refusal(403, "PermissionDenied", f"Agent '{name}' is disabled and does not accept requests.")
    return row


def _bare_model(call: Call, document: Json) -> Target:
    model = document.get("model")
    if not isinstance(model, str) or not model:  # microsoft/agent-framework#5582
        message = "Missing required parameter: 'model'."
        raise bad_request(message, param="model", code="missing_required_parameter")
    check_deployment(call, model)
    return Target(deployment=model)


def _reference_of(call: Call, document: Json) -> Json | None:
    """From the body, or the path of an agent's endpoint. assumed: the two may not differ."""
    given = _given_reference(call, document)
    here = call.params.get("name")
    if here is None:
        return given
    if given is not None and given["name"] != here:
        raise bad_request(f"The agent reference names '{given['name']}', the endpoint is of '{here}'.")
    return given or {"name": here}


def _given_reference(call: Call, document: Json) -> Json | None:
    key = "agent_reference" if document.get("agent_reference") is not None else "agent"
    reference = document.get(key)
    if reference is None:
        return None
    if key == "agent" and call.switches.agent_key == "refused":  # MicrosoftLearning/mslearn-ai-agents#108, #157
        raise bad_request("The 'agent' property is deprecated. Use 'agent_reference' instead.", param="agent")
    fits = isinstance(reference, dict) and reference.get("type") == "agent_reference"
    if not fits or not isinstance(reference.get("name"), str):
        # public third-party notes: without its type a bare 400
        message = "The provided data does not match the expected schema"
        raise bad_request(message, param=key, code="invalid_payload")
    version = reference.get("version")
    return {"name": reference["name"], **({} if version is None else {"version": str(version)})}


def _version(call: Call, agent: Row, asked: str | None) -> Row:
    """assumed: a reference without a version goes the way of the endpoint's traffic, as the endpoint does."""
    asked = asked or _routed(call, agent)
    # a draft takes no requests (Microsoft Learn: agent drafts)
    row = agent_rows.find_published(call.state, agent["id"], None if asked == "@latest" else asked)
    if row is None:
        raise not_found(f"Agent '{agent['name']}' has no version '{asked}' that takes requests.")
    return row


def _routed(call: Call, agent: Row) -> str:
    """The version whose turn it is. Any hundred requests in a row are split exactly as the rules say.

    Source: azure-ai-projects 2.10, models: FixedRatioVersionSelectionRule.
    """
    selector = (load(agent["body"]).get("agent_endpoint") or {}).get("version_selector") or {}
    rules = selector.get("version_selection_rules") or []
    if len(rules) < 2:
        return str(rules[0]["agent_version"]) if rules else "@latest"
    agent_rows.count_request(call.state, agent["id"])
    place = agent["requests"] * SPREAD % 100
    for rule in rules:
        place -= rule["traffic_percentage"]
        if place < 0:
            return str(rule["agent_version"])
    return "@latest"


def _check_answers(call: Call, version: Row, kind: str) -> None:
    if version["active_at"] > call.now:  # Microsoft Learn: hosted agents, invoked too early
        message = "The agent's session is not ready yet. Try again in a moment."
        raise Refusal(424, "session_not_ready", message, kind="server_error")
    if kind != "prompt":
        message = f"Agents of kind '{kind}' do not answer here: the emulator runs no containers and no workflows."
        raise Refusal(501, "NotEmulated", message)


def _check_overrides(document: Json, definition: Json) -> None:
    for key in FIXED_BY_AGENT:
        if document.get(key) is not None:
            raise bad_request("Not allowed when agent is specified.", param=key, code="invalid_payload")
    model = document.get("model")
    if model not in {None, "", definition["model"]}:  # assumed: the agent's own model may be repeated
        raise bad_request("Not allowed when agent is specified.", param="model", code="invalid_payload")
