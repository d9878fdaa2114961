"""What the members of an agent's definition may be.

Source: the models of azure-ai-projects, from which `agent_shapes.json` is made (it says which version):
`python -m pytest tests/emulator/test_agent_shapes.py --update-golden`. Members that the models do not name are let
through: the service is ahead of its SDK. assumed: the words of the refusals.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.wire.errors import Refusal, bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.emulator.model.interface import Json


MODELS: Final = {
    "prompt": "PromptAgentDefinition",
    "voice": "VoiceAgentDefinition",
    "external": "ExternalAgentDefinition",
    "workflow": "WorkflowAgentDefinition",
}
TOOLS: Final = ("Tool", "VoiceAgentTool")
# Where an unknown word is refused; elsewhere it is taken for a newer one.
CLOSED: Final = frozenset({*TOOLS, "TextResponseFormat", "OpenApiAuthDetails"})
# The models ask for these, the service does not: openai-python's FunctionTool, and what samples of the SDK leave out.
MAY_LACK: Final[Mapping[str, frozenset[str]]] = {
    "FunctionTool": frozenset({"parameters", "strict"}),
    "FunctionToolParam": frozenset({"parameters", "strict"}),
    **{model: frozenset({"model"}) for model in MODELS.values()},  # agent_rules.py has its own words for it
}
# One of these, say the models' descriptions
NEEDS_ONE: Final[Mapping[str, tuple[str, ...]]] = {
    "MCPTool": ("server_url", "connector_id", "tunnel_id", "project_connection_id"),
    "VoiceAgentMcpTool": ("server_url", "project_connection_id"),
    "A2ATool": ("base_url", "project_connection_id"),
    "A2APreviewTool": ("base_url", "project_connection_id"),
}
NAMES: Final = {"FunctionTool", "FunctionToolParam", "VoiceAgentFunctionTool"}
NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
EITHER: Final = re.compile(r"\[[^\]]*\]|\{[^}]*\}|[^|]+")  # the parts of a spec: what is in brackets stays together
OLD_WORDS: Final = {"memory_search": "MemorySearchPreviewTool"}  # before azure-ai-projects 2.0.0b4

PLAIN: Final[Mapping[str, tuple[type | tuple[type, ...], str]]] = {
    "string": (str, "a string"),
    "integer": (int, "a whole number"),
    "number": ((int, float), "a number"),
    "boolean": (bool, "true or false"),
    "object": (dict, "an object"),
}


def check_definition(definition: Json, kind: str, *, is_open: bool) -> None:
    """Refuses what does not fit the service's models; where it `is_open`, types of tools may be unknown, too. Hosted
    agents are their containers' business.
    """
    model = MODELS.get(kind)
    if model is not None:
        given = {**definition, "tools": _known(definition)} if is_open else definition
        _check_members(given, model, "definition")


def _known(definition: Json) -> list[Json]:
    words = {word for base in TOOLS for word in _shapes()["variants"][base]["of"]}
    return [tool for tool in definition.get("tools") or [] if tool.get("type") in words]


@cache
def _shapes() -> Json:
    shapes: Json = json.loads((Path(__file__).parent / "agent_shapes.json").read_text(encoding="utf-8"))
    return shapes


def _check(value: Any, spec: str, where: str) -> None:
    either = EITHER.findall(spec)
    if len(either) > 1:
        _check_either(value, either, where)
    elif spec[0] == "[":
        _expect(value, list, "a list", where)
        for index, entry in enumerate(value):
            _check(entry, spec[1:-1], f"{where}[{index}]")
    elif spec[0] == "{":
        _expect(value, dict, "an object", where)
        for name, entry in value.items():
            _check(entry, spec[1:-1], f"{where}.{name}")
    elif spec in PLAIN:
        _expect(value, *PLAIN[spec], where)
    elif spec != "any":
        _check_model(value, spec, where)


def _check_either(value: object, specs: list[str], where: str) -> None:
    """The refusal is the one of the spec that comes nearest: of the same sort of JSON."""
    refusals = []
    for spec in specs:
        refusal = _refusal(value, spec, where)
        if refusal is None:
            return
        refusals.append(refusal)
    raise next((refusal for refusal in refusals if refusal.param != where), refusals[0])


def _refusal(value: object, spec: str, where: str) -> Refusal | None:
    try:
        _check(value, spec, where)
    except Refusal as refusal:
        return refusal
    return None


def _check_model(found: Any, name: str, where: str) -> None:
    _expect(found, dict, "an object", where)
    variants = _shapes()["variants"].get(name)
    if variants is None:
        _check_members(found, name, where)
        return
    key, known = variants["key"], variants["of"] | OLD_WORDS
    word = found.get(key)
    if not isinstance(word, str) or not word:
        raise _missing(f"{where}.{key}")
    if known.get(word):
        _check_model(found, known[word], where)
    elif word not in known and name in CLOSED:
        words = ", ".join(f"'{word}'" for word in variants["of"])
        raise bad_request(
            f"Invalid value for '{where}.{key}': '{word}'. Supported values are: {words}.", param=f"{where}.{key}"
        )


def _check_members(found: Json, name: str, where: str) -> None:
    """null is a member that is not there."""
    model = _shapes()["models"][name]
    for member in model["needs"]:
        if found.get(member) is None and member not in MAY_LACK.get(name, ()):
            raise _missing(f"{where}.{member}")
    one_of = NEEDS_ONE.get(name, ())
    if one_of and all(not found.get(member) for member in one_of):
        names = " or ".join(f"'{where}.{member}'" for member in one_of)
        raise bad_request(f"One of {names} is required.", param=f"{where}.{one_of[0]}")
    for member, spec in (model["needs"] | model["takes"]).items():
        if found.get(member) is not None:
            _check(found[member], spec, f"{where}.{member}")
    if name in NAMES and not NAME.fullmatch(found["name"]):
        message = f"Invalid '{where}.name': '{found['name']}' does not match '^[a-zA-Z0-9_-]{{1,64}}$'."
        raise bad_request(message, param=f"{where}.name")


def _expect(value: object, sort: type | tuple[type, ...], words: str, where: str) -> None:
    if not isinstance(value, sort) or (isinstance(value, bool) and sort is not bool):
        raise bad_request(f"'{where}' must be {words}.", param=where)


def _missing(where: str) -> Refusal:
    return bad_request(f"'{where}' is required.", param=where)
