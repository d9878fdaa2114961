"""`provisioner models`: what can be deployed, over the local Foundry."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.preflight.facts import Catalogue, Model, Sku, Unknown, Usage
from provisioner.preflight.offers import offers
from provisioner.render.models import models_json, models_text
from tests.foundry import Command, Foundry

GPT = Model(
    format="OpenAI",
    name="gpt-x",
    version="1",
    is_default=True,
    retires=date(2027, 1, 31),
    certainty="Planned",
    skus=(Sku(name="Standard", usage="OpenAI.Standard.gpt-x"), Sku(name="GlobalStandard", usage="x")),
)
OLD = Model(format="Other", name="old", version="2", lifecycle="Deprecated")
EMBEDDING = """version: 1
name: embedding
deployments:
  embedding:
    model: {format: OpenAI, name: text-embedding-3-large, version: "1"}
    sku: {name: Standard, capacity: 50}
"""
USAGES = {"openai.standard.GPT-X": Usage(used=30, limit=45), "x": Usage(used=None, limit=7)}


def listed(provisioner: Command, *arguments: str) -> Any:
    result = provisioner("models", "--format", "json", *arguments)
    assert result.code == 0, result.err
    return result.document


def test_a_table_says_what_is_left_and_when_it_ends() -> None:
    found = list(offers(Catalogue((OLD, GPT)), USAGES))
    assert models_text(found, region="eastus2", width=200).splitlines() == [
        (
            "1 model version can be deployed in eastus2, 1 more is retired. "
            "* is the one that a deployment gets that asks for none."
        ),
        "",
        "model      version  sku             free  of  retires",
        "gpt-x      1*       GlobalStandard     ?   7  2027-01-31 (planned)",
        "gpt-x      1*       Standard          15  45  2027-01-31 (planned)",
        "Other/old  2        none               ?   ?  retired",
    ]


def test_what_is_not_known_is_null_and_noted() -> None:
    found = list(offers(Catalogue((GPT,)), Unknown("why")))
    document = json.loads(models_json(found, region="", notes=["why"]))
    assert document["notes"] == ["why"]
    (model,) = document["models"]
    assert [(sku["name"], sku["free"], sku["limit"]) for sku in model["skus"]] == [
        ("GlobalStandard", None, None),
        ("Standard", None, None),
    ]
    assert "Note: why" in models_text(found, region="", notes=["why"])


def test_words_are_searched_for_in_any_case() -> None:
    assert {it.model.name for it in offers(Catalogue((OLD, GPT)), {}, search="OPENAI gpt")} == {"gpt-x"}
    assert not list(offers(Catalogue((OLD, GPT)), {}, search="nobody"))
    assert models_text([], region="r") == "0 model versions can be deployed in r.\n"


def test_a_limit_that_was_lowered_leaves_nothing() -> None:
    (offer,) = offers(
        Catalogue((Model(format="f", name="n", version="1", skus=(Sku(name="s", usage="u"),)),)),
        {"u": Usage(used=9, limit=5)},
    )
    assert offer.free == 0


@pytest.mark.usefixtures("foundry")
def test_quota_is_less_by_what_is_deployed(project: Path, provisioner: Command) -> None:
    def free() -> int:
        (model,) = listed(provisioner, "--search", "text-embedding-3-large")["models"]
        return int(next(sku["free"] for sku in model["skus"] if sku["name"] == "Standard"))

    before = free()
    (project / "stores.yaml").write_text(EMBEDDING, encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    assert before - free() == 50


@pytest.mark.usefixtures("foundry")
def test_another_region_has_a_list_of_its_own(provisioner: Command) -> None:
    here = listed(provisioner)
    there = listed(provisioner, "--region", "Sweden Central")
    assert (here["region"], there["region"]) == ("eastus2", "swedencentral")
    assert there["models"]


def test_a_forbidden_quota_is_a_note(foundry: Foundry, provisioner: Command) -> None:
    foundry.fault({"method": "GET", "path": "*/usages"}, {"status": 403})
    found = listed(provisioner, "--search", "gpt")
    assert found["models"]
    assert "quota" in found["notes"][0]


def test_models_that_cannot_be_read_are_an_error(foundry: Foundry, provisioner: Command) -> None:
    foundry.fault({"method": "GET", "path": "*/models"}, {"status": 200, "body": "<html>Sign in</html>"})
    result = provisioner("models")
    assert result.code == 1
    assert "could not be read" in result.err
    assert not result.out


def test_without_a_subscription_it_is_said_what_to_set(
    foundry: Foundry, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID")
    result = provisioner("models")
    assert result.code == 1
    assert "AZURE_SUBSCRIPTION_ID" in result.err
    assert foundry.requests() == []
