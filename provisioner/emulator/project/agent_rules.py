"""What an agent and its versions may be.

Source: azure-rest-api-specs, ai-foundry agents (models.tsp); Microsoft Learn: limits-quotas-regions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.project.definition_shapes import check_definition
from provisioner.emulator.project.request_members import object_of
from provisioner.emulator.wire.errors import bad_request
from provisioner.emulator.wire.versions import V1, require_feature

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


NAME: Final = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
TOOLS_MAX: Final = 128
VERSIONS_MAX: Final = 1000
CARD_VERSION_MAX: Final = 32
CARD_SKILLS_MAX: Final = 16
KINDS: Final = ("prompt", "workflow", "hosted", "external", "voice")
REQUIRED: Final = {"prompt": "model", "workflow": "workflow", "external": "otel_agent_id"}

# azure-rest-api-specs, foundry-features-flag-summary.md: only writes of these need the header
FEATURES: Final = {
    "workflow": ("WorkflowAgents=V1Preview", "Workflow agents"),
    "external": ("ExternalAgents=V1Preview", "External agents"),
    "voice": ("VoiceAgents=V1Preview", "Voice agents"),
}
WORDS: Final = {dict: "an object", list: "a list", str: "a string", int: "a whole number"}
DRAFT_FEATURE: Final = ("DraftAgents=V1Preview", "Draft agents")
SKILLS_FEATURE: Final = ("Skills=V1Preview", "Skills")


def check_features(call: Call, document: Json) -> None:
    """Before anything else in the body is looked at."""
    definition = document.get("definition")
    definition = definition if isinstance(definition, dict) else {}
    feature = FEATURES.get(str(definition.get("kind")))
    needed = [
        *([feature] if feature else []),
        *([DRAFT_FEATURE] if document.get("draft") else []),
        *([SKILLS_FEATURE] if definition.get("skills") else []),
    ]
    for token, subject in needed:
        require_feature(call, token, subject)


def check_name(name: object) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise bad_request(  # the code: foundry-samples#685
            "Agent name must start and end with an alphanumeric character, may contain hyphens in the middle, "
            "and must not exceed 63 characters.",
            param="name",
            code="invalid_parameters",
        )
    return name


def definition_of(call: Call, document: Json, name: str) -> Json:
    """The definition as it will read: what was sent, and the few things the service fills in."""
    definition = object_of(document, "definition")
    kind = definition.get("kind")
    if kind not in KINDS:
        raise bad_request(f"'definition.kind' must be one of: {', '.join(KINDS)}.", param="definition.kind")
    if kind == "external":
        definition = {"otel_agent_id": name, **definition}
    _check_required(definition, kind)
    _check_number(definition, "temperature", 2)
    _check_number(definition, "top_p", 1)
    _check_tools(call, definition)
    check_definition(definition, kind, is_open=call.switches.unknown_tools == "accepted")
    return definition


def _check_required(definition: Json, kind: str) -> None:
    key = REQUIRED.get(kind)
    if key is not None and (not isinstance(definition.get(key), str) or not definition[key]):
        raise bad_request(f"'definition.{key}' is required for kind '{kind}'.", param=f"definition.{key}")


def _check_number(definition: Json, key: str, high: float) -> None:
    value = definition.get(key)
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= high:
        raise bad_request(f"'definition.{key}' must be a number from 0 to {high}.", param=f"definition.{key}")


def _check_tools(call: Call, definition: Json) -> None:
    """Whether a named store exists is not asked."""
    tools = definition.get("tools")
    if tools is None:
        return
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise bad_request("'definition.tools' must be a list of objects.", param="definition.tools")
    if len(tools) > TOOLS_MAX:
        message = f"An agent can have at most {TOOLS_MAX} tools."
        raise bad_request(message, param="definition.tools", code="tool_limit_exceeded")
    for index, tool in enumerate(tools):
        _check_tool(call, tool, f"definition.tools[{index}]")


def _check_tool(call: Call, tool: Json, where: str) -> None:
    sort = tool.get("type")
    if not isinstance(sort, str) or not sort:
        raise bad_request(f"'{where}.type' is required.", param=f"{where}.type")
    # renamed in azure-ai-projects 2.0.0b4; assumed: v1 still takes the old name, unless strict
    if sort == "memory_search" and call.switches.strict and call.query.get("api-version") == V1:
        message = f"Invalid value: 'memory_search' at {where}.type. Supported: 'memory_search_preview'."
        raise bad_request(message, param=f"{where}.type")
    if sort in {"memory_search", "memory_search_preview"}:
        for key in ("memory_store_name", "scope"):
            if not isinstance(tool.get(key), str) or not tool[key]:
                raise bad_request(f"'{where}.{key}' is required.", param=f"{where}.{key}")


def check_endpoint(endpoint: object) -> None:
    """inferred: the percentages of the version rules add up to 100."""
    here = "agent_endpoint"
    whole = _typed(endpoint, dict, here)
    _typed(whole.get("protocol_configuration", {}), dict, f"{here}.protocol_configuration")
    _check_objects(whole.get("authorization_schemes", []), f"{here}.authorization_schemes")
    if "version_selector" not in whole:
        return
    where = f"{here}.version_selector.version_selection_rules"
    rules = _typed(whole["version_selector"], dict, f"{here}.version_selector").get("version_selection_rules")
    if rules is None:
        return
    _check_objects(rules, where)
    if sum(_percentage(rule, f"{where}[{index}]") for index, rule in enumerate(rules)) != 100:
        raise bad_request("The traffic percentages of the version selection rules must add up to 100.", param=where)


def check_split(call: Call, endpoint: Json, kind: str) -> None:
    """Microsoft Learn says both: one active version only (configure-agent), and 90/10 for hosted agents (deploy-hosted-
    agent-production, September 2026). assumed: the words of the refusal.
    """
    rules = (endpoint.get("version_selector") or {}).get("version_selection_rules") or []
    shared = sum(1 for rule in rules if rule["traffic_percentage"] > 0) > 1
    allowed = {"allowed": True, "hosted-only": kind == "hosted", "refused": False}[call.switches.traffic_split]
    if shared and not allowed:
        where = "agent_endpoint.version_selector.version_selection_rules"
        raise bad_request(f"Only one version of a {kind} agent can be active at a time.", param=where)


def check_card(given: object) -> None:
    card = _typed(given, dict, "agent_card")
    version, skills = card.get("version"), card.get("skills")
    if version is not None and len(str(version)) > CARD_VERSION_MAX:
        message = f"'agent_card.version' has at most {CARD_VERSION_MAX} characters."
        raise bad_request(message, param="agent_card.version")
    if skills is not None and (not isinstance(skills, list) or not 1 <= len(skills) <= CARD_SKILLS_MAX):
        raise bad_request(f"'agent_card.skills' has 1 to {CARD_SKILLS_MAX} entries.", param="agent_card.skills")


def _percentage(rule: Json, where: str) -> int:
    _typed(rule.get("agent_version"), str, f"{where}.agent_version")
    value = _typed(rule.get("traffic_percentage"), int, f"{where}.traffic_percentage")
    if not 0 <= value <= 100:
        message = f"'{where}.traffic_percentage' must be from 0 to 100."
        raise bad_request(message, param=f"{where}.traffic_percentage")
    return int(value)


def _check_objects(given: object, where: str) -> None:
    for index, entry in enumerate(_typed(given, list, where)):
        _typed(entry, dict, f"{where}[{index}]")


def _typed(value: object, sort: type, where: str) -> Any:
    if not isinstance(value, sort) or isinstance(value, bool):
        raise bad_request(f"'{where}' must be {WORDS[sort]}.", param=where)
    return value
