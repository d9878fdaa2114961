"""What a policy forbids, whatever a run's flags say: that of the manifest, of a file, and of a saved plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.foundry import EXAMPLE, Command, Foundry, Result

SMALL = """\
version: 1
name: small
deployments:
  chat:
    model: {format: OpenAI, name: gpt-5.4-mini, version: "2026-03-17"}
    sku: {name: GlobalStandard, capacity: 10}
agents:
  helper: {model: chat, instructions: Help., temperature: 0.2}
  other: {model: chat, instructions: Help.}
"""
GONE = SMALL.replace("  other: {model: chat, instructions: Help.}\n", "")
CHANGED = SMALL.replace("0.2", "0.4")


@pytest.fixture
def small(foundry: Foundry, project: Path, provisioner: Command) -> Path:
    """The small manifest, applied."""
    file = project / "stores.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    foundry.forget_requests()
    return file


def say(file: Path, text: str, policy: str = "") -> None:
    file.write_text(f"{text}policy: {{{policy}}}\n" if policy else text, encoding="utf-8")


def refusals(result: Result) -> list[str]:
    """By code and place."""
    found = [(it["code"], it.get("where") or {"file": "", "line": 0}) for it in result.document["refusals"]]
    return [f"{Path(where['file']).name}:{where['line']} {code}" for code, where in found]


def failed(result: Result) -> list[str]:
    (event,) = result.events
    assert event["event"] == "failed"
    return [it["code"] for it in event["diagnostics"]]


def writes(foundry: Foundry) -> list[str]:
    return [it for method in ("PUT", "POST", "PATCH", "DELETE") for it in foundry.requests(method)]


def agents(foundry: Foundry) -> list[str]:
    return sorted(it["name"] for it in foundry.objects("agents"))


def test_the_plan_says_which_policy_it_is_under_and_what_that_forbids(small: Path, provisioner: Command) -> None:
    say(small, GONE, "max_deletes: 0")

    plan = provisioner("plan", "--max-deletes", "10")

    assert plan.code == 1
    assert "Policy: at most 0 deleted or replaced (says stores.yaml:9)" in plan.out
    assert "stores.yaml:9:10  error  policy-max-deletes" in plan.out
    document = provisioner("plan", "--max-deletes", "10", "--format", "json")
    assert refusals(document) == ["stores.yaml:9 policy-max-deletes"]
    assert document.document["policy"]["max_deletes"] == 0
    assert document.document["options"]["max_deletes"] == 10


def test_no_flag_of_apply_is_stronger_than_the_policy(foundry: Foundry, small: Path, provisioner: Command) -> None:
    say(small, GONE, "protected: true")

    refused = provisioner("apply", "--yes", "--max-deletes", "10")

    assert refused.code == 1
    assert "policy-protected" in refused.out
    assert writes(foundry) == []
    assert provisioner("apply", "--yes", "--no-delete").code == 0
    assert agents(foundry) == ["helper", "other"]


def test_nothing_is_made_anew_under_protection(foundry: Foundry, small: Path, provisioner: Command) -> None:
    say(small, SMALL, "protected: true")

    assert provisioner("apply", "--yes", "--replace", "agents/helper").code == 1
    assert writes(foundry) == []


def test_what_is_protected_is_not_destroyed(foundry: Foundry, small: Path, provisioner: Command) -> None:
    say(small, SMALL, "protected: true")

    refused = provisioner("destroy", "--yes")

    assert refused.code == 1
    assert "policy-protected" in refused.out
    assert writes(foundry) == []
    assert refusals(provisioner("plan", "--destroy", "--format", "json")) == ["stores.yaml:10 policy-protected"]


def test_nothing_is_adopted_that_the_policy_does_not_let_be(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    file = project / "stores.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    foundry.drift("store", "dev-prefs-memory", metadata={})
    foundry.forget_requests()
    say(file, EXAMPLE, "allow_adopt: false")

    plan = provisioner("plan", "--adopt", "--format", "json").document

    (refusal,) = plan["refusals"]
    assert refusal["code"] == "policy-adopt"
    assert refusal["resources"] == [{"kind": "stores", "name": "dev-prefs-memory"}]
    assert provisioner("apply", "--yes", "--adopt").code == 1
    assert writes(foundry) == []


# -- only what was planned before


def test_where_a_plan_is_required_yes_is_not_enough(foundry: Foundry, small: Path, provisioner: Command) -> None:
    say(small, CHANGED, "require_plan: true")

    for arguments in (("--yes",), ("--yes", "--adopt"), ()):
        refused = provisioner("apply", *arguments)
        assert refused.code == 1
        assert "stores.yaml:10:10  error  policy-require-plan" in refused.err
        assert "The policy forbids this; nothing was changed." in refused.err

    assert foundry.requests() == []
    assert failed(provisioner("apply", "--yes", "--format", "json")) == ["policy-require-plan"]


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_the_way_to_a_required_plan_leads_there(small: Path, provisioner: Command, command: str) -> None:
    """With an environment, too: as it is told, it can be copied."""
    small.write_text(f"{CHANGED}environments:\n  dev: {{}}\n  prod: {{policy: {{require_plan: true}}}}\n", "utf-8")
    refused = provisioner(command, "--yes", "--env", "prod")
    told = [line.split()[1:] for line in refused.err.splitlines() if line.strip().startswith("provisioner ")]

    assert [provisioner(*words).code for words in told] == [0, 0]


def test_the_saved_plan_is_enough(foundry: Foundry, small: Path, provisioner: Command) -> None:
    say(small, CHANGED, "require_plan: true")
    plan = provisioner("plan", "--out", "plan.json")
    assert plan.code == 0
    assert "Policy: applied only as a plan that was made before (says stores.yaml:10)" in plan.out

    assert provisioner("apply", "--plan", "plan.json").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert writes(foundry) != []


@pytest.mark.usefixtures("foundry")
def test_so_is_the_digest_of_a_plan_that_was_looked_at(small: Path, provisioner: Command) -> None:
    say(small, CHANGED, "require_plan: true")
    digest = provisioner("plan", "--format", "json").document["digest"]

    assert provisioner("apply", "--expect-digest", f"sha256:{'0' * 64}").code == 1
    assert provisioner("apply", "--expect-digest", digest).code == 0


def test_a_destruction_needs_a_plan_of_it(foundry: Foundry, small: Path, provisioner: Command) -> None:
    say(small, SMALL, "require_plan: true")

    refused = provisioner("destroy", "--yes")

    assert refused.code == 1
    assert "provisioner plan --destroy --out plan.json" in refused.err
    assert foundry.requests() == []
    assert failed(provisioner("destroy", "--yes", "--format", "json")) == ["policy-require-plan"]
    assert provisioner("plan", "--destroy", "--out", "plan.json").code == 0
    assert provisioner("apply", "--plan", "plan.json").code == 0
    assert agents(foundry) == []


# -- files that narrow


def policy_file(folder: Path, text: str, name: str = "policy.yaml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


def test_a_file_narrows_what_the_manifest_lets_be(
    foundry: Foundry, small: Path, project: Path, provisioner: Command
) -> None:
    say(small, GONE, "max_deletes: 1")
    strict = policy_file(project, "max_deletes: 0\n")
    lax = policy_file(project, '{"max_deletes": 5}', "lax.json")
    assert provisioner("plan", "--policy", lax).code == 0

    assert refusals(provisioner("plan", "--policy", lax, "--policy", strict, "--format", "json")) == [
        "policy.yaml:1 policy-max-deletes"
    ]
    assert provisioner("apply", "--yes", "--policy", strict).code == 1
    assert provisioner("destroy", "--yes", "--policy", strict).code == 1
    assert writes(foundry) == []


def test_a_required_plan_may_be_said_by_the_file_alone(
    foundry: Foundry, small: Path, project: Path, provisioner: Command
) -> None:
    say(small, CHANGED)
    file = policy_file(project, "require_plan: true\n")

    assert failed(provisioner("apply", "--yes", "--policy", file, "--format", "json")) == ["policy-require-plan"]
    assert foundry.requests() == []


def test_a_file_that_is_wrong_stops_every_command(
    foundry: Foundry, small: Path, project: Path, provisioner: Command
) -> None:
    say(small, CHANGED)
    provisioner("plan", "--out", "plan.json")
    foundry.forget_requests()
    file = policy_file(project, "max_delete: 0\n")

    commands = (
        ("validate",),
        ("graph",),
        ("plan",),
        ("apply", "--yes"),
        ("apply", "--plan", "plan.json"),
        ("destroy", "--yes"),
        ("drift",),
        ("import", "--all"),
    )
    for words in commands:
        told = provisioner(*words, "--policy", file)
        assert (words, told.code) == (words, 1)
        assert "policy.yaml:1:1  error  unknown-key" in told.out + told.err
        assert 'Did you mean "max_deletes"?' in told.out + told.err

    assert provisioner("doctor", "--policy", file).code == 1
    assert writes(foundry) == []


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("text", ["", "policy: {protected: true}\n"])
def test_nor_is_a_file_taken_that_restricts_nothing_by_mistake(project: Path, provisioner: Command, text: str) -> None:
    assert provisioner("plan", "--policy", policy_file(project, text)).code == 1
    assert provisioner("plan", "--policy", "none.yaml").code == 1


# -- saved plans


def test_a_plan_carries_the_policy_that_it_was_made_under(small: Path, project: Path, provisioner: Command) -> None:
    say(small, CHANGED, "max_deletes: 1")
    file = policy_file(project, "allow_adopt: false\n")
    shown = provisioner("plan", "--policy", file, "--out", "plan.json").out

    saved = json.loads((project / "plan.json").read_text(encoding="utf-8"))

    assert saved["policy"]["said"] == [
        {"rule": "allow_adopt", "file": "policy.yaml", "line": 1, "column": 1, "path": "allow_adopt"},
        {"rule": "max_deletes", "file": "stores.yaml", "line": 10, "column": 10, "path": "policy.max_deletes"},
    ]
    row = "Policy: at most 1 deleted or replaced; nothing is taken over (says policy.yaml:1 and stores.yaml:10)"
    assert row in shown
    assert row in provisioner("show", "plan.json").out


def test_one_that_was_made_under_a_laxer_policy_is_refused_unasked(
    foundry: Foundry, small: Path, project: Path, provisioner: Command
) -> None:
    say(small, GONE, "max_deletes: 1")
    provisioner("plan", "--out", "plan.json")
    foundry.forget_requests()
    file = policy_file(project, "max_deletes: 0\n")

    refused = provisioner("apply", "--plan", "plan.json", "--policy", file)

    assert refused.code == 1
    assert "policy.yaml:1:1  error  policy-laxer-plan" in refused.err
    assert "policy-max-deletes" in refused.err
    assert foundry.requests() == []
    assert failed(provisioner("apply", "--plan", "plan.json", "--policy", file, "--format", "json")) == [
        "policy-laxer-plan",
        "policy-max-deletes",
    ]


def test_though_it_does_nothing_that_the_stricter_one_forbids(
    foundry: Foundry, small: Path, project: Path, provisioner: Command
) -> None:
    say(small, CHANGED)
    provisioner("plan", "--out", "plan.json")
    foundry.forget_requests()
    file = policy_file(project, "protected: true\n")

    assert failed(provisioner("apply", "--plan", "plan.json", "--policy", file, "--format", "json")) == [
        "policy-laxer-plan"
    ]
    assert provisioner("plan", "--policy", file, "--out", "plan.json").code == 0
    assert provisioner("apply", "--plan", "plan.json", "--policy", file).code == 0
    assert writes(foundry) != []


@pytest.mark.usefixtures("foundry")
def test_that_a_plan_is_required_is_fulfilled_by_the_plan(small: Path, project: Path, provisioner: Command) -> None:
    say(small, CHANGED)
    provisioner("plan", "--out", "plan.json")

    assert (
        provisioner("apply", "--plan", "plan.json", "--policy", policy_file(project, "require_plan: true\n")).code == 0
    )


# -- hosts


def test_a_host_that_the_policy_does_not_allow_is_not_asked(
    foundry: Foundry, small: Path, project: Path, provisioner: Command
) -> None:
    say(small, CHANGED)
    provisioner("plan", "--out", "plan.json")
    foundry.forget_requests()
    elsewhere, here = (
        policy_file(project, f"allowed_hosts: [{host}]\n", f"{name}.yaml")
        for name, host in (("elsewhere", "acc.services.ai.azure.com"), ("here", "127.0.0.1"))
    )

    for words in (("plan",), ("apply", "--yes"), ("destroy", "--yes"), ("drift",), ("import", "--all")):
        refused = provisioner(*words, "--policy", elsewhere)
        assert refused.code == 1
        assert "elsewhere.yaml:1:1  error  policy-allowed-hosts" in refused.err
    saved = provisioner("apply", "--plan", "plan.json", "--policy", elsewhere, "--format", "json")
    assert failed(saved) == ["policy-laxer-plan"]
    assert foundry.requests() == []

    assert provisioner("plan", "--policy", here, "--out", "plan.json").code == 0
    assert provisioner("apply", "--plan", "plan.json", "--policy", here).code == 0
