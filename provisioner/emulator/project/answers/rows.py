"""Conversations, their items and responses as rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.state import dump, load
from provisioner.emulator.world.tables import Table

if TYPE_CHECKING:
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.paging import Page
    from provisioner.emulator.world.state import Row, State

CONVERSATIONS: Final = Table(
    "conversations",
    """
CREATE TABLE conversations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project INTEGER NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  conversation_id TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL);
CREATE INDEX conversations_in_order ON conversations (project, id);
""",
)
CONVERSATION_ITEMS: Final = Table(
    "conversation_items",
    """
CREATE TABLE conversation_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  item_id TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (conversation, item_id));
CREATE INDEX conversation_items_in_order ON conversation_items (conversation, id);
""",
)
RESPONSES: Final = Table(
    "responses",
    """
CREATE TABLE responses (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project INTEGER NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  response_id TEXT NOT NULL UNIQUE,
  previous TEXT,                  -- the response it goes on from
  input TEXT NOT NULL,            -- the items it was given
  body TEXT NOT NULL);
CREATE INDEX responses_in_order ON responses (project, id);
""",
)


def find_conversation(state: State, project: int, conversation_id: str) -> Row | None:
    sql = "SELECT * FROM conversations WHERE project = ? AND conversation_id = ?"
    return state.one(sql, project, conversation_id)


def page_of_conversations(state: State, project: int, page: Page) -> list[Json]:
    sql = f"SELECT body FROM conversations WHERE project = ? AND {page.sql}"  # noqa: S608
    return _bodies(state.all(sql, project, *page.values))


def insert_conversation(state: State, project: int, body: Json) -> int:
    sql = "INSERT INTO conversations (project, conversation_id, body) VALUES (?, ?, ?)"
    return state.run(sql, project, body["id"], dump(body))


def save_conversation(state: State, conversation: int, body: Json) -> None:
    state.run("UPDATE conversations SET body = ? WHERE id = ?", dump(body), conversation)


def delete_conversation(state: State, conversation: int) -> None:
    state.run("DELETE FROM conversations WHERE id = ?", conversation)


def append(state: State, conversation: int, items: list[Json]) -> None:
    """What is there already is not there twice."""
    for item in items:
        sql = "INSERT OR IGNORE INTO conversation_items (conversation, item_id, body) VALUES (?, ?, ?)"
        state.run(sql, conversation, item["id"], dump(item))


def items_in(state: State, conversation: int) -> list[Json]:
    return _bodies(state.all("SELECT body FROM conversation_items WHERE conversation = ? ORDER BY id", conversation))


def page_of_items(state: State, conversation: int, page: Page) -> list[Json]:
    sql = f"SELECT body FROM conversation_items WHERE conversation = ? AND {page.sql}"  # noqa: S608
    return _bodies(state.all(sql, conversation, *page.values))


def find_item(state: State, conversation: int, item_id: str) -> Row | None:
    return state.one("SELECT * FROM conversation_items WHERE conversation = ? AND item_id = ?", conversation, item_id)


def delete_item(state: State, item: int) -> None:
    state.run("DELETE FROM conversation_items WHERE id = ?", item)


def find_response(state: State, project: int, response_id: str) -> Row | None:
    return state.one("SELECT * FROM responses WHERE project = ? AND response_id = ?", project, response_id)


def page_of_responses(state: State, project: int, page: Page) -> list[Json]:
    sql = f"SELECT body FROM responses WHERE project = ? AND {page.sql}"  # noqa: S608
    return _bodies(state.all(sql, project, *page.values))


def insert_response(state: State, project: int, response: Json, given: list[Json]) -> None:
    sql = "INSERT INTO responses (project, response_id, previous, input, body) VALUES (?, ?, ?, ?, ?)"
    previous = response["previous_response_id"]
    state.run(sql, project, response["id"], previous, json.dumps(given), dump(response))


def delete_response(state: State, response: int) -> None:
    state.run("DELETE FROM responses WHERE id = ?", response)


def chain(state: State, project: int, response_id: str) -> list[Row]:
    """A response and those that it goes on from, oldest first: what each was given, and its body."""
    sql = (
        "WITH RECURSIVE chain (step, previous, input, body) AS ("
        "SELECT 0, previous, input, body FROM responses WHERE project = ? AND response_id = ? UNION ALL "
        "SELECT step + 1, r.previous, r.input, r.body FROM chain JOIN responses r "
        "ON r.project = ? AND r.response_id = chain.previous) SELECT input, body FROM chain ORDER BY step DESC"
    )
    return state.all(sql, project, response_id, project)


def _bodies(rows: list[Row]) -> list[Json]:
    return [load(row["body"]) for row in rows]
