"""Quota: on what a plan adds, in its order, over the whole manifest."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.preflight.facts import NOT_ASKED, Bounds, Unknown, Usage
from tests.preflight.worlds import QUOTA, deployed, deployment, facts, model, places, told

LOWER = "Lower `sku.capacity` to 45 at most"


def usage(used: int | None, limit: int | None) -> dict[str, Usage]:
    return {QUOTA: Usage(used=used, limit=limit)}


def manifest(**capacities: int) -> str:
    return "deployments:\n" + "".join(deployment(name, amount) for name, amount in capacities.items())


def test_only_what_is_added_is_asked_for_and_what_is_held_is_told() -> None:
    (found,) = told("quota", manifest(aa=50), facts(live=deployed(manifest(aa=30)), usages=usage(985, 1000)))

    assert "needs 20, free 15, you hold 30 in this deployment" in found.message
    assert found.hint.startswith(LOWER)
    assert places([found]) == [("error", "insufficient-quota", "deployments.aa.sku.capacity")]


def test_full_quota_is_no_obstacle_to_what_takes_nothing_of_it() -> None:
    live = deployed(manifest(aa=30))

    for capacity in (30, 20):
        assert told("quota", manifest(aa=capacity), facts(live=live, usages=usage(1000, 1000))) == []


def test_deployments_of_one_manifest_share_what_is_left() -> None:
    (found,) = told("quota", manifest(aa=10, bb=10), facts(usages=usage(985, 1000)))

    assert places([found]) == [("error", "insufficient-quota", "deployments.bb.sku.capacity")]
    assert "needs 10, free 5 after deployments/aa of the same plan, you hold 0" in found.message


def test_what_the_plan_frees_before_counts() -> None:
    live = deployed(manifest(aa=10, bb=4, gone=6))

    assert told("quota", manifest(aa=4, bb=16), facts(live=live, usages=usage(20, 20))) == []


def test_a_quota_is_found_in_whatever_letters() -> None:
    both = manifest(aa=10) + deployment("bb", 10, model="gpt-y")
    found = told("quota", both, facts(model(), model("gpt-y", usage=QUOTA.upper()), usages=usage(0, 15)))

    assert places(found) == [("error", "insufficient-quota", "deployments.bb.sku.capacity")]


def test_less_than_one_deployment_has_to_have_is_not_advised() -> None:
    sku = {"capacity": Bounds(minimum=15, step=5)}
    (found,) = told("quota", manifest(aa=20), facts(model(sku=sku), usages=usage(990, 1000)))

    assert "Lower" not in found.hint
    assert found.hint.startswith("Free some in another deployment")


def test_another_quota_is_no_help() -> None:
    models = (model(), model("gpt-y", usage="OpenAI.GlobalStandard.gpt-y"))
    before = manifest(aa=10) + deployment("bb", 10, model="gpt-y")
    known = facts(
        *models,
        live=deployed(before),
        usages={**usage(10, 10), "OpenAI.GlobalStandard.gpt-y": Usage(used=10, limit=10)},
    )

    found = told("quota", manifest(aa=12), known)

    assert places(found) == [("error", "insufficient-quota", "deployments.aa.sku.capacity")]


def test_two_models_of_one_quota_share_it_and_a_sku_of_another_name_is_taken_as_the_catalogue_has_it() -> None:
    found = told(
        "quota",
        manifest(aa=10) + deployment("bb", 10, model="gpt-y"),
        facts(model(), model("gpt-y"), usages=usage(0, 15)),
    )

    assert places(found) == [("error", "insufficient-quota", "deployments.bb.sku.capacity")]


@pytest.mark.parametrize("known", [usage(None, 10), usage(10, None), {}])
def test_a_usage_that_is_not_said_refuses_nothing_and_is_a_note(known: dict[str, Usage]) -> None:
    found = told("quota", manifest(aa=10), facts(usages=known))

    assert places(found) == [("note", "quota-unknown", "deployments.aa.sku.capacity")]


@pytest.mark.parametrize("part", ["usages", "catalogue"])
@pytest.mark.parametrize("why", [NOT_ASKED, Unknown("It could not be read.")])
def test_what_could_not_be_read_refuses_nothing(part: str, why: Unknown) -> None:
    parts: dict[str, Any] = {part: why}

    assert told("quota", manifest(aa=10_000), facts(**parts)) == []


def test_what_frees_nobody_knows_what_makes_a_shortfall_unsure() -> None:
    before = "deployments:\n" + deployment("aa", 10, model="gpt-gone")
    found = told("quota", manifest(bb=10), facts(live=deployed(before), usages=usage(15, 20)))

    # the delete comes first, and may have freed what is lacking
    assert places(found) == [("warning", "insufficient-quota", "deployments.bb.sku.capacity")]
    assert "Some may come free with deployments/aa" in found[0].message


def test_without_a_capacity_the_default_of_the_catalogue_is_counted() -> None:
    text = "deployments:\n" + deployment("aa", None)

    assert places(told("quota", text, facts(usages=usage(0, 9)))) == [
        ("error", "insufficient-quota", "deployments.aa.sku.capacity")
    ]
    assert told("quota", text, facts(usages=usage(0, 10))) == []


def test_what_is_held_by_something_in_use_is_told_with_the_two_steps() -> None:
    before = manifest(aa=10) + "agents:\n  helper: {model: aa}\n"
    after = manifest(bb=10) + "agents:\n  helper: {model: bb}\n"
    (found,) = told("quota", after, facts(live=deployed(before), usages=usage(10, 10)))

    assert "Do it in two steps" in found.hint
    assert "deployments/aa" in found.hint
