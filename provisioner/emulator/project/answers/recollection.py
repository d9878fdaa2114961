"""Memory tools: what is recalled before an answer, and what is handed over to be remembered after it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.model import Memory
from provisioner.emulator.project.answers.conversation_items import new_id
from provisioner.emulator.project.answers.prompting import MEMORY_TOOLS
from provisioner.emulator.project.memory import recall, submit_update
from provisioner.emulator.project.memory.requests import max_memories_of
from provisioner.emulator.wire.errors import Refusal, bad_request

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call, Slow


USER_ID: Final = "{{$userId}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recollection:
    """What the memory tools of one request found."""

    items: tuple[Json, ...] = ()  # of the response's output
    memories: tuple[Memory, ...] = ()


def recollect(call: Call, settings: Json, asked: list[Json], *, opening: bool) -> Generator[Slow, Any, Recollection]:
    """Search the scopes of the memory tools, one output item for each. assumed: not with tool_choice `none`.

    At the opening of a conversation the user's profile is there too. Source: Microsoft Learn, memory-usage.
    """
    items: list[Json] = []
    if settings["tool_choice"] != "none":
        for tool in _memory_tools(settings):
            found = yield from _search(call, tool, asked, opening=opening)
            items.append(_search_call(found))
    memories = {entry["memory_id"]: _memory(entry) for item in items for entry in item["memories"]}
    return Recollection(items=tuple(items), memories=tuple(memories.values()))


def remember(call: Call, settings: Json, said: list[Json]) -> None:
    """Queue an update for each memory tool; later turns within its delay are carried into the same update.

    An update that cannot be queued fails nothing: the answer is there (azure-sdk-for-python#44308 for the silence).
    Source: azure-rest-api-specs, ai-foundry tools/models.tsp: MemorySearchPreviewTool.
    """
    messages = [{"type": "message", "role": item["role"], "content": item["content"]} for item in _messages(said)]
    for tool in _memory_tools(settings) if messages else ():
        with suppress(Refusal):
            submit_update(call, _store(tool), scope_of(call, tool), messages, tool.get("update_delay"))


def scope_of(call: Call, tool: Json) -> str:
    """`{{$userId}}` is who the header names, else tenant and object id of the token.

    Source: Microsoft Learn, memory-usage (x-memory-user-id).
    """
    scope = tool.get("scope")
    if not isinstance(scope, str) or not scope:
        raise bad_request("Missing required parameter: 'tools.scope'.", param="tools", code="invalid_payload")
    user = call.headers.get("x-memory-user-id") or f"{call.caller.tenant_id}_{call.caller.object_id}"
    return scope.replace(USER_ID, user)


def _search(call: Call, tool: Json, asked: list[Json], *, opening: bool) -> Generator[Slow, Any, list[Json]]:
    try:
        found: list[Json] = yield from recall(
            call,
            _store(tool),
            scope_of(call, tool),
            asked,
            max_memories_of((tool.get("search_options") or {}).get("max_memories")),
            with_profile=opening,
        )
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        # assumed: an agent whose store is gone fails when it is asked, with the code of a tool's trouble
        raise bad_request(refusal.message, param="tools", code="tool_user_error") from refusal
    return found


def _search_call(found: list[Json]) -> Json:
    """Source: azure-rest-api-specs, ai-foundry tools/models.tsp, MemorySearchToolCall: `memories`, flat.

    `results` is what clients before azure-ai-projects 2.0 read.
    """
    return {
        "id": new_id("mem"),
        "type": "memory_search_call",
        "status": "completed",
        "memories": found,
        "results": [{"memory_item": item} for item in found],
    }


def _memory_tools(settings: Json) -> Iterator[Json]:
    return (tool for tool in settings["tools"] if tool["type"] in MEMORY_TOOLS)


def _messages(said: list[Json]) -> Iterator[Json]:
    return (item for item in said if item["type"] == "message" and item.get("role") in {"user", "assistant"})


def _store(tool: Json) -> str:
    name = tool.get("memory_store_name")
    if not isinstance(name, str) or not name:
        message = "Missing required parameter: 'tools.memory_store_name'."
        raise bad_request(message, param="tools", code="invalid_payload")
    return name


def _memory(entry: Json) -> Memory:
    return Memory(memory_id=entry["memory_id"], kind=entry["kind"], content=entry["content"])
