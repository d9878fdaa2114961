"""The page of a plan: everything is in it, nothing in a value is markup, and its policy lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.pipelines import is_inert
from provisioner.model.plan import FieldChange, Plan
from provisioner.render.plan_html import plan_html
from tests.conftest import Golden
from tests.render import sample
from tests.render import strategies as our
from tests.whole import tries

_VOID = {"meta", "input", "path", "rect", "col"}
_MASKED = re.compile(r"(?s)(<style>|<script>|'sha256-).*?(</style>|</script>|')")
EVIL = "</style></script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{ 7*7 }}"


class Reader(HTMLParser):
    """The text of a page and its elements; fails on a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.raw: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            self.raw[self._open[-1]] = data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.attributes if each == name]


def read(plan: Plan) -> Reader:
    return Reader(plan_html(plan))


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


def test_its_policy_lets_its_own_style_and_script_run_and_nothing_else() -> None:
    page = read(sample.sample_plan())
    (policy,) = [value for value in page.values("content") if value.startswith("default-src")]
    hashes = {tag: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for tag, text in page.raw.items()}

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert "style" not in dict(page.attributes)  # an attribute would be refused
    assert all(map(is_inert, page.raw.values()))  # or their hashes would be others


@settings(max_examples=tries(40))
@given(our.plans)
def test_nothing_in_a_value_is_markup_or_loads_anything(plan: Plan) -> None:
    page = read(plan)

    assert page.tags.count("script") <= 1
    assert page.tags.count("style") == 1
    assert {"img", "link", "iframe", "object", "form", "base"}.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert all(re.fullmatch(r"#c\d+", value) for value in page.values("href"))


def test_what_people_wrote_stays_text() -> None:
    address = Address("agents", EVIL)
    field = FieldChange(path=(EVIL,), before=EVIL, after=f"{EVIL}\n{EVIL}", origin=Origin.DRIFT)
    change = sample.change(Action.UPDATE, address, live={}, fields=(field,), remarks=(EVIL,), reason=EVIL)
    page = read(Plan(owner=EVIL, changes=(change,), refusals=sample.refusals(), unchanged=(address,)))

    assert page.text.count(EVIL) >= 6
    assert "img" not in page.tags


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
        ("edit", "edited in the manifest", "4"),
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
