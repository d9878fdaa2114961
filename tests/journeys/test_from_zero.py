"""From an empty subscription to an agent that remembers, as the README tells it, under Azure's own names.

The calls to Azure Resource Manager are those that `bicep/` stands for, in its order; everything after them is a process
of its own, signed in as the pipeline's identity with no roles but those that were given there. Host names lead to a
local Foundry through a proxy.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from provisioner.emulator import Emulator, Options
from tests.doctor.looks import tunnelling
from tests.emulator.test_from_nothing import (
    A_COMPONENT,
    A_PROJECT,
    ACCOUNT,
    AN_ACCOUNT,
    COMPONENT,
    CREDENTIALS,
    CS_CONTRIBUTOR,
    FOUNDRY_USER,
    GROUP,
    IDENTITY,
    PROJECT,
    SUBSCRIPTION,
    WORKSPACE,
    assigned,
    credential,
    good,
)
from tests.tracing import running_untraced

ROOT = Path(__file__).parents[2]
USAGES_READER = "bba48692-92b0-4667-a9ad-c31c7b334ac2"
RECALL = ROOT / "examples" / "recall.py"
NAMES = ("management.azure.com", "*.services.ai.azure.com")
ENDPOINT = "https://dev-foundry.services.ai.azure.com/api/projects/app"


@dataclass(frozen=True)
class Azure:
    """A subscription, with what a process needs in its environment."""

    client: httpx.Client
    env: Mapping[str, str]

    def past_proxy(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The SDK's client for answers knows no proxy (azure-ai-projects gives it a transport of its own)."""
        here = str(self.client.base_url).rstrip("/")
        return {name: value.replace(ENDPOINT.partition("/api/")[0], here) for name, value in variables.items()}

    def handle(self, name: str, body: object) -> None:
        self.client.post(f"/_emulator/{name}", json=body).raise_for_status()

    def arm(self, method: str, path: str, body: object = None) -> httpx.Response:
        """As whoever may do everything."""
        asked = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
        token = httpx.get(
            self.env["IDENTITY_ENDPOINT"],
            params=asked,
            headers={"X-IDENTITY-HEADER": self.env["IDENTITY_HEADER"]},
            trust_env=False,
        ).json()["access_token"]
        return self.client.request(
            method, path, params={"api-version": "2025-09-01"}, headers={"Authorization": f"Bearer {token}"}, json=body
        )


@pytest.fixture
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    with (
        running_untraced(Options(cert_names=NAMES)) as emulator,
        tunnelling(int(emulator.project.split(":")[2].split("/")[0])) as proxy,
        httpx.Client(
            base_url=emulator.management,
            verify=ssl.create_default_context(cafile=emulator.ca_file),
            trust_env=False,
        ) as client,
    ):
        yield Azure(client, environment(emulator, proxy, str(tmp_path_factory.mktemp("cache"))))


def environment(emulator: Emulator, proxy: int, cache: str) -> dict[str, str]:
    """Nothing in it says that this is not Azure, but the proxy and the CA."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "FOUNDRY_", "SSL_"))}
    known = {name: emulator.env[name] for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")}
    authority = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), emulator.ca_file)
    here = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy}", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    shown = {"COLUMNS": "100", "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": cache}
    return {**kept, **known, **authority, **here, **shown, "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}


def deployed(azure: Azure) -> dict[str, Any]:
    """What a deployment of `bicep/main.bicep` does, and its outputs."""
    arm = azure.arm
    good(arm("PUT", GROUP, {"location": "swedencentral"}))
    good(arm("PUT", ACCOUNT, AN_ACCOUNT))
    project = good(arm("PUT", PROJECT, A_PROJECT))
    good(assigned(arm, ACCOUNT, FOUNDRY_USER, project["identity"]["principalId"]))
    pipeline = good(arm("PUT", IDENTITY, {"location": "swedencentral"}))["properties"]
    good(arm("PUT", f"{CREDENTIALS}/github", credential()))
    good(assigned(arm, ACCOUNT, CS_CONTRIBUTOR, pipeline["principalId"]))
    good(assigned(arm, PROJECT, FOUNDRY_USER, pipeline["principalId"]))
    good(assigned(arm, SUBSCRIPTION, USAGES_READER, pipeline["principalId"]))  # by hand, as bicep/README.md says
    good(arm("PUT", WORKSPACE, {"location": "swedencentral", "properties": {"sku": {"name": "PerGB2018"}}}))
    insights = good(arm("PUT", COMPONENT, A_COMPONENT))["properties"]
    connection = {"category": "AppInsights", "authType": "ApiKey", "target": COMPONENT, "isSharedToAll": True}
    key = {"credentials": {"key": insights["ConnectionString"]}, "metadata": {"ApiType": "Azure"}}
    good(arm("PUT", f"{PROJECT}/connections/insights", {"properties": {**connection, **key}}))
    return {
        "projectEndpoint": project["properties"]["endpoints"]["AI Foundry API"],
        "accountName": "dev-foundry",
        "subscriptionId": GROUP.split("/")[2],
        "resourceGroupName": GROUP.rpartition("/")[2],
        "location": "swedencentral",
        "pipelineClientId": pipeline["clientId"],
        "projectEndpoints": [project["properties"]["endpoints"]["AI Foundry API"]],
        "projectPrincipalIds": [project["identity"]["principalId"]],
    }


def ran(folder: Path, env: Mapping[str, str], *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A process of its own."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=dict(env),
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_empty_subscription_becomes_an_agent_that_remembers(azure: Azure, tmp_path: Path) -> None:
    azure.handle("switches", {"roles": "assigned"})
    outputs = deployed(azure)
    as_written = json.dumps({name: {"type": "String", "value": value} for name, value in outputs.items()})
    env = {**azure.env, "AZURE_CLIENT_ID": outputs["pipelineClientId"]}
    provisioner: Callable[..., Any] = partial(ran, tmp_path, env, "-m", "provisioner")

    started = succeeded(provisioner("init", "--from-outputs", "-", given=as_written))
    examined = json.loads(succeeded(provisioner("doctor", "--format", "json")))
    planned = succeeded(provisioner("plan"))
    applied = succeeded(provisioner("apply", "--yes"))
    again = succeeded(provisioner("plan", "--detailed-exitcode"))
    recalled = succeeded(ran(tmp_path, {**env, **azure.past_proxy(dotenv(tmp_path))}, str(RECALL)))

    assert outputs["projectEndpoint"] == ENDPOINT
    assert "provisioner doctor" in started
    assert {it["id"]: it["state"] for it in examined["checks"] if it["state"] != "ok"} == {}
    assert examined["healthy"] is True
    assert f"Project: {ENDPOINT}" in planned
    assert "Plan: 4 to create." in planned
    assert "Done: 4 created" in applied
    assert "No changes." in again
    assert "Helix" in recalled.partition("Which editor do I use?")[2]


@pytest.mark.parametrize(
    ("missing", "check", "word"),
    [
        pytest.param(
            CS_CONTRIBUTOR, "management-access", "Cognitive Services Contributor", id="of the management plane"
        ),
        pytest.param(FOUNDRY_USER, "project-access", "Foundry User", id="of the project"),
        pytest.param(USAGES_READER, "quota", "Cognitive Services Usages Reader", id="of the subscription"),
    ],
)
def test_a_role_that_is_missing_is_what_doctor_finds(
    azure: Azure, tmp_path: Path, missing: str, check: str, word: str
) -> None:
    azure.handle("switches", {"roles": "assigned"})
    outputs = deployed(azure)
    env = {**azure.env, "AZURE_CLIENT_ID": outputs["pipelineClientId"]}
    identity = good(azure.arm("GET", IDENTITY))["properties"]["principalId"]
    azure.handle("roles", {"take": {"role": missing, "principal": identity}})
    provisioner: Callable[..., Any] = partial(ran, tmp_path, env, "-m", "provisioner")
    succeeded(provisioner("init", "--from-outputs", "-", given=json.dumps(outputs)))

    told = provisioner("doctor", "--format", "json")
    checks = {it["id"]: it for it in json.loads(told.stdout)["checks"]}
    stops = missing != USAGES_READER

    assert told.returncode == int(stops)
    assert [name for name, it in checks.items() if it["state"] == "failed"] == ([check] if stops else [])
    assert word in checks[check]["message"] + checks[check]["hint"]
    assert provisioner("plan").returncode == int(stops)


def dotenv(folder: Path) -> dict[str, str]:
    """As a shell takes it over."""
    lines = (folder / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
