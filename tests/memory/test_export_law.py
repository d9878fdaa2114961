"""The law of exports: what was written is read back, and what was changed since is not believed."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.memory.exporting import Exporter
from provisioner.memory.importing import ExportedMemories, read_export
from provisioner.model.errors import ProvisionerError
from provisioner.model.memory import KINDS, Item

scopes = st.text("abcXYZ019_-.%+@/", min_size=1, max_size=8)
memories = st.lists(
    st.builds(
        Item,
        scope=scopes,
        kind=st.sampled_from(KINDS),
        content=st.text(),
        updated_at=st.integers(0, 2**40),
        id=st.text(max_size=8),
    )
)


def exported(items: list[Item], pages: int = 3, empty: tuple[str, ...] = ()) -> bytes:
    stream = io.BytesIO()
    exporter = Exporter(stream.write, {"project": "https://example.com"}, empty)
    for at in range(0, len(items), pages):
        exporter.add(items[at : at + pages])
    exporter.close()
    return stream.getvalue()


@given(items=memories, empty=scopes)
def test_what_was_exported_is_read_back(items: list[Item], empty: str) -> None:
    stream = io.BytesIO(exported(items, empty=(empty,)))

    export = read_export(stream)
    source = ExportedMemories(stream, export, {})

    found = [item for scope in source.scopes for item in source.items("", scope)]
    assert sorted(found, key=repr) == sorted(items, key=repr)
    assert export.contents.scopes == {empty: 0, **Counter(item.scope for item in items)}
    assert export.contents.kinds == Counter(item.kind for item in items)


@given(items=memories, data=st.data())
def test_an_export_that_is_cut_off_is_refused_wherever_that_is(items: list[Item], data: st.DataObject) -> None:
    whole = exported(items)
    cut = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(ProvisionerError):
        read_export(io.BytesIO(whole[:cut]))


@given(items=memories, data=st.data())
def test_an_export_of_which_one_byte_is_otherwise_is_refused(items: list[Item], data: st.DataObject) -> None:
    whole = bytearray(exported(items))
    at = data.draw(st.integers(0, len(whole) - 2))
    whole[at] ^= data.draw(st.integers(1, 127))

    with pytest.raises(ProvisionerError):
        read_export(io.BytesIO(bytes(whole)))


@given(items=memories, data=st.data())
def test_an_export_that_lacks_a_line_or_has_one_twice_is_refused(items: list[Item], data: st.DataObject) -> None:
    lines = exported(items).splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    times = data.draw(st.sampled_from([0, 2]))

    with pytest.raises(ProvisionerError):
        read_export(io.BytesIO(b"".join(lines[:at] + [lines[at]] * times + lines[at + 1 :])))


@given(items=memories)
def test_two_scopes_can_go_to_one(items: list[Item]) -> None:
    stream = io.BytesIO(exported(items))
    export = read_export(stream)
    everybody = {item.scope: "all" for item in items}

    source = ExportedMemories(stream, export, everybody)

    assert Counter(item.hash for item in source.items("", "all")) == Counter(item.hash for item in items)
