"""The catalogue: what is offered to the account, and for what is not, what is."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.model.diagnostic import Diagnostic
from provisioner.preflight.facts import Bounds, Facts, Model, Sku, Unknown
from tests.preflight.worlds import deployed, deployment, facts, model, places, told


def about(entry: str, known: Facts | None = None) -> list[Diagnostic]:
    return told("catalogue", f"deployments:\n{entry}", known or facts())


def one(entry: str, known: Facts | None = None) -> Diagnostic:
    (found,) = about(entry, known)
    return found


def test_what_is_offered_passes_in_whatever_letters() -> None:
    assert about(deployment("aa")) == []
    assert about(deployment("aa", model="GPT-X", sku="globalstandard")) == []


def test_a_slip_in_the_name_is_answered_with_what_is_meant() -> None:
    found = one(deployment("aa", model="gpt_xx"), facts(model("gpt-xx"), model("phi")))

    assert places([found]) == [("error", "model-not-offered", "deployments.aa.model.name")]
    assert 'Did you mean "gpt-xx"?' in found.hint


def test_a_model_of_another_format_is_told_with_its_own() -> None:
    found = one(deployment("aa"), facts(model(format="Mistral AI")))

    assert places([found]) == [("error", "model-not-offered", "deployments.aa.model.format")]
    assert "write `format: Mistral AI`" in found.hint


def test_a_version_that_is_not_offered_is_told_with_those_that_are() -> None:
    versions = (model(version="2026-01-01", is_default=False), model(version="2026-07-01"))
    found = one(deployment("aa", version="2026-06-01"), facts(*versions))

    assert places([found]) == [("error", "version-not-offered", "deployments.aa.model.version")]
    assert "2026-01-01 and 2026-07-01, 2026-07-01 by default" in found.hint


def test_a_sku_that_is_not_offered_for_the_model_is_told_with_those_that_are() -> None:
    found = one(deployment("aa", sku="Standard"))

    assert places([found]) == [("error", "sku-not-offered", "deployments.aa.sku.name")]
    assert "Offered: GlobalStandard." in found.hint


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        (model("gpt-y"), "model-not-offered"),
        (model(version="2"), "version-not-offered"),
        (model(skus=(Sku(name="Standard"),)), "sku-not-offered"),
    ],
)
def test_what_the_account_runs_already_is_not_refused_for_a_list_that_lacks_it(listed: Model, code: str) -> None:
    before = f"deployments:\n{deployment('aa', 10)}"

    (found,) = about(deployment("aa", 20), facts(listed, live=deployed(before)))
    assert (found.severity.value, found.code) == ("warning", code)
    assert "But deployments/aa runs it, so the list may lack it." in found.message

    (another,) = about(deployment("bb", 20), facts(listed, live=deployed(before.replace("gpt-x", "gpt-z"))))
    assert (another.severity.value, another.code) == ("error", code)


@pytest.mark.parametrize(
    ("bounds", "capacity", "severity"),
    [
        (Bounds(minimum=15, maximum=30, step=5), 15, None),
        (Bounds(minimum=15, maximum=30, step=5), 25, None),
        (Bounds(minimum=15, maximum=30, step=5), 10, "error"),
        (Bounds(minimum=15, maximum=30, step=5), 35, "error"),
        (Bounds(minimum=15, maximum=30, step=5), 17, "error"),
        (Bounds(minimum=25, step=50), 75, None),
        (Bounds(minimum=25, step=50), 100, "warning"),  # no source says from where steps are counted
        (Bounds(step=10), 50, None),
        (Bounds(step=10), 55, "error"),
        (Bounds(maximum=0), 1, None),  # nothing is within, so it says nothing
        (Bounds(allowed=(1, 3)), 3, None),
        (Bounds(allowed=(1, 3)), 2, "error"),
        (Bounds(), 1_000_000, None),
    ],
)
def test_a_capacity_is_held_to_what_the_sku_says_and_to_nothing_else(
    bounds: Bounds, capacity: int, severity: str | None
) -> None:
    found = about(deployment("aa", capacity), facts(model(sku={"capacity": bounds})))

    wanted = [(severity, "capacity-not-offered", "deployments.aa.sku.capacity")] if severity else []
    assert places(found) == wanted


@pytest.mark.parametrize(
    ("bounds", "capacity", "hint"),
    [
        (Bounds(step=10), 55, "Write 50 or 60."),
        (Bounds(step=10), 5, "Write 10."),
        (Bounds(minimum=15, maximum=28, step=5), 26, "Write 25."),
        (Bounds(minimum=15), 12, "Write 15."),
        (Bounds(maximum=30), 31, "Write 30, or several deployments."),
    ],
)
def test_a_capacity_that_cannot_be_had_is_told_with_those_that_can(bounds: Bounds, capacity: int, hint: str) -> None:
    assert one(deployment("aa", capacity), facts(model(sku={"capacity": bounds}))).hint == hint


def test_what_stays_as_it_is_is_not_asked_for() -> None:
    text = deployment("aa", model="gpt-gone")
    live = deployed(f"deployments:\n{text}")

    assert about(text, facts(live=live)) == []
    assert places(about(deployment("aa", 11, model="gpt-gone"), facts(live=live))) == [
        ("warning", "model-not-offered", "deployments.aa.model.name")
    ]


def test_a_model_that_somebody_made_need_not_be_listed() -> None:
    own = deployment("aa", model="gpt-x-1.ft-0a1b")

    assert about(own) == []


@pytest.mark.parametrize("odd", [{"skus": ()}, {"lifecycle": "Sunset"}])
def test_what_the_catalogue_leaves_open_is_nothing_to_refuse(odd: dict[str, Any]) -> None:
    assert about(deployment("aa"), facts(model(**odd))) == []


def test_a_catalogue_that_could_not_be_read_refuses_nothing() -> None:
    assert about(deployment("aa", model="gpt-unheard-of"), facts(catalogue=Unknown("It is HTML."))) == []


def test_a_default_version_that_moved_is_told_where_none_is_pinned() -> None:
    live = deployed(f"deployments:\n{deployment('aa')}")
    known = facts(model(is_default=False), model(version="2"), live=live)

    found = about(deployment("aa", version=""), known)

    assert places(found) == [("warning", "default-version-moved", "deployments.aa.model")]
    assert 'version: "1"' in found[0].hint
    assert about(deployment("aa"), known) == []


def test_an_anthropic_model_without_all_that_its_provider_asks_for_is_refused() -> None:
    known = facts(model(format="Anthropic"))
    text = deployment("aa", more="    model_provider_data: {industry: technology, country_code: DE}\n")
    found = one(text.replace("OpenAI", "Anthropic"), known)

    assert places([found]) == [("error", "model-provider-data", "deployments.aa.model_provider_data")]
    assert "lacks organization_name" in found.message


def test_what_the_provider_asks_for_is_not_asked_for_again_where_the_capacity_alone_changes() -> None:
    before, after = (deployment("aa", amount).replace("OpenAI", "Anthropic") for amount in (10, 20))
    known = facts(model(format="Anthropic"), live=deployed(f"deployments:\n{before}"))

    assert about(after, known) == []
    moved = facts(model(format="Anthropic"), model(version="2", format="Anthropic"), live=known.live)
    assert [it.code for it in about(after.replace("'1'", "'2'"), moved)] == ["model-provider-data"]
