"""From a request and the agent's definition to the question that a model is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

from provisioner.emulator.model import Prompt, ResponseFormat, Tool, conversation_of
from provisioner.emulator.project.answers.request_types import CHOICE, FORMAT, FUNCTION, INPUT, SETTINGS, TOOL, checked
from provisioner.emulator.wire.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.emulator.model import Memory
    from provisioner.emulator.model.interface import Json

Choice = Literal["auto", "required", "none"]

MEMORY_TOOLS: Final = frozenset({"memory_search_preview", "memory_search"})
PLACEHOLDER: Final = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


def settings_of(document: Json, definition: Json) -> Json:
    """What holds for this request: the agent's settings, or the request's where there is no agent."""
    source = checked(definition or document, SETTINGS)
    inputs = structured_inputs(document, definition)
    return {
        "instructions": filled(source.get("instructions"), inputs),
        "tools": filled(_tools(source.get("tools")), inputs),
        "tool_choice": document.get("tool_choice") or source.get("tool_choice") or "auto",
        "text": {"format": {"type": "text"}, **(source.get("text") or {})},
        "temperature": _number(source.get("temperature"), 1.0),
        "top_p": _number(source.get("top_p"), 1.0),
        "reasoning": source.get("reasoning") or {"effort": None, "summary": None},
    }


def prompt_of(settings: Json, said: list[Json], memories: Sequence[Memory]) -> Prompt:
    tools = function_tools(settings["tools"])
    choice, only = choice_of(settings["tool_choice"], tools)
    return Prompt(
        conversation=conversation_of(said),
        instructions=settings["instructions"] or "",
        memories=memories,
        tools=tools,
        tool_choice=choice,
        only_tool=only,
        response_format=format_of(settings["text"].get("format")),
    )


def structured_inputs(document: Json, definition: Json) -> Json:
    """Source: azure-ai-projects 2.10, models: StructuredInputDefinition."""
    given: Json = document.get("structured_inputs") or {}
    declared: Json = definition.get("structured_inputs") or {}
    for name, wish in declared.items():
        checked(wish, INPUT, f"structured_inputs.{name}")
        if wish.get("required") and name not in given and wish.get("default_value") is None:
            where = f"structured_inputs.{name}"
            raise bad_request(f"Missing required parameter: '{where}'.", param=where)
    defaults = {name: wish.get("default_value") for name, wish in declared.items()}
    return {**defaults, **given}


def filled(value: Any, inputs: Json) -> Any:
    """Every `{{name}}` replaced; a name that nobody gave stays as it is."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: _shown(inputs.get(found[1]), found[0]), value)
    if isinstance(value, list):
        return [filled(entry, inputs) for entry in value]
    if isinstance(value, dict):
        return {key: filled(entry, inputs) for key, entry in value.items()}
    return value


def function_tools(tools: list[Json]) -> tuple[Tool, ...]:
    return tuple(
        Tool(
            name=tool["name"],
            description=tool.get("description") or "",
            parameters=tool.get("parameters") or {},
            strict=tool.get("strict"),
        )
        for tool in tools
        if tool["type"] == "function"
    )


def not_run(tools: list[Json]) -> list[str]:
    """The types of the tools that are accepted and left alone."""
    types = {tool["type"] for tool in tools}
    return sorted(types - MEMORY_TOOLS - {"function"})


def choice_of(choice: object, tools: tuple[Tool, ...]) -> tuple[Choice, str]:
    """tool_choice as the model understands it, and the one function that must be called."""
    if isinstance(choice, dict):
        return "auto", _only(checked(choice, CHOICE, "tool_choice"), tools)
    if choice not in {"auto", "required", "none"}:
        raise bad_request(f"Invalid value for 'tool_choice': {choice!r}.", param="tool_choice")
    if choice == "none":
        return "none", ""
    return ("required" if choice == "required" and tools else "auto"), ""


def format_of(wanted: object) -> ResponseFormat | None:
    """`text.format` of responses; chat completions nest the same under `json_schema`."""
    wanted = checked(wanted or {}, FORMAT, "text.format")
    schema = checked(wanted.get("json_schema") or wanted, FORMAT, "text.format")
    match wanted.get("type") or "text":
        case "text":
            return None
        case "json_object":
            return ResponseFormat()
        case "json_schema" if schema.get("schema") is not None:
            return ResponseFormat(
                schema=schema["schema"], name=schema.get("name") or "answer", strict=schema.get("strict")
            )
        case sort:
            raise bad_request(f"Invalid value for 'text.format': {sort!r}.", param="text.format")


def _only(choice: Json, tools: tuple[Tool, ...]) -> str:
    """Choosing a tool that is not a function is accepted, like the tool, and has no effect."""
    if choice.get("type") != "function":
        return ""
    name = choice.get("name") or checked(choice.get("function") or {}, FUNCTION, "tool_choice.function").get("name")
    if name not in {tool.name for tool in tools}:
        raise bad_request(f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")
    return str(name)


def _tools(tools: object) -> list[Json]:
    found: list[Json] = tools if isinstance(tools, list) else []
    for index, tool in enumerate(found):
        where = f"tools[{index}]"
        checked(tool, TOOL, where)
        for name in ("type", "name") if tool.get("type") == "function" else ("type",):
            if not tool.get(name):
                message = f"Missing required parameter: '{where}.{name}'."
                raise bad_request(message, param=f"{where}.{name}", code="missing_required_parameter")
        if tool["type"] == "function":
            checked(tool, FUNCTION, where)
    return found


def _number(value: object, default: float) -> float:
    return value if isinstance(value, int | float) else default


def _shown(value: object, placeholder: str) -> str:
    return placeholder if value is None else str(value)
