from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from provisioner.kinds.deployment import DeploymentKind
from provisioner.model.address import Address
from provisioner.model.diagnostic import Severity
from provisioner.model.errors import PlaneError
from provisioner.model.resource import Condition, OnRemove
from tests.kinds.applying import want
from tests.kinds.fake_service import Action, FakeManagement, FakeService, Kept
from tests.kinds.samples import Entry, Samples, cased, labels, with_

ENTRY: dict[str, Any] = {
    "model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"},
    "sku": {"name": "GlobalStandard", "capacity": 50},
    "version_upgrade_option": "NoAutoUpgrade",
}
READ_ONLY = {
    "provisioningState",
    "capabilities",
    "callRateLimit",
    "rateLimits",
    "currentCapacity",
    "dynamicThrottlingEnabled",
    "scaleSettings",
    "deploymentState",
}


def completed(body: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """As the service shows a deployment that was written."""
    properties, capacity = body["properties"], body["sku"].get("capacity", 1)
    state = (before or {}).get("properties", {}).get("deploymentState", "Running")
    return {
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "etag": '"1"',
        "systemData": {"createdBy": "somebody"},
        **body,
        "sku": {"tier": None, **body["sku"]},
        "properties": {
            "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
            "raiPolicyName": "Microsoft.DefaultV2",
            "deploymentState": state,
            **properties,
            "model": {"version": "1", **properties["model"], "callRateLimit": {"count": 1}},
            "provisioningState": "Succeeded",
            "currentCapacity": capacity,
            "capabilities": {"chatCompletion": "true"},
            "callRateLimit": {"count": 1},
            "rateLimits": [{"key": "request", "count": 1}],
            "dynamicThrottlingEnabled": False,
            "spilloverDeploymentName": properties.get("spilloverDeploymentName"),
        },
    }


def turned(state: str) -> Action:
    def act(kept: Kept, path: str, body: Any) -> None:
        assert body is None
        kept[path]["properties"]["deploymentState"] = state

    return act


@pytest.fixture
def service() -> FakeService:
    actions = {"pause": turned("Paused"), "resume": turned("Running")}
    return FakeService(management=FakeManagement(completed=completed, actions=actions))


def kept(service: FakeService, name: str) -> dict[str, Any]:
    return service.arm.kept[f"{service.arm.account}/deployments/{name}"]


def calls(service: FakeService) -> list[tuple[str, str]]:
    return [(call.method, call.path.removeprefix("/deployments/")) for call in service.arm.writes]


def deployment(entry: dict[str, Any] | None = None, **more: Any) -> Any:
    return want("deployments", "gpt", {**(ENTRY if entry is None else entry), **more})


@pytest.mark.parametrize(
    ("state", "condition"),
    [
        ("Succeeded", Condition.READY),
        ("Failed", Condition.FAILED),
        ("Canceled", Condition.FAILED),
        ("Accepted", Condition.PENDING),
        ("Creating", Condition.PENDING),
        ("Deleting", Condition.PENDING),
        ("Disabled", Condition.READY),
    ],
)
def test_a_deployment_tells_how_its_last_write_went(service: FakeService, state: str, condition: Condition) -> None:
    service.apply(deployment())
    kept(service, "gpt")["properties"]["provisioningState"] = state
    (listed,) = DeploymentKind().list(service)
    assert DeploymentKind().read(service, listed.address) == listed
    assert listed.condition is condition


@pytest.mark.parametrize("capacity", [50, 60])
def test_a_failed_deployment_is_put_again_whole(service: FakeService, capacity: int) -> None:
    service.apply(deployment())
    (first,) = service.arm.writes
    kept(service, "gpt")["properties"]["provisioningState"] = "Failed"
    assert service.apply(deployment(sku={"name": "GlobalStandard", "capacity": capacity})) == ["update gpt"]
    (again,) = service.arm.writes
    assert again.method == "PUT"
    assert again.body["properties"].items() >= first.body["properties"].items()


def test_one_deployment_is_read_where_the_list_is_read(service: FakeService) -> None:
    address = Address("deployments", "gpt")
    assert DeploymentKind().read(service, address) is None
    alone = replace(service, management=None)
    alone.project.kept["deployments/gpt"] = {
        "name": "gpt", "modelPublisher": "OpenAI", "modelName": "m", "modelVersion": "1"
    }  # fmt: skip
    assert DeploymentKind().read(alone, address) == next(iter(DeploymentKind().list(alone)))
    assert DeploymentKind().read(alone, Address("deployments", "other")) is None


def test_a_deployment_is_put_in_the_casing_of_arm_with_the_sku_at_the_root(service: FakeService) -> None:
    everything = {
        **ENTRY,
        "rai_policy_name": "P",
        "spillover_deployment_name": "spill",
        "model_provider_data": {"organization_name": "o", "country_code": "DE"},
        "capacity_settings": {"designated_capacity": 1, "priority": 2},
        "routing": {"mode": "cost", "models": [{"modelName": "x"}]},
        "tags": {"Cost_Center": "7"},
    }
    everything["model"] = {**ENTRY["model"], "source_account": "a"}
    assert service.apply(deployment(everything)) == ["create gpt"]
    (call,) = service.arm.writes
    assert calls(service) == [("PUT", "gpt")]
    assert call.body["sku"] == {"name": "GlobalStandard", "capacity": 50}
    assert call.body["properties"] == {
        "model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14", "sourceAccount": "a"},
        "versionUpgradeOption": "NoAutoUpgrade",
        "raiPolicyName": "P",
        "spilloverDeploymentName": "spill",
        "modelProviderData": {"organizationName": "o", "countryCode": "DE"},
        "capacitySettings": {"designatedCapacity": 1, "priority": 2},
        "routing": {"mode": "cost", "models": [{"modelName": "x"}]},
    }
    assert call.body["tags"]["Cost_Center"] == "7"
    assert call.body["tags"]["provisioner-owner"] == "dev-buddy"


def test_capacity_is_patched_and_nothing_else_is_sent(service: FakeService) -> None:
    service.apply(deployment())
    assert service.apply(deployment(sku={"name": "GlobalStandard", "capacity": 60})) == ["update gpt"]
    (call,) = service.arm.writes
    assert (call.method, set(call.body)) == ("PATCH", {"sku", "tags"})
    assert call.body["sku"] == {"name": "GlobalStandard", "capacity": 60}


def test_a_put_sends_back_what_is_live_and_unmanaged_and_nothing_that_is_read_only(service: FakeService) -> None:
    service.apply(deployment())
    kept(service, "gpt")["properties"]["parentDeploymentName"] = "theirs"
    kept(service, "gpt")["tags"]["theirs"] = "kept"
    assert service.apply(deployment(version_upgrade_option="OnceCurrentVersionExpired")) == ["update gpt"]
    (call,) = service.arm.writes
    assert call.method == "PUT"
    properties = call.body["properties"]
    assert properties["versionUpgradeOption"] == "OnceCurrentVersionExpired"
    assert properties["raiPolicyName"] == "Microsoft.DefaultV2"
    assert properties["parentDeploymentName"] == "theirs"
    assert properties["model"] == {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14"}
    assert call.body["tags"]["theirs"] == "kept"
    assert not READ_ONLY & properties.keys()
    assert set(call.body) == {"sku", "properties", "tags"}
    assert None not in properties.values()


@pytest.mark.parametrize(
    ("once", "now"),
    [
        pytest.param({"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1"}}, id="one tag"),
        pytest.param({"tags": {"a": "1"}}, {"tags": {}}, id="the last tag"),
        pytest.param({"tags": {"a": "1"}}, {}, id="all tags"),
        pytest.param({"sku": {"name": "S", "capacity": 5}}, {"sku": {"name": "S"}}, id="the capacity"),
    ],
)
def test_what_must_go_is_put_as_a_patch_might_keep_it(
    service: FakeService, once: dict[str, Any], now: dict[str, Any]
) -> None:
    service.apply(deployment(**once))
    assert service.apply(deployment(**now)) == ["update gpt"]
    assert [call.method for call in service.arm.writes] == ["PUT"]


def test_a_new_tag_is_patched(service: FakeService) -> None:
    service.apply(deployment())
    assert service.apply(deployment(tags={"a": "1"})) == ["update gpt"]
    assert [call.method for call in service.arm.writes] == ["PATCH"]


def test_protection_is_patched_on_and_put_off(service: FakeService) -> None:
    service.apply(deployment())
    service.apply(want("deployments", "gpt", ENTRY, prevent_destroy=True))
    assert [call.method for call in service.arm.writes] == ["PATCH"]
    assert service.apply(deployment()) == []
    service.apply(want("deployments", "gpt", ENTRY, prevent_destroy=False))
    assert [call.method for call in service.arm.writes] == ["PUT"]


def test_another_model_replaces_the_deployment_without_the_old_version(service: FakeService) -> None:
    service.apply(deployment({**ENTRY, "model": {"format": "OpenAI", "name": "gpt-4o"}}))
    kept(service, "gpt")["properties"]["raiPolicyName"] = "Mine"
    changed = {**ENTRY, "model": {"format": "OpenAI", "name": "gpt-4.1"}}
    assert service.apply(deployment(changed)) == ["replace gpt"]
    gone, made = service.arm.writes
    assert (gone.method, made.method) == ("DELETE", "PUT")
    assert made.body["properties"]["model"] == {"format": "OpenAI", "name": "gpt-4.1"}
    assert made.body["properties"]["raiPolicyName"] == "Mine"


def test_a_deployment_is_paused_and_resumed_by_its_own_calls(service: FakeService) -> None:
    service.apply(deployment(deployment_state="Paused"))
    assert calls(service) == [("PUT", "gpt"), ("POST", "gpt/pause")]
    service.apply(deployment(deployment_state="Running"))
    assert calls(service) == [("PATCH", "gpt"), ("POST", "gpt/resume")]
    service.apply(deployment(deployment_state="Paused"))
    service.apply(deployment(deployment_state="Paused", rai_policy_name="P"))
    assert calls(service) == [("PUT", "gpt")]


def test_a_deployment_that_is_no_longer_said_to_be_paused_runs(service: FakeService) -> None:
    service.apply(deployment(deployment_state="Paused"))
    assert service.apply(deployment()) == ["update gpt"]
    assert calls(service)[-1] == ("POST", "gpt/resume")


def test_an_existing_deployment_is_adopted_by_a_patch_of_its_tags(service: FakeService) -> None:
    service.apply(deployment())
    kept(service, "gpt")["tags"] = {}
    assert service.apply(deployment()) == ["adopt gpt"]
    assert [call.method for call in service.arm.writes] == ["PATCH"]


def test_a_released_deployment_loses_the_marker_and_nothing_else(service: FakeService) -> None:
    service.apply(want("deployments", "gpt", {**ENTRY, "tags": {"a": "1"}}, on_remove=OnRemove.KEEP))
    before = kept(service, "gpt")
    assert service.apply({}) == ["release gpt"]
    assert kept(service, "gpt") == {**before, "tags": {"a": "1"}}


def test_a_removed_deployment_is_deleted(service: FakeService) -> None:
    service.apply(deployment())
    assert service.apply({}) == ["delete gpt"]
    assert calls(service) == [("DELETE", "gpt")]


def test_without_subscription_and_group_deployments_can_be_seen_but_not_written(service: FakeService) -> None:
    plan = service.plan(deployment())
    service.management = None
    service.project.kept["deployments/gpt"] = {
        "name": "gpt", "modelName": "gpt-4.1", "modelVersion": "1", "modelPublisher": "OpenAI", "sku": {}
    }  # fmt: skip
    (live,) = service.live().values()
    assert live.address == Address("deployments", "gpt")
    assert live.fields == {"model": {"format": "OpenAI", "name": "gpt-4.1", "version": "1"}}
    assert live.marker is None
    with pytest.raises(PlaneError, match="the manifest does not say where") as caught:
        DeploymentKind().create(service, plan.changes[0])
    assert caught.value.hint == "Set `project.subscription_id` and `project.resource_group`."


def test_a_deployment_that_says_little_is_read_all_the_same(service: FakeService) -> None:
    service.arm.kept[f"{service.arm.account}/deployments/x"] = {
        "name": "x",
        "tags": None,
        "sku": None,
        "properties": None,
    }
    (live,) = service.live().values()
    assert (live.fields, live.marker, live.revision) == ({}, None, "")


def test_a_deployment_refers_to_the_deployments_and_the_policy_it_names() -> None:
    fields = {"spillover_deployment_name": "a", "parent_deployment_name": "b", "rai_policy_name": "c"}
    assert [str(it.target) for it in DeploymentKind().references(fields)] == [
        "deployments/a",
        "deployments/b",
        "rai_policies/c",
    ]


@pytest.mark.parametrize(
    ("model", "provides"),
    [
        ({"format": "OpenAI", "name": "gpt-4.1-mini"}, "chat"),
        ({"format": "OpenAI", "name": "text-embedding-3-large"}, "embedding"),
        ({"format": "Cohere", "name": "Embed-v4"}, "embedding"),
        ({"format": "OpenAI", "name": "dall-e-3"}, None),
        ({"format": "OpenAI", "name": "gpt-4o-realtime-preview"}, None),
        ({"format": "Mistral AI", "name": "Mistral-Large-3"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_what_a_model_is_for_is_told_only_where_it_is_known(model: dict[str, str], provides: str | None) -> None:
    assert DeploymentKind().provides({"model": model}) == provides


def test_an_anthropic_model_without_its_data_is_warned_about() -> None:
    kind, entry = DeploymentKind(), {"model": {"format": "Anthropic", "name": "claude"}}
    (finding,) = kind.check("c", entry)
    assert (finding.code, finding.severity) == ("model-provider-data", Severity.WARNING)
    assert list(kind.check("c", {**entry, "model_provider_data": {"industry": "it"}})) == []
    assert [it.code for it in kind.check("c", {"tags": {str(index): "" for index in range(48)}})] == ["metadata-limit"]


def test_a_patch_of_nothing_seen_before_takes_nothing_away(service: FakeService) -> None:
    service.apply(deployment())
    (change,) = service.plan(deployment(sku={"name": "GlobalStandard", "capacity": 1})).changes
    DeploymentKind().update(service, replace(change, before=None))
    assert service.arm.writes[-1].method == "PATCH"


def test_one_list_tells_all_about_deployments(service: FakeService) -> None:
    service.apply(deployment())
    (wanted,) = deployment().values()
    (live,) = DeploymentKind().list(service)
    assert not DeploymentKind().is_unclear(wanted, live)
    assert DeploymentKind().inspect(service, wanted, live) is live
    assert live.revision == '"1"'


@pytest.mark.parametrize("sku", ["Standard", "globalstandard", "DataZoneStandard", "GlobalBatch", "DeveloperTier"])
def test_what_is_paid_by_use_cannot_spill_over(sku: str) -> None:
    entry = {"model": {"format": "OpenAI", "name": "gpt"}, "sku": {"name": sku}, "spillover_deployment_name": "x"}

    (finding,) = DeploymentKind().check("gpt", entry)
    assert (finding.path, finding.code, finding.at_key) == (("spillover_deployment_name",), "spillover-sku", True)
    assert list(DeploymentKind().check("gpt", {**entry, "sku": {"name": "GlobalProvisionedManaged"}})) == []


FULL: tuple[Entry, ...] = (
    {
        "model": {"format": "OpenAI", "name": "gpt-4.1-mini", "version": "2025-04-14", "source_account": "a"},
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "version_upgrade_option": "NoAutoUpgrade",
        "rai_policy_name": "P",
        "deployment_state": "Paused",
        "routing": {"mode": "cost", "models": [{"name": "x"}]},
        "capacity_settings": {"designated_capacity": 1, "priority": 0},
        "model_provider_data": {"industry": "it", "organization_name": "o", "country_code": "DE"},
        "service_tier": "Priority",
        "tags": {"Team.Name": "blue"},
    },
)
# As many as make the marker fold what it records.
many = st.integers(0, 40).map(lambda count: {f"tag-{number}": str(number) for number in range(count)})
DRAWN: st.SearchStrategy[Entry] = with_(
    {
        "model": with_(
            {"format": cased("OpenAI"), "name": cased("gpt-5.4-mini")},
            version=st.just("2026-03-17"),
            publisher=cased("OpenAI"),
        ),
        "sku": with_(
            {"name": cased("GlobalStandard"), "capacity": st.integers(1, 20)},
            tier=st.sampled_from(["", "Standard"]),
            size=st.just(""),
            family=st.just(""),
        ),
    },
    version_upgrade_option=st.sampled_from(["OnceNewDefaultVersionAvailable", "NoAutoUpgrade"]),
    rai_policy_name=cased("Microsoft.DefaultV2", "Microsoft.Default"),
    service_tier=st.sampled_from(["Default", "Priority"]),
    deployment_state=st.sampled_from(["Running", "Paused"]),
    tags=st.one_of(labels, many),
)
SAMPLES = Samples(
    section="deployments",
    settable="""
        tags.x sku.name sku.capacity sku.tier sku.size sku.family
        model.format model.name model.version model.publisher model.source model.source_account
        model.speculative_decoding version_upgrade_option rai_policy_name
        capacity_settings.designated_capacity capacity_settings.priority
        parent_deployment_name spillover_deployment_name service_tier deployment_state routing.mode routing.models
        model_provider_data.industry model_provider_data.organization_name model_provider_data.country_code
    """,
    read_only="id name type etag system_data provisioning_state capabilities call_rate_limit rate_limits "
    "current_capacity dynamic_throttling_enabled scale_settings model.call_rate_limit",
    full=FULL,
    names=(["gpt-4.1_mini", "ab", "x" * 64], ["a", "-a", "a b", "x" * 65]),
    refused={
        "no sku": {"model": {"format": "F", "name": "n"}},
        "no model": {"sku": {"name": "S"}},
        "unknown key": {**FULL[0], "Sku": {}},
        "no capacity": {**FULL[0], "sku": {"name": "S", "capacity": 0}},
    },
    drawn=DRAWN,
)
