"""The Azure CLI, pointed here as at any sovereign or on-premises cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from tests.programs import shelf

if TYPE_CHECKING:
    from tests.foundry import Foundry
    from tests.programs.conftest import Program
    from tests.programs.processes import Ran

pytestmark = pytest.mark.contract

Az: TypeAlias = "Callable[..., Ran]"
NOT_FOUND: Final = 3  # az's exit code for it
# A configuration of its own, no surveys, and no instance discovery at the public cloud.
SETTINGS: Final = {
    "AZURE_CORE_COLLECT_TELEMETRY": "no",
    "AZURE_CORE_INSTANCE_DISCOVERY": "false",
    "AZURE_CORE_LOGIN_EXPERIENCE_V2": "off",
    "AZURE_CORE_SURVEY_MESSAGE": "no",
}


@pytest.fixture(scope="session")
def az_words() -> list[str]:
    return shelf.azure_cli()


@pytest.fixture
def az(az_words: list[str], foundry: Foundry, program: Program, tmp_path: Path) -> Az:
    """Signed in."""

    def call(*words: str) -> Ran:
        return program(*az_words, *words, "--output", "json", AZURE_CONFIG_DIR=str(tmp_path / "az"), **SETTINGS)

    for words in (
        (
            "cloud",
            "register",
            "-n",
            "Local",
            "--endpoint-resource-manager",
            foundry.env["PROVISIONER_MANAGEMENT_ENDPOINT"],
        ),
        ("cloud", "set", "-n", "Local"),
        ("login", "--identity"),
    ):
        done = call(*words)
        assert done.code == 0, done
    return call


def test_the_cli_signs_in_and_keeps_deployments(az: Az, foundry: Foundry) -> None:
    account = ("-g", foundry.env["AZURE_RESOURCE_GROUP"], "-n", foundry.env["FOUNDRY_ACCOUNT"])
    deployment = ("cognitiveservices", "account", "deployment")
    model = ("--model-name", "gpt-4o", "--model-version", "2024-11-20", "--model-format", "OpenAI")

    def names() -> list[str]:
        return sorted(found["name"] for found in az(*deployment, "list", *account).document)

    before = names()
    made = az(
        *(*deployment, "create", *account, "--deployment-name", "writer", *model),
        *("--sku-name", "GlobalStandard", "--sku-capacity", "10"),
    ).document
    shown = az(*deployment, "show", *account, "--deployment-name", "writer").document
    after = names()
    deleted = az(*deployment, "delete", *account, "--deployment-name", "writer")
    missing = az(*deployment, "show", *account, "--deployment-name", "writer")

    assert before == names() == ["gpt-5.4-mini", "text-embedding-3-large"]
    assert after == [*before, "writer"]
    assert (made["name"], shown["sku"]["capacity"]) == ("writer", 10)
    assert shown["properties"]["model"]["name"] == "gpt-4o"
    assert deleted.code == 0, deleted
    assert missing.code == NOT_FOUND
    assert "NotFound" in missing.err


def test_the_cli_speaks_to_the_project_plane(az: Az, foundry: Foundry) -> None:
    def rest(method: str, path: str, body: dict[str, Any] | None = None) -> Ran:
        url = f"{foundry.env['FOUNDRY_PROJECT_ENDPOINT']}/{path}?api-version=v1"
        more = ("--body", json.dumps(body)) if body else ()
        opt_in = ("--headers", "Foundry-Features=MemoryStores=V1Preview")
        return az("rest", "--method", method, "--url", url, "--resource", "https://ai.azure.com", *opt_in, *more)

    definition = {"kind": "default", "chat_model": "gpt-5.4-mini", "embedding_model": "text-embedding-3-large"}

    listed = rest("get", "deployments").document
    made = rest("post", "memory_stores", {"name": "from-az", "definition": definition}).document
    deleted = rest("delete", "memory_stores/from-az").document

    assert {found["name"] for found in listed["value"]} == {"gpt-5.4-mini", "text-embedding-3-large"}
    assert made["name"] == "from-az"
    assert deleted["deleted"] is True
