"""Whole commands: what Azure would refuse is told at its line, and nothing is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from provisioner.manifest.load import load
from tests.foundry import Command, Foundry

CASE = Path(__file__).parents[1] / "cases" / "60-doomed.yaml"
DOOMED = {
    "over-quota": "insufficient-quota",
    "second-share": "insufficient-quota",
    "misspelt-model": "model-not-offered",
    "wrong-format": "model-not-offered",
    "wrong-version": "version-not-offered",
    "wrong-sku": "sku-not-offered",
    "below-minimum": "capacity-not-offered",
    "off-step": "capacity-not-offered",
    "retired-model": "model-retired",
    "half-a-claude": "model-provider-data",
    "replaced": "sku-not-offered",
    "blind-memory": "wrong-model-kind",
    "not-ours-to-write": "right-missing",
}
MENDED = {
    "over-quota": ("capacity: 2000", "capacity: 200"),
    "second-share": ("capacity: 600", "capacity: 6"),
    "misspelt-model": ("gpt-5.6-lunar", "gpt-5.6-luna"),
    "wrong-format": ("format: Microsoft", "format: OpenAI"),
    "wrong-version": ("2026-03-18", "2026-03-17"),
    "wrong-sku": ("name: Standard,", "name: GlobalStandard,"),
    "below-minimum": ("capacity: 12", "capacity: 15"),
    "off-step": ("capacity: 17", "capacity: 20"),
    "retired-model": ("name: o4-mini", "name: gpt-5-mini"),
    "half-a-claude": ("country_code: DE", "country_code: DE, organization_name: us"),
    "replaced": ("name: Regional", "name: GlobalStandard"),
    "blind-memory": ("embedding_model: theirs", "embedding_model: embed"),
}


def prepared(foundry: Foundry, provisioner: Command, project: Path) -> str:
    """What the case needs to be there: a deployment to replace, one of somebody else's, and no more rights than to
    write deployments, stores and agents.
    """
    (project / "theirs.yaml").write_text(
        "version: 1\nname: others\ndeployments:\n"
        "  theirs: {model: {format: OpenAI, name: gpt-5.4-mini}, sku: {name: GlobalStandard, capacity: 1}}\n",
        encoding="utf-8",
    )
    (project / "before.yaml").write_text(
        "version: 1\nname: doomed\ndeployments:\n"
        "  replaced: {model: {format: OpenAI, name: gpt-5.4-mini}, sku: {name: GlobalStandard, capacity: 1}}\n",
        encoding="utf-8",
    )
    for file in ("theirs.yaml", "before.yaml"):
        assert provisioner("apply", "--yes", "-f", file).code == 0
    foundry.take("Owner")
    foundry.give("Reader")
    foundry.give("Cognitive Services OpenAI Contributor", "account")
    foundry.forget_requests()
    return CASE.read_text(encoding="utf-8")


def refusals(provisioner: Command, text: str, *flags: str) -> dict[str, dict[str, Any]]:
    """The first of each resource, by its name."""
    Path("stores.yaml").write_text(text, encoding="utf-8")
    plan = provisioner("plan", "--format", "json", *flags).document
    found: dict[str, dict[str, Any]] = {}
    for it in plan["refusals"]:
        found.setdefault(it["where"]["path"].split(".")[1], it)
    return found


def test_thirteen_differently_doomed_resources_are_told_at_their_lines_and_none_is_written(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    text = prepared(foundry, provisioner, project)
    found = refusals(provisioner, text)

    assert {name: it["code"] for name, it in found.items()} == DOOMED
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines, 1) if re.match(r"  [a-z]", line)] + [len(lines) + 1]
    for name, it in found.items():
        start = lines.index(f"  {name}:") + 1
        assert start <= it["where"]["line"] < min(number for number in starts if number > start), (name, it)
    applied = provisioner("apply", "--yes")
    assert applied.code == 1
    assert "nothing was changed" in applied.err
    assert [it for it in foundry.requests() if not it.startswith("GET")] == []


@pytest.mark.parametrize("name", MENDED)
def test_what_is_mended_is_told_no_more_and_the_others_still_are(
    foundry: Foundry, provisioner: Command, project: Path, name: str
) -> None:
    text = prepared(foundry, provisioner, project)
    before, head = text.partition(f"  {name}:\n")[0], f"  {name}:\n"
    entry, separator, after = text[len(before) + len(head) :].partition("\n  ")
    old, new = MENDED[name]
    while old not in entry:  # the entry goes on where a line is not a key of the section
        more, next_separator, after = after.partition("\n  ")
        entry, separator = f"{entry}{separator}{more}", next_separator
    mended = f"{before}{head}{entry.replace(old, new)}{separator}{after}"

    found = refusals(provisioner, mended)

    assert set(DOOMED) - set(found) == {name}


def test_a_right_that_is_given_is_told_no_more_and_the_others_still_are(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    text = prepared(foundry, provisioner, project)
    foundry.give("Foundry Account Owner", "account")

    assert set(DOOMED) - set(refusals(provisioner, text)) == {"not-ours-to-write"}


def test_a_check_is_left_out_by_a_flag_or_by_the_manifest(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    text = prepared(foundry, provisioner, project)
    without = {name for name, code in DOOMED.items() if code not in ("insufficient-quota", "model-retired")}

    assert set(refusals(provisioner, text, "--skip-check", "quota", "--skip-check", "lifecycle")) == without
    said = text.replace("name: doomed\n", "name: doomed\npreflight: {skip: [quota, lifecycle]}\n")
    assert set(refusals(provisioner, said)) == without


def test_what_could_not_be_known_is_part_of_the_plan_in_every_format(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    entry = "{model: {format: OpenAI, name: gpt-5.4-mini}, sku: {name: GlobalStandard, capacity: 1}}"
    (project / "stores.yaml").write_text(f"version: 1\nname: me\ndeployments:\n  chat: {entry}\n", encoding="utf-8")
    refusal = {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "No role."}}}
    for path in ("*/usages", "*/permissions"):
        foundry.fault({"method": "GET", "path": path}, refusal)

    text, said = provisioner("plan"), provisioner("plan", "--format", "json")
    applied = provisioner("apply", "--yes", "--format", "json")

    assert text.out.count("note  not-read") == 2
    assert (text.code, text.err, said.err) == (0, "", "")
    wanted = [
        "The quota in eastus2 could not be read: No role.",
        "What you may do on the account could not be read: No role.",
    ]
    for notes in (said.document["notes"], applied.events[0]["plan"]["notes"]):
        assert [it["severity"] for it in notes] == ["note"] * 2
        assert all(it["message"].startswith(begins) for it, begins in zip(notes, wanted, strict=True))
    assert said.document["summary"]["notes"] == 2
    assert applied.code == 0


def test_the_manifest_says_how_near_a_retirement_may_be_and_a_flag_wins(
    provisioner: Command, project: Path, foundry: Foundry
) -> None:
    foundry.add_model({"name": "gpt-5.4-mini", "version": "9", "deprecation": {"inference": "2990-01-01T00:00:00Z"}})
    head = "version: 1\nname: me\npreflight: {fail_if_retiring_within: %s}\n"
    entry = '{model: {format: OpenAI, name: gpt-5.4-mini, version: "9"}, sku: {name: GlobalStandard, capacity: 1}}'
    text = f"{head}deployments:\n  chat: {entry}\n"
    (project / "stores.yaml").write_text(text % "9999d", encoding="utf-8")

    assert provisioner("plan").code == 0  # in nine centuries
    foundry.add_model({"name": "gpt-5.4-mini", "version": "9", "deprecation": {"inference": "2030-01-01T00:00:00Z"}})
    refused = provisioner("plan", "--format", "json")
    assert (refused.code, [it["code"] for it in refused.document["refusals"]]) == (1, ["model-retires"])
    assert provisioner("plan", "--fail-if-retiring-within", "1d").code == 0


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{skip: [quotas]}", "bad-value"),
        ("{skip: quota}", "wrong-type"),
        ("{fail_if_retiring_within: 60}", "wrong-type"),
        ("{fail_if_retiring_within: two months}", "bad-value"),
        ("{ignore: [quota]}", "unknown-key"),
    ],
)
def test_what_the_manifest_says_wrongly_of_checks_is_told_in_its_place(project: Path, said: str, code: str) -> None:
    file = project / "stores.yaml"
    file.write_text(f"version: 1\nname: me\npreflight: {said}\n", encoding="utf-8")
    loaded = load((file,), environ={}, project_needed=False)

    assert [(it.code, it.where.line if it.where else 0) for it in loaded.diagnostics] == [(code, 3)]
