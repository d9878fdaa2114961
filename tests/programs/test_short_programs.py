"""Short programs with Azure's own libraries for Python, each in a process of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.programs.processes import WRITTEN

if TYPE_CHECKING:
    from tests.foundry import Foundry
    from tests.programs.conftest import Program

pytestmark = pytest.mark.contract


def test_the_management_library_makes_changes_and_deletes_deployments(program: Program) -> None:
    seen = program(sys.executable, WRITTEN / "management.py").document

    assert seen["before"] == seen["left"] == ["gpt-5.4-mini", "text-embedding-3-large"]
    assert "writer" in seen["after"]
    assert seen["capacities"] == [10, 20]
    assert seen["state"] == "Succeeded"
    assert seen["refusal"].startswith("400 ")
    assert seen["project"] == "local-foundry/local"
    assert seen["quotas"] > 0


def test_the_management_library_waits_as_long_as_writes_take(foundry: Foundry, program: Program) -> None:
    foundry.switch(write_seconds=0.5)

    seen = program(sys.executable, WRITTEN / "management.py").document

    assert (seen["capacities"], seen["state"]) == ([10, 20], "Succeeded")
    assert any("/operationResults/" in request for request in foundry.requests("GET"))


def test_the_identity_library_gets_tokens_of_both_planes_in_both_styles(program: Program) -> None:
    seen = program(sys.executable, WRITTEN / "credentials.py").document

    assert [claims["aud"] for claims in seen["sync"]] == ["https://ai.azure.com", "https://management.azure.com"]
    assert seen["async"] == seen["sync"]
    assert seen["another"]["tid"] == seen["sync"][0]["tid"]
    assert seen["another"]["oid"] != seen["sync"][0]["oid"]
