"""When a question fits a tool that is offered, and the arguments it offers for the call."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.interface import ModelError, ToolCall

from .documents import document
from .rules import read
from .words import content_stems, stem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.emulator.model.interface import Prompt, Tool

    from .hints import Hints

# Every other tool is called get_ or search_ something
GENERIC: Final = frozenset(
    stem(word)
    for word in [
        "get",
        "set",
        "find",
        "list",
        "search",
        "data",
        "create",
        "info",
        "information",
        "tool",
        "call",
        "function",
        "fetch",
        "make",
        "read",
        "lookup",
        "look",
        "return",
        "current",
        "given",
        "show",
        "tell",
        "value",
        "result",
        "item",
        "name",
        "user",
        "new",
        "update",
        "check",
        "provide",
        "provided",
        "query",
        "run",
        "retrieve",
    ]
)
NAME_WEIGHT: Final = 2
THRESHOLD: Final = 2  # a word of the name, or two of the description


def proposed(prompt: Prompt, hints: Hints) -> tuple[ToolCall, ...]:
    """At most one call; raises ModelError for a tool choice that no tool meets."""
    tool = _chosen(prompt, hints.question)
    if tool is None:
        return ()
    arguments = document(_object_schema(tool), hints, sparing=not tool.strict)
    return (ToolCall(name=tool.name, arguments=json.dumps(arguments, ensure_ascii=False)),)


def _object_schema(tool: Tool) -> dict[str, object]:
    return {"type": "object", **tool.parameters}


def _chosen(prompt: Prompt, question: str) -> Tool | None:
    if prompt.only_tool:
        named = next((tool for tool in prompt.tools if tool.name == prompt.only_tool), None)
        if named is None:
            raise ModelError(
                "unknown-tool", f"The tool choice names {prompt.only_tool!r}, which is not among the tools."
            )
        return named
    if prompt.tool_choice == "none" or not prompt.tools:
        return None
    best = _best(prompt.tools, question)
    if prompt.tool_choice == "required":
        return best or prompt.tools[0]
    only_states = "?" not in question and bool(read(question))
    return None if only_states else best


def _best(tools: Sequence[Tool], question: str) -> Tool | None:
    asked = frozenset(content_stems(question[:4_000]))
    scored = [(_overlap(tool, asked), tool) for tool in tools]
    score, tool = max(scored, key=lambda pair: pair[0])  # the first of equals
    return tool if score >= THRESHOLD else None


def _overlap(tool: Tool, asked: frozenset[str]) -> int:
    spoken_name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", tool.name)
    name = frozenset(content_stems(spoken_name)) - GENERIC
    description = frozenset(content_stems(tool.description[:2_000])) - GENERIC - name
    return NAME_WEIGHT * len(name & asked) + len(description & asked)
