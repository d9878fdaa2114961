from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioner.kinds import KINDS
from provisioner.manifest.env import Variables
from provisioner.manifest.reader import read
from provisioner.manifest.resolving import resolve
from provisioner.manifest.write import dump
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.written import escape
from provisioner.render.safe import visible
from tests.manifest.manifests import ENDPOINT, load_text, manifest_of
from tests.whole import tries

SURPRISING = (
    *("on", "no", "y", "~", "null", "true", "1", "1.5", "1:30", "010", "1_000", ".inf", "2025-04-14", "1e3", "<<", "="),
    *(
        "",
        " ",
        "\n",
        "---",
        "...",
        "- a",
        "? a",
        "a: b",
        "a #b",
        "#a",
        "[a",
        "{{$userId}}",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
    ),
    *(
        "${env:FOUNDRY_X}",
        "$${env:A}",
        "$$",
        "a\tb",
        "\ta",
        " a",
        "a ",
        "a\n",
        "a\n\n",
        "\na",
        " a\n b",
        "a\n\tb",
        "a \n b",
    ),
    *(
        "\x00",
        "\x07",
        "\x7f",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "é\n😀",
        "a\r\nb",
        "\\",
        '"',
        "'",
        "k" * 2000,
        "a\n---\nb",
    ),
)
texts = st.one_of(
    st.sampled_from(SURPRISING),
    st.text(max_size=20),
    st.text(alphabet=" \t\n\r-#:|>'\"{}[]$!&*?%@`,ab01\x85\u2028\\", max_size=12),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def written(entries: dict[str, Any]) -> str:
    return dump(name="x", project={}, entries={Address("agents", name): entry for name, entry in entries.items()})


@settings(max_examples=tries(300))
@given(st.dictionaries(texts, st.dictionaries(texts, anything, max_size=3), max_size=2), st.booleans())
@example({"a": {text: text for text in SURPRISING}}, True)
@example({"a": {"k": list(SURPRISING)}}, False)
def test_any_document_reads_back_as_it_was(entries: dict[str, Any], fast: bool) -> None:
    source, problems = read(written(entries), file="f", fast=fast)

    assert not problems
    assert source is not None
    resolved = resolve(source.root, source, Variables(values={}))
    assert not resolved.problems
    assert resolved.value.get("agents", {}) == entries


@settings(max_examples=tries(150))
@given(st.dictionaries(texts, anything, max_size=3))
def test_other_yaml_readers_see_the_same(entry: dict[str, Any]) -> None:
    assert yaml.safe_load(written({"a": entry}))["agents"]["a"] == escaped(entry)


def escaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [escaped(inner) for inner in value]
    return escape(value) if isinstance(value, str) else value


@pytest.mark.parametrize("text", ["a\n", "a\n\n", "a\n\n\n", "a\n\nb\n\n"])
def test_the_line_between_sections_is_no_part_of_the_text_before_it(text: str) -> None:
    store = {"chat_model": "gpt", "embedding_model": "emb", "description": text}
    entries = {Address("stores", "s"): store, Address("agents", "a"): {"model": "gpt"}}
    source, _ = read(dump(name="n", project={}, entries=entries), file="m.yaml")
    assert source is not None
    root: Any = source.root
    assert root["stores"]["s"]["description"] == text


names = st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True)
stores = st.fixed_dictionaries(
    {"chat_model": st.just("gpt"), "embedding_model": st.just("emb")},
    optional={
        "description": texts.filter(bool),
        "metadata": st.dictionaries(
            texts.filter(lambda key: len(key) < 65), texts.filter(lambda text: len(text) < 513), max_size=3
        ),
        "options": st.fixed_dictionaries({}, optional={"default_ttl_seconds": st.integers(0, 9)}),
    },
).filter(lambda entry: len(entry.get("description", "")) < 513)
agents = st.fixed_dictionaries(
    {"model": st.just("gpt")},
    optional={
        "instructions": texts,
        "temperature": st.floats(0, 2),
        "tools": st.lists(
            st.fixed_dictionaries(
                {"type": st.just("function"), "name": st.just("f"), "parameters": st.dictionaries(st.text(), anything)}
            ),
            max_size=2,
        ),
    },
)


@settings(max_examples=tries(100))
@example({"a0": {"chat_model": "gpt", "embedding_model": "emb", "description": "a\n\n"}}, {"a0": {"model": "gpt"}})
@given(st.dictionaries(names, stores, max_size=2), st.dictionaries(names, agents, max_size=2))
def test_what_is_written_loads_as_the_same_resources(
    some_stores: dict[str, Document], some_agents: dict[str, Document]
) -> None:
    entries = {Address("stores", name): entry for name, entry in some_stores.items()}
    entries |= {Address("agents", name): entry for name, entry in some_agents.items()}
    others = [Address("deployments", "gpt"), Address("deployments", "emb")]
    text = dump(name="team", project={"endpoint": ENDPOINT}, entries=entries, external=others)
    with TemporaryDirectory() as folder:
        manifest = manifest_of(load_text(Path(folder), text))

    wanted = {address: KINDS[address.kind].desired(entry) for address, entry in entries.items()}
    managed = {address: each.fields for address, each in manifest.resources.items() if not each.external}
    assert managed == wanted
    assert [address for address, each in manifest.resources.items() if each.external] == sorted(others)


def test_the_result_reads_well() -> None:
    text = dump(
        name="dev-buddy",
        project={"endpoint": "${env:FOUNDRY_PROJECT_ENDPOINT}"},
        entries={
            Address("agents", "b"): {
                "model": "gpt-4.1-mini",
                "instructions": "Be kind.\n\n  Indented ${env:HOME}.\n",
                "temperature": 1e-07,
                "metadata": {},
                "tools": [{"type": "x", "list": [["a"], [], {"b": "on"}]}, "plain text, with (marks)"],
            },
            Address("deployments", "gpt-4.1-mini"): {"model": {"version": "2025-04-14"}, "sku": {"capacity": 50}},
        },
        external=[Address("agents", "a"), Address("agents", "b")],
        header=["Exported from acc/p.", "", "second\nline"],
    )

    assert text == (
        """\
# yaml-language-server: $schema=schemas/manifest.v1.schema.json
# Exported from acc/p.
#
# second line

version: 1
name: dev-buddy

project:
  endpoint: "${env:FOUNDRY_PROJECT_ENDPOINT}"

deployments:
  gpt-4.1-mini:
    model:
      version: "2025-04-14"
    sku:
      capacity: 50

agents:
  a:
    external: true
  b:
    metadata: {}
    model: gpt-4.1-mini
    instructions: |
      Be kind.

        Indented $${env:HOME}.
    temperature: 1.0e-07
    tools:
      - type: x
        list:
          -
            - a
          - []
          - b: "on"
      - plain text, with (marks)
"""
    )


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 10**5000, "a\ud800b"], ids=["nan", "infinity", "5,000 digits", "surrogate"]
)
def test_what_yaml_cannot_hold_becomes_text(value: object) -> None:
    source, problems = read(written({"a": {"x": value}}), file="f")

    assert not problems
    assert source is not None
    assert isinstance(source.root, dict)
    assert isinstance(source.root["agents"]["a"]["x"], str)


def test_equal_input_gives_equal_text_whatever_its_order() -> None:
    one, two = Address("stores", "a"), Address("agents", "b")

    assert dump(name="x", project={}, entries={one: {"k": 1}, two: {"k": 2}}) == dump(
        name="x", project={}, entries={two: {"k": 2}, one: {"k": 1}}
    )


def test_what_cannot_be_seen_is_written_as_an_escape_and_reads_back() -> None:
    """Whatever the renderers make visible; they are another room, so that the set is written down in both."""
    unseen = [char for char in map(chr, range(0x110000)) if not 0xD800 <= ord(char) <= 0xDFFF and visible(char) != char]
    text = dump(
        name="a", project={}, entries={Address("agents", "a"): {f"k{n}": f"a{c}b" for n, c in enumerate(unseen)}}
    )

    assert [char for char in unseen if char in text] == []
    source, problems = read(text, file="f")
    assert not problems
    assert source is not None
    root: Any = source.root
    assert list(root["agents"]["a"].values()) == [f"a{char}b" for char in unseen]


def test_a_block_with_something_invisible_is_written_in_quotes() -> None:
    assert '"Pay\\n\\u202enow."' in written({"a": {"instructions": "Pay\n\u202enow."}})
    assert "|-" in written({"a": {"instructions": "Pay\nn\u00f6w."}})
