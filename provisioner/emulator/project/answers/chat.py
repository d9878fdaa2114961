"""Chat completions: the model without agents, memory or anything kept. Source: openai-python 3.54, types/chat."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from provisioner.emulator.model import Prompt, Tool, ToolCall, ToolOutput, Turn
from provisioner.emulator.model.items import image_tokens_of, text_of
from provisioner.emulator.project.answers.conversation_items import new_id
from provisioner.emulator.project.answers.deployment_checks import check_deployment
from provisioner.emulator.project.answers.model_call import ask
from provisioner.emulator.project.answers.prompting import choice_of, format_of
from provisioner.emulator.project.answers.request_types import CALL, CALLED, CHAT, FUNCTION, MESSAGE, TOOL, checked
from provisioner.emulator.project.answers.streaming import data_event, pieces
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.emulator.model import Answer, Entry
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call, Steps


def complete_chat(call: Call) -> Steps:
    document = checked(call.document(), CHAT)
    name = document.get("model")
    if not isinstance(name, str) or not name:
        message = "Missing required parameter: 'model'."
        raise bad_request(message, param="model", code="missing_required_parameter")
    model = check_deployment(call, name).properties["model"]
    answer = yield from ask(call, _prompt_of(document), model=name)
    head = {
        "id": f"chatcmpl-{secrets.token_hex(16)}",
        "created": int(call.now),
        "model": f"{model['name']}-{model['version']}",  # Azure OpenAI names the model, not the deployment
        "system_fingerprint": None,
    }
    if document.get("stream"):
        usage = bool((document.get("stream_options") or {}).get("include_usage"))
        return Reply(events=tuple(_chunks(head, answer, with_usage=usage)))
    return Reply(body={**head, "object": "chat.completion", "choices": [_choice(answer)], "usage": _usage(answer)})


def _prompt_of(document: Json) -> Prompt:
    messages = document.get("messages")
    if not isinstance(messages, list) or not messages:
        message = "Missing required parameter: 'messages'."
        raise bad_request(message, param="messages", code="missing_required_parameter")
    tools = tuple(_tools(document.get("tools") or []))
    choice, only = choice_of(document.get("tool_choice") or "auto", tools)
    return Prompt(
        conversation=[entry for message in messages for entry in _entries(message)],
        tools=tools,
        tool_choice=choice,
        only_tool=only,
        response_format=format_of(document.get("response_format")),
    )


def _entries(message: object) -> Iterator[Entry]:
    message = checked(message, MESSAGE, "messages")
    if not message.get("role"):
        raise bad_request("Missing required parameter: 'messages.role'.", param="messages")
    if message["role"] == "tool":
        yield ToolOutput(call_id=message.get("tool_call_id") or "", output=text_of(message.get("content")))
        return
    if message.get("content"):
        yield Turn(message["role"], text_of(message["content"]), image_tokens_of(message["content"]))
    for call in message.get("tool_calls") or []:
        function = checked(checked(call, CALL, "tool_calls").get("function") or {}, CALLED, "tool_calls.function")
        yield ToolCall(
            name=function.get("name") or "",
            arguments=function.get("arguments") or "",
            call_id=call.get("id") or "",
        )


def _tools(tools: list[Json]) -> Iterator[Tool]:
    for tool in tools:
        function = checked(checked(tool, TOOL, "tools").get("function") or {}, FUNCTION, "tools.function")
        if tool.get("type") != "function" or not function.get("name"):
            raise bad_request("Each of 'tools' is a function with a name.", param="tools")
        yield Tool(
            name=function["name"],
            description=function.get("description") or "",
            parameters=function.get("parameters") or {},
            strict=function.get("strict"),
        )


def _choice(answer: Answer) -> Json:
    message: Json = {"role": "assistant", "content": answer.text or None, "refusal": None, "annotations": []}
    if answer.calls:
        message["tool_calls"] = _calls(answer)
    return {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(answer)}


def _calls(answer: Answer) -> list[Json]:
    return [
        {"id": new_id("call"), "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in answer.calls
    ]


def _chunks(head: Json, answer: Answer, *, with_usage: bool) -> Iterator[str]:
    head = {**head, "object": "chat.completion.chunk"}
    yield data_event({**head, "choices": [_delta({"role": "assistant", "content": "", "refusal": None})]})
    for piece in pieces(answer.text):
        yield data_event({**head, "choices": [_delta({"content": piece})]})
    for index, call in enumerate(_calls(answer)):
        yield data_event({**head, "choices": [_delta({"tool_calls": [{"index": index, **call}]})]})
    yield data_event({**head, "choices": [_delta({}, _reason(answer))]})
    if with_usage:
        yield data_event({**head, "choices": [], "usage": _usage(answer)})
    yield data_event("[DONE]")


def _delta(delta: Json, reason: str | None = None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


def _reason(answer: Answer) -> str:
    return "tool_calls" if answer.calls else "stop"


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
