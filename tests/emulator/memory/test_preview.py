"""A program after a tutorial: plain requests on the preview version, with fields the specification does not know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

PREVIEW = "2025-11-15-preview"


class Notebook:
    """What such a program wraps around the REST API, knowing an endpoint and a token."""

    def __init__(self, project: Any, admin: Any) -> None:
        self._project = project
        self._admin = admin

    def create(self, name: str, details: str) -> Any:
        self._project("DELETE", f"/memory_stores/{name}")
        options = {"user_profile_enabled": True, "user_profile_details": details, "chat_summary_enabled": True}
        definition = {"kind": "default", "chat_model": "gpt-4.1-mini", "embedding_model": "text-embedding-3-large"}
        body = {"name": name, "description": "", "definition": {**definition, "options": options}}
        return self._project("POST", "/memory_stores", body).json()

    def update(self, name: str, scope: str, user: str, assistant: str) -> Any:
        items = [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": user}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": assistant}]},
        ]
        body = {"scope": scope, "items": items, "update_delay": 0}
        accepted = self._project("POST", f"/memory_stores/{name}:update_memories", body)
        assert accepted.status_code == 202
        self._admin.advance(10)
        return self._project("GET", f"/memory_stores/{name}/updates/{accepted.json()['update_id']}").json()

    def search(self, name: str, scope: str, query: str, most: int = 5) -> Any:
        body = {"scope": scope, "query": query, "max_num_results": most}
        return self._project("POST", f"/memory_stores/{name}:search_memories", body).json()


@pytest.fixture
def preview(project: Any) -> Any:
    """Without the opt-in header, which the preview version does not need."""
    return replace(project, version=PREVIEW, extra={})


@pytest.fixture
def notebook(preview: Any, memory: Any, admin: Any) -> Notebook:  # noqa: ARG001
    return Notebook(preview, admin)


def test_the_tutorial_s_arc_works(notebook: Notebook) -> None:
    store = notebook.create("prefs", "Languages, editors, systems and the style of answers.")
    learned = notebook.update(
        "prefs",
        "user_kim",
        "I mostly write Rust and I prefer long answers with diagrams. I use Helix on Fedora.",
        "Understood: Rust, long answers with diagrams, Helix on Fedora.",
    )
    found = notebook.search("prefs", "user_kim", "What does this developer like to work with?")
    again = notebook.search("prefs", "user_kim", "Which programming language should the sample be in?", most=1)
    other = notebook.search("prefs", "user_lou", "What does this developer like to work with?")

    assert "error" not in store
    assert "error" not in learned
    for told in (learned["memories"], found["memories"]):
        facts = " ".join(memory["content"] for memory in told)
        assert all(word in facts for word in ("Rust", "diagrams", "Helix"))
        assert not any(memory["content"].startswith("I ") for memory in told)
    assert "Rust" in again["memories"][0]["content"]
    assert len(again["memories"]) == 1
    assert other["memories"] == []


def test_the_specified_shape_stands_beside_it(notebook: Notebook) -> None:
    notebook.create("prefs", "")
    learned = notebook.update("prefs", "user_kim", "I live in Lisbon.", "Noted.")
    found = notebook.search("prefs", "user_kim", "Where do I live?")

    items = [operation["memory_item"] for operation in learned["result"]["memory_operations"]]
    assert [memory["memory_item"] for memory in learned["memories"]] == items
    for memory in (*learned["memories"], *found["memories"]):
        item = memory["memory_item"]
        assert memory == {**item, "memory_item": item}


def test_the_specified_fields_work_on_the_preview_too(preview: Any, memory: Any) -> None:
    memory.write("Lives in Lisbon")
    memory.write("Drinks green tea")
    items = [{"role": "user", "content": "Where do I live?"}]
    body = {"scope": "ann", "items": items, "options": {"max_memories": 1}}

    found = preview("POST", "/memory_stores/memory:search_memories", body).json()["memories"]

    assert [each["memory_item"]["content"] for each in found] == ["Lives in Lisbon"]


def test_items_may_be_listed_by_get(preview: Any, memory: Any) -> None:
    made = memory.write("Lives in Lisbon")

    assert preview("GET", "/memory_stores/memory/items:list", scope="ann").json()["data"] == [made]


def test_strict_is_strict_on_the_preview_too(notebook: Notebook, preview: Any, memory: Any, admin: Any) -> None:
    memory.write("Lives in Lisbon")
    admin.switch(strict=True)

    assert notebook.search("memory", "ann", "Where do I live?")["error"]["param"] == "max_num_results"
    found = preview("POST", "/memory_stores/memory:search_memories", {"scope": "ann"}).json()["memories"]
    assert set(found[0]) == {"memory_item"}


def test_v1_has_none_of_it(memory: Any) -> None:
    update = memory.learn("I live in Lisbon.")

    assert "memories" not in update
    assert set(memory.search().json()["memories"][0]) == {"memory_item"}
