"""Names that a manifest does not declare: the plan has read what is live, and says which of them nobody has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foundry import Command, Foundry

OWN = """\
version: 1
name: team
deployments:
  gpt:
    model: {format: OpenAI, name: gpt-5.4-mini}
    sku: {name: GlobalStandard, capacity: 1}
    rai_policy_name: POLICY
agents:
  helper:
    model: gpt
    tools: [{type: mcp, server_label: docs, project_connection_id: CONNECTION}]
"""
THEIRS = """\
version: 1
name: platform
connections: {docs: {category: RemoteTool, auth_type: "None", target: "https://example.com/mcp"}}
rai_policies: {strict: {base_policy_name: Microsoft.DefaultV2}}
"""
ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/other"


def own(policy: str, connection: str) -> str:
    return OWN.replace("POLICY", policy).replace("CONNECTION", connection)


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(autouse=True)
def _theirs(foundry: Foundry, provisioner: Command, project: Path) -> None:  # noqa: ARG001 - it runs first
    (project / "theirs.yaml").write_text(THEIRS, encoding="utf-8")
    assert provisioner("apply", "--yes", "-f", "theirs.yaml").code == 0


def test_a_name_that_nobody_has_is_told_where_it_stands_with_what_may_be_meant(
    provisioner: Command, project: Path
) -> None:
    (project / "stores.yaml").write_text(own("strikt", "docz"), encoding="utf-8")
    assert provisioner("validate", "-f", "stores.yaml").code == 0

    plan = provisioner("plan", "-f", "stores.yaml", "--format", "json")
    assert plan.code == 0
    told = [it for it in plan.document["warnings"] if it["code"] == "reference-missing"]
    assert [it["message"].partition(", which is neither declared nor live.") for it in told] == [
        (uses, ", which is neither declared nor live.", "")
        for uses in (
            'deployments/gpt uses the content filter policy "strikt" (`rai_policy_name`)',
            'agents/helper uses the connection "docz" (`tools.0.project_connection_id`)',
        )
    ]
    assert [it["hint"].partition("?")[0] for it in told] == ['Did you mean "strict"', 'Did you mean "docs"']
    assert all(it["where"] for it in told)


def test_what_is_external_and_is_not_there_is_no_remedy(provisioner: Command, project: Path) -> None:
    external = "connections: {docx: {external: true}}\n"
    (project / "stores.yaml").write_text(own("strict", "docz") + external, encoding="utf-8")

    plan = provisioner("plan", "-f", "stores.yaml", "--format", "json").document

    assert [it["code"] for it in plan["refusals"]] == ["external-missing"]
    (told,) = plan["warnings"]
    assert told["code"] == "reference-missing"
    assert "docx" not in told["hint"]


@pytest.mark.parametrize(
    ("policy", "connection"),
    [
        pytest.param("STRICT", "docs", id="live, in whatever letters"),
        pytest.param("Microsoft.DefaultV2", f"{ID}/connections/docz", id="built in, and another account's"),
    ],
)
def test_what_is_live_or_cannot_be_known_is_not_told(
    provisioner: Command, project: Path, policy: str, connection: str
) -> None:
    (project / "stores.yaml").write_text(own(policy, connection), encoding="utf-8")

    assert "reference-missing" not in provisioner("plan", "-f", "stores.yaml").out


def test_nothing_is_said_of_what_was_not_listed(
    provisioner: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_RESOURCE_GROUP")
    text = own("strikt", "docz").partition("deployments:")[0] + "deployments: {gpt: {external: true}}\n"
    agents = own("strikt", "docz").partition("agents:")[2] + "    rai_config: {rai_policy_name: strikt}\n"
    (project / "stores.yaml").write_text(f"{text}agents:{agents}", encoding="utf-8")

    plan = squeezed(provisioner("plan", "-f", "stores.yaml").out)
    assert 'uses the connection "docz"' in plan, "the project shows those that its agents can use"
    assert "strikt" not in plan.partition("Warning")[2]
