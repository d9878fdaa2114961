"""How ownership is written on a live object, and how much of what was applied can be remembered there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.resource import Marker, OnRemove
from provisioner.reconcile.marker import RELEASED, AppliedRecord, is_released, read_marker, write_marker

markers = st.builds(
    Marker,
    owner=st.text(min_size=1),
    applied=st.text("aZ0.-_"),
    prevent_destroy=st.booleans(),
    on_remove=st.sampled_from(OnRemove),
)


@settings(deadline=None)
@given(markers, st.dictionaries(st.sampled_from(["team", "provisioner", "owner"]), st.text()))
def test_a_marker_is_read_as_it_was_written_and_the_users_own_pairs_are_left(
    marker: Marker, pairs: dict[str, str]
) -> None:
    assert read_marker({**pairs, **write_marker(marker)}) == (pairs, marker)


def test_the_marker_is_what_a_reader_of_the_portal_sees() -> None:
    marker = Marker(owner="me", applied="1.abc", prevent_destroy=True, on_remove=OnRemove.KEEP)
    assert write_marker(marker) == {
        "provisioner-owner": "me",
        "provisioner-applied": "1.abc",
        "provisioner-lifecycle": "prevent_destroy,on_remove=keep",
    }
    assert write_marker(Marker(owner="me")) == {"provisioner-owner": "me", "provisioner-applied": ""}


@pytest.mark.parametrize("owner", [{}, {"provisioner-owner": ""}], ids=["absent", "empty"])
def test_without_an_owner_there_is_no_marker(owner: dict[str, str]) -> None:
    assert read_marker({**owner, "provisioner-applied": "1.", "team": "blue"}) == ({"team": "blue"}, None)


def test_what_was_released_says_so_and_has_no_owner() -> None:
    assert is_released(RELEASED)
    assert not is_released({})
    assert not is_released(write_marker(Marker(owner="me", prevent_destroy=True)))
    assert read_marker({**RELEASED, "team": "blue"}) == ({"team": "blue"}, None)


@pytest.mark.parametrize("count", [0, 1, 25, 26, 50, 51, 500])
@pytest.mark.parametrize("size", [256, 512])
def test_the_record_fits_a_tag_and_a_metadata_value_for_any_number_of_fields(count: int, size: int) -> None:
    flat = {f"field_{index}": index for index in range(count)}
    deep = {f"group_{index % 9}": {f"field_{other}": index for other in range(count // 9 + 1)} for index in range(9)}
    assert len(AppliedRecord.of(flat, size)) <= size
    assert len(AppliedRecord.of(deep, size)) <= size


def test_very_deep_fields_fit_too() -> None:
    deep: dict[str, object] = {"end": 1}
    for _ in range(150):
        deep = {"in": deep, "side": 1}
    assert len(AppliedRecord.of(deep, 256)) <= 256


def test_fields_that_do_not_fit_are_recorded_with_their_parents() -> None:
    declared = {"a": {"b": 1, "c": 2}, "d": 3}
    record = AppliedRecord(AppliedRecord.of(declared, 23))
    assert record.fold(("a", "b")) == ("a",)
    assert record.knows(("a", "anything"))
    assert record.holds(("a", "b"), {"c": 2, "b": 1.0})
    assert not record.holds(("a", "b"), 1)
    assert record.knows(("d",))
    assert not record.knows(("e",))


def test_a_field_is_found_under_the_value_it_was_part_of() -> None:
    record = AppliedRecord(AppliedRecord.of({"choice": "auto", "a": {"b": 1}}, 512))
    assert record.fold(("choice", "type")) == ("choice",)
    assert record.fold(("a", "b")) == ("a", "b")
    assert record.fold(("a", "c")) == ("a", "c")
    assert record.fold(("a", "b", "c")) == ("a", "b")


@pytest.mark.parametrize("text", ["", ".", "x.abcdefghij", "2.short", "1", "\N{SUPERSCRIPT TWO}.abcdefghij"])
def test_a_spoilt_record_knows_nothing(text: str) -> None:
    record = AppliedRecord(text)
    assert not record.knows(("a",))
    assert not record.holds(("a",), 1)


def test_text_that_no_encoding_can_hold_is_still_recorded() -> None:
    assert AppliedRecord(AppliedRecord.of({"a\ud800": "\udfff"}, 512)).holds(("a\ud800",), "\udfff")
