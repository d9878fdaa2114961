"""What is otherwise in another environment: in what the manifest says, and in two projects that are live."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from provisioner.emulator import Options
from provisioner.render.comparison_schema import comparison_schema
from tests.foundry import Command, Foundry, Result
from tests.tracing import running_untraced

MANIFEST = """\
version: 1
name: team
policy: {max_deletes: 3}
environments:
  dev: {project: {endpoint: DEV_ENDPOINT, management_endpoint: DEV_ARM}}
  prod:
    name: team-prod
    project: {endpoint: PROD_ENDPOINT, management_endpoint: PROD_ARM}
    policy: {max_deletes: 0}
    stores: {prefs: {live_name: prod-prefs}}
    agents: {helper: {temperature: 0.4}}
  same: {project: {endpoint: PROD_ENDPOINT, management_endpoint: PROD_ARM}}
project: {account: ACCOUNT, subscription_id: SUBSCRIPTION, resource_group: GROUP}
deployments:
  chat:
    model: {format: OpenAI, name: gpt-5.4-mini, version: "2026-03-17"}
    sku: {name: GlobalStandard, capacity: 10}
  embed:
    model: {format: OpenAI, name: text-embedding-3-large, version: "1"}
    sku: {name: Standard, capacity: 10}
connections:
  search:
    category: CognitiveSearch
    target: https://search.example.com
    auth_type: ApiKey
    credentials: {key: "${env:FOUNDRY_SEARCH_KEY}"}
    credentials_version: "1"
stores:
  prefs: {chat_model: chat, embedding_model: embed}
agents:
  helper:
    model: chat
    instructions: |
      Help.
      Be brief.
    temperature: 0.2
    tools:
      - {type: memory_search_preview, memory_store_name: prefs, scope: "{{$userId}}"}
"""
Both = tuple[Foundry, Foundry]
Compare = Callable[..., Result]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Two Foundries that take each other's tokens, as those of one tenant do."""
    folder = tmp_path_factory.mktemp("states")
    files = [folder / f"{name}.db" for name in ("dev", "prod")]
    with running_untraced(Options(state=str(files[0]))):
        pass
    shutil.copy(*files)
    with (
        running_untraced(Options(state=str(files[0]))) as dev,
        running_untraced(Options(state=str(files[1]))) as prod,
    ):
        both = (Foundry(dev), Foundry(prod))
        yield both
        for foundry in both:
            foundry.close()


@pytest.fixture
def both(running: Both, project: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    """Both empty, the manifest in the folder, and the environment of whoever may read both."""
    dev, prod = running
    for foundry in running:
        foundry.reset()
    for name, value in dev.env.items():
        monkeypatch.setenv(name, value)
    bundle = project / "both.pem"
    bundle.write_text("".join(Path(it.ca_file).read_text(encoding="utf-8") for it in running), encoding="utf-8")
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(bundle))
    monkeypatch.setenv("FOUNDRY_SEARCH_KEY", "hunter2-hunter2")
    for name in ("FOUNDRY_PROJECT_ENDPOINT", "PROVISIONER_MANAGEMENT_ENDPOINT"):
        monkeypatch.delenv(name)
    words = {"ACCOUNT": "FOUNDRY_ACCOUNT", "SUBSCRIPTION": "AZURE_SUBSCRIPTION_ID", "GROUP": "AZURE_RESOURCE_GROUP"}
    text = MANIFEST
    for word, name in words.items():
        text = text.replace(f": {word}", f": {dev.env[name]}")
    for word, foundry in (("DEV", dev), ("PROD", prod)):
        text = text.replace(f"{word}_ENDPOINT", foundry.env["FOUNDRY_PROJECT_ENDPOINT"])
        text = text.replace(f"{word}_ARM", foundry.env["PROVISIONER_MANAGEMENT_ENDPOINT"])
    (project / "stores.yaml").write_text(text, encoding="utf-8")
    return running


@pytest.fixture
def applied(both: Both, provisioner: Command) -> Both:
    for name in ("dev", "prod"):
        done = provisioner(
            "apply", "--yes", "--env", name, "--allow-host", "127.0.0.1", "--allow-env", "FOUNDRY_SEARCH_KEY"
        )
        assert done.code == 0, done.err
    for foundry in both:
        foundry.forget_requests()
    return both


@pytest.fixture
def live(provisioner: Command) -> Compare:
    def compare(*arguments: str, environments: tuple[str, str] = ("dev", "prod")) -> Result:
        named = [word for name in environments for word in ("--env", name)]
        allowed = ("--allow-host", "127.0.0.1", "--allow-env", "FOUNDRY_SEARCH_KEY")
        return provisioner("compare", "--live", *named, *allowed, *arguments)

    return compare


def differences(result: Result) -> dict[str, Any]:
    """By address and path: what the first and the second one say, and None for what is not there."""
    document = result.document
    Draft202012Validator(comparison_schema()).validate(document)
    fields = {".".join(it["path"]): (it.get("first"), it.get("second")) for it in document["head"]}
    for each in document["differing"]:
        name = f"{each['address']['kind']}/{each['address']['name']}"
        fields |= {f"{name} {'.'.join(it['path'])}": (it.get("first"), it.get("second")) for it in each["fields"]}
    return fields


@pytest.mark.usefixtures("both")
def test_what_the_manifest_says_is_compared_offline(both: Both, provisioner: Command) -> None:
    told = provisioner(
        "compare", "--env", "dev", "--env", "prod", "--format", "json", "--allow-env", "FOUNDRY_SEARCH_KEY"
    )

    assert told.code == 0, told.err
    found = differences(told)
    assert found.pop("project.endpoint") == tuple(it.env["FOUNDRY_PROJECT_ENDPOINT"] for it in both)
    assert found.pop("project.management_endpoint")
    assert found == {
        "name": ("team", "team-prod"),
        "policy.max_deletes": (3, 0),
        "stores/prefs live_name": (None, "prod-prefs"),
        "agents/helper temperature": (0.2, 0.4),
    }
    assert told.document["summary"]["same"] == 3
    assert [foundry.requests() for foundry in both] == [[], []]


@pytest.mark.usefixtures("both")
def test_the_exit_code_tells_whether_anything_differs(project: Path, provisioner: Command) -> None:
    def code(*names: str) -> int:
        named = [word for name in names for word in ("--env", name)]
        return provisioner("compare", *named, "--detailed-exitcode", "--allow-env", "FOUNDRY_SEARCH_KEY").code

    assert code("dev", "prod") == 2
    file = project / "stores.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("  same:", "  twin:\n  other:\n  same:"), encoding="utf-8")
    assert code("twin", "other") == 0
    assert code("twin", "nobody") == 1


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Name two environments"),
        (("--env", "dev"), "Name two environments"),
        (("--env", "dev", "--env", "prod", "--env", "same"), "Name two environments"),
        (("--env", "dev", "--env", "dev"), "name two different ones"),
        (("--env", "dev", "--env", "prod", "--parallelism", "2"), "--parallelism is about projects"),
        (("--env", "dev", "--env", "prod", "--allow-host", "a.example"), "--allow-host is about projects"),
        (("--env", "dev", "--env", "prid", "--allow-env", "FOUNDRY_SEARCH_KEY"), 'Did you mean "prod"?'),
    ],
)
def test_two_environments_are_named(provisioner: Command, words: tuple[str, ...], told: str) -> None:
    refused = provisioner("compare", *words)

    assert refused.code == 1
    assert told in refused.err


@pytest.mark.usefixtures("applied")
def test_live_what_environments_say_differs_and_nothing_else(live: Compare) -> None:
    told = live("--format", "json", "--detailed-exitcode")

    assert told.code == 2, told.err
    assert differences(told) == {"agents/helper temperature": (0.2, 0.4)}
    assert (told.document["only_first"], told.document["only_second"]) == ([], [])
    assert told.document["summary"]["same"] == 4
    assert [side["environment"] for side in (told.document["first"], told.document["second"])] == ["dev", "prod"]
    assert "hunter2" not in told.out + told.err
    assert any("credentials of connections" in note for note in told.document["notes"])


def test_live_what_somebody_did_in_one_of_them_is_told(applied: Both, live: Compare) -> None:
    dev, prod = applied
    prod.drift("deployment", "chat", sku={"capacity": 7})
    prod.drift("store", "prod-prefs", description="Edited.")
    prod.remove("agent", "helper")
    dev.remove("connection", "search")

    told = live("--format", "json")

    assert differences(told) == {
        "deployments/chat sku.capacity": (10, 7),
        "stores/prefs description": (None, "Edited."),
    }
    assert told.document["only_first"] == [{"kind": "agents", "name": "helper"}]
    assert told.document["only_second"] == [{"kind": "connections", "name": "search"}]
    text = live().out
    assert "Only in dev:\n  agents/helper" in text
    assert '+ description: "Edited."' in text
    assert "**Only in prod:**" in live("--format", "markdown").out


def test_live_nothing_is_written_and_both_are_read_once(applied: Both, live: Compare) -> None:
    assert live().code == 0

    for foundry in applied:
        assert foundry.requests()
        assert all(request.startswith("GET") for request in foundry.requests())
        lists = [it for it in foundry.requests() if it.endswith("/deployments")]
        assert len(lists) <= 1


def test_live_whose_a_resource_is_and_how_it_is_kept_is_told(applied: Both, live: Compare) -> None:
    _, prod = applied
    prod.drift("store", "prod-prefs", metadata={})

    assert differences(live("--format", "json"))["stores/prefs owner"] == ("the manifest", None)


def test_live_one_project_is_like_itself(applied: Both, project: Path, live: Compare) -> None:
    file = project / "stores.yaml"
    text = file.read_text(encoding="utf-8")
    prod = text[text.index("    name: team-prod") : text.index("    agents: {helper")]
    file.write_text(text.replace("  same:", f"  twin:\n{prod}  same:"), encoding="utf-8")

    told = live("--detailed-exitcode", environments=("prod", "twin"))

    assert told.code == 0, told.out + told.err
    assert "No differences between prod and twin (5 resources alike)." in told.out
    assert all(it.startswith("GET") for foundry in applied for it in foundry.requests())


def with_secrets(file: Path) -> None:
    """A sensitive text, and one that is so in prod alone, in whole values and in parts of them."""
    text = file.read_text(encoding="utf-8")
    held = '    description: "${var.s}"\n    metadata: {part: "x ${var.s}", stage: "${var.stage}"}\n'
    tool = '{type: mcp, server_label: m, server_url: "https://x.example/${var.s}", headers: {X: "${var.s}"}}'
    text = text.replace("    tools:\n", f"{held}    tools:\n      - {tool}\n")
    text += "variables: {s: {sensitive: true}, stage: {}}\n"
    file.write_text(
        f'{text}rai_blocklists: {{words: {{items: {{one: {{pattern: "${{var.s}}"}}}}}}}}\n', encoding="utf-8"
    )


HELD = {"dev": "swordfish of dev", "prod": "hunter of prod"}


@pytest.fixture
def secretive(both: Both, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> Both:
    """Applied, each with what it alone holds, and with no variable left set."""
    with_secrets(project / "stores.yaml")
    for name, stage in (("dev", "PROVISIONER_VAR_stage"), ("prod", "PROVISIONER_SECRET_stage")):
        with monkeypatch.context() as patched:
            patched.setenv("PROVISIONER_SECRET_s", HELD[name])
            patched.setenv(stage, f"stage of {name}")
            done = provisioner(
                "apply", "--yes", "--env", name, "--allow-host", "127.0.0.1", "--allow-env", "FOUNDRY_SEARCH_KEY"
            )
        assert done.code == 0, done.out + done.err
    return both


@pytest.mark.usefixtures("secretive")
@pytest.mark.parametrize("manifest", ["the applied one", "without the variables", "of nothing"])
def test_live_what_sensitive_variables_made_is_shown_of_neither_project(
    project: Path, live: Compare, monkeypatch: pytest.MonkeyPatch, manifest: str
) -> None:
    """By the markers alone: who compares need not have the secrets, nor a manifest that says where they are."""
    file = project / "stores.yaml"
    text = file.read_text(encoding="utf-8")
    if manifest == "the applied one":
        monkeypatch.setenv("PROVISIONER_SECRET_s", "now")
        monkeypatch.setenv("PROVISIONER_VAR_stage", "now")
    else:
        text = text[: text.index("variables:")].replace("${var.s}", "seen").replace("${var.stage}", "seen")
    if manifest == "of nothing":
        head = text[: text.index("deployments:")].replace("    agents: {helper: {temperature: 0.4}}\n", "")
        text = head.replace("    stores: {prefs: {live_name: prod-prefs}}\n", "")
    file.write_text(text, encoding="utf-8")

    told = [live("--format", style) for style in ("json", "text", "markdown")]

    assert [it.code for it in told] == [0, 0, 0], told[0].err
    every = "".join(it.out + it.err for it in told)
    assert [it for it in (*HELD.values(), "stage of prod") if it in every] == []
    hidden = ("(sensitive)", "(sensitive, changed)")
    found = differences(told[0])
    paths = ["description", "metadata.part", "tools.0.server_url", "tools.0.headers.X"]
    assert [found[f"agents/helper {path}"] for path in paths] == [hidden] * len(paths)
    assert found["rai_blocklists/words items.one.pattern"] == hidden
    assert found["agents/helper metadata.stage"] == ("stage of dev", "(sensitive)")


@pytest.mark.usefixtures("both")
def test_of_sensitive_variables_that_are_set_the_references_are_compared(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "stores.yaml"
    with_secrets(file)
    text = file.read_text(encoding="utf-8").replace("{temperature: 0.4}", '{description: "in prod ${var.s}"}')
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("PROVISIONER_SECRET_s", HELD["dev"])
    monkeypatch.setenv("PROVISIONER_SECRET_stage", HELD["prod"])

    told = [
        provisioner("compare", "--env", "dev", "--env", "prod", "--allow-env", "FOUNDRY_SEARCH_KEY", "--format", style)
        for style in ("json", "text", "markdown")
    ]

    assert differences(told[0])["agents/helper description"] == ("${var.s}", "in prod ${var.s}")
    every = "".join(it.out + it.err for it in told)
    assert [it for it in HELD.values() if it in every] == []


@pytest.mark.usefixtures("applied")
def test_live_a_policy_of_one_environment_keeps_its_project_from_being_asked(
    applied: Both, project: Path, live: Compare
) -> None:
    file = project / "stores.yaml"
    text = file.read_text(encoding="utf-8").replace("policy: {max_deletes: 0}", "policy: {allowed_hosts: [a.example]}")
    file.write_text(text, encoding="utf-8")

    refused = live()

    assert refused.code == 1
    assert "policy-allowed-hosts" in refused.err
    assert applied[1].requests() == []
