"""A part of everything: targets, excludes, what is suspended, what is replaced on request, and what was renamed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.foundry import EXAMPLE, Command, Foundry

STORE = "stores/dev-prefs-memory"
RENAMED = EXAMPLE.replace("dev-prefs-memory", "prefs")


@pytest.fixture
def manifest(foundry: Foundry, project: Path) -> Path:  # noqa: ARG001
    file = project / "stores.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    return file


@pytest.fixture
def applied(manifest: Path, provisioner: Command) -> Path:
    assert provisioner("apply", "--yes").code == 0
    return manifest


def _addresses(documents: list[Any]) -> list[str]:
    return [f"{it['address']['kind']}/{it['address']['name']}" for it in documents]


# -- targets and excludes


def test_a_part_is_applied_and_then_the_rest(manifest: Path, provisioner: Command) -> None:
    told = provisioner("apply", "--yes", "--target", STORE)

    assert told.code == 0, told.err
    assert told.out.startswith(
        f"PARTIAL: this is a plan of {STORE}, with all that is needed.\n"
        "Out of its scope is agents/dev-buddy: left as it is.\n"
    )
    assert "Done: 3 created" in told.out
    assert "Plan: 1 to create, 3 unchanged." in provisioner("plan").out
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert manifest.read_text("utf-8") == EXAMPLE


def test_every_format_says_that_it_is_a_part(applied: Path, project: Path, provisioner: Command) -> None:
    told = provisioner("plan", "--target", "stores/*", "--out", "plan.md", "--format", "json").document

    assert told["scope"] == {
        "targets": ["stores/*"],
        "excludes": [],
        "out_of_scope": [{"kind": "agents", "name": "dev-buddy"}],
    }
    markdown = (project / "plan.md").read_text("utf-8")
    assert "> [!IMPORTANT]\n> **PARTIAL: this is a plan of stores/" in markdown
    assert "No changes in its scope" not in markdown
    assert "**No changes. Everything in its scope is as the manifest says (3 unchanged).**" in markdown
    applied.write_text(EXAMPLE.replace("capacity: 50", "capacity: 20"), encoding="utf-8")
    events = provisioner("apply", "--yes", "--exclude", "agents/*", "--format", "json").events
    assert events[0]["plan"]["scope"]["excludes"] == ["agents/*"]
    assert events[-1]["summary"]["done"] >= 1


def test_what_left_the_manifest_stays_out_of_scope(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    applied.write_text(EXAMPLE[: EXAMPLE.index("agents:")], encoding="utf-8")

    assert provisioner("apply", "--yes", "--target", "stores/*").code == 0
    assert provisioner("apply", "--yes", "--exclude", "agents/dev-buddy").code == 0
    assert len(foundry.objects("agents")) == 1
    assert provisioner("apply", "--yes", "--target", "agents/dev-buddy").code == 0
    assert foundry.objects("agents") == []


def test_an_excluded_part_that_is_needed_is_refused(manifest: Path, provisioner: Command) -> None:
    told = provisioner("apply", "--yes", "--target", STORE, "--exclude", "deployments/gpt-5.4-mini")

    assert told.code == 1
    assert "needs-excluded" in told.out
    assert "stores/dev-prefs-memory needs deployments/gpt-5.4-mini, which is not there" in " ".join(told.out.split())
    line = next(i for i, it in enumerate(manifest.read_text("utf-8").splitlines(), 1) if it == "  dev-prefs-memory:")
    assert f"stores.yaml:{line}:3" in told.out


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        (
            ("--target", "stores/dev-pref-memory"),
            '--target stores/dev-pref-memory names nothing that is declared, or live and of "dev-buddy".',
            f'Did you mean "{STORE}"?',
        ),
        (("--exclude", "stores/x*"), "--exclude stores/x* names nothing", f"There are: {STORE}."),
        (("--target", "store/x"), 'There is no kind "store". Did you mean "stores"?', "--help"),
        (("--target", "stores"), "write it as kind/name", "--help"),
        (("--replace", "stores/x"), "--replace names stores/x, which is not declared.", "There are:"),
        (("--replace", STORE, "--target", "deployments/*"), "which is out of the scope of this run", ""),
    ],
)
@pytest.mark.usefixtures("applied")
def test_a_slip_of_the_pen_is_told(provisioner: Command, flags: tuple[str, ...], message: str, hint: str) -> None:
    told = provisioner("plan", *flags)

    assert told.code != 0
    assert message in told.err
    assert hint in told.err


@pytest.mark.usefixtures("applied")
def test_a_part_is_destroyed(foundry: Foundry, provisioner: Command) -> None:
    told = provisioner("destroy", "--yes", "--target", "deployments/*")
    assert told.code == 1
    assert "still-referred" in told.out
    assert len(foundry.objects("deployments")) == 2

    told = provisioner("destroy", "--yes", "--target", "agents/*")
    assert told.code == 0
    assert told.out.startswith("PARTIAL: this is a destroy of agents/*.\n")
    assert (len(foundry.objects("agents")), len(foundry.objects("deployments"))) == (0, 2)
    assert "is live in its scope." in provisioner("destroy", "--yes", "--target", "agents/*").out


def test_checks_are_about_the_scope_alone(manifest: Path, provisioner: Command) -> None:
    manifest.write_text(EXAMPLE.replace('version: "1"', 'version: "77"'), encoding="utf-8")

    assert "version-not-offered" in provisioner("plan").out
    told = provisioner("plan", "--target", "deployments/gpt-5.4-mini")
    assert (told.code, "version-not-offered" in told.out) == (0, False)


# -- a replacement on request


def test_a_replacement_is_made_when_it_is_asked_for(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    told = provisioner("apply", "--yes", "--replace", STORE)
    assert told.code == 1
    assert f"--allow-data-loss {STORE}" in told.out

    foundry.forget_requests()
    told = provisioner("apply", "--yes", "--replace", STORE, "--allow-data-loss", STORE)
    assert told.code == 0, told.err
    assert "! Replacement was asked for." in told.out
    written = [it.partition("/memory_stores")[0].split()[0] for it in foundry.requests() if "memory_stores" in it]
    assert [it for it in written if it != "GET"] == ["DELETE", "POST"]
    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert applied.read_text("utf-8") == EXAMPLE


@pytest.mark.usefixtures("manifest")
def test_what_is_not_live_cannot_be_replaced(provisioner: Command) -> None:
    told = provisioner("plan", "--replace", STORE)

    assert told.code == 1
    assert f"--replace names {STORE}, which is not live." in told.err


# -- suspended


def test_what_is_suspended_is_left_until_it_is_not(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    edited = EXAMPLE.replace("capacity: 50", "capacity: 20", 1)
    suspended = edited.replace("  gpt-5.4-mini:\n", "  gpt-5.4-mini:\n    lifecycle: {suspend: true}\n", 1)
    assert suspended != edited
    applied.write_text(suspended, encoding="utf-8")

    told = provisioner("plan", "--detailed-exitcode")
    assert told.code == 0
    assert "= deployments/gpt-5.4-mini is suspended: it would be updated, and is left as it is\n" in told.out
    assert "sku.capacity: 50 -> 20" in told.out
    assert "No changes (3 unchanged, 1 suspended)." in told.out
    document = provisioner("plan", "--format", "json").document
    assert (document["has_changes"], document["summary"]["suspended"]) == (False, 1)
    assert _addresses(document["suspended"]) == ["deployments/gpt-5.4-mini"]
    assert "is suspended: it would be updated" in provisioner("plan", "--format", "markdown").out

    foundry.forget_requests()
    assert provisioner("apply", "--yes").code == 0
    assert foundry.requests("PUT") == []
    told = provisioner("destroy", "--yes", "--allow-data-loss", STORE)
    assert told.code == 0
    assert "deployments/gpt-5.4-mini is suspended, so it is left as it is." in " ".join(told.out.split())
    assert [it["name"] for it in foundry.objects("deployments")] == ["gpt-5.4-mini"]

    applied.write_text(edited, encoding="utf-8")
    assert "~ deployments/gpt-5.4-mini will be updated" in provisioner("plan").out
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


# -- renamed


def test_a_renamed_key_is_recognised_and_its_line_makes_the_plan_empty(applied: Path, provisioner: Command) -> None:
    applied.write_text(RENAMED, encoding="utf-8")

    told = provisioner("plan", "--format", "json").document
    (warning,) = told["warnings"]
    assert (warning["code"], warning["where"]["path"]) == ("renamed", "stores.prefs")
    assert warning["hint"].endswith("`live_name: dev-prefs-memory`")
    assert [it["code"] for it in told["refusals"]] == ["data-loss"]

    applied.write_text(RENAMED.replace("  prefs:\n", "  prefs:\n    live_name: dev-prefs-memory\n"), encoding="utf-8")
    assert "No changes. Everything is as the manifest says (4 unchanged)." in provisioner("plan").out


def test_with_a_live_name_everything_goes_by_both_names(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    applied.write_text(RENAMED.replace("  prefs:\n", "  prefs:\n    live_name: dev-prefs-memory\n"), encoding="utf-8")
    foundry.drift("store", "dev-prefs-memory", description="Theirs.")

    told = provisioner("plan", "--target", "stores/prefs")
    assert 'stores/dev-prefs-memory ("prefs" in the manifest) will be updated' in told.out
    document = provisioner("plan", "--format", "json").document
    assert [(it["address"]["name"], it["key"]) for it in document["changes"]] == [("dev-prefs-memory", "prefs")]
    told = provisioner("plan", "--replace", "stores/prefs", "--allow-data-loss", "stores/prefs")
    assert told.code == 0
    assert "will be replaced" in told.out

    told = provisioner("drift", "--accept", "stores/prefs")
    assert told.code == 0, told.err
    text = applied.read_text("utf-8")
    assert "  prefs:\n    live_name: dev-prefs-memory\n" in text
    assert "description: Theirs." in text
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_accepting_writes_references_as_keys(applied: Path, foundry: Foundry, provisioner: Command) -> None:
    text = EXAMPLE.replace("gpt-5.4-mini:\n", "chat:\n    live_name: gpt-5.4-mini\n", 1)
    text = text.replace("chat_model: gpt-5.4-mini", "chat_model: chat").replace("model: gpt-5.4-mini", "model: chat")
    second = "  second:\n    live_name: gpt-2\n    model: {format: OpenAI, name: gpt-4.1-mini}\n"
    second += "    sku: {name: GlobalStandard, capacity: 1}\n"
    applied.write_text(text.replace("\nstores:\n", f"\n{second}\nstores:\n"), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    foundry.drift("agent", "dev-buddy", model="gpt-2")

    assert provisioner("drift", "--accept").code == 0
    assert yaml.safe_load(applied.read_text("utf-8"))["agents"]["dev-buddy"]["model"] == "second"
    assert provisioner("plan", "--detailed-exitcode").code == 0


# -- what is live and can be no key


OTHERS = """\
version: 1
name: others
deployments: {gpt-5.4-mini: {external: true}, text-embedding-3-large: {external: true}}
stores:
  prefs:
    chat_model: gpt-5.4-mini
    embedding_model: text-embedding-3-large
    lifecycle: {on_remove: keep}
"""


@pytest.fixture
def strange(applied: Path, provisioner: Command) -> Path:
    """A store that nobody owns, beside the example."""
    others = applied.parent / "others"
    others.mkdir()
    (others / "o.yaml").write_text(OTHERS, encoding="utf-8")
    assert provisioner("apply", "--yes", "-f", "others/o.yaml").code == 0
    assert provisioner("destroy", "--yes", "-f", "others/o.yaml").code == 0
    return applied


def test_a_name_that_can_be_no_key_is_exported_with_one(
    strange: Path, foundry: Foundry, project: Path, provisioner: Command
) -> None:
    foundry.rename("stores", "prefs", "odd\x07name")

    told = provisioner("export")
    assert told.code == 0, told.err
    (project / "out.yaml").write_text(told.out, encoding="utf-8")
    stores = yaml.safe_load(told.out)["stores"]
    assert "odd-name" in stores, told.err
    assert stores["odd-name"] == {"live_name": "odd\x07name", "external": True}
    assert provisioner("plan", "-f", "out.yaml", "--detailed-exitcode").code == 0
    assert strange.exists()


def test_a_key_that_is_taken_by_another_is_imported_beside_it(strange: Path, provisioner: Command) -> None:
    strange.write_text(RENAMED.replace("  prefs:\n", "  prefs:\n    live_name: dev-prefs-memory\n"), encoding="utf-8")

    told = provisioner("import", "stores/prefs")
    assert told.code == 0, told.err
    stores = yaml.safe_load(strange.read_text("utf-8"))["stores"]
    assert stores["prefs-2"]["live_name"] == "prefs"
    document = provisioner("plan", "--adopt", "--format", "json").document
    assert [(it["action"], it["address"]["name"], it["key"]) for it in document["changes"]] == [
        ("adopt", "prefs", "prefs-2")
    ]


# -- saved


def test_a_part_that_was_saved_is_applied_and_says_so(manifest: Path, project: Path, provisioner: Command) -> None:
    text = EXAMPLE.replace("  dev-prefs-memory:\n", "  prefs:\n    live_name: dev-prefs-memory\n")
    text = text.replace("memory_store_name: dev-prefs-memory", "memory_store_name: prefs")
    manifest.write_text(text, encoding="utf-8")
    assert provisioner("plan", "--target", "stores/*", "--out", "part.json").code == 0
    assert provisioner("show", "part.json").out.startswith("PARTIAL: this is a plan of stores/*")
    told = provisioner("apply", "--plan", "part.json")
    assert told.code == 0
    assert 'stores/dev-prefs-memory ("prefs" in the manifest) will be created' in told.out
    assert provisioner("plan", "--out", "rest.json").code == 0
    assert provisioner("apply", "--plan", "rest.json").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert (project / "part.json").exists()


@pytest.mark.usefixtures("applied")
def test_a_replacement_that_was_saved_is_made_once(foundry: Foundry, provisioner: Command) -> None:
    flags = ("--replace", STORE, "--allow-data-loss", STORE)
    assert provisioner("plan", *flags, "--out", "plan.json").code == 0
    told = provisioner("apply", "--plan", "plan.json")
    assert told.code == 0, told.err + told.out
    foundry.forget_requests()
    assert provisioner("apply", "--plan", "plan.json").code == 0
    assert [it for it in foundry.requests() if it.startswith("DELETE")] == []
