"""The catalogue: the table it is made from, where a model stands in its life, spelling, and models that users add."""

from __future__ import annotations

import json
import re
import ssl
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioner.emulator import Clock, Emulator, OptionError, Options
from provisioner.emulator.world.catalogue import Catalogue, key_of
from provisioner.emulator.world.catalogue_reader import WrongModel, read_model
from provisioner.emulator.world.facts.table import FILE, catalogue_text, rows

ROOT = Path(__file__).parents[2]
ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
CHAT = f"{ACCOUNT}/deployments/chat"
ROWS = rows()
MODELS = json.loads(FILE.read_text(encoding="utf-8"))["models"]
DATA = {"industry": "technology", "organizationName": "Contoso", "countryCode": "DE"}


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error", {}).get("code", "")


def wanted(model: Any) -> Any:
    """A deployment of it, of the first sku, with no capacity."""
    named = {key: model[key] for key in ("format", "name", "version")}
    more = {"modelProviderData": DATA} if model["format"] == "Anthropic" else {}
    return {"sku": {"name": model["skus"][0]["name"]}, "properties": {"model": named, **more}}


def test_the_file_is_what_the_command_makes_of_the_table() -> None:
    assert FILE.read_text(encoding="utf-8") == catalogue_text()


def test_every_row_is_listed_once_with_its_doubts() -> None:
    assert [(m["format"], m["name"], m["version"], m["lifecycleStatus"], m["sure"]) for m in MODELS] == [
        (row["format"], row["name"], row["version"], row["lifecycle"], row["sure"]) for row in ROWS
    ]
    assert max(Counter(key_of(model) for model in MODELS).values()) == 1
    assert {row["sure"] for row in ROWS} == {"recorded", "documented", "inferred"}


def test_a_name_has_at_most_one_default_version() -> None:
    assert max(Counter((m["format"], m["name"]) for m in MODELS if m["isDefaultVersion"]).values()) == 1


@pytest.mark.rule(11)
def test_every_model_is_taken_or_refused_as_its_status_says(arm: Any, admin: Any) -> None:
    """One request per model of the table, whatever day it is."""
    expected = {"Deprecated": (400, "ServiceModelDeprecated")}
    found: dict[str, tuple[int, str]] = {}
    for number, model in enumerate(MODELS):
        admin.client.delete("/_emulator/state").raise_for_status()  # so that no quota is used up
        found[str(key_of(model))] = error(arm("PUT", f"{ACCOUNT}/deployments/m{number}", wanted(model)))

    assert found == {str(key_of(m)): expected.get(m["lifecycleStatus"], (201, "")) for m in MODELS}


@pytest.mark.rule(11)
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("GenerallyAvailable", (201, "")),
        ("Preview", (201, "")),
        ("Legacy", (201, "")),
        ("Stable", (201, "")),
        ("Deprecating", (400, "ServiceModelDeprecating")),
        ("Deprecated", (400, "ServiceModelDeprecated")),
    ],
)
def test_a_date_decides_nothing(arm: Any, admin: Any, status: str, answer: Any) -> None:
    """Neither one that is long past nor one that is far ahead."""
    for name, date in (("past", "1999-12-31"), ("ahead", "2999-12-31")):
        model = {"name": name, "version": "1", "lifecycleStatus": status, "deprecation": {"inference": date}}
        admin.post("models", model).raise_for_status()
        document = {"sku": {"name": "GlobalStandard"}, "properties": {"model": {"format": "OpenAI", "name": name}}}

        assert error(arm("PUT", f"{ACCOUNT}/deployments/{name}", document)) == answer


@pytest.mark.rule(11)
def test_what_is_about_to_retire_goes_on_for_those_who_have_it(arm: Any, admin: Any, documents: Any) -> None:
    mini, other = documents.deployment("gpt-4.1-mini"), documents.deployment("gpt-4.1")
    assert arm("PUT", CHAT, mini).status_code == 201

    admin.switch(holds_deprecating_models=False)

    assert arm("PUT", f"{CHAT}-2", mini).status_code == 201, "deployed here before"
    refused = arm("PUT", f"{CHAT}-3", other)
    error = refused.json()["error"]
    del error["details"]  # what to do about it here
    assert error == {
        "code": "ServiceModelDeprecating",
        "message": "The model 'Format:OpenAI,Name:gpt-4.1,Version:2025-04-14' is in deprecating state and cannot be "
        "used for new deployments.",
    }
    arm("DELETE", CHAT)
    arm("DELETE", f"{CHAT}-2")
    assert arm("PUT", CHAT, mini).status_code == 201, "who ever deployed it may do so again"
    admin.post("reset").raise_for_status()
    admin.switch(holds_deprecating_models=False)
    assert arm("PUT", CHAT, mini).status_code == 400, "a new subscription never did"


@pytest.mark.rule(11)
def test_another_version_that_is_about_to_retire_is_another_thing(arm: Any, admin: Any, documents: Any) -> None:
    admin.switch(holds_deprecating_models=False)
    assert arm("PUT", CHAT, documents.deployment("gpt-4o", "2024-11-20")).status_code == 201

    assert error(arm("PUT", CHAT, documents.deployment("gpt-4o", "2024-08-06"))) == (400, "ServiceModelDeprecating")


def test_a_partners_model_is_named_with_its_publisher(arm: Any, admin: Any) -> None:
    admin.post("models", {"name": "grok-4.7", "version": "1", "lifecycle": "Deprecating"}).raise_for_status()
    grok = next(model for model in MODELS if model["name"] == "grok-4.7")

    message = arm("PUT", CHAT, wanted(grok)).json()["error"]["message"]

    assert message.startswith("The model 'Publisher:xAI,Format:xAI,Name:grok-4.7,Version:1' is in deprecating state")


@pytest.mark.rule(12)
def test_spelling_is_the_catalogues_whatever_was_written(arm: Any) -> None:
    case = yaml.safe_load((ROOT / "tests" / "cases" / "33-casing.yaml").read_text(encoding="utf-8"))
    chat = case["deployments"]["chat"]
    document = {"sku": chat["sku"], "properties": {"model": chat["model"], "raiPolicyName": chat["rai_policy_name"]}}

    for verb in (201, 200):
        made = arm("PUT", CHAT, document)
        assert made.status_code == verb
        assert made.json()["sku"] == {"name": "GlobalStandard", "capacity": 10}
        assert made.json()["properties"]["model"] == {"format": "OpenAI", "name": "gpt-4o", "version": "2024-08-06"}
        assert made.json()["properties"]["raiPolicyName"] == "Microsoft.DefaultV2"
        assert arm("GET", CHAT).json() == made.json()


def test_a_version_is_found_without_case_and_a_policy_of_ones_own_is_kept(arm: Any, admin: Any) -> None:
    admin.post("models", {"name": "gpt-9", "version": "turbo-1"}).raise_for_status()
    model = {"format": "OPENAI", "name": "GPT-9", "version": "Turbo-1"}
    document = {"sku": {"name": "globalSTANDARD"}, "properties": {"model": model, "raiPolicyName": "MINE"}}

    properties = arm("PUT", CHAT, document).json()["properties"]

    assert (properties["model"]["version"], properties["raiPolicyName"]) == ("turbo-1", "MINE")


def test_regions_count_when_they_are_switched_on(arm: Any, admin: Any) -> None:
    document = wanted(next(model for model in MODELS if model["name"] == "tts-hd"))
    listed = f"{ACCOUNT}/models"
    everywhere = len(arm("GET", listed).json()["value"])
    assert arm("PUT", CHAT, document).status_code == 201

    admin.switch(model_regions=True)

    assert error(arm("PUT", f"{CHAT}-2", document)) == (400, "DeploymentModelNotSupported")
    assert len(arm("GET", listed).json()["value"]) < everywhere == len(ROWS)


def test_the_catalogue_is_shown_with_sources_and_doubts(admin: Any) -> None:
    shown = {key_of(model): model for model in admin.get("models")["models"]}

    assert shown["openai", "dall-e-3", "3.0"]["sure"] == "inferred"
    assert "SCHED" in shown["openai", "gpt-5.4-mini", "2026-03-17"]["sources"]


def test_a_new_version_of_a_known_model_is_one_line(arm: Any, admin: Any) -> None:
    assert admin.post("models", {"name": "GPT-realtime-2.1", "version": "2026-09-30"}).status_code == 204

    model = {"format": "OpenAI", "name": "gpt-realtime-2.1", "version": "2026-09-30"}
    made = arm("PUT", CHAT, {"sku": {"name": "GlobalStandard", "capacity": 4}, "properties": {"model": model}})

    assert made.status_code == 201
    assert made.json()["properties"]["capabilities"]["realtime"] == "true"
    admin.post("reset").raise_for_status()
    assert arm("PUT", CHAT, {"sku": {"name": "GlobalStandard"}, "properties": {"model": model}}).status_code == 400


def test_an_added_default_takes_that_from_the_others(arm: Any, admin: Any, documents: Any) -> None:
    admin.post("models", {"name": "gpt-4.1-mini", "version": "2027-01-01", "isDefaultVersion": True})

    assert arm("PUT", CHAT, documents.deployment(version=None)).json()["properties"]["model"]["version"] == "2027-01-01"
    assert arm("PUT", f"{CHAT}-2", documents.deployment()).status_code == 201, "the listed one is still held"
    defaults = [
        m["version"] for m in admin.get("models")["models"] if m["name"] == "gpt-4.1-mini" and m["isDefaultVersion"]
    ]
    assert defaults == ["2027-01-01"]


def test_a_new_model_has_quotas_of_its_own(arm: Any, admin: Any) -> None:
    skus = ["GlobalStandard", {"name": "DataZoneStandard", "usageName": "Cohere.Mine", "capacity": {"maximum": 5}}]
    cohere = {"format": "Cohere", "name": "rerank-9", "version": "1", "capabilities": ["rerank"], "skus": skus}
    admin.post("models", cohere).raise_for_status()
    admin.post("quota", {"usage": "Cohere.Mine", "limit": 3}).raise_for_status()
    admin.post("quota", {"usage": "AIServices.GlobalStandard.rerank-9", "limit": 3}).raise_for_status()

    model = {"format": "Cohere", "name": "rerank-9"}

    def put(sku: str, capacity: int) -> Any:
        return error(arm("PUT", CHAT, {"sku": {"name": sku, "capacity": capacity}, "properties": {"model": model}}))

    assert put("DataZoneStandard", 4) == (400, "InsufficientQuota")
    assert put("DataZoneStandard", 6)[0] == 400
    assert put("GlobalStandard", 3) == (201, "")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "name: A model has a name."),
        ({"name": "x"}, "version: A model has a version."),
        ({"name": "x", "version": 1}, "version: This is a text that is not empty, not 1; quote a number."),
        ({"name": " ", "version": "1"}, "name: This is a text"),
        ({"name": "x", "version": "1", "format": []}, "format: This is a text"),
        ({"name": "x", "version": "1", "lifecycleStatus": "Removed"}, "lifecycleStatus: This is one of Deprecated,"),
        ({"name": "x", "version": "1", "sku": ["Standard"]}, "sku: This is not known; skus is."),
        ({"name": "x", "version": "1", "isDefaultVersion": "yes"}, "isDefaultVersion: This is true or false"),
        ({"name": "x", "version": "1", "maxCapacity": -1}, "maxCapacity: This is a whole number"),
        ({"name": "x", "version": "1", "capabilities": "chat"}, "capabilities: This is a list of names"),
        ({"name": "x", "version": "1", "capabilities": {"a": []}}, "capabilities: The value of a capability"),
        ({"name": "x", "version": "1", "deprecation": []}, 'deprecation: This is {"inference": a date}.'),
        ({"name": "x", "version": "1", "deprecation": {"inference": "soon"}}, "deprecation.inference: This is a date"),
        ({"name": "x", "version": "1", "regions": "eastus"}, "regions: This is a list of names"),
        ({"name": "x", "version": "1", "regions": [1]}, "regions[0]: This is a text"),
        ({"name": "x", "version": "1", "skus": []}, "skus: This is a list of skus, with at least one."),
        ({"name": "x", "version": "1", "skus": [5]}, "skus[0]: A sku is its name"),
        ({"name": "x", "version": "1", "skus": [""]}, "skus[0]: This is a text"),
        ({"name": "x", "version": "1", "skus": ["S", {}]}, "skus[1].name: This is a text"),
        ({"name": "x", "version": "1", "skus": [{"name": "S", "usageName": 1}]}, "skus[0].usageName: This is a text"),
        ({"name": "x", "version": "1", "skus": [{"name": "S", "capacity": 5}]}, "skus[0].capacity: This is"),
        (
            {"name": "x", "version": "1", "skus": [{"name": "S", "capacity": {"maximum": "many"}}]},
            "skus[0].capacity.maximum: This is a whole number",
        ),
        (
            {"name": "x", "version": "1", "skus": [{"name": "S", "capacity": {"step": 0}}]},
            "skus[0].capacity.step: A step is at least 1.",
        ),
        ({"name": "x", "version": "1", "skus": [{"name": "S", "rateLimits": 5}]}, "skus[0].rateLimits: This is a list"),
        ({"name": "x", "version": "1", "skus": [{"name": "S", "rateLimits": [{}]}]}, "skus[0].rateLimits[0]: A limit"),
        ({"model": {"name": "x"}}, "model.version: A model has a version."),
    ],
)
def test_a_model_that_cannot_be_is_refused_with_the_place(admin: Any, body: Any, told: str) -> None:
    before = admin.get("models")

    answer = admin.post("models", body)

    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]
    assert admin.get("models") == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["name", "version", "format", "skus", "capabilities", "deprecation", "lifecycleStatus", "regions", "model"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON)
def test_whatever_is_sent_is_listed_whole_or_refused(document: Any) -> None:
    catalogue = Catalogue()
    try:
        model = read_model(document, catalogue)
    except WrongModel:
        return
    catalogue.add(model)

    assert catalogue.versions(None, model["format"], model["name"])
    assert {sku["usageName"] for sku in model["skus"]} <= catalogue.quotas.keys()


@given(st.sampled_from(MODELS))
def test_a_model_as_it_is_listed_reads_as_itself(model: Any) -> None:
    listed = {key: value for key, value in model.items() if key not in {"publisher", "regions"}}

    assert read_model(listed, Catalogue()) == model
    assert read_model({"kind": "AIServices", "model": {**listed, "description": None}}, Catalogue()) == model


def az_list(path: Path) -> Path:
    """What `az cognitiveservices model list` prints: nulls for what is not there, a model once per kind."""
    model: dict[str, Any] = {
        "format": "OpenAI",
        "name": "gpt-9",
        "version": "1",
        "callRateLimit": None,
        "lifecycleStatus": "Preview",
    }
    model |= {"isDefaultVersion": True, "skus": [{"name": "GlobalStandard", "capacity": {"default": 7, "step": None}}]}
    file = path / "models.json"
    file.write_text(json.dumps([{"kind": kind, "model": model} for kind in ("OpenAI", "AIServices")]), encoding="utf-8")
    return file


def test_a_file_of_models_is_there_from_the_first_day_and_after_a_reset(tmp_path: Path) -> None:
    with Emulator(Options(catalogue=str(az_list(tmp_path)), deploy=("gpt-9", "claude-opus-5"))) as emulator:
        trust = ssl.create_default_context(cafile=emulator.ca_file)
        with httpx.Client(base_url=emulator.management, verify=trust, trust_env=False, timeout=60) as client:
            for _ in range(2):
                models = client.get("/_emulator/models").json()["models"]
                objects = client.get("/_emulator/state").json()["objects"]
                assert len(models) == len(ROWS) + 1
                assert [(it["name"], it["sku"]["capacity"]) for it in objects["deployments"]] == [
                    ("gpt-9", 7),
                    ("claude-opus-5", 10),
                ]
                client.post("/_emulator/reset").raise_for_status()


def test_what_a_file_lists_as_about_to_retire_is_held(tmp_path: Path) -> None:
    file = tmp_path / "models.json"
    file.write_text('{"models": [{"name": "gpt-9", "version": "1", "lifecycleStatus": "Deprecating"}]}', "utf-8")

    with Emulator(Options(catalogue=str(file), deploy=("gpt-9",))) as emulator:
        assert emulator.env["FOUNDRY_MODEL_NAME"] == "gpt-9"


@pytest.mark.parametrize("text", ["[]", "5", '{"models": {}}', '{"value": []}', '"x"', "[" * 100_000, "\ufeff{", "[5]"])
def test_a_file_that_is_no_catalogue_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "models.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(OptionError, match=re.escape(str(file))):
        Emulator(Options(catalogue=str(file))).start()


def test_a_fault_about_a_quota_that_is_not_there_is_told_when_it_is_declared(admin: Any, tmp_path: Path) -> None:
    quota = {"usage": "OpenAI.GlobalStandard.gpt-4.1-mini", "limit": 5}  # written without its second hyphen

    answer = admin.post("faults", {"match": {}, "do": {"quota": quota}})

    assert answer.status_code == 400
    assert "Near it is 'OpenAI.GlobalStandard.gpt4.1-mini'." in answer.json()["error"]["message"]
    file = tmp_path / "faults.yaml"
    file.write_text(yaml.safe_dump([{"do": {"quota": quota}}]), encoding="utf-8")
    with pytest.raises(OptionError, match=r"faults\.yaml: The catalogue has no quota"):
        Emulator(Options(faults=str(file)), Clock()).start()


def test_models_of_our_examples_are_generally_available_and_may_serve_a_memory_store() -> None:
    """Nobody starts with a model that is about to go."""
    manifest = yaml.safe_load((ROOT / "stores.yaml").read_text(encoding="utf-8"))
    rows = {(row["name"], row["version"]): row for row in ROWS}

    for deployment in manifest["deployments"].values():
        row = rows[deployment["model"]["name"], deployment["model"]["version"]]
        assert (row["lifecycle"], row["memory_ok"]) == ("GenerallyAvailable", "yes")
