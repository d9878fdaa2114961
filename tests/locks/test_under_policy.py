"""A lock under a policy: what the policy refuses takes none, and the policy says where the token of locks may go."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from provisioner.model.checksum import UNSUMMED, summed
from provisioner.render.json_text import json_text
from tests.foundry import Command, Foundry
from tests.locks.storage import Storage

HERE = ("--allow-host", "127.0.0.1")


def says(policy: str) -> tuple[str, str]:
    """Flags that name a file with the policy."""
    Path("policy.yaml").write_text(policy, encoding="utf-8")
    return "--policy", "policy.yaml"


def only(*urls: str) -> tuple[str, str]:
    return says(f"allowed_hosts: {json.dumps([urlsplit(url).netloc for url in urls])}\n")


def planes(foundry: Foundry) -> tuple[str, str]:
    return foundry.env["FOUNDRY_PROJECT_ENDPOINT"], foundry.env["PROVISIONER_MANAGEMENT_ENDPOINT"]


@pytest.mark.usefixtures("manifest")
@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_where_a_plan_is_required_no_lock_is_taken_without_one(
    storage: Storage, foundry: Foundry, provisioner: Command, command: str
) -> None:
    refused = provisioner(command, "--yes", *HERE, *says("require_plan: true\n"))

    assert refused.code == 1
    assert "policy-require-plan" in refused.err
    assert (storage.seen, storage.tokens, foundry.requests()) == ([], [], [])


@pytest.mark.usefixtures("manifest")
def test_the_plan_that_is_required_takes_it(storage: Storage, foundry: Foundry, provisioner: Command) -> None:
    policy = says("require_plan: true\n")
    planned = provisioner("plan", "--format", "json", *HERE, *policy)

    done = provisioner("apply", "--expect-digest", planned.document["digest"], *HERE, *policy)

    assert done.code == 0, done.err
    assert "acquire" in storage.seen
    assert foundry.objects("stores") != []


@pytest.mark.usefixtures("manifest")
@pytest.mark.parametrize(
    "words", [("validate",), ("plan",), ("apply", "--yes"), ("destroy", "--yes"), ("lock", "show"), ("lock", "release")]
)
def test_no_token_of_locks_goes_where_the_policy_lets_none_go(
    storage: Storage, foundry: Foundry, provisioner: Command, words: tuple[str, ...]
) -> None:
    refused = provisioner(*words, *HERE, *only(*planes(foundry)))

    assert refused.code == 1
    told = " ".join((refused.out + refused.err).split())
    assert "policy.yaml:1:1" in told
    assert "`lock.azure_blob.account_url` names the host" in told
    assert (storage.seen, foundry.requests()) == ([], [])


@pytest.mark.usefixtures("manifest")
def test_where_it_lets_one_go_the_lock_is_taken(storage: Storage, foundry: Foundry, provisioner: Command) -> None:
    done = provisioner("apply", "--yes", *HERE, *only(*planes(foundry), storage.url))

    assert done.code == 0, done.err
    assert storage.seen[-1] == "release"


@pytest.mark.usefixtures("manifest")
def test_a_saved_plan_cannot_have_its_lock_elsewhere(storage: Storage, foundry: Foundry, provisioner: Command) -> None:
    """Though somebody wrote it who knows how its checksum is made, and the host is trusted."""
    assert provisioner("plan", "--out", "plan.json", *HERE, *only(*planes(foundry), storage.url)).code == 0
    file = Path("plan.json")
    document = json.loads(file.read_text(encoding="utf-8"))
    policy = only(*planes(foundry))
    document["policy"]["allowed_hosts"] = json.loads(Path("policy.yaml").read_text().partition(": ")[2])
    file.write_text(summed(json_text(document | {"checksum": UNSUMMED}, indent=2) + "\n"), encoding="utf-8")
    foundry.forget_requests()

    refused = provisioner("apply", "--plan", "plan.json", *HERE, *policy)

    assert refused.code == 1
    assert "none of the hosts that the policy allows" in " ".join(refused.err.split())
    assert (storage.seen, foundry.requests()) == ([], [])
