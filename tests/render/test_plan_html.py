"""The page of a plan: everything is in it, nothing in a value is markup, and its policy lets nothing else run."""

from __future__ import annotations

import re

import pytest

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.plan import FieldChange, Plan
from provisioner.render.plan_html import plan_html
from tests.conftest import Golden
from tests.render import sample
from tests.render.page import read

_MASKED = re.compile(r"(?s)(<style>|<script>|'sha256-).*?(</style>|</script>|')")


def test_plan_html(golden: Golden) -> None:
    golden("plan.html", _MASKED.sub(r"\1…\2", plan_html(sample.sample_plan())))


def test_an_empty_plan_is_one_sentence_without_filters_and_script() -> None:
    page = read(Plan(owner="calm", target=sample.TARGET, unchanged=(sample.AGENT,)))

    assert "No changes. Everything is as the manifest says (1 unchanged)." in page.text
    assert {"script", "input", "svg"}.isdisjoint(page.tags)


def test_what_must_not_be_overlooked_stands_above_everything_else() -> None:
    text = read(sample.sample_plan()).text
    order = [
        "Plan: 2 to create",
        "Refused:",
        "Lost when this is applied",
        "Drift:",
        "Warnings:",
        "What depends on what",
    ]

    places = [text.index(words) for words in order]

    assert places == sorted(places)
    assert "stores/old-memory is deleted, and every memory of every scope in it is destroyed" in text
    assert "agents/dev-buddy : description, instructions, text, top_p" in text


@pytest.mark.parametrize("action", Action)
def test_every_action_has_a_filter_a_colour_and_a_box(action: Action) -> None:
    text = plan_html(Plan(owner="o", changes=(sample.change(action, sample.AGENT, live={}),)))

    assert f'<details class="change" data-action="{action.value}"' in text
    assert f'class="box a-{action.value}"' in text
    assert f"#a-{action.value}:not(:checked)" in text
    assert f"--{action.value}: #" in text


def test_changes_are_filtered_by_where_they_come_from() -> None:
    text = plan_html(sample.sample_plan())
    by_name = {name: origin for origin, name in re.findall(r'data-origin="(\w+)" data-name="([^"]+)"', text)}

    assert set(by_name.values()) == {"edit", "both", "none"}
    assert by_name["agents/dev-buddy"] == "both"
    assert by_name["stores/old-memory"] == "edit"
    assert by_name["agents/helper"] == "none"
    assert re.findall(r'id="o-(\w+)" checked> ([\w ]+) <b>(\d)', text) == [
        ("edit", "edited in the manifest", "5"),
        ("drift", "drift", "1"),
        ("none", "new or not known", "3"),
    ]


def test_of_many_alike_the_first_are_listed_and_the_others_folded() -> None:
    changes = [
        sample.change(Action.CREATE, Address("agents", f"a{number:03}"), after={"model": "m"}) for number in range(500)
    ]
    text = plan_html(Plan(owner="o", changes=(*changes, *sample.sample_plan().changes)))
    folded = text.index("481 more agents to create")

    assert text.index('data-name="agents/a019"') < folded < text.index('data-name="agents/a020"')
    assert text.index('data-name="stores/old-memory"') < text.index('data-name="agents/a000"')
    assert len(text) < 900_000


def test_long_texts_are_beside_each_other_and_new_ones_begin() -> None:
    text = "Never promise a refund.\n" * 2_500
    update = FieldChange(path=("instructions",), before=text, after=f"{text}Be kind.\n", origin=Origin.EDIT)
    page = read(
        Plan(
            owner="o",
            changes=(
                sample.change(Action.UPDATE, Address("agents", "a"), live={}, fields=(update,)),
                sample.change(Action.CREATE, Address("agents", "b"), after={"instructions": text}),
            ),
        )
    )

    assert "… 2,497 unchanged lines" in page.text
    assert "Be kind." in page.text
    assert "… 1,500 more lines that differ" in page.text
    assert page.text.count("Never promise a refund.") == 6 + 1_000


def test_a_page_ends_where_a_browser_would_give_up_and_says_so() -> None:
    big = {f"text{number}": "a word\n" * 900 for number in range(20)}
    changes = [sample.change(Action.CREATE, Address("agents", f"a{number}"), after=big) for number in range(40)]
    text = plan_html(Plan(owner="o", changes=tuple(changes)))

    assert "more fields; --format json shows all." in text
    assert text.count('<details class="change"') == 40
    assert len(text) < 6_000_000


@pytest.mark.untraced
def test_of_thousands_of_changes_the_least_are_named_alone() -> None:
    changes = [
        sample.change(Action.CREATE, Address("agents", f"a{number}"), after={"model": "m"}) for number in range(10_000)
    ]
    page = read(Plan(owner="o", changes=(*changes, *sample.sample_plan().changes)))

    assert page.values("class").count("change") == 2_000
    assert "8008 other changes, not shown one by one; --format json shows all" in page.text
    assert "stores/old-memory" in page.values("data-name")
    assert "agents/a9999" in page.text
