"""When the service refuses, stumbles or is busy."""

from __future__ import annotations

from pathlib import Path

from tests.foundry import EXAMPLE, Command, Foundry


def test_one_failure_skips_what_needs_it_and_the_rest_goes_on(
    foundry: Foundry, project: Path, provisioner: Command
) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    foundry.fault(
        {"method": "PUT", "path": "*/deployments/text-embedding-3-large", "times": 1},
        {"status": 400, "body": {"error": {"code": "InsufficientQuota", "message": "Too much."}}},
    )

    failed = provisioner("apply", "--yes")

    assert failed.code == 1
    assert "InsufficientQuota" in failed.out
    assert "Lower `sku.capacity`" in failed.out
    assert "deployments/text-embedding-3-large failed" in failed.out
    assert foundry.objects("stores") == []

    again = provisioner("apply", "--yes")
    assert again.code == 0, again.out
    assert len(foundry.objects("agents")) == 1


def test_a_lost_answer_makes_nothing_twice(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    for path in ("*/memory_stores", "*/agents/dev-buddy/versions"):
        foundry.fault({"method": "POST", "path": path, "nth": 1}, {"drop": "after"})

    done = provisioner("apply", "--yes")

    assert done.code == 0, done.out
    assert len(foundry.objects("stores")) == 1
    assert len(foundry.objects("versions")) == 1


def test_missing_rights_on_both_planes_are_told_at_once(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    foundry.switch(data_role="denied-401", management_role="denied")

    failed = provisioner("plan")

    assert failed.code == 1
    assert "grant it Foundry User on the project" in failed.err
    assert "grant it Cognitive Services Contributor on the account" in failed.err
    assert failed.err.count("az role assignment create --assignee-object-id 22222222-2222-4222-8222-222222222222") == 2


def test_whatever_reads_says_who_is_to_be_granted_what(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("plan", "--out", "plan.json").code == 0
    foundry.take("Foundry User")

    for words in (
        *(("plan",), ("apply", "--yes"), ("destroy", "--yes"), ("export", "--out", "live.yaml")),
        *(("drift",), ("import", "--all"), ("apply", "--plan", "plan.json"), ("plan", "--destroy")),
    ):
        failed = provisioner(*words)
        assert failed.code == 1
        assert failed.err.count("53ca6127-db72-4b80-b1b0-d745d6d5456d") == 1, failed.err
        assert "1 other request met the same." in failed.err


def test_json_events_tell_the_whole_story(foundry: Foundry, project: Path, provisioner: Command) -> None:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")

    done = provisioner("apply", "--yes", "--format", "json")

    assert done.code == 0
    names = [event["event"] for event in done.events]
    assert names[0] == "apply_started"
    assert names.count("change_finished") == 4
    assert names[-1] == "apply_finished"
    assert len(foundry.objects("agents")) == 1
