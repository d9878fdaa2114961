"""Files that stand for texts and documents of an entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.manifest.reader import read_document
from provisioner.model.address import Address
from tests.manifest.manifests import HEAD, MODELS, brief, full, load_text, manifest_of

STORE = Address("stores", "s")
SPEC = {
    "openapi": "3.0.1",
    "info": {"title": "t", "version": "1"},
    "paths": {"/x": {"get": {"responses": {"200": {}}}}},
}
SCHEMA = {"type": "object", "properties": {"file": {"type": "string"}}, "additionalProperties": False}


def put(folder: Path, name: str, text: str | bytes) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


def fields_of(folder: Path, entry: str) -> Any:
    return manifest_of(load_text(folder, text_of(entry))).resources[Address("agents", "a")].fields


def text_of(entry: str) -> str:
    return f"{HEAD}{MODELS}agents:\n  a: {entry}\n"


OPENAPI = "{type: openapi, openapi: {name: o, auth: {type: anonymous}, spec: %s}}"
FUNCTION = "{type: function, name: f, parameters: %s}"
NAMESPACE = f"{{type: namespace, name: n, description: d, tools: [{FUNCTION}]}}"
DOCUMENTS = {
    "specification": (f"{{model: gpt, tools: [{OPENAPI}]}}", ("tools", 0, "openapi", "spec")),
    "parameters": (f"{{model: gpt, tools: [{FUNCTION}]}}", ("tools", 0, "parameters")),
    "parameters in a namespace": (f"{{model: gpt, tools: [{NAMESPACE}]}}", ("tools", 0, "tools", 0, "parameters")),
    "answer": ("{model: gpt, text: {format: {type: json_schema, name: n, schema: %s}}}", ("text", "format", "schema")),
    "input": ("{model: gpt, structured_inputs: {i: {schema: %s}}}", ("structured_inputs", "i", "schema")),
}


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


@pytest.mark.parametrize(("entry", "path"), DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("document", [SPEC, SCHEMA], ids=["specification", "schema"])
def test_a_json_file_stands_for_any_document(tmp_path: Path, entry: str, path: tuple[Any, ...], document: Any) -> None:
    put(tmp_path, "api/x.json", json.dumps(document, indent="\t"))

    assert at(fields_of(tmp_path, entry % "{file: api/x.json}"), path) == document


@pytest.mark.parametrize("name", ["x.yaml", "x.yml", "x.YAML"])
def test_a_yaml_file_is_read_as_yaml_12(tmp_path: Path, name: str) -> None:
    put(
        tmp_path,
        name,
        "openapi: 3.0.1\npaths:\n  /x:\n    get:\n      responses: {200: {description: on}}\nday: 2026-01-02\n",
    )
    (tool,) = fields_of(tmp_path, DOCUMENTS["specification"][0] % f"{{file: {name}}}")["tools"]

    assert tool["openapi"]["spec"] == {
        "openapi": "3.0.1",
        "paths": {"/x": {"get": {"responses": {"200": {"description": "on"}}}}},
        "day": "2026-01-02",
    }


TEXTS = {
    "instructions": ("{model: gpt, instructions: %s}", ("instructions",)),
    "description": ("{model: gpt, description: %s}", ("description",)),
    "workflow": ("{kind: workflow, workflow: %s}", ("workflow",)),
    "tool's description": (
        "{model: gpt, tools: [{type: function, name: f, description: %s}]}",
        ("tools", 0, "description"),
    ),
    "input's description": (
        "{model: gpt, structured_inputs: {i: {description: %s}}}",
        ("structured_inputs", "i", "description"),
    ),
}


@pytest.mark.parametrize(("entry", "path"), TEXTS.values(), ids=TEXTS)
def test_a_text_file_stands_for_any_long_text(tmp_path: Path, entry: str, path: tuple[Any, ...]) -> None:
    put(tmp_path, "texts/x.yaml", "kind: workflow\r\n# ${env:NOT_READ}\r\n")

    assert at(fields_of(tmp_path, entry % "{file: texts/x.yaml}"), path) == "kind: workflow\n# ${env:NOT_READ}\n"


def test_a_store_takes_files_too(tmp_path: Path) -> None:
    put(tmp_path, "x.md", "Languages.\n")
    texts = "description: {file: x.md}, options: {user_profile_details: {file: x.md}}"
    store = f"{{chat_model: gpt, embedding_model: emb, {texts}}}"
    fields = manifest_of(load_text(tmp_path, f"{HEAD}{MODELS}stores:\n  s: {store}\n")).resources[STORE].fields

    assert (fields["description"], fields["options"]["user_profile_details"]) == ("Languages.\n", "Languages.\n")


def test_the_limits_of_a_text_hold_for_its_file(tmp_path: Path) -> None:
    put(tmp_path, "long.txt", "x" * 513)
    loaded = load_text(tmp_path, text_of("{model: gpt, description: {file: long.txt}}"))

    assert brief(loaded) == ["m.yaml:8:32 too-long"]


def test_a_property_named_file_is_no_file(tmp_path: Path) -> None:
    schema = "{type: object, properties: {file: x, inner: {file: gone.json}}, file: 1}"
    fields = fields_of(tmp_path, DOCUMENTS["parameters"][0] % schema)

    assert fields["tools"][0]["parameters"]["properties"] == {"file": "x", "inner": {"file": "gone.json"}}
    assert fields_of(tmp_path, "{model: gpt, metadata: {file: gone.json}}")["metadata"] == {"file": "gone.json"}
    default = "{model: gpt, structured_inputs: {i: {default_value: {file: gone.json}}}}"
    assert fields_of(tmp_path, default)["structured_inputs"]["i"]["default_value"] == {"file": "gone.json"}


BAD: dict[str, tuple[str, str | bytes, str]] = {
    "no JSON": ("x.json", '{"a": 1,\n  "b": }', "x.json:2:8 json-syntax"),
    "no YAML": ("x.yaml", "a: [1\nb: 2\n", "x.yaml:2:2 yaml-syntax"),
    "a list": ("x.json", "[1]", "x.json:1:1 wrong-type"),
    "an empty file": ("x.yaml", "", "x.yaml:1:1 wrong-type"),
    "an empty JSON file": ("x.json", "", "x.json:1:1 json-syntax"),
    "a key twice": ("x.json", '{"a": 1, "a": 2}', "x.json:1:1 duplicate-key"),
    "not a number": ("x.json", '{"a": NaN}', "x.json:1:1 json-syntax"),
    "a huge number": ("x.json", '{"a": ' + "9" * 5000 + "}", "x.json:1:1 out-of-range"),
    "too deep": ("x.json", '{"a":' * 150 + "1" + "}" * 150, "x.json:1:1 too-deep"),
    "far too deep": ("x.json", "[" * 200_000, "x.json:1:1 too-deep"),
    "too big": ("x.json", '"' + "x" * 1_000_001, "m.yaml:8:100 file-too-big"),
    "binary": ("x.json", b"\x89PNG\r\n\x1a\n\x00", "m.yaml:8:100 not-utf8"),
    "another ending": ("x.txt", "{}", "m.yaml:8:100 bad-path"),
    "missing": ("../x.json", "{}", "m.yaml:8:100 bad-path"),
}


@pytest.mark.parametrize(("name", "content", "expected"), BAD.values(), ids=BAD)
def test_a_bad_document_is_told_where_it_is_bad(tmp_path: Path, name: str, content: str | bytes, expected: str) -> None:
    put(tmp_path / "manifest", name, content)
    entry = DOCUMENTS["specification"][0] % f"{{file: {name}}}"
    loaded = load_text(tmp_path / "manifest", text_of(entry))

    assert brief(loaded) == [expected], full(loaded)


def test_a_path_that_is_no_text_is_told(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, text_of(DOCUMENTS["parameters"][0] % "{file: 5}"))

    assert brief(loaded) == ["m.yaml:8:72 wrong-type"]


def test_what_a_file_holds_is_checked_like_what_is_written(tmp_path: Path) -> None:
    put(tmp_path, "x.json", '{"type": "object"}')
    entry = "{model: gpt, tools: [{type: function, name: bad name, parameters: {file: x.json}}, {type: mcp}]}"

    assert brief(load_text(tmp_path, text_of(entry))) == [
        "m.yaml:8:50 bad-name",
        "m.yaml:8:89 missing-key",
        "m.yaml:8:89 missing-key",
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), VALUES))
def test_every_json_mapping_is_read_as_it_is(document: dict[str, Any]) -> None:
    assert read_document(json.dumps(document), file="x.json", suffix=".json") == (document, [])


READABLE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]) | st.sampled_from("\n\t"))


@given(READABLE, st.sampled_from([".json", ".yaml"]))
def test_whatever_a_file_holds_there_is_a_mapping_or_a_reason(text: str, suffix: str) -> None:
    document, problems = read_document(text, file="x", suffix=suffix)

    assert (document is None) == bool(problems)
    assert all(each.where is not None and each.message.endswith(".") for each in problems)
