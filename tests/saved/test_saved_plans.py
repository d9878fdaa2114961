"""A plan that travels: made here, read by somebody, applied there, and refused as soon as it is not true any more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.foundry import EXAMPLE, Command, Foundry

SMALL = """\
version: 1
name: small
deployments:
  chat:
    model: {format: OpenAI, name: gpt-5.4-mini, version: "2026-03-17"}
    sku: {name: GlobalStandard, capacity: 10}
  embed:
    model: {format: OpenAI, name: text-embedding-3-large, version: "1"}
    sku: {name: Standard, capacity: 10}
stores:
  prefs: {description: a, chat_model: chat, embedding_model: embed}
agents:
  helper: {model: chat, instructions: Help., temperature: 0.2}
"""


@pytest.fixture
def small(foundry: Foundry, project: Path, provisioner: Command) -> Path:
    """The small manifest, applied."""
    file = project / "stores.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    foundry.forget_requests()
    return file


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def writes(foundry: Foundry) -> list[str]:
    return [it for method in ("PUT", "POST", "PATCH", "DELETE") for it in foundry.requests(method)]


def test_what_was_reviewed_is_applied_and_nothing_else(foundry: Foundry, small: Path, provisioner: Command) -> None:
    edit(small, "description: a", "description: b")
    edit(small, "temperature: 0.2", "temperature: 0.4")
    assert provisioner("plan", "--out", "plan.json").code == 0
    small.unlink()

    done = provisioner("apply", "--plan", "plan.json")

    assert done.code == 0, done.err
    assert "2 updated" in done.out
    (store,) = foundry.objects("stores")
    assert store["description"] == "b"
    foundry.forget_requests()
    again = provisioner("apply", "--plan", "plan.json")
    assert again.code == 0
    assert "Nothing to do" in again.out
    assert writes(foundry) == []
    small.write_text(SMALL.replace("description: a", "description: b").replace("0.2", "0.4"), encoding="utf-8")
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_an_applied_plan_asks_for_no_more_than_a_plan(foundry: Foundry, small: Path, provisioner: Command) -> None:
    edit(small, "description: a", "description: b")
    assert provisioner("plan", "--out", "plan.json").code == 0
    planned = sorted(foundry.requests())
    assert provisioner("apply", "--plan", "plan.json").code == 0
    foundry.forget_requests()

    assert provisioner("apply", "--plan", "plan.json").code == 0

    assert set(foundry.requests()) <= set(planned)
    assert len(foundry.requests()) <= len(planned)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("moved", "changes", "told"),
    [
        pytest.param(
            "stores/prefs", {"description": "z"}, 'stores/prefs description: was "a" when planned, is "z" now.'
        ),
        pytest.param(
            "agents/helper",
            {"temperature": 0.9},
            "agents/helper temperature: was 0.2 when planned, is 0.9 now.",
        ),
        pytest.param(
            "agents/helper",
            {"top_p": 0.5},
            "agents/helper top_p: was not there when planned, is 0.5 now.",
        ),
        pytest.param(
            "deployments/chat",
            {"sku": {"capacity": 20}},
            "deployments/chat sku.capacity: was 10 when planned, is 20 now.",
        ),
        pytest.param(
            "deployments/embed",
            {"sku": {"capacity": 20}},
            "deployments/embed sku.capacity: was 10 when planned, is 20 now.",
        ),
        pytest.param("agents/helper", None, "agents/helper was there when planned, is gone now."),
    ],
)
def test_what_moved_since_is_named_and_nothing_is_written(
    moved: str, changes: Any, told: str, foundry: Foundry, provisioner: Command
) -> None:
    small, (kind, name) = Path("stores.yaml"), moved.split("/")
    edit(small, "description: a", "description: b")
    edit(small, "Help.", "Help more.")
    assert provisioner("plan", "--out", "plan.json").code == 0
    if changes is None:
        foundry.remove(kind, name)
    else:
        foundry.drift(kind, name, **changes)
    foundry.forget_requests()

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert told in refused.err
    assert "out of date" in refused.err
    assert writes(foundry) == []
    shown = provisioner("apply", "--plan", "plan.json", "--format", "json").events[-1]
    assert shown["event"] == "failed"
    assert told in [it["message"] for it in shown["diagnostics"]]


def test_what_the_plan_does_not_touch_may_move(foundry: Foundry, small: Path, provisioner: Command) -> None:
    edit(small, "Help.", "Help more.")
    assert provisioner("plan", "--out", "plan.json").code == 0
    foundry.drift("stores", "prefs", description="z")

    assert provisioner("apply", "--plan", "plan.json").code == 0

    assert [it["description"] for it in foundry.objects("stores")] == ["z"]


def test_what_is_to_be_made_and_is_there_already_is_refused(small: Path, provisioner: Command) -> None:
    edit(small, "stores:\n", "stores:\n  other: {chat_model: chat, embedding_model: embed}\n")
    assert provisioner("plan", "--out", "plan.json").code == 0
    text = small.read_text(encoding="utf-8")
    small.write_text(text.replace("name: small", "name: theirs").replace("  prefs:", "  more:"), encoding="utf-8")
    edit(small, "agents:\n  helper", "agents:\n  theirs")
    for name in ("chat", "embed"):
        edit(small, f"  {name}:\n", f"  {name}2:\n")
    edit(small, "chat_model: chat", "chat_model: chat2")
    edit(small, "embedding_model: embed", "embedding_model: embed2")
    edit(small, "model: chat,", "model: chat2,")
    assert provisioner("apply", "--yes").code == 0

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert 'stores/other was not there when planned, is there now, and belongs to "theirs".' in refused.err


def test_a_plan_that_was_applied_half_way_is_finished(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("plan", "--out", "plan.json").code == 0
    foundry.fault(
        {"method": "POST", "path": "*/memory_stores", "times": 1},
        {"status": 400, "body": {"error": {"code": "Odd", "message": "No."}}},
    )
    failed = provisioner("apply", "--plan", "plan.json")
    assert failed.code == 1
    assert foundry.objects("stores") == []

    finished = provisioner("apply", "--plan", "plan.json")

    assert finished.code == 0, finished.err
    assert "2 created" in finished.out
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_a_replacement_that_was_broken_off_is_finished(foundry: Foundry, small: Path, provisioner: Command) -> None:
    edit(small, "embedding_model: embed}", "embedding_model: embed, options: {chat_summary_enabled: false}}")
    assert provisioner("plan", "--allow-data-loss", "stores/prefs", "--out", "plan.json").code == 0
    foundry.remove("stores", "prefs")

    finished = provisioner("apply", "--plan", "plan.json")

    assert finished.code == 0, finished.err
    assert "1 created" in finished.out


def test_a_destruction_is_planned_and_applied(foundry: Foundry, small: Path, provisioner: Command) -> None:
    planned = provisioner("plan", "--destroy", "--allow-data-loss", "stores/prefs", "--out", "plan.json")
    assert planned.code == 0, planned.err
    assert "4 to delete" in planned.out
    small.unlink()

    assert provisioner("apply", "--plan", "plan.json").code == 0

    assert foundry.objects("stores") == []
    assert foundry.objects("agents") == []
    again = provisioner("apply", "--plan", "plan.json")
    assert (again.code, "Nothing to do" in again.out) == (0, True)


def test_what_was_to_go_and_moved_is_told_with_what_it_was(foundry: Foundry, small: Path, provisioner: Command) -> None:
    edit(small, "  helper: {", "  other: {")
    assert provisioner("plan", "--out", "plan.json").code == 0
    foundry.drift("agents", "helper", temperature=0.7)

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "agents/helper temperature: was 0.2 when planned, is 0.7 now." in refused.err


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("flags", [("--adopt",), ("--no-delete",), ("--replace", "agents/helper")])
def test_a_destruction_has_no_use_for_what_is_made(flags: tuple[str, ...], provisioner: Command) -> None:
    refused = provisioner("plan", "--destroy", *flags)

    assert refused.code == 1
    assert f"{flags[0]} and --destroy do not go together" in refused.err


@pytest.mark.usefixtures("small")
def test_a_refused_plan_is_written_and_not_applied(provisioner: Command, foundry: Foundry) -> None:
    assert provisioner("plan", "--destroy", "--out", "plan.json").code == 1
    document = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    assert document["applicable"] is False

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "It was refused." in refused.err
    assert writes(foundry) == []


def test_a_plan_is_read_from_stdin(
    small: Path, provisioner: Command, foundry: Foundry, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(small, "description: a", "description: b")
    made = provisioner("plan", "--format", "json").out
    with Path("plan.json").open("w", encoding="utf-8") as stream:
        stream.write(made)
    with Path("plan.json").open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        done = provisioner("apply", "--plan", "-")

    assert done.code == 0, done.err
    assert [it["description"] for it in foundry.objects("stores")] == ["b"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "flags",
    [
        ("-f", "stores.yaml"),
        ("--adopt",),
        ("--max-deletes", "3"),
        ("--no-delete",),
        ("--take-over", "others"),
        ("--allow-data-loss", "stores/prefs"),
        ("--skip-check", "quota"),
        ("--fail-if-retiring-within", "9d"),
        ("--no-cache",),
        ("--expect-digest", f"sha256:{'0' * 64}"),
        ("--replace", "stores/prefs"),
        ("--target", "stores/*"),
        ("--exclude", "stores/*"),
    ],
)
def test_a_plan_has_said_what_the_flags_of_planning_say(flags: tuple[str, ...], provisioner: Command) -> None:
    assert provisioner("plan", "--out", "plan.json").code == 0

    refused = provisioner("apply", "--plan", "plan.json", *flags)

    assert refused.code == 1
    assert "do not go together" in refused.err


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ("FOUNDRY_PROJECT_ENDPOINT=https://x.services.ai.azure.com/api/projects/other", "another project"),
        ("AZURE_SUBSCRIPTION_ID=11111111-0000-0000-0000-000000000000", "another project"),
        ("AZURE_RESOURCE_GROUP=other", "another project"),
        ("PROVISIONER_MANAGEMENT_ENDPOINT=https://management.azure.com", "another project"),
        ("PROVISIONER_NAME=other", "another owner"),
    ],
)
def test_a_plan_for_another_project_or_owner_is_refused(
    setting: str, word: str, foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Path("stores.yaml")
    edit(small, "description: a", "description: b")
    assert provisioner("plan", "--out", "plan.json").code == 0
    foundry.forget_requests()
    monkeypatch.setenv(*setting.split("=", 1))

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert word in refused.err
    assert foundry.requests() == []


@pytest.mark.usefixtures("small")
def test_the_local_foundry_is_another_project(provisioner: Command) -> None:
    assert provisioner("plan", "--out", "plan.json").code == 0

    refused = provisioner("apply", "--local", "--plan", "plan.json")

    assert refused.code == 1
    assert "another project" in refused.err


def test_the_expected_plan_is_applied_without_a_question(small: Path, foundry: Foundry, provisioner: Command) -> None:
    edit(small, "description: a", "description: b")
    digest = provisioner("plan").out.splitlines()[-1].removeprefix("Digest: ")
    assert provisioner("plan", "--format", "json").document["digest"] == digest
    assert f"<code>{digest}</code>" in provisioner("plan", "--format", "markdown").out

    done = provisioner("apply", "--expect-digest", digest)

    assert done.code == 0, done.err
    assert [it["description"] for it in foundry.objects("stores")] == ["b"]


@pytest.mark.parametrize("style", ["text", "json"])
def test_another_plan_than_the_expected_one_is_shown_and_not_applied(
    style: str, small: Path, foundry: Foundry, provisioner: Command
) -> None:
    edit(small, "description: a", "description: b")
    digest = provisioner("plan", "--format", "json").document["digest"]
    foundry.drift("stores", "prefs", description="z")
    foundry.forget_requests()

    refused = provisioner("apply", "--yes", "--expect-digest", digest, "--format", style)

    assert refused.code == 1
    assert "not the plan that was expected" in refused.err
    assert "description" in refused.out
    assert writes(foundry) == []
    if style == "json":
        assert [it["event"] for it in refused.events] == ["planned", "failed"]


@pytest.mark.usefixtures("small")
def test_what_is_no_digest_is_wrong_usage(provisioner: Command) -> None:
    assert provisioner("apply", "--expect-digest", "abc").code == 1


def test_the_digest_does_not_depend_on_how_a_manifest_is_written(small: Path, provisioner: Command) -> None:
    edit(small, "description: a", "description: b")
    one = provisioner("plan", "--format", "json").document["digest"]
    head, rest = small.read_text(encoding="utf-8").split("stores:\n")
    Path("parts").mkdir()
    Path("parts/1.yaml").write_text(f"# a comment\nversion: 1\nname: small\nstores:\n{rest}", encoding="utf-8")
    Path("parts/2.yaml").write_text(head, encoding="utf-8")

    assert provisioner("plan", "-f", "parts", "--format", "json").document["digest"] == one


@pytest.mark.usefixtures("foundry")
def test_the_digest_covers_what_a_new_object_starts_with(project: Path, provisioner: Command) -> None:
    def digest(temperature: str) -> str:
        entry = f"temperature: {temperature}, lifecycle: {{ignore: [temperature]}}"
        (project / "stores.yaml").write_text(SMALL.replace("temperature: 0.2", entry), encoding="utf-8")
        return provisioner("plan").out.splitlines()[-1]

    assert digest("0.2") == digest("0.20") != digest("0.9")


def test_two_plans_of_the_same_are_the_same_but_for_the_time(small: Path, provisioner: Command) -> None:
    edit(small, "description: a", "description: b")

    def written() -> str:
        assert provisioner("plan", "--out", "plan.json").code == 0
        lines = Path("plan.json").read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if not line.startswith(('  "made_at"', '  "checksum"')))

    assert written() == written()


@pytest.mark.parametrize("style", ["text", "markdown", "html", "json"])
@pytest.mark.parametrize("action", ["nothing", "change", "destroy"])
def test_a_saved_plan_shows_what_the_plan_showed(style: str, action: str, small: Path, provisioner: Command) -> None:
    if action != "nothing":
        edit(small, "description: a", "description: b")
        edit(small, "  helper: {", "  new: {model: chat, instructions: x}\n  helper: {tools: [{type: web_search}], ")
    more = ("--destroy",) if action == "destroy" else ()
    planned = provisioner("plan", "--format", style, "--out", "plan.json", *more)

    shown = provisioner("show", "plan.json", "--format", style)

    assert shown.code == 0, shown.err
    if style == "json":
        assert shown.out == Path("plan.json").read_text(encoding="utf-8")
    else:
        assert shown.out == planned.out


def test_an_adoption_is_finished_and_then_there_is_nothing_to_do(
    foundry: Foundry, small: Path, provisioner: Command
) -> None:
    text = small.read_text(encoding="utf-8")
    small.write_text(text.replace("prefs: {", "prefs: {lifecycle: {on_remove: keep}, "), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    small.write_text(text.replace("  prefs:", "  other:"), encoding="utf-8")
    assert provisioner("plan", "--out", "release.json").code == 0
    assert provisioner("apply", "--plan", "release.json").code == 0
    assert "Nothing to do" in provisioner("apply", "--plan", "release.json").out
    small.write_text(text, encoding="utf-8")
    adopts = ("--adopt", "--allow-data-loss", "stores/other")
    assert provisioner("plan", "--out", "adopt.json", *adopts).code == 0
    document = json.loads(Path("adopt.json").read_text(encoding="utf-8"))
    assert document["options"]["adopt"] is True

    assert provisioner("apply", "--plan", "adopt.json").code == 0

    assert [it["name"] for it in foundry.objects("stores")] == ["prefs"]
    assert "Nothing to do" in provisioner("apply", "--plan", "adopt.json").out


def test_what_changed_hands_since_is_refused(foundry: Foundry, small: Path, provisioner: Command) -> None:
    edit(small, "description: a", "description: b")
    assert provisioner("plan", "--out", "plan.json").code == 0
    edit(small, "name: small\n", "name: theirs\n")
    edit(small, "description: b", "description: a")
    assert provisioner("apply", "--yes", "--take-over", "small").code == 0
    foundry.forget_requests()

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert 'stores/prefs owner: was "small" when planned, is "theirs" now.' in refused.err
    assert writes(foundry) == []


def test_a_store_that_was_made_anew_is_another_one(foundry: Foundry, small: Path, provisioner: Command) -> None:
    edit(small, "description: a", "description: b")
    assert provisioner("plan", "--out", "plan.json").code == 0
    edit(small, "description: b", "description: a")
    foundry.remove("stores", "prefs")
    foundry.advance(5)
    assert provisioner("apply", "--yes").code == 0

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "stores/prefs was made anew since it was planned" in refused.err


def test_somebody_who_names_what_goes_since_is_told(small: Path, provisioner: Command) -> None:
    edit(small, "  helper: {", "  other: {model: chat, instructions: x}\n  helper: {")
    assert provisioner("apply", "--yes").code == 0
    text = small.read_text(encoding="utf-8")
    edit(small, "  prefs: {description: a, chat_model: chat, embedding_model: embed}\n", "  {}\n")
    assert provisioner("plan", "--allow-data-loss", "stores/prefs", "--out", "plan.json").code == 0
    tool = "tools: [{type: memory_search_preview, memory_store_name: prefs, scope: x}], "
    small.write_text(text.replace("other: {", f"other: {{{tool}"), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "agents/other names stores/prefs now, which was to delete." in refused.err


def test_numbers_and_names_that_variables_spell_are_spelt_where_the_plan_is_applied(
    foundry: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SMALL.replace("capacity: 10", "capacity: '${env:FOUNDRY_CAPACITY}'", 1)
    (project / "stores.yaml").write_text(text.replace("{model: chat,", "{model: '${env:FOUNDRY_MODEL}',"), "utf-8")
    monkeypatch.setenv("FOUNDRY_CAPACITY", "10")
    monkeypatch.setenv("FOUNDRY_MODEL", "chat")
    assert provisioner("plan", "--out", "plan.json").code == 0
    document = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    (chat,) = [it for it in document["changes"] if it["address"]["name"] == "chat"]
    assert chat["entry"]["sku"]["capacity"] == "${env:FOUNDRY_CAPACITY}"
    assert [it["after"] for it in chat["fields"] if it["path"] == ["sku", "capacity"]] == ["${env:FOUNDRY_CAPACITY}"]
    monkeypatch.setenv("FOUNDRY_MODEL", "elsewhere/gpt")
    refused = provisioner("apply", "--plan", "plan.json")
    assert refused.code == 1
    assert "agents/helper named deployments/chat when planned, names connections/elsewhere now." in refused.err
    assert foundry.objects("agents") == []
    monkeypatch.setenv("FOUNDRY_MODEL", "chat")
    monkeypatch.setenv("FOUNDRY_CAPACITY", "20")

    assert provisioner("apply", "--plan", "plan.json").code == 0

    assert provisioner("plan", "--detailed-exitcode").code == 0
    monkeypatch.setenv("FOUNDRY_CAPACITY", "30")
    assert provisioner("plan", "--detailed-exitcode").code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file sizes there")
@pytest.mark.usefixtures("small")
def test_a_disk_that_is_full_leaves_the_old_plan_and_no_half_of_the_new(project: Path) -> None:
    (project / "plan.json").write_text("the old one", encoding="utf-8")
    program = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from provisioner.cli.main import run\nsys.exit(run(['plan', '--out', 'plan.json']))\n"
    )
    edit(project / "stores.yaml", "description: a", "description: b")

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PYTHONDONTWRITEBYTECODE": "1",  # half a module would be kept, too
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert '"plan.json" cannot be written: the file would be too large.' in done.stderr
    assert (project / "plan.json").read_text(encoding="utf-8") == "the old one"
    assert [it.name for it in project.iterdir() if it.name.startswith(".plan.json")] == []
