"""Lifecycle: the status refuses as the service does, a date alone warns, and what depends on it is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from provisioner.model.diagnostic import Diagnostic
from provisioner.preflight.facts import Facts, Sku
from tests.preflight.worlds import QUOTA, TODAY, deployed, deployment, facts, model, places, told

TOOL = "{type: memory_search_preview, memory_store_name: memory, scope: me}"
STORE = f"""stores:
  memory: {{chat_model: chat, embedding_model: embed}}
agents:
  buddy: {{model: chat, tools: [{TOOL}]}}
"""
BOTH = "deployments:\n" + deployment("chat") + deployment("embed", model="embed-x") + STORE
ONE = "deployments:\n" + deployment("aa")


def about(text: str, known: Facts) -> list[Diagnostic]:
    return told("lifecycle", text, known)


def ending(days: int, **more: Any) -> Facts:
    return facts(model(retires=TODAY + timedelta(days=days), certainty="Planned", **more), model("embed-x"))


def test_an_unchanged_deployment_is_told_with_all_that_depends_on_it() -> None:
    known = replace(ending(43), live=deployed(BOTH))
    (found,) = about(BOTH, known)

    assert found.message == (
        "gpt-x 1 retires in 43 days (2027-01-10, Planned); agents/buddy and stores/memory depend on it."
    )
    assert places([found]) == [("warning", "model-retires", "deployments.chat.model.version")]


def test_a_date_that_is_far_off_is_not_told_unless_it_was_asked_to_fail_for_it() -> None:
    assert about(ONE, ending(91)) == []
    assert about(ONE, replace(ending(91), fail_within=90)) == []
    assert places(about(ONE, replace(ending(91), fail_within=91))) == [
        ("error", "model-retires", "deployments.aa.model.version")
    ]


def test_a_date_alone_warns_even_when_it_has_passed() -> None:
    (found,) = about(ONE, ending(-1, lifecycle="GenerallyAvailable"))

    assert (found.severity.value, "should have been retired by now" in found.message) == ("warning", True)


def test_what_is_retired_is_refused_where_it_would_be_deployed_and_told_where_it_stands() -> None:
    known = ending(-9, lifecycle="Deprecated", successor="gpt-y")
    (new,) = about(ONE, known)
    (old,) = about(ONE, replace(known, live=deployed(ONE)))

    assert (new.severity.value, new.code, old.severity.value, old.code) == (
        *("error", "model-retired"),
        *("warning", "model-retired"),
    )
    assert "Its successor is gpt-y" in new.hint


def test_a_deprecating_model_is_for_those_who_run_it() -> None:
    known = facts(model(lifecycle="Deprecating"))

    assert places(about(ONE, known)) == [("warning", "model-deprecating", "deployments.aa.model.version")]
    assert about(ONE + deployment("bb"), replace(known, live=deployed(ONE))) == []


def test_a_sku_with_a_life_of_its_own_is_judged_by_that() -> None:
    skus = tuple(
        Sku(name=name, usage=QUOTA, lifecycle=said)
        for name, said in (("GlobalStandard", "Deprecated"), ("Standard", "Stable"))
    )
    known = facts(model(lifecycle="GenerallyAvailable", skus=skus))

    assert places(about(ONE, known)) == [("error", "model-retired", "deployments.aa.model.version")]
    assert about("deployments:\n" + deployment("aa", sku="Standard"), known) == []


def test_a_status_that_nobody_here_knows_is_a_note() -> None:
    assert places(about(ONE, facts(model(lifecycle="Sunset")))) == [
        ("note", "lifecycle-unknown", "deployments.aa.model.version")
    ]


@pytest.mark.parametrize("status", ["Preview", "Stable", "GenerallyAvailable", "Legacy", ""])
def test_every_other_status_is_silent(status: str) -> None:
    assert about(ONE, facts(model(lifecycle=status))) == []


def test_an_upgrade_to_another_embedding_model_is_told_for_the_store_that_it_would_blind() -> None:
    known = facts(model(), model("embed-x", successor="embed-y"))
    kept = BOTH.replace("capacity: 10}\nstores", "capacity: 10}\n    version_upgrade_option: NoAutoUpgrade\nstores")

    (found,) = about(BOTH, known)

    assert places([found]) == [("warning", "embedding-upgrade", "deployments.embed.model.version")]
    assert "stores/memory could not find again" in found.message
    assert about(kept, known) == []
