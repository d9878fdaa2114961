"""Lists of the project plane, walked as the SDKs walk them."""

from __future__ import annotations

from typing import Any

import pytest

FAMILIES = ["/memory_stores", "/agents"]


@pytest.fixture(autouse=True)
def _forty_five_of_each(admin: Any) -> None:
    admin.post("seed", {"stores": 45, "agents": 45}).raise_for_status()


def walk(project: Any, path: str, **query: Any) -> list[str]:
    """As the Python SDK does: until last_id is null, whatever has_more says."""
    names: list[str] = []
    after = None
    for _ in range(100):
        page = project("GET", path, after=after, **query).json()
        names += [entry["name"] for entry in page["data"]]
        after = page["last_id"]
        if after is None:
            return names
    pytest.fail("the list does not end")


@pytest.mark.parametrize("path", FAMILIES)
@pytest.mark.rule(24)
def test_a_page_has_twenty_newest_first(project: Any, path: str) -> None:
    page = project("GET", path).json()

    assert len(page["data"]) == 20
    assert page["data"][0]["name"].endswith("-44")
    assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
    assert page["has_more"] is True


@pytest.mark.parametrize("path", FAMILIES)
@pytest.mark.parametrize("limit", [1, 7, 45, 100])
def test_every_object_is_seen_once_whatever_the_page_size(project: Any, path: str, limit: int) -> None:
    newest_first = walk(project, path, limit=limit)

    assert len(newest_first) == len(set(newest_first)) == 45
    assert walk(project, path, limit=limit, order="asc") == newest_first[::-1]


@pytest.mark.parametrize("path", FAMILIES)
@pytest.mark.rule(24)
def test_the_page_after_the_last_is_empty(project: Any, path: str) -> None:
    last = project("GET", path, limit=100).json()

    beyond = project("GET", path, after=last["last_id"]).json()

    assert last["has_more"] is False
    assert beyond == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


@pytest.mark.parametrize("path", FAMILIES)
def test_a_cursor_may_be_an_id_or_a_name(project: Any, path: str) -> None:
    entry = project("GET", path, limit=5).json()["data"][-1]

    by_id, by_name = (project("GET", path, after=entry[key], limit=3).json() for key in ("id", "name"))

    assert by_id == by_name
    assert by_id["data"][0]["name"].endswith("-39")


@pytest.mark.parametrize("path", FAMILIES)
def test_before_gives_what_stands_nearer_to_the_start(project: Any, path: str) -> None:
    names = [entry["name"] for entry in project("GET", path, limit=10).json()["data"]]

    before = project("GET", path, before=names[5], limit=100).json()["data"]

    assert [entry["name"] for entry in before] == names[:5]


@pytest.mark.parametrize("path", FAMILIES)
def test_a_page_goes_on_behind_an_object_that_was_deleted_since(project: Any, path: str) -> None:
    page = project("GET", path, limit=10).json()
    project("DELETE", f"{path}/{page['data'][-1]['name']}")

    rest = project("GET", path, after=page["last_id"], limit=1).json()

    assert rest["data"][0]["name"].endswith("-34")


@pytest.mark.parametrize("path", FAMILIES)
@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "x"},
        {"limit": -1},
        {"order": "up"},
        {"after": "nobody"},
        {"before": "x"},
    ],
    ids=str,
)
@pytest.mark.rule(24)
def test_a_wrong_query_is_refused(project: Any, path: str, query: dict[str, Any]) -> None:
    answer = project("GET", path, **query)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, next(iter(query)))
