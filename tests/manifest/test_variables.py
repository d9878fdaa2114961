from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.manifest.env import Variables
from provisioner.manifest.reader import read
from provisioner.manifest.resolving import resolve
from provisioner.model.address import Address
from provisioner.model.diagnostic import Severity
from provisioner.model.written import escape
from tests.manifest.manifests import HEAD, MODELS, brief, full, load_files, load_text, manifest_of

AGENT = Address("agents", "a")
SECRET = "hunter2"


def agent(fields: str) -> str:
    return f"{HEAD}{MODELS}agents:\n  a: {{model: gpt, {fields}}}\n"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("${env:FOUNDRY_A}", "alpha", id="set"),
        pytest.param("x ${env:FOUNDRY_A} y ${env:FOUNDRY_A}", "x alpha y alpha", id="inside a text, twice"),
        pytest.param("${env:FOUNDRY_A:-other}", "alpha", id="set, default not needed"),
        pytest.param("${env:FOUNDRY_B:-other}", "other", id="unset with default"),
        pytest.param("${env:FOUNDRY_EMPTY:-other}", "other", id="empty counts as unset"),
        pytest.param("${env:FOUNDRY_B:-}", "", id="empty default"),
        pytest.param("${env:FOUNDRY_B:-a:-b ${env:x}", "a:-b ${env:x", id="a default ends at the first brace"),
        pytest.param("${env:AZURE_LOCATION}", "westeurope", id="Azure's"),
        pytest.param("${env:PROVISIONER_A}", "mine", id="ours"),
        pytest.param("${env:TEAM}", "blue", id="allowed by the command"),
        pytest.param("$${env:FOUNDRY_A}", "${env:FOUNDRY_A}", id="escaped"),
        pytest.param("$$${env:HOME}", "$${env:HOME}", id="escaped twice"),
        pytest.param(
            "$ {env:FOUNDRY_A} ${FOUNDRY_A} $env", "$ {env:FOUNDRY_A} ${FOUNDRY_A} $env", id="nothing of ours"
        ),
        pytest.param("${env:FOUNDRY_NESTED}", "${env:HOME}", id="a value is not looked into"),
    ],
)
def test_a_variable_becomes_its_value(tmp_path: Path, written: str, expected: str) -> None:
    environ = {
        "FOUNDRY_A": "alpha",
        "FOUNDRY_EMPTY": "",
        "FOUNDRY_NESTED": "${env:HOME}",
        "AZURE_LOCATION": "westeurope",
        "PROVISIONER_A": "mine",
        "TEAM": "blue",
        "HOME": SECRET,
    }
    loaded = load_text(tmp_path, agent(f'instructions: "{written}"'), environ=environ, allow_env={"TEAM"})

    assert manifest_of(loaded).resources[AGENT].fields["instructions"] == expected


@given(st.text(), st.text(alphabet="${env:}A-", max_size=20))
def test_an_escaped_text_is_read_as_it_was(some: str, nasty: str) -> None:
    text = some + nasty
    source, _ = read("x: 1", file="f")
    assert source is not None
    resolved = resolve(escape(text), source, Variables(values={}))

    assert resolved.value == text
    assert not resolved.problems


def test_a_forbidden_variable_is_refused_without_its_value(tmp_path: Path) -> None:
    environ = {"AWS_SECRET_ACCESS_KEY": SECRET, "AZURE_CLIENT_SECRET": SECRET, "FOUNDRYX": SECRET}
    for name in environ:
        loaded = load_text(tmp_path, agent(f'description: "${{env:{name}:-x}}"'), environ=environ)

        assert brief(loaded) == ["m.yaml:8:32 env-not-allowed"]
        assert name in full(loaded)
        assert SECRET not in full(loaded)


def test_an_unset_variable_is_as_bad_as_the_command_says(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, agent('description: "${env:FOUNDRY_X}"'), unset=Severity.WARNING)

    assert brief(loaded) == ["m.yaml:8:32 env-unset"]
    assert manifest_of(loaded).resources[AGENT].fields["description"] == "${env:FOUNDRY_X}"


def test_nothing_is_held_against_a_value_that_is_not_known(tmp_path: Path) -> None:
    text = (
        f"{HEAD}deployments:\n"
        '  gpt: {model: {format: OpenAI, name: "${env:FOUNDRY_M}"}, sku: {name: s, capacity: "${env:FOUNDRY_C}"}}\n'
        "stores:\n"
        '  s: {chat_model: "${env:FOUNDRY_X}", embedding_model: gpt, lifecycle: {on_remove: "${env:FOUNDRY_R}"}}\n'
        'agents: {a: {model: "${env:FOUNDRY_X}", kind: "${env:FOUNDRY_K}", tools: "${env:FOUNDRY_T}"}}\n'
    )
    loaded = load_text(tmp_path, text, unset=Severity.WARNING)

    assert {each.code for each in loaded.diagnostics} == {"env-unset"}
    assert loaded.manifest is not None


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        pytest.param("temperature", "1", 1, id="whole number for a number"),
        pytest.param("temperature", "0.25", 0.25, id="number"),
        pytest.param("enable_memory_snapshot", "true", True, id="boolean"),
        pytest.param("enable_memory_snapshot", "False", False, id="capital boolean"),
        pytest.param("description", "5", "5", id="text stays text"),
        pytest.param("state", "disabled", "disabled", id="one of several"),
        pytest.param("harness", "5", "5", id="text or mapping"),
    ],
)
def test_a_variable_alone_becomes_what_the_schema_wants(
    tmp_path: Path, field: str, value: str, expected: object
) -> None:
    kind = 'kind: hosted, cpu: "1", memory: 1Gi, image: i' if field == "enable_memory_snapshot" else "model: gpt"
    text = f'{HEAD}{MODELS}agents:\n  a: {{{kind}, {field}: "${{env:FOUNDRY_V}}"}}\n'
    loaded = load_text(tmp_path, text, environ={"FOUNDRY_V": value})

    fields = manifest_of(loaded).resources[AGENT].fields
    assert fields[field] == expected
    assert type(fields[field]) is type(expected)


def test_a_variable_becomes_a_number_deep_inside_a_tool(tmp_path: Path) -> None:
    tool = '{type: memory_search, memory_store_name: s, scope: x, update_delay: "${env:FOUNDRY_D}"}'
    store = "stores: {s: {chat_model: gpt, embedding_model: emb}}"
    text = f"{HEAD}{MODELS}{store}\nagents: {{a: {{model: gpt, tools: [{tool}]}}}}\n"
    loaded = load_text(tmp_path, text, environ={"FOUNDRY_D": "7"})

    assert manifest_of(loaded).resources[AGENT].fields["tools"][0]["update_delay"] == 7


def test_a_value_that_is_no_number_is_not_shown(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, agent('temperature: "${env:FOUNDRY_V}"'), environ={"FOUNDRY_V": SECRET})

    assert brief(loaded) == ["m.yaml:8:32 env-bad-value"]
    assert SECRET not in full(loaded)


def test_a_converted_number_is_still_checked(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, agent('temperature: "${env:FOUNDRY_V}"'), environ={"FOUNDRY_V": "3"})

    assert brief(loaded) == ["m.yaml:8:32 out-of-range"]


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, agent('description: "${env:FOUNDRY_V}"'), environ={"FOUNDRY_V": "a\udcff"})

    assert brief(loaded) == ["m.yaml:8:32 env-not-text"]


def test_a_dotenv_file_is_read_below_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# comment\nexport FOUNDRY_A=file\nFOUNDRY_B='${FOUNDRY_A} $HOME'\nFOUNDRY_C=file\nHOME=x\nFOUNDRY_D\n",
        encoding="utf-8",
    )
    text = agent('description: "${env:FOUNDRY_A} ${env:FOUNDRY_B} ${env:FOUNDRY_C} ${env:FOUNDRY_D:-none}"')
    loaded = load_text(tmp_path, text, environ={"FOUNDRY_A": "outside", "FOUNDRY_C": ""})

    description = manifest_of(loaded).resources[AGENT].fields["description"]
    assert description == "outside ${FOUNDRY_A} $HOME file none"


def test_a_dotenv_file_cannot_widen_the_allow_list(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTHER=x\n", encoding="utf-8")

    assert brief(load_text(tmp_path, agent('description: "${env:OTHER}"'))) == ["m.yaml:8:32 env-not-allowed"]


def test_what_is_wrong_in_a_dotenv_file_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FOUNDRY_A=1\n= nothing\n", encoding="utf-8")
    loaded = load_text(tmp_path, agent("temperature: 1"))

    assert [(each.code, each.severity, each.where.line if each.where else 0) for each in loaded.diagnostics] == [
        ("dotenv-syntax", Severity.WARNING, 2)
    ]
    assert loaded.manifest is not None

    (tmp_path / ".env").write_bytes(b"FOUNDRY_A=\xff\n")
    assert brief(load_files([tmp_path / "m.yaml"])) == [".env:1:11 not-utf8"]


def test_variables_in_keys_and_extensions_are_left_alone(tmp_path: Path) -> None:
    text = f'{HEAD}x-a: "${{env:HOME}}"\n{MODELS}agents: {{a: {{model: gpt, metadata: {{"${{env:HOME}}": x}}}}}}\n'

    assert manifest_of(load_text(tmp_path, text)).resources[AGENT].fields["metadata"] == {"${env:HOME}": "x"}
