"""What a manifest may have of the environment: nothing that looks like a secret, and no word of it in a message."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provisioner.manifest.env import ALLOWED_NAMES, Variables, looks_secret
from provisioner.manifest.load import load
from provisioner.manifest.project import VARIABLES
from provisioner.model.diagnostic import Severity
from provisioner.render.diagnostics import diagnostics_json
from tests.foundry import Command
from tests.manifest.manifests import ENDPOINT, HEAD, MODELS
from tests.whole import tries

SECRET = "hunter2-of-the-pipeline"
SECRET_NAMES = [
    "PROVISIONER_MODEL_API_KEY",
    "FOUNDRY_API_KEY",
    "FOUNDRY_APIKEY",
    "FOUNDRY_KEY",
    "FOUNDRY_KEYS",
    "FOUNDRY_KEY1",
    "FOUNDRY_KEY_2",
    "FOUNDRY_KEY_OLD",
    "FOUNDRY_API_KEY_PROD",
    "FOUNDRY_ACCOUNTKEY",
    "FOUNDRY_CLIENT_SECRET",
    "FOUNDRY_CLIENT_SECRET_1",
    "FOUNDRY_clientSecret",
    "FOUNDRY_TOKEN",
    "FOUNDRY_TOKEN_2",
    "FOUNDRY_AUTHTOKEN",
    "FOUNDRY_REFRESH_TOKEN",
    "FOUNDRY_PAT",
    "FOUNDRY_PAT_2",
    "FOUNDRY_SAS",
    "FOUNDRY_BLOB_SAS_URL",
    "FOUNDRY_CONNECTION_STRING",
    "FOUNDRY_STORAGE_CONNECTION_STRING_1",
    "FOUNDRY_CERTIFICATE_PASSWORD",
    "FOUNDRY_DB_PASS",
    "FOUNDRY_DBPASSWORD",
    "FOUNDRY_SIGNING_KEY",
    "FOUNDRY_PRIVATE_KEY",
    "FOUNDRY_PRIVATE_KEY_PEM",
    "FOUNDRY_SENTRY_DSN",
    "FOUNDRY_BASIC_AUTH",
    "FOUNDRY_JWT",
    "FOUNDRY_COOKIE",
    "FOUNDRY_ApIkEy",
]
PLAIN_NAMES = [
    *VARIABLES.values(),
    *ALLOWED_NAMES,
    "FOUNDRY_CAPACITY",
    "FOUNDRY_MODEL_NAME",
    "FOUNDRY_MAX_TOKENS",
    "FOUNDRY_TOKEN_LIMIT",
    "FOUNDRY_TOKENS_PER_MINUTE",
    "FOUNDRY_SECRET_NAME",
    "FOUNDRY_KEY_VAULT",
    "FOUNDRY_KEY_VAULT_NAME",
    "FOUNDRY_KEYVAULT_URL",
    "FOUNDRY_API_KEY_VERSION",
    "FOUNDRY_PARTITION_KEY",
    "FOUNDRY_PASS_RATE",
    "FOUNDRY_PATH",
    "FOUNDRY_AUTHOR",
    "FOUNDRY_ENV",
    "FOUNDRY_REGION_1",
]


def agent(fields: str) -> str:
    return f"{HEAD}{MODELS}agents:\n  a: {{model: gpt, {fields}}}\n"


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_variable_that_looks_like_a_secret_needs_permission(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, SECRET)
    for written in (f"${{env:{name}}}", f"${{env:{name}:-x}}"):
        (project / "stores.yaml").write_text(agent(f'description: "{written}"'), encoding="utf-8")
        result = provisioner("plan", "--local", "--state", ":memory:")

        assert result.code == 1
        assert SECRET not in result.out + result.err
        assert "env-not-allowed" in result.err
        assert "its name says that it holds a secret" in " ".join(result.err.split())
        assert f"--allow-env {name}" in " ".join(result.err.split())
    assert provisioner("validate", "--allow-env", name).code == 0


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_nor_is_it_read_from_a_dotenv_file(project: Path, provisioner: Command, name: str) -> None:
    (project / ".env").write_text(f"{name}={SECRET}\n", encoding="utf-8")
    (project / "stores.yaml").write_text(agent(f'description: "${{env:{name}}}"'), encoding="utf-8")
    result = provisioner("validate")

    assert (result.code, "env-not-allowed" in result.out, SECRET in result.out) == (1, True, False)


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_other_variables_need_no_permission(name: str) -> None:
    assert not looks_secret(name)
    assert Variables(values={}).allows(name)


VALUE = "q7-zx_1"
PLACES: dict[str, str] = {
    "one of several": agent('state: "{}"'),
    "the kind": agent('kind: "{}"'),
    "a kind that lacks keys": f'{HEAD}agents:\n  a: {{{{kind: "{{}}"}}}}\n',
    "a model": agent("description: x").replace("model: gpt,", 'model: "{}",'),
    "a store's models": f'{HEAD}{MODELS}stores: {{s: {{chat_model: "{{}}", embedding_model: "{{}}"}}}}\n',
    "a store of a tool": agent('tools: [{type: memory_search, memory_store_name: "{}", scope: x}]'),
    "a scope": agent('tools: [{type: memory_search, memory_store_name: s, scope: "{}:é"}]'),
    "a tool": agent('tools: [{type: "{}"}]'),
    "a tool's name": agent('tools: [{type: function, name: "{} "}]'),
    "an answer's name": agent('text: {format: {type: json_schema, name: "{} "}}'),
    "reasoning": agent('reasoning: {effort: "{}"}'),
    "a long text": agent('description: "{}' + "x" * 600 + '"'),
    "a number": agent('temperature: "{}"'),
    "a list": agent('tools: "{}"'),
    "a mapping": agent('reasoning: "{}"'),
    "an external resource": f'{HEAD}agents:\n  a: {{external: "{{}}"}}\n  b: {{external: true, model: "{{}}"}}\n',
    "an ignored field": agent('lifecycle: {ignore: ["{}", "{}.x", "metadata.{}"]}'),
    "what happens on removal": agent('lifecycle: {on_remove: "{}"}'),
    "a file": agent('instructions: {file: "{}"}'),
    "a hidden file": agent('instructions: {file: ".{}"}'),
    "a file outside": agent('instructions: {file: "../{}"}'),
    "a document": agent('tools: [{type: function, name: f, parameters: {file: "{}"}}]'),
    "a broken document": agent('tools: [{type: function, name: f, parameters: {file: "{}.json"}}]'),
    "a sku": f'{HEAD}deployments:\n  d1: {{model: {{format: x, name: m}}, sku: {{name: "Standard{{}}"}}, '
    "spillover_deployment_name: d1}\n",
    "a circle": f"{HEAD}deployments:\n  {VALUE}: {{model: {{format: x, name: m}}, sku: {{name: z}}, "
    'spillover_deployment_name: "{}"}\n',
    "the version": 'version: "{}"\nname: a\n',
    "the manifest's name": 'version: 1\nname: "{} {}"\n',
    "a project's endpoint": 'version: 1\nname: a\nproject: {endpoint: "{}"}\n',
    "a host": 'version: 1\nname: a\nproject: {endpoint: "https://{}.example.com/api/projects/p"}\n',
    "an account": HEAD.replace("{endpoint:", '{account: "{}", endpoint:'),
    "an endpoint's account": "version: 1\nname: a\n"
    'project: {account: "x", endpoint: "https://{}.services.ai.azure.com/api/projects/p"}\n',
    "management": 'version: 1\nname: a\nproject: {management_endpoint: "https://{}.example.com"}\n',
    "metadata": agent('metadata: {k: "{}' + "x" * 600 + '"}'),
}


def told(folder: Path, text: str, environ: dict[str, str], *, more: str = "", **options: Any) -> str:
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    files = [folder / "m.yaml"]
    if more:
        (folder / "n.yaml").write_text(more, encoding="utf-8")
        files.append(folder / "n.yaml")
    return diagnostics_json(load(files, environ=environ, **options).diagnostics)


@pytest.mark.parametrize("place", PLACES)
def test_no_message_shows_what_a_variable_holds(tmp_path: Path, place: str) -> None:
    for suffix in ("", ".json", ".yaml"):
        (tmp_path / f"{VALUE}{suffix}").write_text("{" if suffix else "\x07", encoding="utf-8")
    written = PLACES[place].replace("{{", "{").replace("}}", "}") if "{{" in PLACES[place] else PLACES[place]
    text = written.replace("{}", "${env:FOUNDRY_V}")
    out = told(tmp_path, text, {"FOUNDRY_V": VALUE})

    assert json.loads(out)["errors"] + json.loads(out)["warnings"] > 0
    assert VALUE not in "".join(f"{each['message']} {each['hint']}" for each in json.loads(out)["diagnostics"]) or (
        place == "a circle"  # where the file itself holds it, too, as a name
    )
    if place != "a circle":
        assert VALUE not in out
    else:
        assert "→" not in out


def test_two_files_that_differ_do_not_show_what_a_variable_holds(tmp_path: Path) -> None:
    text = 'version: 1\nname: "{}"\nproject: {account: "a{}", resource_group: "{}"}\n'.replace("{}", "${env:FOUNDRY_V}")
    other = "version: 1\nname: x\nproject: {account: y, resource_group: z}\n"

    for one, two in ((text, other), (other, text)):
        out = told(tmp_path, one, {"FOUNDRY_V": VALUE}, more=two, project_needed=False)
        assert json.loads(out)["errors"] == 3
        assert VALUE not in out


SHOWN_SETTINGS = [
    'name: "${env:SEARCH_KEY}"',
    'project: {account: "${env:SEARCH_KEY}"}',
    'project: {resource_group: "${env:SEARCH_KEY}"}',
    'project: {subscription_id: "x-${env:SEARCH_KEY}"}',
    'project: {endpoint: "https://${env:SEARCH_KEY}.services.ai.azure.com/api/projects/p"}',
    'lock: {azure_blob: {account_url: "https://${env:SEARCH_KEY}.blob.core.windows.net", container: locks}}',
    'lock: {azure_blob: {account_url: "https://acc1.blob.core.windows.net", container: "${env:SEARCH_KEY}"}}',
    'policy: {allowed_hosts: ["${env:SEARCH_KEY}"]}',
]


def told_of_key(folder: Path, setting: str, value: str) -> str:
    """With the setting in place of the usual one; the pipeline allows the key, as a connection takes it."""
    head = {"version": "version: 1", "name": "name: team", "project": f"project: {{endpoint: {ENDPOINT!r}}}"}
    head[setting.partition(":")[0]] = setting
    (folder / "m.yaml").write_text("\n".join([*head.values(), ""]), encoding="utf-8")
    environ = {"SEARCH_KEY": value, "FOUNDRY_PROJECT_ENDPOINT": ENDPOINT}
    loaded = load([folder / "m.yaml"], environ=environ, allow_env=["SEARCH_KEY"])
    assert loaded.manifest is None
    return diagnostics_json(loaded.diagnostics)


@pytest.mark.parametrize("setting", SHOWN_SETTINGS)
def test_what_every_plan_shows_holds_no_secret_that_was_allowed_for_something_else(
    tmp_path: Path, setting: str
) -> None:
    one, other = (told_of_key(tmp_path, setting, value) for value in ("hunter2", "swordfish"))

    assert one == other
    assert "SEARCH_KEY" in one


def test_a_policy_of_hosts_does_not_tell_a_secret_to_who_tries_candidates(tmp_path: Path) -> None:
    host = ENDPOINT.split("/")[2]
    one, other = (told_of_key(tmp_path, SHOWN_SETTINGS[-1], value) for value in ("hunter2", host))

    assert one == other


@pytest.mark.parametrize("name", VARIABLES.values())
def test_the_projects_own_variables_are_not_shown(tmp_path: Path, name: str) -> None:
    for value in (f"https://{VALUE}.example.com/api/projects/p", f"http://{VALUE}.services.ai.azure.com", VALUE):
        text = "version: 1\nname: a\nproject: {account: other}\n"
        assert VALUE not in told(
            tmp_path, text, {"FOUNDRY_PROJECT_ENDPOINT": f"https://{VALUE}.ai.azure.com", name: value}
        )


@settings(max_examples=tries(250), suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(PLACES)),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=6, max_size=40)
    | st.sampled_from(["hosted", "voice-engine", "prompt-x", "disabled?", "ProvisionedX", "text-embedding-3-large"]),
)
@example("the kind", "hosted")
def test_no_value_at_all_is_shown_at_any_place(place: str, value: str) -> None:
    """A value is shown when a message for it differs from that for another value that fares alike."""
    written = PLACES[place].replace("{{", "{").replace("}}", "}") if "{{" in PLACES[place] else PLACES[place]
    text = written.replace("{}", "${env:FOUNDRY_V}").replace(VALUE, "name")
    with TemporaryDirectory() as folder:
        base = told(Path(folder), text.replace("${env:FOUNDRY_V}", "$${env:FOUNDRY_V}"), {})
        out = told(Path(folder), text, {"FOUNDRY_V": value}, unset=Severity.WARNING)
    escaped = json.dumps(value)[1:-1]

    assert escaped.strip() not in out.replace(folder, "") or escaped.strip() in base or not escaped.strip()
