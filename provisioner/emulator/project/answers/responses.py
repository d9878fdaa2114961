"""Responses: a question with what was said before it, and the answer, kept for later.

Source: openai-python 3.54, types/responses; azure-rest-api-specs, ai-foundry openai-responses/models.tsp.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.resource_rows import by_row
from provisioner.emulator.project.answers import history, rows
from provisioner.emulator.project.answers.conversation_items import function_call, items_of, message, new_id
from provisioner.emulator.project.answers.model_call import ask, usage_of
from provisioner.emulator.project.answers.prompting import not_run, prompt_of, settings_of
from provisioner.emulator.project.answers.recollection import recollect, remember
from provisioner.emulator.project.answers.request_types import RESPONSE, checked
from provisioner.emulator.project.answers.streaming import events_of
from provisioner.emulator.project.answers.target import target_of
from provisioner.emulator.project.request_members import metadata_of
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import bad_request, not_found
from provisioner.emulator.wire.paging import envelope, page_of
from provisioner.emulator.world.state import load

if TYPE_CHECKING:
    from provisioner.emulator.model import Answer
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.project.answers.target import Target
    from provisioner.emulator.wire.call import Call, Steps

# As the request has them, or null
ECHOED: Final = (
    "max_output_tokens",
    "max_tool_calls",
    "prompt_cache_key",
    "safety_identifier",
    "user",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    given: list[Json]  # by this request
    before: list[Json]  # by the conversation, or the responses that came first
    conversation: str | None = None
    previous: str | None = None

    @property
    def said(self) -> list[Json]:
        return [*self.before, *self.given]

    @property
    def turn(self) -> list[Json]:
        """What has been said since the last answer: the new items, or those that wait in the conversation."""
        said = self.said
        answers = [index for index, item in enumerate(said) if item.get("role") == "assistant"]
        return said[answers[-1] + 1 :] if answers else said


def create_response(call: Call) -> Steps:
    document, begun = checked(call.document(), RESPONSE), int(call.now)
    target, question = target_of(call, document), _question_of(call, document)
    settings = settings_of(document, target.definition)
    metadata_of(document)  # refuses what it has to before a model is asked
    recalled = yield from recollect(call, settings, question.turn, opening=question.turn == question.said)
    prompt = prompt_of(settings, question.said, recalled.memories)
    agent = target.reference["name"] if target.reference else None
    answer = yield from ask(call, prompt, model=target.deployment, agent=agent)
    output = _signed([*recalled.items, *_output_of(answer)], target)
    response = _response_of(call, document, target, settings, question)
    response.update(id=new_id("resp"), created_at=begun, output=output, usage=usage_of(answer.usage))
    for item in output:
        item["response_id"] = response["id"]
    _keep(call, response, question)
    remember(call, settings, [*(question.given or question.turn), *output])
    return _reply(document, settings, response)


def read_response(call: Call) -> Reply:
    """With `stream=true` told again as events, from where a client lost them."""
    response = load(history.the_response(call)["body"])
    if call.query.get("stream", "").lower() == "true":
        after = call.query.get("starting_after", "-1")
        return Reply(events=events_of(response, after=int(after) if after.isdecimal() else -1))
    return Reply(body=response)


def list_responses(call: Call) -> Reply:
    page = page_of(call.query, lambda cursor: _place(call, cursor))
    return Reply(body=envelope(rows.page_of_responses(call.state, call.project, page), page))


def delete_response(call: Call) -> Reply:
    row = history.the_response(call)
    rows.delete_response(call.state, row["id"])
    return Reply(body={"id": row["response_id"], "object": "response", "deleted": True})


def cancel_response(call: Call) -> Reply:
    """Everything is answered at once, so there is never anything left to cancel."""
    response = load(history.the_response(call)["body"])
    if not response["background"]:
        raise bad_request("Cannot cancel a synchronous response.")
    return Reply(body=response)


def list_input_items(call: Call) -> Reply:
    items = json.loads(history.the_response(call)["input"])
    places = {item["id"]: number for number, item in enumerate(items, 1)}
    page = page_of(call.query, places.get)
    shown = [item for number, item in enumerate(items, 1) if page.low < number < page.high]
    shown = shown[::-1] if page.descending else shown
    return Reply(body=envelope(shown[: page.limit + 1], page))


def _question_of(call: Call, document: Json) -> Question:
    given = items_of(document.get("input"))
    conversation, previous = _conversation_id(document), document.get("previous_response_id")
    if conversation is not None and previous is not None:
        message = "Mutually exclusive parameters: 'previous_response_id', 'conversation'."
        raise bad_request(message, param="previous_response_id", code="mutually_exclusive_parameters")
    before: list[Json] = []
    if conversation is not None:
        before = rows.items_in(call.state, history.the_conversation(call, conversation)["id"])
    elif previous is not None:
        before = history.said_until(call, previous)
    if not given and not before:
        message = "Missing required parameter: 'input'."
        raise bad_request(message, param="input", code="missing_required_parameter")
    return Question(given=given, before=before, conversation=conversation, previous=previous)


def _conversation_id(document: Json) -> str | None:
    given = document.get("conversation")
    found = given.get("id") if isinstance(given, dict) else given
    if found is not None and not isinstance(found, str):
        raise bad_request("'conversation' must be an id, or an object with one.", param="conversation")
    return found


def _output_of(answer: Answer) -> list[Json]:
    said = [message(answer.text)] if answer.text or not answer.calls else []
    return [*said, *(function_call(call.name, call.arguments) for call in answer.calls)]


def _signed(items: list[Json], target: Target) -> list[Json]:
    """Source: azure-rest-api-specs, ai-foundry openai-responses/models.tsp: OutputItem says which agent made it."""
    return items if target.reference is None else [{**item, "agent_reference": target.reference} for item in items]


def _response_of(call: Call, document: Json, target: Target, settings: Json, question: Question) -> Json:
    """assumed: with an agent, its settings are repeated as if the request had brought them."""
    conversation = None if question.conversation is None else {"id": question.conversation}
    return {
        "object": "response",
        "completed_at": int(call.now),
        "status": "completed",
        "background": bool(document.get("background")),
        "error": None,
        "incomplete_details": None,
        "model": target.deployment,
        "agent_reference": target.reference,
        "conversation": conversation,
        "previous_response_id": question.previous,
        **settings,
        **{key: document.get(key) for key in ECHOED},
        "metadata": metadata_of(document) or {},
        "parallel_tool_calls": document.get("parallel_tool_calls") is not False,
        "service_tier": "default",
        "store": document.get("store") is not False,
        "top_logprobs": 0,
        "truncation": document.get("truncation") or "disabled",
    }


def _keep(call: Call, response: Json, question: Question) -> None:
    """What is not stored cannot be read back; a conversation gets it all the same (assumed)."""
    if by_row(call.state, call.project) is None:  # deleted while the model thought, as the conversation may be
        raise not_found("Project not found")
    if response["store"]:
        rows.insert_response(call.state, call.project, response, question.given)
    if question.conversation is not None:
        row = history.find_conversation(call, question.conversation)
        if row is not None:
            rows.append(call.state, row["id"], [*question.given, *response["output"]])


def _reply(document: Json, settings: Json, response: Json) -> Reply:
    idle = not_run(settings["tools"])
    headers = {"x-emulator-tools-not-run": ", ".join(idle)} if idle else {}
    if document.get("stream"):
        return Reply(events=events_of(response), headers=headers)
    if response["background"]:
        response = {**response, "status": "queued", "completed_at": None, "output": [], "usage": None}
    return Reply(body=response, headers=headers)


def _place(call: Call, cursor: str) -> int | None:
    row = history.find_response(call, cursor)
    return None if row is None else int(row["id"])
