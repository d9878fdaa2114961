"""What is taken for a page of a list, and what is not, without any wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.model.document import Document
from provisioner.planes.pages import Way, items, list_at
from tests.planes.world import failure_of


def listed(*pages: Any) -> list[Document]:
    """What the list is when these are its pages, in turn."""
    rest = iter(pages)
    return list(items(lambda _: next(rest), what="The list of agents"))


@pytest.mark.parametrize(
    "page",
    [
        {"data": [], "has_more": False},
        {"data": [], "has_more": False, "last_id": 5},
        {"data": []},
        {"data": [], "last_id": None},
        {"value": []},
        {"value": [], "nextLink": None},
        {"value": [], "nextLink": ""},
        {"value": [], "has_more": "whatever"},
    ],
    ids=str,
)
def test_these_are_empty_lists(page: Document) -> None:
    assert listed(page) == []


@pytest.mark.parametrize(
    ("page", "oddity"),
    [
        ({}, "it is empty"),
        ({"agents": []}, "it has neither `data` nor `value`"),
        ({"data": None}, "its `data` is null, not a list"),
        ({"value": {}}, "its `value` is an object, not a list"),
        ({"data": "text"}, "its `data` is text, not a list"),
        ({"data": [{"name": "a"}, None]}, "item 2 is null, not an object"),
        ({"data": ["a"]}, "item 1 is text, not an object"),
        ({"data": [[]]}, "item 1 is a list, not an object"),
        ({"data": [5]}, "item 1 is a number, not an object"),
        ({"data": [], "has_more": None}, "its `has_more` is null, neither true nor false"),
        ({"data": [], "has_more": "false"}, "its `has_more` is text, neither true nor false"),
        ({"data": [], "has_more": 0}, "its `has_more` is a number, neither true nor false"),
        ({"data": [], "has_more": True, "last_id": 5}, "its `last_id` is a number, not text"),
        ({"value": [], "nextLink": ["a"]}, "its `nextLink` is a list, not text"),
        ({"value": [], "nextLink": False}, "its `nextLink` is false, not text"),
    ],
    ids=str,
)
def test_anything_else_is_an_error_that_names_the_list(page: Document, oddity: str) -> None:
    failure = failure_of(lambda: listed(page))
    assert failure.code == "odd-answer"
    assert failure.message == f"The list of agents cannot be read: {oddity}."
    assert failure.advice


def test_a_page_that_does_not_say_whether_it_is_the_last_is_asked_for_its_successor() -> None:
    pages: dict[Way | None, Document] = {
        None: {"data": [{"name": "a"}], "last_id": "1"},
        Way(after="1"): {"data": [], "last_id": None},
    }
    assert list(items(lambda way: pages[way], what="The list")) == [{"name": "a"}]


def test_a_list_that_goes_on_for_ever_has_an_end() -> None:
    def endless() -> Iterator[Document]:
        number = 0
        while True:
            number += 1
            yield {"value": [], "nextLink": f"/p?{number}"}

    assert failure_of(lambda: listed(*_first(1002, endless()))).code == "broken-list"
    assert len(list(_first(1002, endless()))) == 1002


def _first(count: int, pages: Iterator[Document]) -> Iterator[Document]:
    return (next(pages) for _ in range(count))


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("agents", "The list of agents"),
        ("memory_stores", "The list of memory stores"),
        ("agents/dev%20buddy/versions?order=desc", "The list of versions of agents/dev buddy"),
    ],
)
def test_a_list_is_named_by_its_path(path: str, what: str) -> None:
    assert list_at(path) == what
