"""Finding memories: by what is being talked about, or the user's profile as a whole.

Source: Microsoft Learn, memory-usage: without items (and previous_search_id) the static user-profile memories
are returned, with items those of every kind that fit.
"""

from __future__ import annotations

import json
import secrets
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.model import Ranking, Scored, Turn, Usage, conversation_of
from provisioner.emulator.project.memory import requests, rows
from provisioner.emulator.project.memory.limits import check_rate
from provisioner.emulator.project.memory.models import check_embedding, model_trouble, refusal_of
from provisioner.emulator.project.memory.usage import usage_of
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Generator

    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.project.memory.requests import Items
    from provisioner.emulator.project.memory.rows import Store
    from provisioner.emulator.wire.call import Call, Slow, Steps
    from provisioner.emulator.world.state import Row


FIELDS: Final = ("scope", "items", "previous_search_id", "options")
COURTESY: Final = ("query", "max_num_results")  # a tutorial's; the specification has items and options
PROFILE: Final = "user_profile"
PROFILE_MAX: Final = 100  # assumed: of a profile, in one answer without max_memories
KEPT: Final = 100  # assumed: searches of a scope that can still be continued


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    scope: str
    query: str  # empty: the profile
    max_memories: int | None
    shown: dict[str, int] = field(default_factory=dict)  # by earlier searches: id to a sum of the content

    def is_new(self, row: Row) -> bool:
        return self.shown.get(row["memory_id"]) != _sum(row["content"])


def search_memories(call: Call) -> Steps:
    check_rate(call, "search")
    name = call.params["name"]
    store = rows.the_store(call, name)
    wanted = _wanted(call, store)
    found, usage = yield from _search(call, store, wanted)
    rows.the_store(call, name)  # it may be gone by now
    search_id = _record(call, store, wanted, found)
    return Reply(
        body={
            "search_id": search_id,
            "memories": [_told(call, rows.item_of(row)) for row in found],
            "usage": usage_of(usage),
        }
    )


def recall(
    call: Call,
    store_name: str,
    scope: object,
    items: object = None,
    max_memories: object = None,
    *,
    with_profile: bool = False,
) -> Generator[Slow, Any, list[Json]]:
    """The memories a search would find, best first; `found = yield from recall(...)` in a handler.

    Refuses what the route refuses, except for its rate. `with_profile` fills what is left of `max_memories` with
    user-profile memories that did not rank: the service puts them at the start of conversations.
    """
    store = rows.the_store(call, store_name)
    most = requests.max_memories_of(max_memories, "max_memories")
    wanted = Wanted(scope=requests.scope_of(scope), query=query_of(requests.items_of(items)), max_memories=most)
    found, _ = yield from _search(call, store, wanted)
    if with_profile and wanted.query:
        seen = {row["id"] for row in found}
        profile = [row for row in _profile(call, store, wanted) if row["id"] not in seen]
        found = [*found, *profile][: _most(wanted)]
    return [rows.item_of(row) for row in found]


def query_of(items: Items) -> str:
    """assumed: what the user said last, after the assistant's last word; else all that was said."""
    turns = [entry for entry in conversation_of(items) if isinstance(entry, Turn)]
    last: list[str] = []
    for turn in reversed(turns):
        if turn.role == "assistant":
            break
        if turn.role == "user":
            last.insert(0, turn.text)
    return "\n".join(last or [turn.text for turn in turns]).strip()


def _wanted(call: Call, store: Store) -> Wanted:
    document = requests.body_of(call, *requests.known_to(call, FIELDS, COURTESY))
    scope, items = requests.scope_of(document.get("scope")), requests.items_of(document.get("items"))
    options = document.get("options")
    if options is not None and not isinstance(options, dict):
        raise bad_request("'options' must be an object.", param="options")
    most = requests.max_memories_of((options or {}).get("max_memories"))
    if requests.is_courteous(call):
        items = items or requests.items_of(document.get("query"))
        most = most or requests.max_memories_of(document.get("max_num_results"), "max_num_results")
    previous = requests.id_of(document.get("previous_search_id"), "previous_search_id")
    if previous is None:
        return Wanted(scope=scope, query=query_of(items), max_memories=most)
    row = _previous(call, store, scope, previous)
    # assumed: without items the earlier search goes on, with what it did not return
    return Wanted(scope=scope, query=query_of(items) or row["query"], max_memories=most, shown=json.loads(row["shown"]))


def _search(call: Call, store: Store, wanted: Wanted) -> Generator[Slow, Any, tuple[list[Row], Usage]]:
    """An unknown scope has nothing, and no model is asked about nothing (agent-framework relies on the 200)."""
    if not wanted.query:
        return _profile(call, store, wanted)[: wanted.max_memories or PROFILE_MAX], Usage()
    check_embedding(call, store)
    found = {row["memory_id"]: row for row in rows.live(call.state, store.row, wanted.scope, call.now)}
    candidates = [rows.memory_of(row) for row in found.values() if wanted.is_new(row)]
    if not candidates:
        return [], Usage()
    try:
        ranking: Ranking = yield lambda model: model.rank(wanted.query, candidates)
    except Exception as error:
        raise refusal_of(call, model_trouble(store.embedding_model, error)) from error
    best: tuple[Scored, ...] = ranking.scored[: _most(wanted)]
    return [found[scored.memory.memory_id] for scored in best], ranking.usage


def _profile(call: Call, store: Store, wanted: Wanted) -> list[Row]:
    """The latest first, all of them."""
    found = rows.live(call.state, store.row, wanted.scope, call.now)
    profile = [row for row in found if row["kind"] == PROFILE and wanted.is_new(row)]
    return sorted(profile, key=lambda row: (row["updated"], row["id"]), reverse=True)


def _most(wanted: Wanted) -> int:
    return wanted.max_memories or requests.MAX_MEMORIES


def _previous(call: Call, store: Store, scope: str, search_id: str) -> Row:
    """assumed: it must be one of the same store and scope."""
    row = rows.find_search(call.state, store.row, scope, search_id)
    if row is None:
        raise bad_request(f"Previous search '{search_id}' not found.", param="previous_search_id")
    return row


def _record(call: Call, store: Store, wanted: Wanted, found: list[Row]) -> str:
    search_id = f"memsearch_{secrets.token_hex(16)}"  # assumed: what ids look like
    shown = {**wanted.shown, **{row["memory_id"]: _sum(row["content"]) for row in found}}
    rows.insert_search(call.state, store.row, wanted.scope, search_id, query=wanted.query, shown=shown)
    rows.forget_searches(call.state, store.row, wanted.scope, kept=KEPT)
    return search_id


def _told(call: Call, item: Json) -> Json:
    """On the preview the item's fields stand beside it too, for code that reads `content` there."""
    return {**item, "memory_item": item} if requests.is_courteous(call) else {"memory_item": item}


def _sum(content: str) -> int:
    return zlib.crc32(content.encode())
