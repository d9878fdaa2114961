"""A partial run says so, and what is suspended is told, in every format."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provisioner.model.action import Action, Origin
from provisioner.model.plan import FieldChange, Plan
from provisioner.model.run_scope import RunScope
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from provisioner.render.scope import scope_sentences
from tests.render import sample
from tests.render.page import read

PART = Plan(
    owner="o",
    changes=(sample.create_helper(),),
    scope=RunScope(targets=("agents/helper",), excludes=("stores/*",)),
    out_of_scope=(sample.STORE, sample.AGENT),
)
HELD = FieldChange(path=("top_p",), before=0.1, after=0.2, origin=Origin.EDIT)


def held(action: Action, *fields: FieldChange) -> Plan:
    change = sample.change(action, sample.AGENT, live={"top_p": 0.1}, after={"top_p": 0.2}, fields=fields)
    return Plan(owner="o", suspended=(change,))


def test_the_first_words_say_that_it_is_a_part() -> None:
    words = "PARTIAL: this is a plan of agents/helper, with all that is needed, but without stores/*."
    rest = "Out of its scope are stores/dev-prefs-memory and agents/dev-buddy: left as they are."

    assert scope_sentences(PART) == (words, rest)
    assert plan_text(PART, width=120).startswith(f"{words}\n{rest}\n\n")
    assert "\nPlan (partial): 1 to create.\n" in plan_text(PART)
    assert "> [!IMPORTANT]\n> **PARTIAL: this is a plan of agents/helper, " in plan_markdown(PART)
    assert read(PART).text.index("PARTIAL") < read(PART).text.rindex("Plan for")
    assert plan_document(PART)["scope"]["out_of_scope"][0] == {"kind": "stores", "name": "dev-prefs-memory"}


@pytest.mark.parametrize(
    ("scope", "destruction", "words"),
    [
        (RunScope(), False, ()),
        (RunScope(excludes=("a/b",)), False, ("PARTIAL: this is a plan of everything but without a/b.",)),
        (RunScope(targets=("a/b", "c/*")), True, ("PARTIAL: this is a destroy of a/b and c/*.",)),
        (
            RunScope(targets=tuple(f"a/{number}" for number in range(99))),
            True,
            ("PARTIAL: this is a destroy of a/0, a/1, a/2, a/3, a/4 and 94 more.",),
        ),
        (
            RunScope(targets=("a/b",), excludes=("c/d",)),
            True,
            ("PARTIAL: this is a destroy of a/b but without c/d.",),
        ),
    ],
)
def test_the_sentence_says_what_it_is_about(scope: RunScope, destruction: bool, words: tuple[str, ...]) -> None:
    assert scope_sentences(Plan(owner="o", scope=scope, destruction=destruction)) == words


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (held(Action.UPDATE, HELD), "is suspended: it would be updated, and is left as it is"),
        (held(Action.REPLACE, HELD), "is suspended: it would be replaced, and is left as it is"),
        (held(Action.UPDATE), "is suspended: nothing differs"),
        (held(Action.CREATE), "is suspended: it is not there, and is not created"),
        (replace(held(Action.UPDATE), destruction=True), "is suspended, and is left as it is"),
    ],
)
def test_what_is_suspended_is_told_in_every_format(plan: Plan, words: str) -> None:
    assert f"  = agents/dev-buddy {words}\n" in plan_text(plan)
    assert words in plan_markdown(plan)
    assert words in read(plan).text
    assert [it["address"]["name"] for it in plan_document(plan)["suspended"]] == ["dev-buddy"]


def test_of_what_is_suspended_the_key_is_told_and_why_it_could_not_be_compared() -> None:
    (change,) = held(Action.UPDATE).suspended
    plan = Plan(owner="o", suspended=(replace(change, remarks=("It belongs to somebody else.",)),))

    named = replace(plan, suspended=(replace(change, key="pal"),))
    assert '= agents/dev-buddy ("pal" in the manifest) is suspended: nothing differs' in plan_text(named)
    lines = "  = agents/dev-buddy is suspended, and is left as it is\n    ! It belongs to somebody else.\n"
    assert lines in plan_text(plan)


def test_what_differs_in_it_is_shown_and_counts_apart() -> None:
    plan = held(Action.UPDATE, HELD)

    assert "    ~ top_p: 0.1 -> 0.2  (edited in the manifest)\n" in plan_text(plan)
    assert "No changes (1 suspended)." in plan_text(plan)
    assert "top_p: 0.1 -> 0.2" in plan_markdown(plan)
    document = plan_document(plan)
    assert (document["has_changes"], document["summary"]["suspended"]) == (False, 1)
    assert document["suspended"][0]["fields"][0]["path"] == ["top_p"]


def test_suspended_ones_fit_into_a_comment() -> None:
    many = Plan(owner="o", suspended=held(Action.UPDATE, HELD).suspended * 400)

    text = plan_markdown(many, limit=9_000)
    assert len(text) <= 9_000
    assert "more that are suspended are not listed for length." in text
    assert "Digest:" in text


def test_a_key_is_told_beside_another_live_name() -> None:
    plan = Plan(owner="o", changes=(replace(sample.update_agent(), key="a <b>"),))

    assert 'agents/dev-buddy ("a <b>" in the manifest) will be updated' in plan_text(plan)
    assert '("a &#60;b&#62;" in the manifest)' in plan_markdown(plan)
    assert '("a <b>" in the manifest)' in read(plan).text
    assert plan_document(plan)["changes"][0]["key"] == "a <b>"
