from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.document import (
    ABSENT,
    Document,
    Path,
    canonical,
    digest,
    dotted,
    leaves,
    lies_under,
    lookup,
    only,
    overlay,
    place,
    without,
)
from tests.strategies import any_documents, documents, flat, paths
from tests.whole import tries

quick = settings(max_examples=tries(60), deadline=None)


@quick
@given(any_documents)
def test_a_document_can_be_rebuilt_from_its_leaves(document: Document) -> None:
    rebuilt: dict[str, object] = {}
    for path, value in leaves(document):
        place(rebuilt, path, value)
    assert rebuilt == document


def test_lists_and_empty_mappings_are_leaves() -> None:
    assert flat({"a": {"b": [{"c": 1}], "d": {}}, "e": None}) == {
        ("a", "b"): [{"c": 1}],
        ("a", "d"): {},
        ("e",): None,
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param((), {"a": {"b": None}, "l": [1]}, id="the document itself"),
        pytest.param(("a", "b"), None, id="null is a value"),
        pytest.param(("a", "c"), ABSENT, id="no such key"),
        pytest.param(("l", "0"), 1, id="a number is an index of a list"),
        pytest.param(("l", "1"), ABSENT, id="the list ends before"),
        pytest.param(("l", "x"), ABSENT, id="lists have no other keys"),
        pytest.param(("a", "b", "c"), ABSENT, id="nothing lies inside null"),
    ],
)
def test_lookup_tells_null_from_absent(path: Path, value: object) -> None:
    assert lookup({"a": {"b": None}, "l": [1]}, path) == value


def test_absent_says_its_name() -> None:
    assert repr(ABSENT) == "ABSENT"


@quick
@given(documents, documents)
def test_what_lies_on_top_shows_and_the_rest_shines_through(base: Document, top: Document) -> None:
    before = copy.deepcopy((base, top))
    merged = overlay(base, top)
    for path, value in flat(top).items():
        assert lookup(merged, path) == value or value == {}
    for path, value in flat(base).items():
        covered = any(path[: len(over)] == over for over in flat(top)) or any(lies_under(o, (path,)) for o in flat(top))
        assert covered or lookup(merged, path) == value
    assert overlay(base, {}) == base
    assert overlay({}, top) == top
    assert overlay(merged, top) == merged
    assert (base, top) == before


def test_an_empty_mapping_adds_nothing_and_replaces_what_is_no_mapping() -> None:
    assert overlay({"a": {"b": 1}}, {"a": {}}) == {"a": {"b": 1}}
    assert overlay({"a": 1}, {"a": {}}) == {"a": {}}
    assert overlay({"a": {"b": 1}}, {"a": 1}) == {"a": 1}


@quick
@given(documents, st.lists(paths, max_size=3).map(tuple))
def test_a_document_parts_into_what_is_named_and_what_is_not(document: Document, named: tuple[Path, ...]) -> None:
    before = copy.deepcopy(document)
    rest, kept = without(document, named), only(document, named)
    assert all(lookup(rest, path) is ABSENT for path in named)
    assert flat(rest) == {path: value for path, value in flat(document).items() if not lies_under(path, named)}
    assert all(lookup(kept, path) == lookup(document, path) for path in named)
    assert document == before


def test_mappings_that_become_empty_go_and_those_that_were_empty_stay() -> None:
    assert without({"a": {"b": {"c": 1}}, "d": {}}, (("a", "b", "c"),)) == {"d": {}}


def test_a_path_lies_under_itself_and_its_parents() -> None:
    assert lies_under(("a", "b"), (("x",), ("a",)))
    assert lies_under(("a", "b"), (("a", "b"),))
    assert lies_under(("a",), ((),))
    assert not lies_under(("a",), (("a", "b"),))
    assert not lies_under(("ab",), (("a",),))
    assert not lies_under(("a",), ())


def test_paths_are_shown_with_dots() -> None:
    assert dotted(("a", "b")) == "a.b"
    assert dotted(()) == ""


@quick
@given(any_documents)
def test_equal_documents_have_equal_texts_whatever_their_order(document: Document) -> None:
    turned = dict(reversed(list(document.items())))
    assert canonical(turned) == canonical(document)
    assert digest(turned) == digest(document)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param(1, 1.0, True, id="1 and 1.0"),
        pytest.param([1.0, {"a": 2.0}], (1, {"a": 2}), True, id="nested, list and tuple"),
        pytest.param(1, True, False, id="1 and true"),
        pytest.param(0, False, False, id="0 and false"),
        pytest.param(1, "1", False, id="1 and its text"),
        pytest.param(None, "null", False, id="null and its text"),
        pytest.param({}, [], False, id="empty mapping and list"),
        pytest.param({"a": None}, {}, False, id="null and absent"),
        pytest.param([1, 2], [2, 1], False, id="lists in another order"),
        pytest.param(0.5, 0.25, False, id="fractions"),
    ],
)
def test_which_values_have_one_text(one: object, other: object, equal: bool) -> None:
    assert (canonical(one) == canonical(other)) is equal
    assert (digest(one) == digest(other)) is equal


def test_text_stays_readable_and_half_characters_do_no_harm() -> None:
    assert canonical({"b": "é", "a": [1.0]}) == '{"a":[1],"b":"é"}'
    assert len(digest("\ud800")) == 64
