"""Nothing is deleted by accident, as a user meets it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.foundry import EXAMPLE, Command, Foundry

CASES = Path(__file__).parents[1] / "cases"
HEAD = "version: 1\nname: demo\n"
CHAT = (
    "deployments:\n  chat: {model: {format: OpenAI, name: %s, version: '%s'}, "
    "sku: {name: GlobalStandard, capacity: 1}}\n"
)
OLD, NEW = CHAT % ("gpt-4o", "2024-08-06"), CHAT % ("gpt-4.1", "2025-04-14")
AGENT = "agents:\n  helper: {model: chat, instructions: %s}\n"


def case(name: str) -> tuple[str, str]:
    return "-f", str(CASES / f"{name}.yaml")


def names(foundry: Foundry, family: str) -> list[str]:
    return sorted(it["name"] for it in foundry.objects(family))


def deployments(foundry: Foundry) -> dict[str, int]:
    found = (it for it in foundry.objects("resources") if it["type"].endswith("/deployments"))
    return {it["name"]: it["sku"]["capacity"] for it in found}


# -- an empty manifest


def test_a_manifest_left_empty_by_a_bad_merge_deletes_nothing(foundry: Foundry, provisioner: Command) -> None:
    assert provisioner("apply", "--yes", *case("23-empty-1")).code == 0
    foundry.forget_requests()

    for command in (("plan",), ("apply", "--yes"), ("apply", "--yes", "--max-deletes", "100")):
        refused = provisioner(*command, *case("23-empty-2"))
        assert refused.code == 1
        assert "nothing-declared" in refused.out
        assert "provisioner destroy" in refused.out

    assert all(request.startswith("GET") for request in foundry.requests())
    assert names(foundry, "agents") == ["helper"]
    assert provisioner("destroy", "--yes", *case("23-empty-2")).code == 0
    assert (names(foundry, "agents"), deployments(foundry)) == ([], {})


def test_destroy_with_nothing_left_says_so(foundry: Foundry, provisioner: Command) -> None:
    assert provisioner("apply", "--yes", *case("23-empty-1")).code == 0
    assert provisioner("destroy", "--yes", *case("23-empty-1")).code == 0

    again = provisioner("destroy", "--yes", *case("23-empty-1"))

    assert again.code == 0
    assert 'Nothing of the owner "team" is live.' in again.out
    assert "as the manifest says" not in again.out
    assert foundry.objects("agents") == []


@pytest.mark.usefixtures("foundry")
def test_destroy_says_how_to_take_off_a_protection_whose_entry_is_there(project: Path, provisioner: Command) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(f"{HEAD}agents:\n  a: {{model: x/y, lifecycle: {{prevent_destroy: true}}}}\n", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0

    refused = provisioner("destroy", "--yes")
    assert refused.code == 1
    assert "in its manifest entry and apply that first; then" in " ".join(refused.out.split())

    manifest.write_text(manifest.read_text(encoding="utf-8").replace("true", "false"), encoding="utf-8")
    assert provisioner("destroy", "--yes").code == 1
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("destroy", "--yes").code == 0


# -- slips of the pen


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_data_loss_is_not_allowed_for_what_there_is_not(
    command: str, foundry: Foundry, project: Path, provisioner: Command
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    yes = () if command == "plan" else ("--yes",)

    failed = provisioner(command, *yes, "--allow-data-loss", "stores/dev-pref-memory")
    assert failed.code == 1
    assert "neither declared nor live" in failed.err
    assert 'Did you mean "stores/dev-prefs-memory"?' in failed.err

    assert "There are: stores/dev-prefs-memory." in provisioner(command, *yes, "--allow-data-loss", "stores/x").err
    assert len(foundry.objects("stores")) == 1


@pytest.mark.usefixtures("foundry")
def test_export_of_an_owner_who_has_nothing_is_an_error(project: Path, provisioner: Command) -> None:
    assert "There are no owners." in provisioner("export", "--owner", "demo").err
    (project / "stores.yaml").write_text(f"{HEAD}agents:\n  a: {{model: x/y}}\n", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0

    failed = provisioner("export", "--owner", "nobody", "--out", "new.yaml")

    assert failed.code == 1
    assert failed.err == 'Error: Nothing live belongs to "nobody".\n  There are: demo.\n'
    assert not (project / "new.yaml").exists()
    assert 'Did you mean "demo"?' in provisioner("export", "--owner", "Demo1").err


# -- replacements


def test_a_replaced_deployment_counts_as_deleted_and_says_what_depends_on_it(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(HEAD + OLD + AGENT % "one", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text(HEAD + NEW + AGENT % "two", encoding="utf-8")
    foundry.forget_requests()

    refused = provisioner("apply", "--yes", "--max-deletes", "0")

    assert refused.code == 1
    assert "1 replacement is planned" in refused.out
    assert "agents/helper refers to it." in refused.out
    assert all(request.startswith("GET") for request in foundry.requests())


def test_no_delete_applies_the_rest_and_says_what_it_leaves(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(HEAD + OLD + AGENT % "one" + "  going: {model: chat}\n", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text(HEAD + NEW + AGENT % "two" + "  coming: {model: chat}\n", encoding="utf-8")

    planned = provisioner("plan", "--no-delete", "--detailed-exitcode")
    applied = provisioner("apply", "--yes", "--no-delete", "--max-deletes", "0")

    assert (planned.code, applied.code) == (2, 0)
    assert "agents/going would be deleted; --no-delete leaves it as it is" in planned.out
    assert "deployments/chat would be replaced because model.name" in applied.out
    assert names(foundry, "agents") == ["coming", "going", "helper"]
    assert not any(request.startswith("DELETE") for request in foundry.requests())
    still = provisioner("plan", "--no-delete", "--detailed-exitcode")
    assert still.code == 2
    assert "Plan: nothing to change, 2 left out, 2 unchanged." in still.out
    assert provisioner("apply", "--yes").code == 0
    assert names(foundry, "agents") == ["coming", "helper"]


# -- protection


def test_an_adopted_store_is_protected_and_its_export_keeps_that(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    assert "prevent_destroy" not in provisioner("export").out
    foundry.drift("store", "dev-prefs-memory", metadata={})

    planned = provisioner("plan", "--adopt")
    assert "lifecycle.prevent_destroy: false -> true" in planned.out
    assert provisioner("apply", "--yes", "--adopt").code == 0

    refused = provisioner("destroy", "--yes", "--allow-data-loss", "stores/dev-prefs-memory")
    assert refused.code == 1
    assert "prevent-destroy" in refused.out
    exported = provisioner("export")
    assert exported.out.count("prevent_destroy: true") == 1
    manifest.write_text(exported.out, encoding="utf-8")
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_what_is_ignored_is_said_beside_no_changes(foundry: Foundry, project: Path, provisioner: Command) -> None:
    ignoring = OLD.replace("capacity: 1}", "capacity: %d}, lifecycle: {ignore: [sku.capacity]}")
    manifest = project / "stores.yaml"
    manifest.write_text(HEAD + ignoring % 1, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text(HEAD + ignoring % 30, encoding="utf-8")

    planned = provisioner("plan", "--detailed-exitcode")

    assert planned.code == 0
    assert "ignored-difference" in planned.out
    assert "sku.capacity" in planned.out
    assert "as the manifest says." not in planned.out
    assert deployments(foundry) == {"chat": 1}


# -- after a failure


def test_on_error_stop_starts_nothing_more(foundry: Foundry, project: Path, provisioner: Command) -> None:
    agents = "".join(f"  a{number}: {{model: x/y}}\n" for number in range(5))
    (project / "stores.yaml").write_text(f"{HEAD}agents:\n{agents}", encoding="utf-8")
    foundry.fault({"method": "POST", "path": "*/agents/a1/versions"}, {"status": 400})

    failed = provisioner("apply", "--yes", "--on-error", "stop", "--parallelism", "1")

    assert failed.code == 1
    assert names(foundry, "agents") == ["a0"]
    assert "agents/a1 failed, and nothing is started after a failure" in failed.out
    assert provisioner("apply", "--yes", "--parallelism", "1").code == 1
    assert names(foundry, "agents") == ["a0", "a2", "a3", "a4"]


# -- capacity


def at_full_quota(foundry: Foundry, provisioner: Command) -> None:
    foundry.quota("OpenAI.GlobalStandard.gpt-4o", 14)
    assert provisioner("apply", "--yes", *case("27-quota-1")).code == 0


def test_capacity_moves_between_two_deployments_both_ways(foundry: Foundry, provisioner: Command) -> None:
    at_full_quota(foundry, provisioner)

    assert provisioner("apply", "--yes", *case("27-quota-2-move")).code == 0
    assert deployments(foundry) == {"aa": 4, "bb": 10}
    assert provisioner("apply", "--yes", *case("27-quota-1")).code == 0
    assert deployments(foundry) == {"aa": 10, "bb": 4}


def test_a_rename_of_what_nobody_uses_is_one_apply(foundry: Foundry, provisioner: Command) -> None:
    at_full_quota(foundry, provisioner)

    assert provisioner("apply", "--yes", *case("27-quota-3-rename")).code == 0
    assert deployments(foundry) == {"bb": 4, "zz": 10}
    assert provisioner("apply", "--yes", *case("27-quota-1")).code == 0
    assert deployments(foundry) == {"aa": 10, "bb": 4}


def test_a_rename_of_what_is_in_use_names_the_two_steps_and_they_work(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    at_full_quota(foundry, provisioner)
    manifest = project / "stores.yaml"
    before = (CASES / "27-quota-1.yaml").read_text(encoding="utf-8")
    manifest.write_text(before + "agents:\n  helper: {model: aa}\n", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    after = (CASES / "27-quota-3-rename.yaml").read_text(encoding="utf-8") + "agents:\n  helper: {model: zz}\n"
    manifest.write_text(after, encoding="utf-8")

    for _ in range(2):
        failed = provisioner("apply", "--yes")
        assert failed.code == 1
        words = " ".join(failed.out.split())
        assert "deployments/aa holds that capacity" in words
        assert "Do it in two steps" in words
        assert deployments(foundry) == {"aa": 10, "bb": 4}

    halves = after.replace("capacity: 10", "capacity: 5").replace(
        "agents:", f"{before.splitlines()[3].replace('capacity: 10', 'capacity: 5')}\nagents:"
    )
    manifest.write_text(halves, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text(after, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    assert deployments(foundry) == {"bb": 4, "zz": 10}


# -- another name


def test_a_manifest_may_change_its_name(foundry: Foundry, project: Path, provisioner: Command) -> None:
    manifest = project / "stores.yaml"
    manifest.write_text(HEAD + OLD + AGENT % "Hi." + "  left: {model: chat}\n", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    manifest.write_text((HEAD + OLD + AGENT % "Hi.").replace("name: demo", "name: newly"), encoding="utf-8")

    refused = provisioner("apply", "--yes")
    assert refused.code == 1
    assert "--take-over demo" in refused.out

    mistaken = provisioner("apply", "--yes", "--take-over", "dmo")
    assert mistaken.code == 1
    assert '--take-over names "dmo", to which nothing live belongs.' in mistaken.err
    assert 'Did you mean "demo"? Others that own something: demo.' in mistaken.err

    planned = provisioner("plan", "--take-over", "demo", "--detailed-exitcode")
    assert planned.code == 2
    assert planned.out.count('owner: "demo" -> "newly"') == 2
    assert "agents/left belongs to" in planned.out

    assert provisioner("apply", "--yes", "--take-over", "demo").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert names(foundry, "agents") == ["helper", "left"]
    again = provisioner("apply", "--yes", "--take-over", "demo")
    assert again.code == 0
    assert provisioner("destroy", "--yes").code == 0
    assert names(foundry, "agents") == ["left"]


# -- the local state


@pytest.mark.parametrize("given", ["../foundry.yaml", ".."], ids=["a file", "a folder"])
def test_the_local_state_is_beside_the_manifest_wherever_the_shell_is(
    given: str, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("FOUNDRY_", "AZURE_"))]:
        monkeypatch.delenv(name)
    (project / "foundry.yaml").write_text(f"{HEAD}agents:\n  a: {{model: x/y}}\n", encoding="utf-8")
    assert provisioner("apply", "--local", "--yes", "-f", "foundry.yaml").code == 0
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")

    assert provisioner("plan", "--local", "-f", given, "--detailed-exitcode").code == 0

    assert not (project / "sub" / ".provisioner").exists()
    assert provisioner("plan", "--local", "-f", given, "--state", "own.db", "--detailed-exitcode").code == 2
    assert (project / "sub" / "own.db").exists()
    assert "agents" not in provisioner("export", "--local").out, "without a manifest it is the folder of the shell"
