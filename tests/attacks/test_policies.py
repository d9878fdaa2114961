"""A pull request that changes the policy it is held to, and a plan that says it was held to another one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.model.checksum import UNSUMMED, summed
from provisioner.render.json_text import json_text
from tests.foundry import Command, Foundry

PAGE = (Path(__file__).parents[2] / "docs" / "pull-requests.md").read_text(encoding="utf-8")
BASE = """\
version: 1
name: team
policy: {max_deletes: 0, allow_adopt: false}
deployments:
  chat:
    model: {format: OpenAI, name: gpt-5.4-mini, version: "2026-03-17"}
    sku: {name: GlobalStandard, capacity: 10}
agents:
  helper: {model: chat, instructions: Help.}
  other: {model: chat, instructions: Help.}
"""
PINNED = "max_deletes: 0\nallow_adopt: false\n"
RULES = "policy: {max_deletes: 0, allow_adopt: false}\n"
GONE = BASE.replace("  other: {model: chat, instructions: Help.}\n", "")


@pytest.fixture
def checkout(foundry: Foundry, project: Path, provisioner: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is on the base branch, applied; its policy lies where no pull request can write."""
    manifest = project / "stores.yaml"
    manifest.write_text(BASE, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    foundry.forget_requests()
    file = tmp_path_factory.mktemp("runner") / "policy.yaml"
    file.write_text(PINNED, encoding="utf-8")
    return file


def writes(foundry: Foundry) -> list[str]:
    return [it for method in ("PUT", "POST", "PATCH", "DELETE") for it in foundry.requests(method)]


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "policy:\n",
        "policy: {}\n",
        "policy: {max_deletes: 100, allow_adopt: true, protected: false, require_plan: false}\n",
        "policy: {max_deletes: '${env:PROVISIONER_MOST:-100}'}\n",
        "x-rules: &lax {max_deletes: 100}\npolicy: {<<: *lax}\n",
    ],
)
def test_a_pull_request_that_loosens_its_policy_is_held_to_the_pinned_one(
    foundry: Foundry, checkout: Path, provisioner: Command, rules: str
) -> None:
    Path("stores.yaml").write_text(GONE.replace(RULES, rules), encoding="utf-8")
    assert provisioner("plan").code == 0, "the pull request's own policy lets it"

    plan = provisioner("plan", "--policy", str(checkout), "--max-deletes", "100", "--out", "plan.json")

    assert plan.code == 1
    assert f"{checkout}:1:1  error  policy-max-deletes" in re.sub(r"\n +", "  ", plan.out)
    assert provisioner("apply", "--yes", "--policy", str(checkout), "--max-deletes", "100").code == 1
    assert provisioner("apply", "--plan", "plan.json", "--policy", str(checkout)).code == 1
    assert writes(foundry) == []


def test_a_second_file_of_the_pull_request_gives_nothing_back(
    foundry: Foundry, checkout: Path, provisioner: Command
) -> None:
    Path("stores.yaml").write_text(GONE.replace(RULES, ""), encoding="utf-8")
    Path("z.yaml").write_text("version: 1\npolicy: {max_deletes: 100}\n", encoding="utf-8")

    assert provisioner("apply", "--yes", "-f", ".", "--policy", str(checkout)).code == 1
    assert writes(foundry) == []


def test_a_pull_request_cannot_have_its_policy_told_as_stricter_than_it_is(
    foundry: Foundry, checkout: Path, provisioner: Command
) -> None:
    """What is shown is what holds: the stricter of both, and where each rule is said."""
    Path("stores.yaml").write_text(BASE.replace(RULES, "policy: {max_deletes: 5, protected: true}\n"), encoding="utf-8")

    document = provisioner("plan", "--policy", str(checkout), "--format", "json").document["policy"]

    assert (document["max_deletes"], document["protected"], document["allow_adopt"]) == (0, True, False)
    assert [(it["rule"], Path(it["file"]).name) for it in document["said"]] == [
        ("allow_adopt", "policy.yaml"),
        ("max_deletes", "policy.yaml"),
        ("protected", "stores.yaml"),
    ]
    assert writes(foundry) == []


def rewritten(**members: Any) -> None:
    """The saved plan with other members, as somebody writes it who knows how its checksum is made."""
    document = json.loads(Path("plan.json").read_text(encoding="utf-8")) | members | {"checksum": UNSUMMED}
    text = json_text({key: value for key, value in document.items() if value is not ...}, indent=2)
    Path("plan.json").write_text(summed(f"{text}\n"), encoding="utf-8")


FORGED: dict[str, Any] = {
    "none": ...,
    "lax": None,
    "strict": {
        "protected": True,
        "max_deletes": 0,
        "allow_adopt": False,
        "require_plan": True,
        "allowed_hosts": None,
        "said": [],
    },
}


@pytest.mark.parametrize("policy", FORGED)
def test_whatever_a_saved_plan_says_of_its_policy_it_does_nothing_that_the_pinned_one_forbids(
    foundry: Foundry, checkout: Path, provisioner: Command, policy: str
) -> None:
    Path("stores.yaml").write_text(GONE.replace(RULES, ""), encoding="utf-8")
    assert provisioner("plan", "--out", "plan.json").code == 0
    rewritten(policy=FORGED[policy])
    foundry.forget_requests()

    refused = provisioner("apply", "--plan", "plan.json", "--policy", str(checkout), "--format", "json")

    assert refused.code == 1
    assert "policy-max-deletes" in {it["code"] for it in refused.events[0]["diagnostics"]}
    assert foundry.requests() == []


@pytest.mark.usefixtures("checkout")
def test_a_rule_that_is_not_known_here_keeps_a_saved_plan_from_being_applied(
    foundry: Foundry, provisioner: Command
) -> None:
    Path("stores.yaml").write_text(BASE.replace("instructions: Help.", "instructions: Go."), encoding="utf-8")
    provisioner("plan", "--out", "plan.json")
    policy = json.loads(Path("plan.json").read_text(encoding="utf-8"))["policy"]
    rewritten(policy={**policy, "max_updates": 1})
    foundry.forget_requests()

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "policy.max_updates" in refused.err
    assert foundry.requests() == []


@pytest.mark.parametrize("text", ["", "\n", "# max_deletes: 0\n", "null\n", "[]\n", "max_delete: 0\n"])
def test_a_pinned_policy_that_got_lost_on_the_way_stops_the_run(
    foundry: Foundry, checkout: Path, provisioner: Command, text: str
) -> None:
    """`git show` of what is not there leaves an empty file."""
    checkout.write_text(text, encoding="utf-8")
    Path("stores.yaml").write_text(GONE.replace(RULES, ""), encoding="utf-8")

    for words in (("plan",), ("apply", "--yes"), ("destroy", "--yes")):
        assert provisioner(*words, "--policy", str(checkout)).code == 1

    assert foundry.requests() == []


def test_a_pull_request_cannot_send_the_token_to_a_host_that_is_trusted_but_not_pinned(
    foundry: Foundry, checkout: Path, provisioner: Command
) -> None:
    checkout.write_text("allowed_hosts: [ours.services.ai.azure.com, 127.0.0.1]\n", encoding="utf-8")
    theirs = 'project: {endpoint: "https://theirs.services.ai.azure.com/api/projects/p"}\n'
    Path("stores.yaml").write_text(BASE.replace(RULES, f"{theirs}policy: {{allowed_hosts: []}}\n"), encoding="utf-8")
    assert provisioner("plan", "--policy", str(checkout)).code == 1
    Path("stores.yaml").write_text(BASE.replace(RULES, theirs), encoding="utf-8")

    refused = provisioner("plan", "--policy", str(checkout))

    assert refused.code == 1
    assert 'names the host "theirs.services.ai.azure.com", which is none of those' in re.sub(r"\s+", " ", refused.err)
    assert foundry.requests() == []


@pytest.mark.parametrize(
    ("pinned", "own"),
    [
        pytest.param("allowed_hosts: other.example\n", "", id="a pinned one that is wrong"),
        pytest.param("", "", id="a pinned one that is empty"),
        pytest.param("{}\n", "policy: {allowed_hosts: other.example}\n", id="the manifest's own that is wrong"),
    ],
)
def test_nobody_is_asked_while_it_is_not_known_which_hosts_are_allowed(
    foundry: Foundry, checkout: Path, provisioner: Command, pinned: str, own: str
) -> None:
    checkout.write_text(pinned, encoding="utf-8")
    Path("stores.yaml").write_text(BASE.replace(RULES, own), encoding="utf-8")

    for command in ("plan", "drift", "doctor"):
        assert provisioner(command, "--policy", str(checkout)).code == 1
    assert foundry.requests() == []


def git(folder: Path, *words: str) -> None:
    environ = {
        **os.environ,
        **{f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env=environ)


@pytest.mark.skipif(sys.platform == "win32", reason="the steps are a shell's")
@pytest.mark.usefixtures("foundry")
def test_the_steps_of_the_page_take_the_policy_from_the_base_branch(
    project: Path, provisioner: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (project / "stores.yaml").write_text(BASE, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    base, runner = tmp_path_factory.mktemp("base"), tmp_path_factory.mktemp("runner")
    git(base, "init", "--quiet", "--initial-branch", "main")
    (base / "stores.yaml").write_text(BASE, encoding="utf-8")
    (base / "policy.yaml").write_text(PINNED, encoding="utf-8")
    git(base, "add", ".")
    git(base, "commit", "--quiet", "--message", "Base")
    work = runner / "work"
    git(runner, "clone", "--quiet", str(base), "work")
    (work / "stores.yaml").write_text(GONE.replace(RULES, ""), encoding="utf-8")
    (work / "policy.yaml").write_text("max_deletes: 100\n", encoding="utf-8")
    git(work, "commit", "--quiet", "--all", "--message", "Pull request")
    fetch, plan = (step["run"] for step in yaml.safe_load(re.findall(r"(?s)```yaml\n(.*?)```", PAGE)[1])["steps"])
    environ = {
        **os.environ,
        "GITHUB_BASE_REF": "main",
        "RUNNER_TEMP": str(runner),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    fetched = subprocess.run(["bash", "-e", "-c", fetch], cwd=work, env=environ, check=False)
    planned = subprocess.run(["bash", "-e", "-c", plan], cwd=work, env=environ, capture_output=True, check=False)

    assert fetched.returncode == 0
    assert planned.returncode == 1
    document = json.loads((work / "plan.json").read_text(encoding="utf-8"))
    assert [it["code"] for it in document["refusals"]] == ["policy-max-deletes"]
    assert "policy-max-deletes" in (work / "plan.md").read_text(encoding="utf-8")
