"""Content filter policies: sets of filters, blocklists that they name, and who names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient, models
from hypothesis import strategies as st

from provisioner.kinds.rai_policy import RaiPolicyKind
from provisioner.model.address import Address
from tests.foundry import Command, Foundry
from tests.kinds.applying import want
from tests.kinds.fake_service import FakeService
from tests.kinds.samples import Entry, Samples, cased, labels, with_
from tests.manifest.manifests import HEAD, load_text

BASE: Entry = {"base_policy_name": "Microsoft.DefaultV2"}
HATE: Entry = {"name": "Hate", "source": "Prompt", "enabled": True, "blocking": True, "severity_threshold": "High"}
JAILBREAK: Entry = {"name": "Jailbreak", "source": "Prompt", "enabled": True, "blocking": True}
FULL: Entry = {
    **BASE,
    "mode": "Asynchronous_filter",
    "content_filters": [{**HATE, "action": "BLOCKING"}, JAILBREAK],
    "custom_blocklists": [{"blocklist_name": "words", "source": "Prompt", "blocking": True}],
    "safety_providers": [{"safety_provider_name": "theirs", "source": "Completion", "blocking": False}],
    "egress_policy": {
        "default_action": "Allow",
        "mode": "Audit",
        "rules": [{"name": "a", "rule_type": "Fqdn", "match": {"host": "a.com"}, "action": {"action_type": "Deny"}}],
    },
    "tags": {"team": "Comms"},
}
SAMPLES = Samples(
    section="rai_policies",
    settable="""
        base_policy_name mode content_filters custom_blocklists safety_providers egress_policy.default_action
        egress_policy.mode egress_policy.rules tags.x
    """,
    read_only="id name type etag system_data properties",
    full=(BASE, {key: value for key, value in FULL.items() if key != "egress_policy"}),  # which it does not give back
    names=(["a", "House.policy_1-b", "x" * 64], ["", "-a", "a b", "x" * 65]),
    refused={
        "no base": {"mode": "Default"},
        "a filter without a source": {**BASE, "content_filters": [{"name": "Hate"}]},
        "a blocklist without a name": {**BASE, "custom_blocklists": [{"source": "Prompt"}]},
        "filters by name": {**BASE, "content_filters": {"Hate": {}}},
        "unknown key": {**BASE, "filters": []},
    },
    drawn=with_(
        {"base_policy_name": cased("Microsoft.Default", "Microsoft.DefaultV2")},
        mode=st.sampled_from(["Default", "Blocking", "Asynchronous_filter", "Deferred"]),
        content_filters=st.lists(
            with_(
                {"name": st.sampled_from(["Hate", "Violence"]), "source": st.sampled_from(["Prompt", "Completion"])},
                enabled=st.booleans(),
                blocking=st.booleans(),
                severity_threshold=st.sampled_from(["Low", "High"]),
            ),
            max_size=3,
            unique_by=lambda it: (it["name"], it["source"]),
        ),
        tags=labels,
    ),
)
HERE = ("rg-local", "local-foundry")
POLICY = """\
rai_policies:
  strict:
    base_policy_name: Microsoft.DefaultV2
    content_filters:
      - {name: Hate, source: Prompt, severity_threshold: Low}
      - {name: Jailbreak, source: Prompt}
"""
WORDS = """\
rai_blocklists: {words: {items: {falcon: {pattern: Project Falcon}}}}
"""
NAMES_WORDS = """\
    custom_blocklists: [{blocklist_name: words, source: Prompt}]
"""
GPT = """\
deployments:
  gpt:
    model: {format: OpenAI, name: gpt-5.4-mini}
    sku: {name: GlobalStandard, capacity: 1}
    rai_policy_name: NAME
"""
NAMED = "version: 1\nname: team\n"


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@contextmanager
def sdk(foundry: Foundry) -> Iterator[Any]:
    """Microsoft's own client."""
    subscription, url = foundry.env["AZURE_SUBSCRIPTION_ID"], foundry.env["PROVISIONER_MANAGEMENT_ENDPOINT"]
    with (
        DefaultAzureCredential() as credential,
        CognitiveServicesManagementClient(credential, subscription, base_url=url) as client,
    ):
        yield client


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_a_policy_is_put_whole_with_its_owner_in_the_tags(service: FakeService) -> None:
    service.apply(want("rai_policies", "strict", FULL))

    (call,) = service.arm.writes
    assert (call.method, call.path) == ("PUT", "/raiPolicies/strict")
    properties = call.body["properties"]
    assert properties["contentFilters"][0]["severityThreshold"] == "High"
    assert properties["customBlocklists"] == [{"blocklistName": "words", "source": "Prompt", "blocking": True}]
    assert properties["egressPolicy"]["rules"][0]["ruleType"] == "Fqdn"
    assert call.body["tags"].keys() == {"team", "provisioner-owner", "provisioner-applied"}


def test_filters_are_a_set_by_name_and_source(service: FakeService) -> None:
    service.apply(want("rai_policies", "strict", {**BASE, "content_filters": [HATE, JAILBREAK]}))

    other = [{"name": "JAILBREAK", "source": "prompt", "action": "NONE"}, {**HATE, "severity_threshold": "high"}]
    assert service.apply(want("rai_policies", "strict", {**BASE, "content_filters": other})) == []
    assert service.apply(want("rai_policies", "strict", {**BASE, "content_filters": [HATE]})) == ["update strict"]


@pytest.mark.parametrize(("shown", "changes"), [("Deferred", []), ("Blocking", ["update strict"])])
def test_a_mode_goes_by_its_old_name_too(service: FakeService, shown: str, changes: list[str]) -> None:
    service.apply(want("rai_policies", "strict", {**BASE, "mode": "Asynchronous_filter"}))
    service.arm.kept[f"{service.arm.account}/raiPolicies/strict"]["properties"]["mode"] = shown

    assert service.apply(want("rai_policies", "strict", {**BASE, "mode": "Asynchronous_filter"})) == changes


def test_the_service_s_own_are_nobody_s(service: FakeService) -> None:
    for name, properties in (("Microsoft.Default", {}), ("theirs", {"type": "SystemManaged"})):
        service.arm.put(
            f"{service.arm.account}/raiPolicies/{name}",
            {"properties": properties, "tags": {"provisioner-owner": "team"}},
        )

    assert service.live() == {}
    assert RaiPolicyKind().read(service, Address("rai_policies", "theirs")) is None
    found = RaiPolicyKind().check("microsoft.x", BASE)
    assert [finding.code for finding in found] == ["built-in-policy"]


def test_without_a_resource_group_there_is_nothing_to_see() -> None:
    service = FakeService(management=None)

    assert list(RaiPolicyKind().list(service)) == []
    assert RaiPolicyKind().read(service, Address("rai_policies", "strict")) is None


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"content_filters": [HATE, {**HATE, "name": "HATE"}]}, "filter-twice"),
        ({"content_filters": [{**JAILBREAK, "severity_threshold": "Low"}]}, "filter-threshold"),
        ({"custom_blocklists": [{"blocklist_name": "a", "source": "Prompt"}] * 2}, "filter-twice"),
    ],
)
def test_what_the_service_would_refuse_is_told_before(more: Entry, code: str) -> None:
    assert [finding.code for finding in RaiPolicyKind().check("strict", {**BASE, **more})] == [code]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("strict", []),
        ("STRICT", []),
        ("Microsoft.DefaultV2", []),
        ("strikt", ["unknown-reference"]),
        ("somebody-else-s", []),
    ],
)
def test_names_of_declared_policies_are_checked_in_whatever_letters(tmp_path: Path, name: str, told: list[str]) -> None:
    loaded = load_text(tmp_path, HEAD + POLICY + GPT.replace("NAME", name))

    assert [problem.code for problem in loaded.diagnostics] == told


@pytest.mark.parametrize("spelt", ["strict", "STRICT"])
def test_they_are_made_in_order_and_not_deleted_under_who_names_them(
    foundry: Foundry, provisioner: Command, project: Path, spelt: str
) -> None:
    file = project / "stores.yaml"
    gpt = GPT.replace("NAME", spelt)
    file.write_text(NAMED + WORDS + POLICY + NAMES_WORDS + gpt, encoding="utf-8")
    foundry.forget_requests()
    assert provisioner("apply", "--yes").code == 0
    made = [line.partition("/local-foundry/")[2] for line in foundry.requests("PUT")]
    assert made == ["raiBlocklists/words", "raiPolicies/strict", "deployments/gpt"]
    assert provisioner("plan", "--detailed-exitcode").code == 0

    file.write_text(NAMED + gpt, encoding="utf-8")
    refused = provisioner("plan")
    assert refused.code == 1
    assert "rai_policies/strict would be deleted, but deployments/gpt refers to it." in squeezed(refused.out)
    assert provisioner("destroy", "--yes").code == 0
    assert [it["type"] for it in foundry.objects("resources") if "/rai" in it["type"]] == []


def test_a_filter_that_others_add_is_drift_and_shown(foundry: Foundry, provisioner: Command, project: Path) -> None:
    (project / "stores.yaml").write_text(NAMED + POLICY + "    lifecycle: {prevent_destroy: true}\n", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    with sdk(foundry) as client:
        live = client.rai_policies.get(*HERE, "strict")
        live.properties.content_filters.append(
            models.RaiPolicyContentFilter(name="Profanity", source="Completion", enabled=True, blocking=True)
        )
        client.rai_policies.create_or_update(*HERE, "strict", live)

    plan = provisioner("plan", "--detailed-exitcode")
    assert plan.code == 2
    assert "Profanity" in plan.out
    assert "drift: changed outside the manifest" in plan.out
    assert "protected by `prevent_destroy`" in squeezed(provisioner("destroy", "--yes").out)
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


def test_what_the_service_fills_in_is_no_drift_and_a_change_of_it_is(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    foundry.switch(filled_in_filters=True)
    (project / "stores.yaml").write_text(NAMED + POLICY, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert "Violence" not in provisioner("export").out

    with sdk(foundry) as client:
        live = client.rai_policies.get(*HERE, "strict")
        (violence,) = (it for it in live.properties.content_filters if (it.name, it.source) == ("Violence", "Prompt"))
        violence.enabled = False
        client.rai_policies.create_or_update(*HERE, "strict", live)
    plan = provisioner("plan", "--detailed-exitcode")
    assert plan.code == 2
    assert "Violence" in plan.out
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(("name", "codes"), [("Microsoft.DefaultV2", []), ("Microsoft.Defect", ["external-missing"])])
def test_one_of_the_service_may_be_declared_external(
    foundry: Foundry,  # noqa: ARG001 - it runs
    provisioner: Command,
    project: Path,
    name: str,
    codes: list[str],
) -> None:
    (project / "stores.yaml").write_text(f"{NAMED}rai_policies: {{{name}: {{external: true}}}}\n", encoding="utf-8")

    plan = provisioner("plan", "--format", "json").document
    assert [it["code"] for it in plan["refusals"]] == codes


EGRESS = """\
    egress_policy:
      rules: [{name: a, rule_type: Fqdn, match: {host: a.com}, action: {action_type: Allow}}]
"""


def test_where_an_agent_may_reach_out_to_is_done_when_the_service_shows_it(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    (project / "stores.yaml").write_text(NAMED + POLICY + EGRESS, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    (policy,) = (it for it in foundry.objects("resources") if it["name"] == "strict")
    shown = policy["properties"]["egressPolicy"]
    assert (shown["defaultAction"], shown["mode"], shown["rules"][0]["name"]) == ("Deny", "Enforced", "a")
    assert provisioner("plan", "--detailed-exitcode").code == 0

    foundry.drift("policy", "strict", properties={"egressPolicy": {"defaultAction": "Allow"}})
    assert "default_action" in provisioner("plan").out
    foundry.drift("policy", "strict", properties={"egressPolicy": None})
    plan = provisioner("plan", "--detailed-exitcode")
    assert (plan.code, "drift: changed outside the manifest" in plan.out) == (2, True)


def test_what_somebody_else_made_is_adopted_and_exported(foundry: Foundry, provisioner: Command, project: Path) -> None:
    with sdk(foundry) as client:
        filters = [{"name": "Hate", "source": "Prompt", "enabled": True, "blocking": True, "severityThreshold": "Low"}]
        body = {"properties": {"basePolicyName": "Microsoft.Default", "contentFilters": filters}, "tags": {"a": "b"}}
        client.rai_policies.create_or_update(*HERE, "theirs", body)

    exported = provisioner("export", "--adopt")
    assert "Microsoft.DefaultV2" not in exported.out
    (project / "stores.yaml").write_text(exported.out, encoding="utf-8")
    assert provisioner("apply", "--yes", "--adopt").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    foundry.drift("policy", "theirs", properties={"mode": "Blocking"})
    assert "mode" in provisioner("plan").out
    assert "theirs" in foundry.page("/")


def test_the_example_is_applied_as_it_is(foundry: Foundry, provisioner: Command, project: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "content_filters.yaml"
    (project / "example.yaml").write_text(example.read_text(encoding="utf-8"), encoding="utf-8")

    assert provisioner("validate", "-f", "example.yaml").out == ""
    assert provisioner("apply", "--yes", "-f", "example.yaml").code == 0
    assert provisioner("plan", "--detailed-exitcode", "-f", "example.yaml").code == 0
    assert len([it for it in foundry.objects("resources") if "/rai" in it["type"]]) == 4


@pytest.mark.contract
def test_the_sdk_agrees(foundry: Foundry) -> None:
    with sdk(foundry) as client:
        policies = client.rai_policies
        filters = [{"name": "Hate", "source": "Prompt", "enabled": True, "blocking": True, "severityThreshold": "Low"}]
        body = {"properties": {"basePolicyName": "Microsoft.Default", "contentFilters": filters}, "tags": {"a": "b"}}
        made = policies.create_or_update(*HERE, "strict", body)

        assert (made.name, made.tags, made.properties.type) == ("strict", {"a": "b"}, "UserManaged")
        assert [it.name for it in made.properties.content_filters] == ["Hate"]
        names = {it.name: it.properties.type for it in policies.list(*HERE)}
        assert names == {
            "Microsoft.Default": "SystemManaged", "Microsoft.DefaultV2": "SystemManaged", "strict": "UserManaged"
        }  # fmt: skip
        for wrong in (
            [{"name": "Hate", "source": "Prompt"}],
            [*filters, *filters],
            [{"name": "x", "source": "Prompt"}],
        ):
            with pytest.raises(HttpResponseError, match="invalid content filter"):
                policies.create_or_update(*HERE, "strict", {"properties": {"contentFilters": wrong}})
        with pytest.raises(HttpResponseError, match="managed by the system"):
            policies.create_or_update(*HERE, "Microsoft.Default", body)
        foundry.switch(write_seconds=0.2)
        policies.begin_delete(*HERE, "strict").result()
        with pytest.raises(ResourceNotFoundError):
            policies.get(*HERE, "strict")
