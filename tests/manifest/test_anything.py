"""Whatever is in the files, the answer is diagnostics or a manifest, never an exception."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.manifest.manifests import HEAD, MODELS, load_files, load_text
from tests.whole import tries

WHOLE = f"""{HEAD}{MODELS}
stores:
  s: {{chat_model: gpt, embedding_model: emb, options: {{default_ttl_seconds: 5}}, lifecycle: {{ignore: [options]}}}}
agents:
  a:
    model: gpt
    instructions: |
      Be ${{env:FOUNDRY_TONE:-kind}}.
    temperature: 0.5
    tools: [{{type: memory_search, memory_store_name: s, scope: "{{{{$userId}}}}", update_delay: 1}}]
    structured_inputs: {{x: {{default_value: null, required: true}}}}
  b: {{external: true}}
"""
SNIPPETS = (
    "{",
    "[",
    "]",
    "*a",
    "&a ",
    "<<: ",
    "- ",
    "? ",
    "!!x ",
    "null",
    "on",
    "1:30",
    '"',
    "'",
    "|",
    "#",
    "\t",
    "\n",
    ":",
)

yaml_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["gpt", "emb", "s"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def load_any(data: str | bytes) -> None:
    with TemporaryDirectory() as folder:
        load_text(Path(folder), data)


@settings(max_examples=tries(150))
@given(st.binary(max_size=200))
def test_any_bytes_can_be_loaded(data: bytes) -> None:
    load_any(data)


@settings(max_examples=tries(300))
@given(st.text(max_size=100))
@example("{{$userId}}")
@example("&a [*a]")
@example("? [a]\n: b")
@example("\ufeff")
@example("--- 5")
def test_any_text_can_be_loaded(text: str) -> None:
    load_any(text)


@settings(max_examples=tries(400))
@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.sampled_from(SNIPPETS))
def test_a_manifest_with_a_piece_torn_out_or_put_in_can_be_loaded(at: int, width: int, snippet: str) -> None:
    load_any(WHOLE[:at] + snippet + WHOLE[at + width :])


def paths_into(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [at, *(path for key, inner in value.items() for path in paths_into(inner, (*at, key)))]
    if isinstance(value, list):
        return [at, *(path for index, inner in enumerate(value) for path in paths_into(inner, (*at, index)))]
    return [at]


@settings(max_examples=tries(250), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_manifest_with_any_value_anywhere_can_be_loaded(data: st.DataObject) -> None:
    document = yaml.safe_load(WHOLE)
    path = data.draw(st.sampled_from([path for path in paths_into(document) if path]))
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = data.draw(yaml_values)
    load_any(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))


def test_a_hundred_thousand_brackets_are_too_deep(tmp_path: Path) -> None:
    for text in ("[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000):
        codes = {each.code for each in load_text(tmp_path, text).diagnostics}

        assert codes == {"too-deep"}


def test_folders_where_a_file_should_be_and_the_other_way_round(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    (tmp_path / "x.yaml").mkdir()

    assert [each.code for each in load_files([tmp_path]).diagnostics] == ["no-files"]
    assert [each.code for each in load_files([tmp_path / "x.yaml"]).diagnostics] == ["no-files"]
    assert [each.code for each in load_files([tmp_path / "nul\0"]).diagnostics] == ["file-unreadable"]
    assert [each.code for each in load_files([]).diagnostics] == ["no-files"]


def test_messages_can_be_printed_whatever_is_in_the_manifest(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, HEAD + 'agents:\n  "a\\e[31m": {"k\\n\\0": 1, model: "\\x07"}\n')

    assert loaded.diagnostics
    assert not [each for each in loaded.diagnostics if re.search("[\x00-\x1f\x7f]", each.message + each.hint)]
