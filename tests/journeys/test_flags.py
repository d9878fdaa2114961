"""Flags that several commands share: what they take, and what they refuse in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.kinds import KINDS
from provisioner.model.words import listed
from tests.foundry import EXAMPLE, Command, Foundry

GIVEN = "https://given.services.ai.azure.com/api/projects/p"


@pytest.mark.parametrize("command", ["plan", "apply", "destroy", "export"])
def test_state_without_local_is_wrong_usage(command: str, foundry: Foundry, provisioner: Command) -> None:
    failed = provisioner(command, "--state", "x.db")

    assert failed.code == 1
    assert "add --local" in failed.err
    assert foundry.requests() == []


def test_state_may_stand_before_local(project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    assert provisioner("plan", "--state", ":memory:", "--local").code == 0


@pytest.mark.parametrize(
    ("command", "endpoint", "words"),
    [
        ("plan", "http://x.example/p", "send the token in the clear"),
        ("export", "https://given.services.ai.azure.com", "names an account, but not a project of it"),
        ("validate", "project-1", "is not an https URL"),
    ],
)
def test_an_endpoint_that_may_not_be_used_is_wrong_usage(
    command: str, endpoint: str, words: str, foundry: Foundry, provisioner: Command
) -> None:
    failed = provisioner(command, "--project-endpoint", endpoint)

    assert failed.code == 1
    assert words in failed.err
    assert foundry.requests() == []


def test_a_given_endpoint_does_not_make_our_deployments_strangers(
    foundry: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    endpoint = foundry.env["FOUNDRY_PROJECT_ENDPOINT"]
    assert provisioner("apply", "--yes").code == 0
    monkeypatch.delenv("FOUNDRY_PROJECT_ENDPOINT")

    assert provisioner("plan", "--project-endpoint", endpoint, "--detailed-exitcode").code == 0

    monkeypatch.delenv("AZURE_RESOURCE_GROUP")
    failed = provisioner("plan", "--project-endpoint", endpoint)
    assert failed.code == 1
    assert "AZURE_RESOURCE_GROUP is not set" in failed.err


@pytest.mark.usefixtures("foundry")
def test_validate_takes_the_endpoint_too(project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "stores.yaml").write_text("version: 1\nname: demo\n", encoding="utf-8")
    monkeypatch.delenv("FOUNDRY_PROJECT_ENDPOINT")

    assert "missing-key" in provisioner("validate").out
    assert provisioner("validate", "--project-endpoint", GIVEN).out == ""


def test_data_loss_is_allowed_for_addresses_of_known_kinds_only(provisioner: Command) -> None:
    failed = provisioner("apply", "--allow-data-loss", "store/s")

    assert failed.code == 1
    assert 'There is no kind "store". Did you mean "stores"?' in failed.err
    assert f"There are: {listed([*KINDS])}." in provisioner("apply", "--allow-data-loss", "x/s").err
