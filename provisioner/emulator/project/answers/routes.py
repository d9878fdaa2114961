"""The doors: `/openai/v1` for every agent and model, the endpoint of one agent, and what came before `v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.family import Family
from provisioner.emulator.project.answers import chat, conversations, embeddings, responses, rows
from provisioner.emulator.wire.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.emulator.wire.call import Handler

OPENAI: Final = "/openai/v1"  # takes no api-version
ENDPOINT: Final = "/agents/{name}/endpoint/protocols/openai"
EARLIER: Final = "/openai"  # azure-ai-projects before 2.0.0b4: with an api-version

RESPONSE: Final = "/responses/{response}"
CONVERSATION: Final = "/conversations/{conversation}"
SHARED: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", "/responses", responses.create_response),
    ("GET", "/responses", responses.list_responses),
    ("GET", RESPONSE, responses.read_response),
    ("DELETE", RESPONSE, responses.delete_response),
    ("POST", f"{RESPONSE}/cancel", responses.cancel_response),
    ("GET", f"{RESPONSE}/input_items", responses.list_input_items),
    ("POST", "/conversations", conversations.create_conversation),
    ("GET", "/conversations", conversations.list_conversations),
    ("GET", CONVERSATION, conversations.read_conversation),
    ("POST", CONVERSATION, conversations.update_conversation),
    ("DELETE", CONVERSATION, conversations.delete_conversation),
    ("POST", f"{CONVERSATION}/items", conversations.create_items),
    ("GET", f"{CONVERSATION}/items", conversations.list_items),
    ("GET", f"{CONVERSATION}/items/{{item}}", conversations.read_item),
    ("DELETE", f"{CONVERSATION}/items/{{item}}", conversations.delete_item),
)
MODELS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", "/chat/completions", chat.complete_chat),
    ("POST", "/embeddings", embeddings.embed),
    ("GET", "/models", embeddings.list_models),
    ("GET", "/models/{model}", embeddings.read_model),
)


def _routes(door: str, table: tuple[tuple[str, str, Handler], ...]) -> Iterator[Route]:
    for method, path, handler in table:
        yield Route(method=method, path=f"{door}{path}", handler=handler, versioned=door != OPENAI)


FAMILY: Final = Family(
    tables=(rows.CONVERSATIONS, rows.CONVERSATION_ITEMS, rows.RESPONSES),
    project_routes=(
        *_routes(OPENAI, (*SHARED, *MODELS)),
        *_routes(ENDPOINT, SHARED),
        *_routes(EARLIER, SHARED),
    ),
)
