from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioner.manifest.load import ProjectSettings
from provisioner.manifest.project import endpoint_fault
from provisioner.model.diagnostic import Severity
from tests.manifest.manifests import ENDPOINT, MODELS, brief, full, load_text, manifest_of

VARIABLES = {
    "FOUNDRY_PROJECT_ENDPOINT": "https://other.services.ai.azure.us/api/projects/p/",
    "FOUNDRY_ACCOUNT": "from-variable",
    "AZURE_SUBSCRIPTION_ID": "sub2",
    "AZURE_RESOURCE_GROUP": "group2",
    "PROVISIONER_MANAGEMENT_ENDPOINT": "https://127.0.0.1:5001/",
}


def settings_of(tmp_path: Path, project: str, environ: dict[str, str] | None = None, **options: Any) -> ProjectSettings:
    return manifest_of(load_text(tmp_path, head(project), environ=environ, **options)).project


def head(project: str) -> str:
    return f"version: 1\nname: a\nproject: {project}\n"


def test_the_account_is_read_from_the_endpoint(tmp_path: Path) -> None:
    assert settings_of(tmp_path, f'{{endpoint: "{ENDPOINT}/"}}') == ProjectSettings(endpoint=ENDPOINT, account="acc")


@pytest.mark.parametrize("cloud", ["com", "us", "cn"])
def test_sovereign_clouds_tell_the_account_too(tmp_path: Path, cloud: str) -> None:
    endpoint = f"https://Acc.services.ai.azure.{cloud}/api/projects/p"

    assert settings_of(tmp_path, f"{{endpoint: '{endpoint}'}}").account == "acc"


def test_variables_stand_in_for_a_missing_project(tmp_path: Path) -> None:
    assert settings_of(tmp_path, "", VARIABLES, allow_hosts=["127.0.0.1"]) == ProjectSettings(
        endpoint="https://other.services.ai.azure.us/api/projects/p",
        account="other",
        subscription_id="sub2",
        resource_group="group2",
        management_endpoint="https://127.0.0.1:5001",
    )


def test_the_manifest_wins_over_variables(tmp_path: Path) -> None:
    project = (
        "{endpoint: 'https://localhost:1/x', account: mine, subscription_id: s, resource_group: g, "
        "management_endpoint: 'https://management.azure.com/'}"
    )

    assert settings_of(tmp_path, project, VARIABLES, allow_hosts=["localhost"]) == ProjectSettings(
        endpoint="https://localhost:1/x",
        account="mine",
        subscription_id="s",
        resource_group="g",
        management_endpoint="https://management.azure.com",
    )


def test_on_another_host_the_account_comes_from_the_variable(tmp_path: Path) -> None:
    project = "{endpoint: 'https://127.0.0.1:1/api/projects/p'}"

    def account(environ: dict[str, str]) -> str | None:
        return settings_of(tmp_path, project, environ, allow_hosts=["127.0.0.1"]).account

    assert account({"FOUNDRY_ACCOUNT": "a"}) == "a"
    assert account({}) is None


def test_on_another_host_deployments_need_an_account(tmp_path: Path) -> None:
    project = "{endpoint: 'https://127.0.0.1/p', subscription_id: s, resource_group: g}"
    loaded = load_text(tmp_path, head(project), allow_hosts=["127.0.0.1"])

    assert brief(loaded) == ["m.yaml:3:1 missing-key"]
    assert "FOUNDRY_ACCOUNT" in full(loaded)


def test_an_account_that_contradicts_the_endpoint_is_a_warning(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, head(f'{{endpoint: "{ENDPOINT}", account: other}}'))

    assert brief(loaded) == ["m.yaml:3:82 conflict"]
    assert manifest_of(loaded).project.account == "acc"


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param("acc.services.ai.azure.com/api/projects/p", id="no scheme"),
        pytest.param("ftp://acc.services.ai.azure.com/api/projects/p", id="another scheme"),
        pytest.param("http://acc.services.ai.azure.com/api/projects/p", id="http"),
        pytest.param("http://127.0.0.1.evil.example/p", id="http to what looks like loopback"),
        pytest.param("https://acc.services.ai.azure.com", id="no project"),
        pytest.param("https://acc.services.ai.azure.com/api/projects/", id="empty project"),
        pytest.param("https://acc.services.ai.azure.com/api/projects/p/agents", id="more than a project"),
        pytest.param("https://acc.services.ai.azure.com/api/projects/p?x=1", id="query"),
        pytest.param("https://acc.services.ai.azure.com/api/projects/p#x", id="fragment"),
        pytest.param("https://user:word@acc.services.ai.azure.com/api/projects/p", id="password"),
        pytest.param("https://acc.services.ai.azure.com@evil.example/p", id="user name that looks like a host"),
        pytest.param("https://evil.example\\\\@acc.services.ai.azure.com/api/projects/p", id="backslash"),
        pytest.param("https://", id="no host"),
        pytest.param("https://[::1", id="half an address"),
        pytest.param("https://a:port/p", id="port that is no number"),
        pytest.param("https://a/ b", id="blank"),
    ],
)
def test_endpoints_that_may_not_be_used_are_refused(tmp_path: Path, endpoint: str) -> None:
    assert brief(load_text(tmp_path, head(f'{{endpoint: "{endpoint}"}}'))) == ["m.yaml:3:21 bad-endpoint"]
    assert brief(load_text(tmp_path, head("{}"), environ={"FOUNDRY_PROJECT_ENDPOINT": endpoint})) == [
        "m.yaml:3:1 bad-endpoint"
    ]


@pytest.mark.parametrize(
    "endpoint", ["http://localhost:5000/p", "http://127.0.0.1/p", "http://[::1]:1/p", "https://gw/p"]
)
def test_loopback_may_be_http_and_other_hosts_https(tmp_path: Path, endpoint: str) -> None:
    project = f"{{endpoint: '{endpoint}', account: a}}"
    allowed = ["gw", "localhost", "127.0.0.1", "::1"]

    assert settings_of(tmp_path, project, allow_hosts=allowed).endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param("https://acc.services.ai.azure.com.evil.example/api/projects/p", id="Azure's name in front"),
        pytest.param("https://services.ai.azure.com/api/projects/p", id="no account in front"),
        pytest.param("https://evil-services.ai.azure.com/api/projects/p", id="no dot in front"),
        pytest.param("https://gw/p", id="a gateway of one's own"),
        pytest.param("http://127.0.0.1:5000/p", id="this machine"),
    ],
)
def test_a_host_outside_azures_clouds_is_told_unless_it_is_allowed(tmp_path: Path, endpoint: str) -> None:
    host = endpoint.split("/")[2]
    text = head(f'{{endpoint: "{endpoint}", account: acc}}')
    loaded = load_text(tmp_path, text)

    assert brief(loaded) == ["m.yaml:3:21 untrusted-host"]
    assert f"add --allow-host {host}." in full(loaded)
    assert brief(load_text(tmp_path, text, allow_hosts=[host])) == []
    assert brief(load_text(tmp_path, text, project_needed=False)) == []
    assert brief(load_text(tmp_path, head("{account: acc}"), environ={"FOUNDRY_PROJECT_ENDPOINT": endpoint})) == [
        "m.yaml:3:1 untrusted-host"
    ]


def test_a_management_endpoint_outside_azures_clouds_is_told_too(tmp_path: Path) -> None:
    project = f'{{endpoint: "{ENDPOINT}", management_endpoint: "https://management.azure.com.evil.example"}}'
    loaded = load_text(tmp_path, head(project))

    assert [each.code for each in loaded.diagnostics] == ["untrusted-host"]


def test_a_management_endpoint_is_checked_too(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, head(f"{{endpoint: '{ENDPOINT}', management_endpoint: 'http://arm.example'}}"))

    assert brief(loaded) == ["m.yaml:3:94 bad-endpoint"]


def test_without_project_and_variables_what_is_needed_is_missing(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, f"version: 1\nname: a\n{MODELS}")

    assert brief(loaded) == ["m.yaml:1:1 missing-key"] * 3
    assert [
        word for word in ("endpoint", "subscription_id", "resource_group") if f"`{word}:`" not in full(loaded)
    ] == []


def test_an_empty_setting_is_a_missing_one(tmp_path: Path) -> None:
    assert brief(load_text(tmp_path, head('{endpoint: ""}'))) == ["m.yaml:3:1 missing-key"]


def test_what_a_variable_may_still_bring_is_a_warning_where_unset_variables_are(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, f"version: 1\nname: a\n{MODELS}", unset=Severity.WARNING)

    assert {each.severity for each in loaded.diagnostics} == {Severity.WARNING}


def test_deployments_of_others_need_no_resource_group(tmp_path: Path) -> None:
    text = head(f'{{endpoint: "{ENDPOINT}"}}') + "deployments: {gpt: {external: true}}\n"

    assert brief(load_text(tmp_path, text)) == []


def test_unset_variables_of_the_project_are_told_once(tmp_path: Path) -> None:
    project = '{endpoint: "${env:FOUNDRY_X}", subscription_id: "${env:AZURE_SUBSCRIPTION_ID}", resource_group: g}'

    assert brief(load_text(tmp_path, head(project) + MODELS)) == ["m.yaml:3:21 env-unset", "m.yaml:3:58 env-unset"]


def test_where_no_project_is_needed_nothing_of_it_is(tmp_path: Path) -> None:
    project = '{endpoint: "${env:FOUNDRY_X}", subscription_id: "${env:AZURE_SUBSCRIPTION_ID}", resource_group: g}'
    loaded = load_text(tmp_path, head(project) + MODELS, project_needed=False)

    assert brief(loaded) == []
    assert manifest_of(loaded).project == ProjectSettings(resource_group="g")


def test_forbidden_variables_are_refused_in_the_project_too(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, head('{endpoint: "${env:AWS_KEY}"}'), project_needed=False)

    assert brief(loaded) == ["m.yaml:3:21 env-not-allowed"]


GIVEN = "https://given.services.ai.azure.com/api/projects/p"


def test_a_given_endpoint_wins_over_manifest_and_variables(tmp_path: Path) -> None:
    text = head(f"{{endpoint: '{ENDPOINT}', subscription_id: s, resource_group: g}}") + MODELS
    loaded = load_text(tmp_path, text, environ=VARIABLES, endpoint=GIVEN, allow_hosts=["127.0.0.1"])

    settings = manifest_of(loaded).project
    assert (settings.endpoint, settings.account) == (GIVEN, "given")


@pytest.mark.parametrize("said", ["${env:FOUNDRY_X}", "nonsense", ""])
def test_with_a_given_endpoint_the_manifests_is_not_looked_at(tmp_path: Path, said: str) -> None:
    assert brief(load_text(tmp_path, head(f'{{endpoint: "{said}"}}'), endpoint=GIVEN)) == []
    assert brief(load_text(tmp_path, head("{}"), endpoint=GIVEN)) == []


def test_with_a_given_endpoint_the_resource_group_must_still_be_known(tmp_path: Path) -> None:
    unset = '{subscription_id: "${env:AZURE_SUBSCRIPTION_ID}", resource_group: "${env:AZURE_RESOURCE_GROUP}"}'

    assert brief(load_text(tmp_path, head(unset) + MODELS, endpoint=GIVEN)) == [
        "m.yaml:3:28 env-unset",
        "m.yaml:3:76 env-unset",
    ]
    assert brief(load_text(tmp_path, head("{}") + MODELS, endpoint=GIVEN)) == ["m.yaml:3:1 missing-key"] * 2


def test_a_given_endpoint_that_tells_no_account_needs_one(tmp_path: Path) -> None:
    project = f"{{endpoint: '{ENDPOINT}', subscription_id: s, resource_group: g}}"
    loaded = load_text(tmp_path, head(project) + MODELS, endpoint="https://127.0.0.1:1/p")

    assert brief(loaded) == ["m.yaml:3:1 missing-key"]
    assert "`project.account` is missing" in full(loaded)


def test_an_account_that_contradicts_the_given_endpoint_is_a_warning(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, head("{account: mine}"), endpoint=GIVEN)

    assert manifest_of(loaded).project.account == "given"
    assert full(loaded).endswith("The endpoint's is used.")


def test_a_given_endpoint_has_the_shape_of_one() -> None:
    assert endpoint_fault(GIVEN) == ""
    assert endpoint_fault("http://x.example/p").startswith("is http, which would send the token in the clear")
    assert endpoint_fault("https://given.services.ai.azure.com") == "names an account, but not a project of it"
