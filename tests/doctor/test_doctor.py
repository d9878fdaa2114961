"""`provisioner doctor` over a local Foundry: every check, in every state that it can find."""

from __future__ import annotations

import json
import os
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from provisioner.doctor.verdict import CHECKS
from provisioner.preflight.settings import IDS
from provisioner.render.json_schemas import doctor_schema
from tests.doctor.looks import SHORT, found, started, states
from tests.foundry import EXAMPLE, Command, Foundry

ALL = [*CHECKS, *IDS]
needs_modes = pytest.mark.skipif(os.name == "nt", reason="files have no modes here")
ACCOUNT = "*/accounts/local-foundry"


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def here(foundry: Foundry, project: Path) -> Foundry:
    started(project)
    return foundry


def by_id(result: Any) -> dict[str, Any]:
    return {it["id"]: it for it in result.document["checks"]}


@pytest.mark.usefixtures("here")
def test_where_all_is_well_everything_is_ok_and_it_exits_with_0(provisioner: Command) -> None:
    told = provisioner("doctor")

    assert (told.code, told.err) == (0, "")
    lines = told.out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("ok ")] == ALL
    assert lines[-1] == "Nothing found that would stop an apply."
    assert "ManagedIdentityCredential answered, the only one that is asked." in told.out
    assert "Plan: 4 to create." in told.out


def test_nothing_is_changed(here: Foundry, provisioner: Command) -> None:
    provisioner("doctor")

    assert {it.split()[0] for it in here.requests()} == {"GET"}
    assert here.objects("agents") == []


@pytest.mark.usefixtures("here")
def test_json_has_every_check_in_their_order_and_fits_its_schema(provisioner: Command) -> None:
    told = provisioner("doctor", "--format", "json")
    schema = deepcopy(doctor_schema())
    schema["additionalProperties"] = False
    schema["properties"]["checks"]["items"]["additionalProperties"] = False

    assert told.code == 0
    Draft202012Validator(schema).validate(told.document)
    assert [it["id"] for it in told.document["checks"]] == ALL
    assert told.document["healthy"] is True
    assert told.document["summary"] == {"ok": len(ALL), "warning": 0, "failed": 0, "unknown": 0}
    token = by_id(told)["project-token"]["details"]
    assert token["audience"] == "https://ai.azure.com"
    assert token["principal"] == "application"
    assert by_id(told)["sign-in"]["details"]["credential"] == "ManagedIdentityCredential"


@pytest.mark.usefixtures("here")
def test_a_failed_one_fits_the_schema_too_and_exits_with_1(project: Path, provisioner: Command) -> None:
    started(project, EXAMPLE + "nonsense: 1\n")
    told = provisioner("doctor", "--format", "json")

    assert told.code == 1
    Draft202012Validator(doctor_schema()).validate(told.document)
    assert told.document["healthy"] is False
    (problem,) = by_id(told)["manifest"]["diagnostics"]
    assert problem["where"]["file"] == "stores.yaml"


@pytest.mark.usefixtures("here")
def test_a_manifest_with_an_error_hides_nothing_else(project: Path) -> None:
    started(project, EXAMPLE + "nonsense: 1\n")
    seen = found()

    assert states(seen) == {"manifest": "failed", **dict.fromkeys(("variables", "lock", "plan", *IDS), "unknown")}
    assert seen["plan"].message == "Not asked: see `manifest`."


@pytest.mark.usefixtures("here")
def test_a_manifest_that_is_no_yaml_leaves_the_project_to_the_environment(project: Path) -> None:
    started(project, "stores: {{{\n")
    seen = found()

    assert seen["manifest"].state.value == "failed"
    assert seen["project"].message.endswith("(by the environment).")
    assert seen["management-access"].state.value == "ok"


@pytest.mark.usefixtures("foundry", "project")
def test_without_a_manifest_the_rest_is_checked(provisioner: Command) -> None:
    seen = found()

    assert states(seen) == dict.fromkeys(("manifest", "variables", "lock", "plan", *IDS), "unknown")
    assert provisioner("doctor").code == 0
    assert provisioner("doctor", "-f", "other.yaml").code == 1


def test_with_a_pinned_environment_no_dotenv_says_which_project(
    foundry: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").write_text(
        "FOUNDRY_PROJECT_ENDPOINT=https://other.services.ai.azure.com/api/projects/x\n", encoding="utf-8"
    )
    pinned = provisioner("doctor", "--pin-environment")
    monkeypatch.delenv("FOUNDRY_PROJECT_ENDPOINT")
    unset = by_id(provisioner("doctor", "--pin-environment", "--format", "json"))

    assert pinned.code == 0, pinned.out
    assert foundry.env["FOUNDRY_PROJECT_ENDPOINT"] in pinned.out
    assert unset["project"]["state"] == "failed"
    assert "other" not in unset["project"]["message"]


@pytest.mark.usefixtures("foundry")
def test_a_manifest_of_another_name_is_pointed_out(project: Path) -> None:
    (project / "other.yaml").write_text(EXAMPLE, encoding="utf-8")

    assert "-f other.yaml" in found()["manifest"].hint


def test_a_project_that_the_manifest_gets_wrong_is_not_asked(here: Foundry, project: Path) -> None:
    started(project, EXAMPLE.replace("${env:FOUNDRY_PROJECT_ENDPOINT}", "https://evil.example/api/projects/x"))
    seen = found()

    assert [seen[it].state.value for it in ("manifest", "project")] == ["failed", "failed"]
    assert seen["project-access"].message == "Not asked: see `project`."
    assert here.requests() == []


@pytest.mark.usefixtures("project")
def test_where_nobody_says_which_project_whatever_can_be_known_is_told(
    foundry: Foundry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FOUNDRY_PROJECT_ENDPOINT", "FOUNDRY_ACCOUNT"):
        monkeypatch.delenv(name)
    seen = found()

    assert seen["project"].state.value == "failed"
    assert "FOUNDRY_PROJECT_ENDPOINT" in seen["project"].hint
    assert [seen[it].state.value for it in ("ca-bundle", "proxy", "sign-in", "project-token")] == ["ok"] * 4
    assert seen["project-plane"].state.value == "unknown"
    assert foundry.requests() == []


@pytest.mark.usefixtures("project")
def test_a_host_that_is_not_azures_is_given_no_request(foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUNDRY_PROJECT_ENDPOINT", "https://evil.example/api/projects/x")
    seen = found()

    assert seen["project"].state.value == "failed"
    assert "--allow-host evil.example" in seen["project"].hint
    assert seen["project-plane"].message == "Not asked: see `project`."
    assert foundry.requests() == []


def test_without_a_subscription_the_management_plane_is_not_used(
    here: Foundry, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID")
    seen = found()
    started(project, "version: 1\nname: small\nagents:\n  buddy: {model: gateway/gpt}\n")
    small = found()

    assert seen["variables"].state.value == "failed"
    assert [it.code for it in seen["variables"].diagnostics] == ["env-unset"]
    assert seen["manifest"].state.value == "ok"
    assert seen["project-access"].state.value == "ok"
    assert "Not used" in seen["management-access"].message
    assert small["plan"].message == "Plan: 1 to create."
    assert small["management-plane"].state.value == "unknown"
    assert {small[it].message for it in IDS if it != "limits"} == {"Not asked: see `management-access`."}
    assert small["limits"].state.value == "ok"
    assert here.requests("POST") == []


@pytest.mark.usefixtures("project")
def test_the_embedded_foundry_is_looked_at_with_local(project: Path, provisioner: Command) -> None:
    started(project)
    told = provisioner("doctor", "--local", "--state", ":memory:")

    assert told.code == 0, told.out
    assert "(the embedded Foundry)" in told.out
    assert "It is forgotten in the end." in told.out


# what is refused with a token


@pytest.mark.parametrize(
    ("switches", "check", "word", "other"),
    [
        ({"data_role": "denied-401"}, "project-access", "Foundry User", "management-access"),
        ({"data_role": "denied-403"}, "project-access", "Foundry User", "management-access"),
        ({"management_role": "denied"}, "management-access", "Cognitive Services Contributor", "project-access"),
    ],
)
def test_a_missing_role_is_told_with_its_name(
    here: Foundry, switches: dict[str, str], check: str, word: str, other: str
) -> None:
    here.switch(**switches)
    seen = found()

    assert seen[check].state.value == "failed"
    assert word in seen[check].hint
    assert seen[other].state.value == "ok"
    assert seen["plan"].message == f"Not asked: see `{check}`."


def test_the_id_of_a_request_that_was_refused_is_told_as_it_is(here: Foundry, provisioner: Command) -> None:
    asked = "838dd97b7b9c4568813aedc53e6e5146"
    body = {"error": {"code": "not_found", "message": "Project not found"}}
    here.fault({"path": "*/agents*"}, {"status": 404, "body": body, "headers": {"x-request-id": asked}})

    assert f"Request id {asked}." in provisioner("doctor").out
    assert by_id(provisioner("doctor", "--format", "json"))["project-access"]["details"] == {"requests": asked}


def test_a_closed_network_is_not_taken_for_a_missing_role(here: Foundry) -> None:
    body = {"error": {"code": "403", "message": "Public access is disabled. Please configure private endpoint."}}
    here.fault({"path": "*/agents*"}, {"status": 403, "body": body})
    seen = found()

    assert seen["project-access"].state.value == "failed"
    assert "network lets nobody in" in seen["project-access"].hint


def test_an_account_that_is_not_there_is_told(here: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUNDRY_ACCOUNT", "nobody")
    seen = found()

    assert here.requests()
    assert seen["management-access"].state.value == "failed"
    assert "resource_group" in seen["management-access"].hint


def test_a_service_that_keeps_failing_is_unknown_with_what_it_said(here: Foundry) -> None:
    here.fault({"method": "GET", "path": "*/agents*", "nth": 2, "times": 100}, {"status": 503})
    seen = found(patience=SHORT)

    assert seen["project-access"].state.value == "unknown"
    assert "503" in seen["project-access"].message
    assert seen["management-access"].state.value == "ok"


def test_live_state_that_cannot_be_read_fails_the_plan_alone(here: Foundry) -> None:
    here.fault({"method": "GET", "path": "*/memory_stores*"}, {"status": 403, "body": {"error": {"message": "No."}}})
    seen = found()

    assert states(seen) == {"plan": "failed", **dict.fromkeys(IDS, "unknown")}
    assert "No." in seen["plan"].message


# the plan and its checks


def test_a_plan_that_would_be_refused_is_told(here: Foundry, project: Path, provisioner: Command, golden: Any) -> None:
    assert here.requests() == []
    assert provisioner("apply", "--yes").code == 0
    started(project, EXAMPLE.replace("name: dev-buddy\n", "name: other\n", 1))
    told = provisioner("doctor")

    assert told.code == 1
    row = told.out[told.out.index("failed  plan") : told.out.index("ok      quota")]
    golden("refused_plan.txt", row)


def test_each_check_of_a_plan_has_a_row_of_its_own(here: Foundry, provisioner: Command) -> None:
    here.quota("OpenAI.GlobalStandard.gpt-5.4-mini", 1)
    told = provisioner("doctor", "--format", "json")
    checks = by_id(told)

    assert told.code == 1
    assert checks["quota"]["state"] == "failed"
    assert checks["quota"]["diagnostics"][0]["code"] == "insufficient-quota"
    assert checks["quota"]["diagnostics"][0]["where"]["line"] > 1
    assert {checks[it]["state"] for it in IDS if it != "quota"} == {"ok"}


def test_what_may_not_be_read_is_unknown_and_no_refusal(here: Foundry) -> None:
    here.fault({"method": "GET", "path": "*/usages"}, {"status": 403})
    seen = found()

    assert states(seen) == {"quota": "unknown", "replace": "unknown"}
    assert "could not be read" in seen["quota"].message


@pytest.mark.usefixtures("here")
def test_a_check_that_is_left_out_says_so(provisioner: Command, project: Path) -> None:
    started(project, f"{EXAMPLE}preflight: {{skip: [limits]}}\n")
    checks = by_id(provisioner("doctor", "--format", "json", "--skip-check", "quota"))

    assert [checks[it]["state"] for it in ("quota", "limits", "catalogue")] == ["unknown", "unknown", "ok"]


def test_a_warning_fails_nothing(here: Foundry, provisioner: Command, project: Path) -> None:
    started(project, EXAMPLE.replace('"2026-03-17"', '"2025-04-14"').replace("gpt-5.4-mini", "gpt-4.1-mini"))
    told = provisioner("doctor", "--format", "json")

    assert here.requests()
    assert told.code == 0, told.out
    assert by_id(told)["lifecycle"]["state"] == "warning"


# this machine


@pytest.mark.usefixtures("here")
def test_a_dotenv_tells_its_names_and_no_value(project: Path) -> None:
    (project / ".env").write_text("FOUNDRY_ACCOUNT=local-foundry\nMY_SETTING=hush-hush\n", encoding="utf-8")
    (project / ".env").chmod(0o600)
    seen = found()["dotenv"]

    assert (seen.state.value, seen.message) == ("ok", ".env sets FOUNDRY_ACCOUNT and MY_SETTING.")
    assert "hush" not in repr(seen)


@needs_modes
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o622])
def test_a_dotenv_that_others_may_read_is_warned_of(project: Path, mode: int) -> None:
    (project / ".env").write_text("A=1\n", encoding="utf-8")
    (project / ".env").chmod(mode)
    seen = found()["dotenv"]

    assert seen.state.value == "warning"
    assert f"mode {mode:o}" in seen.message
    assert "chmod 600 .env" in seen.hint


@pytest.mark.usefixtures("here")
def test_what_the_environment_says_otherwise_is_told(project: Path) -> None:
    (project / ".env").write_text("AZURE_RESOURCE_GROUP=another\n", encoding="utf-8")

    assert "wins, for AZURE_RESOURCE_GROUP" in found()["dotenv"].message


@pytest.mark.usefixtures("here")
def test_settings_of_libraries_in_a_dotenv_do_nothing(project: Path) -> None:
    (project / ".env").write_text("AZURE_CLIENT_SECRET=hush-hush\nHTTPS_PROXY=http://p\n", encoding="utf-8")
    (project / ".env").chmod(0o600)
    seen = found()["dotenv"]

    assert seen.state.value == "warning"
    assert "AZURE_CLIENT_SECRET and HTTPS_PROXY from the environment alone" in seen.message


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("text", ["what is this\n", "A='\n"])
def test_a_line_of_a_dotenv_that_is_none_is_warned_of(project: Path, text: str) -> None:
    (project / ".env").write_text(text, encoding="utf-8")
    (project / ".env").chmod(0o600)
    seen = found()["dotenv"]

    assert (seen.state.value, [it.code for it in seen.diagnostics]) == ("warning", ["dotenv-syntax"])


@pytest.mark.usefixtures("here")
def test_a_dotenv_that_leads_out_of_its_folder_is_not_read(project: Path, tmp_path_factory: Any) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("HUSH=1\n", encoding="utf-8")
    (project / ".env").symlink_to(outside)
    seen = found()

    assert seen["dotenv"].state.value == "failed"
    assert "HUSH" not in repr(seen)


@pytest.mark.usefixtures("here")
def test_a_state_folder_that_is_a_link_is_warned_of(project: Path, provisioner: Command) -> None:
    (project / "elsewhere").mkdir()
    (project / ".provisioner").symlink_to("elsewhere")
    locally = provisioner("doctor", "--local")

    assert found()["state"].state.value == "warning"
    assert locally.code == 1
    assert "is a link" in locally.out


@pytest.mark.usefixtures("here")
def test_a_cache_folder_that_cannot_be_made_is_warned_of(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "file"))
    seen = found()["cache"]

    assert seen.state.value == "warning"
    assert "is no folder" in seen.message
    assert "--no-cache" in seen.hint


@pytest.mark.usefixtures("here")
def test_a_check_that_breaks_hides_none_of_the_others() -> None:
    def broken() -> dict[str, str]:
        raise RuntimeError("hush-hush")

    seen = found(versions=broken)

    assert states(seen) == {"versions": "unknown"}
    assert "RuntimeError, a mistake of ours" in seen["versions"].message
    assert "hush" not in repr(seen)


# what is pasted into a bug report


def test_no_secret_is_shown(
    here: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hush-hush-9a7b"
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{secret}@proxy.example:8080")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", secret)
    monkeypatch.setenv("FOUNDRY_NOTE", secret)
    (project / ".env").write_text(f"FOUNDRY_KEY={secret}\n", encoding="utf-8")
    started(project, EXAMPLE.replace("name: dev-buddy\n", "name: '${env:FOUNDRY_NOTE} '\n", 1))
    here.fault({"path": "*/agents*"}, {"status": 403, "body": {"error": {"message": f"Bearer {secret}{secret}"}}})
    text, document = provisioner("doctor"), provisioner("doctor", "--format", "json")

    for told in (text.out, text.err, document.out, document.err):
        assert secret not in told
        assert "eyJ" not in told
        assert here.env["IDENTITY_HEADER"] not in told
    assert "AZURE_CLIENT_SECRET" in text.out


@pytest.mark.parametrize("command", ["##vso[task.setvariable variable=PATH]/evil", "\n::error::gotcha", "\x1b[2J"])
@pytest.mark.parametrize("style", ["text", "json"])
def test_what_a_service_says_steers_neither_a_pipeline_nor_a_terminal(
    here: Foundry, provisioner: Command, command: str, style: str
) -> None:
    here.fault({"path": "*/agents*"}, {"status": 403, "body": {"error": {"message": f"No.{command}"}}})
    told = provisioner("doctor", "--format", style).out

    assert "No." in told
    assert not any(line.lstrip().startswith("::") for line in told.splitlines())
    assert "##vso" not in told
    assert "\x1b" not in told


@pytest.mark.usefixtures("here")
def test_it_takes_no_longer_than_its_patience(foundry: Foundry) -> None:
    foundry.fault({"method": "GET", "path": "*/memory_stores*"}, {"delay_s": 30})
    begun = time.monotonic()
    seen = found(patience=SHORT.__class__(answer_s=1, token_s=2, access_s=2, plan_s=0.5))

    assert time.monotonic() - begun < 10
    assert "took longer than" in seen["plan"].message


def test_the_schema_is_printed(provisioner: Command) -> None:
    assert json.loads(provisioner("schema", "--doctor").out) == doctor_schema()
