"""Blocklists: items as a set by their names, written in batches, and what others change in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from hypothesis import strategies as st

from provisioner.kinds.rai_blocklist import RaiBlocklistKind
from provisioner.model.address import Address
from tests.foundry import Command, Foundry
from tests.kinds.applying import want
from tests.kinds.fake_service import Action, FakeManagement, FakeService, Kept
from tests.kinds.samples import Entry, Samples, labels, with_

FALCON: Entry = {"pattern": "Project Falcon", "is_regex": False}
NUMBERS: Entry = {"pattern": r"\bFX-\d{4}\b", "is_regex": True}
FULL: Entry = {
    "description": "What the press must not hear.",
    "items": {"falcon": FALCON, "Ticket_1.a-b": NUMBERS},
    "tags": {"team": "Comms"},
}
SAMPLES = Samples(
    section="rai_blocklists",
    settable="description items.x.pattern items.x.is_regex tags.x",
    read_only="id name type etag system_data properties",
    full=(FULL, {}, {"items": {"falcon": {"pattern": "x"}}}),
    names=(["a", "House.list_1-b", "x" * 64], ["", "-a", "a b", "x" * 65]),
    refused={
        "an item without a pattern": {"items": {"a": {"is_regex": True}}},
        "a pattern that is too long": {"items": {"a": {"pattern": "x" * 1001}}},
        "an empty pattern": {"items": {"a": {"pattern": ""}}},
        "items as a list": {"items": [{"name": "a", "pattern": "b"}]},
        "unknown key": {"terms": {}},
    },
    drawn=with_(
        {},
        description=st.sampled_from(["", "Words."]),
        items=st.dictionaries(
            st.sampled_from(["a", "B", "c-1"]),
            with_({"pattern": st.sampled_from(["x", "Y z"])}, is_regex=st.booleans()),
            max_size=3,
        ),
        tags=labels,
    ),
)
MANIFEST = """\
version: 1
name: press
rai_blocklists:
  secrets:
    description: What the press must not hear.
    items:
      falcon: {pattern: Project Falcon}
      ticket: {pattern: 'FX-[0-9]+', is_regex: true}
"""
HERE = ("rg-local", "local-foundry")


def items_added(kept: Kept, path: str, items: list[Entry]) -> None:
    kept.update({f"{path}/raiBlocklistItems/{item['name']}": item for item in items})


def items_deleted(kept: Kept, path: str, names: list[str]) -> None:
    for name in names:
        del kept[f"{path}/raiBlocklistItems/{name}"]


@pytest.fixture
def service() -> FakeService:
    actions: dict[str, Action] = {"addRaiBlocklistItems": items_added, "deleteRaiBlocklistItems": items_deleted}
    return FakeService(management=FakeManagement(actions=actions))


@contextmanager
def sdk(foundry: Foundry) -> Iterator[Any]:
    """Microsoft's own client."""
    subscription, url = foundry.env["AZURE_SUBSCRIPTION_ID"], foundry.env["PROVISIONER_MANAGEMENT_ENDPOINT"]
    with (
        DefaultAzureCredential() as credential,
        CognitiveServicesManagementClient(credential, subscription, base_url=url) as client,
    ):
        yield client


def sent(service: FakeService) -> list[tuple[str, str]]:
    return [(call.method, call.path.removeprefix("/raiBlocklists/words")) for call in service.arm.writes]


def test_a_list_is_made_with_its_owner_in_the_tags_and_then_its_items(service: FakeService) -> None:
    service.apply(want("rai_blocklists", "words", FULL))

    made, added = service.arm.writes
    assert (made.method, made.path) == ("PUT", "/raiBlocklists/words")
    assert made.body["properties"] == {"description": FULL["description"]}
    assert made.body["tags"].keys() == {"team", "provisioner-owner", "provisioner-applied"}
    assert (added.method, added.path) == ("POST", "/raiBlocklists/words/addRaiBlocklistItems")
    assert added.body == [
        {"name": "falcon", "properties": {"pattern": "Project Falcon", "isRegex": False}},
        {"name": "Ticket_1.a-b", "properties": {"pattern": NUMBERS["pattern"], "isRegex": True}},
    ]


def test_only_what_differs_is_written_and_the_list_itself_last(service: FakeService) -> None:
    service.apply(want("rai_blocklists", "words", {"items": {"a": FALCON, "b": NUMBERS, "c": FALCON}}))

    changed = {"a": FALCON, "b": {**NUMBERS, "is_regex": False}, "d": NUMBERS}
    assert service.apply(want("rai_blocklists", "words", {"items": changed})) == ["update words"]

    assert sent(service) == [("POST", "/deleteRaiBlocklistItems"), ("POST", "/addRaiBlocklistItems"), ("PUT", "")]
    gone, added, _ = service.arm.writes
    assert gone.body == ["c"]
    assert [item["name"] for item in added.body] == ["b", "d"]


def test_items_are_written_in_batches(service: FakeService) -> None:
    many = {f"i{number}": {"pattern": str(number)} for number in range(250)}
    service.apply(want("rai_blocklists", "words", {"items": many}))
    assert [len(call.body) for call in service.arm.writes[1:]] == [100, 100, 50]

    service.apply(want("rai_blocklists", "words", {"items": {"i0": {"pattern": "0"}}}))
    assert [len(call.body) for call in service.arm.writes[:-1]] == [100, 100, 49]


def test_items_are_a_set_and_their_names_ignore_case(service: FakeService) -> None:
    service.apply(want("rai_blocklists", "words", {"items": {"a": FALCON, "b": NUMBERS}}))

    assert service.apply(want("rai_blocklists", "words", {"items": {"B": NUMBERS, "A": FALCON}})) == []
    assert service.apply(want("rai_blocklists", "words", {})) == ["update words"], "no item is declared any more"
    assert service.live()[Address("rai_blocklists", "words")].fields == {}


def test_items_that_are_not_declared_are_left_alone(service: FakeService) -> None:
    service.apply(want("rai_blocklists", "words", {"description": "x"}))
    service.arm.post(f"{service.arm.account}/raiBlocklists/words/addRaiBlocklistItems", [
        {"name": "theirs", "properties": {"pattern": "x", "isRegex": None}}
    ])  # fmt: skip

    assert service.apply(want("rai_blocklists", "words", {"description": "y"})) == ["update words"]
    assert service.live()[Address("rai_blocklists", "words")].fields["items"] == {
        "theirs": {"pattern": "x", "is_regex": False}
    }


def test_without_a_resource_group_there_is_nothing_to_see() -> None:
    service = FakeService(management=None)

    assert list(RaiBlocklistKind().list(service)) == []
    assert RaiBlocklistKind().read(service, Address("rai_blocklists", "words")) is None


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ({"a": FALCON, "A": NUMBERS}, "item-twice"),
        ({"a b": FALCON}, "item-name"),
        ({f"i{number}": FALCON for number in range(10_001)}, "too-many-items"),
    ],
)
def test_what_the_service_would_refuse_is_told_before(items: Entry, code: str) -> None:
    assert [finding.code for finding in RaiBlocklistKind().check("words", {"items": items})] == [code]


def test_one_that_goes_while_it_is_read_is_gone(foundry: Foundry, provisioner: Command, project: Path) -> None:
    (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    gone = {"status": 404, "body": {"error": {"code": "ResourceNotFound", "message": "gone"}}}
    foundry.fault({"method": "GET", "path": "*/raiBlocklistItems"}, gone)

    plan = provisioner("plan", "--detailed-exitcode")

    assert plan.code == 2
    assert "Plan: 1 to create." in plan.out


def test_a_plan_without_changes_costs_a_request_for_the_lists_and_one_for_each(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    foundry.forget_requests()

    assert provisioner("plan", "--detailed-exitcode").code == 0

    asked = [line for line in foundry.requests() if "raiBlocklists" in line]
    assert sorted(line.partition("raiBlocklists")[2].partition("?")[0] for line in asked) == [
        "",
        "/secrets/raiBlocklistItems",
    ]


def test_items_of_others_are_drift_and_taken_away_only_as_planned(
    foundry: Foundry, provisioner: Command, project: Path
) -> None:
    (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    with sdk(foundry) as client:
        theirs = [{"name": "theirs", "properties": {"pattern": "Osprey", "isRegex": False}}]
        client.rai_blocklist_items.batch_add(*HERE, "secrets", theirs)

    plan = provisioner("plan")
    assert "items.theirs" in plan.out
    assert "drift: set outside the manifest" in plan.out
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0
    assert "falcon" in provisioner("export").out
    assert "theirs" not in provisioner("export").out
    assert provisioner("destroy", "--yes").code == 0


def test_a_batch_that_fails_is_planned_again(foundry: Foundry, provisioner: Command, project: Path) -> None:
    (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
    foundry.fault({"method": "POST", "path": "*addRaiBlocklistItems", "times": 1}, {"status": 400})

    assert provisioner("apply", "--yes").code == 1
    plan = provisioner("plan", "--detailed-exitcode")
    assert plan.code == 2
    assert "items.falcon.pattern" in plan.out
    assert provisioner("apply", "--yes").code == 0
    assert provisioner("plan", "--detailed-exitcode").code == 0


@pytest.mark.contract
def test_the_sdk_agrees(foundry: Foundry) -> None:
    with sdk(foundry) as client:
        lists, items = client.rai_blocklists, client.rai_blocklist_items
        made = lists.create_or_update(*HERE, "words", {"properties": {"description": "d"}, "tags": {"a": "b"}})
        batch = [{"name": f"i{number}", "properties": {"pattern": "x", "isRegex": False}} for number in range(120)]
        answered = items.batch_add(*HERE, "words", batch)
        one = items.create_or_update(*HERE, "words", "i0", {"properties": {"pattern": "y+", "isRegex": True}})
        items.batch_delete(*HERE, "words", [f"i{number}" for number in range(5, 15)])
        items.begin_delete(*HERE, "words", "i1").result()

        assert (made.name, made.tags, made.properties.description) == ("words", {"a": "b"}, "d")
        assert answered.name == "words"
        assert (one.properties.pattern, one.properties.is_regex) == ("y+", True)
        assert len(list(items.list(*HERE, "words"))) == 109
        assert [it.name for it in lists.list(*HERE)] == ["words"]
        assert lists.get(*HERE, "WORDS").etag == made.etag
        lists.begin_delete(*HERE, "words").result()
        with pytest.raises(ResourceNotFoundError):
            items.get(*HERE, "words", "i0")
