"""What is live becomes what is declared, with edits of what is written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.kinds import KINDS
from provisioner.manifest.accept import Acceptance, acceptance
from provisioner.manifest.edit import edited
from provisioner.manifest.reader import read
from provisioner.model.address import Address
from provisioner.model.document import ABSENT
from provisioner.model.plan import FieldChange
from provisioner.reconcile.drift import as_live
from tests.whole import tries

AGENT = Address("agents", "a")
TEXT = """\
version: 1
name: x
agents:
  a:
    model: m  # ours
    instructions: |
      Be kind.
      Always.
    temperature: 0.5
    metadata: {team: red}
    tools:
      # looks up
      - type: memory_search
        memory_store_name: s
        scope: "{{$userId}}"
      - type: function  # calls us
        name: f
        parameters: {type: object, properties: {}}
"""


def taken(text: str, live: Any) -> tuple[str, Acceptance]:
    """The text with what is live in it; `live` makes that of what is declared."""
    declared = says(text)
    found = acceptance(AGENT, root_of(text), declared, live(declared))
    result = edited(text, found.edits)
    assert result.refused == {}
    return result.text, found


def root_of(text: str) -> Any:
    source, _ = read(text, file="")
    assert source is not None
    return source.root


def says(text: str) -> Any:
    return KINDS[AGENT.kind].desired(root_of(text)[AGENT.kind][AGENT.name])


def moved(*changes: tuple[str, object]) -> Any:
    fields = [FieldChange(path=tuple(path.split("/")), before=value, after=None) for path, value in changes]
    return lambda declared: as_live(declared, fields)


@pytest.mark.parametrize(
    ("path", "value", "written"),
    [
        ("temperature", 0.7, "    temperature: 0.7\n"),
        ("temperature", ABSENT, "    metadata: {team: red}\n"),
        ("top_p", 1, "    top_p: 1\n"),
        ("tools/1/name", "g", "        name: g\n"),
        ("tools/0/scope", "all", '        scope: "all"\n'),
        ("metadata/team", "blue", "    metadata: {team: blue}\n"),
        ("metadata/more", "of it", "    metadata: {team: red, more: of it}\n"),
        ("instructions", "Be kind.\nNever.\n", "      Be kind.\n      Never.\n"),
        ("instructions", "Say ${env:HOME}.", '    instructions: "Say $${env:HOME}."\n'),
    ],
)
def test_a_field_is_written_where_it_stands(path: str, value: object, written: str) -> None:
    text, found = taken(TEXT, moved((path, value)))

    assert found.left == {}
    assert written in text
    assert "# ours" in text
    assert "# calls us" in text


def test_a_tool_that_came_or_went_leaves_the_others_as_they_are() -> None:
    more = taken(TEXT, lambda it: {**it, "tools": [*it["tools"], {"type": "code_interpreter"}]})[0]
    fewer = taken(TEXT, lambda it: {**it, "tools": it["tools"][:1]})[0]

    assert more == f"{TEXT}      - type: code_interpreter\n"
    assert fewer == TEXT.partition("      - type: function")[0]


LISTED = """\
version: 1
name: x
agents:
  a:
    model: m
    tools:
      # runs
      - type: code_interpreter  # code
      - type: web_search
      # calls us
      - type: function
        name: f
        parameters: {type: object, properties: {}}
"""
FIRST, SECOND, THIRD = says(LISTED)["tools"]
FOURTH = {"type": "memory_search_preview", "memory_store_name": "s", "scope": "x"}
OF_FOURTH = "      - type: memory_search_preview\n        memory_store_name: s\n        scope: x\n"


@pytest.mark.parametrize(
    ("tools", "text"),
    [
        pytest.param(
            [FIRST, FOURTH, SECOND, THIRD],
            LISTED.replace("      - type: web", f"{OF_FOURTH}      - type: web"),
            id="one-between",
        ),
        pytest.param(
            [FOURTH, FIRST, SECOND, THIRD],
            LISTED.replace("    tools:\n", f"    tools:\n{OF_FOURTH}"),
            id="one-before",
        ),
        pytest.param(
            [FIRST, SECOND, {**THIRD, "name": "g"}, FOURTH],
            LISTED.replace("name: f", "name: g") + OF_FOURTH,
            id="one-changed-and-one-more",
        ),
    ],
)
def test_of_a_list_only_what_moved_is_written(tools: list[Any], text: str) -> None:
    same, found = taken(LISTED, lambda it: {**it, "tools": tools})

    assert found.left == {}
    assert says(same)["tools"] == tools
    assert same == text


def test_a_variable_in_one_tool_keeps_no_other_from_being_written() -> None:
    text = LISTED.replace("name: f", "name: ${env:FOUNDRY_F}")

    same, found = taken(text, lambda it: {**it, "tools": [FOURTH, *it["tools"]]})

    assert found.left == {}
    assert same == text.replace("    tools:\n", f"    tools:\n{OF_FOURTH}")
    assert list(taken(text, lambda it: {**it, "tools": it["tools"][:2]})[1].left.values()) == ["comes from a variable"]


def test_what_has_become_empty_is_taken_away() -> None:
    text, found = taken(TEXT, moved(("metadata/team", ABSENT), ("tools", [])))

    assert found.left == {}
    assert text == TEXT.partition("    metadata:")[0]


def test_a_value_that_no_manifest_can_say_is_left() -> None:
    text, found = taken(TEXT, moved(("surprise", 1)))

    assert found.left == {("surprise",): "has a value that no manifest can say"}
    assert text == TEXT


def test_a_secret_is_left() -> None:
    text, found = taken(
        TEXT, moved(("tools/1/parameters/properties", {"k": {"default": "sk-proj-" + "4fG7hJ9kL2mN5pQ8" * 3}}))
    )

    assert list(found.left.values()) == ["may be a secret: write it as ${env:…}"]
    assert text == TEXT


def test_what_a_variable_is_part_of_is_left() -> None:
    text = TEXT.replace("Be kind.", "Be kind to ${env:FOUNDRY_WHOM}.")

    assert taken(text, moved(("instructions", "No.")))[1].left == {("instructions",): "comes from a variable"}


def test_a_text_in_a_file_is_written_there() -> None:
    text = TEXT.replace("|\n      Be kind.\n      Always.\n", "{file: p.md}\n")

    same, found = taken(text, lambda it: {**it, "instructions": "New.\n"})

    assert same == text
    assert [(it.file, it.text) for it in found.texts] == [("p.md", "New.\n")]


@pytest.mark.parametrize("new", ["\ufeffNew.", "New.\r\n", "New.\x07", "New.\ud800"])
def test_a_text_that_would_not_come_back_from_its_file_is_left(new: str) -> None:
    text = TEXT.replace("|\n      Be kind.\n      Always.\n", "{file: p.md}\n")

    found = taken(text, lambda it: {**it, "instructions": new})[1]

    assert found.texts == ()
    assert found.left == {("instructions",): "has characters that p.md cannot hold"}


WORDS = st.text("ab: #'\"\n-€", min_size=1, max_size=12)
CHANGES = st.one_of(
    st.tuples(st.just("temperature"), st.one_of(st.floats(0, 2, width=16), st.just(ABSENT))),
    st.tuples(st.sampled_from(["instructions", "description", "tools/0/scope", "tools/1/name"]), WORDS),
    st.tuples(st.just("metadata"), st.dictionaries(WORDS, WORDS, min_size=1, max_size=3)),
    st.tuples(st.sampled_from(["metadata/team", "metadata/x", "metadata/y"]), WORDS),
    st.tuples(st.just("tools/1/parameters"), st.dictionaries(WORDS, st.lists(WORDS, max_size=2), max_size=2)),
)


TOOLS = st.lists(st.sampled_from([*says(TEXT)["tools"], FIRST, SECOND, {**THIRD, "name": "g"}, FOURTH]), max_size=5)


@settings(max_examples=tries(300))
@given(TOOLS)
def test_whatever_becomes_of_a_list_the_manifest_says_it(tools: list[Any]) -> None:
    text, found = taken(TEXT, lambda it: {**it, "tools": tools})

    assert found.left == {}
    assert says(text).get("tools", []) == tools


@settings(max_examples=tries(300))
@given(st.lists(CHANGES, min_size=1, max_size=4, unique_by=lambda it: it[0].partition("/")[0]))
def test_afterwards_the_manifest_says_what_is_live(changes: list[tuple[str, object]]) -> None:
    live = moved(*changes)

    text, found = taken(TEXT, live)

    if not found.left:
        assert says(text) == live(says(TEXT))


POLICY = Address("rai_policies", "p")
FILTERS = """\
rai_policies:
  p:
    base_policy_name: Microsoft.DefaultV2
    content_filters:
      - {name: Hate, source: Prompt, severity_threshold: Low}  # first
      - {name: Hate, source: Completion, severity_threshold: Low}
      - {name: Jailbreak, source: Prompt}  # last
"""


def test_the_order_of_a_set_stays_that_of_the_manifest() -> None:
    root = root_of(FILTERS)
    declared = KINDS[POLICY.kind].desired(root[POLICY.kind][POLICY.name])
    first, *rest = declared["content_filters"]
    live = {**declared, "content_filters": [*reversed(rest), {**first, "severity_threshold": "High"}]}

    found = acceptance(POLICY, root, declared, live)

    assert edited(FILTERS, found.edits).text == FILTERS.replace("Low}  # first", "High}  # first")
