"""Read back with a parser of CommonMark, tables and strikethrough: nothing in a value becomes markup."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Change, FieldChange, Plan, Target
from provisioner.model.resource import Live
from provisioner.render.markdown import code, fenced, prose
from provisioner.render.plan_markdown import plan_markdown, plan_marker
from provisioner.render.safe import one_line
from tests.render import sample
from tests.render import strategies as our
from tests.whole import tries

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_UNSEEN = "\u200b"


def inline_tokens(text: str) -> list[Token]:
    return [child for token in _PARSER.parse(text) for child in token.children or []]


def words(text: str) -> str:
    """As a reader sees them: a browser makes one space of many."""
    return " ".join(text.replace(_UNSEEN, "").split())


@given(our.wild)
def test_prose_is_read_back_as_the_plain_words(text: str) -> None:
    tokens = inline_tokens(f"x {prose(text)} x")

    assert {token.type for token in tokens} <= {"text", "text_special"}
    assert words("".join(token.content for token in tokens)) == words(f"x {one_line(text)} x")


@given(our.wild)
def test_code_is_read_back_as_the_plain_words(text: str) -> None:
    first, *middle, last = inline_tokens(code(text))

    assert (first.content, last.content) == ("<code>", "</code>")
    assert all(token.type.startswith("text") for token in middle)
    assert words("".join(token.content for token in middle)) == words(one_line(text))


@pytest.mark.parametrize("text", ["@octocat", "a@b.com", "#12", "o/r#12", "GH-12", "https://a.b", "www.a.b"])
def test_github_finds_nothing_to_link(text: str) -> None:
    shown = html.unescape(prose(f"see {text}"))

    assert words(shown) == f"see {text}"
    assert text not in shown


def test_words_with_dashes_and_dots_stay_readable() -> None:
    assert prose("gpt-4.1-mini (2025-04-14), --adopt") == "gpt-4.1-mini (2025-04-14), --adopt"


@given(st.lists(our.wild.map(one_line), min_size=1))
def test_a_fence_holds_whatever_is_inside(lines: list[str]) -> None:
    tokens = _PARSER.parse(fenced([f"+ {line}" for line in lines], "diff"))

    assert [(token.type, token.info) for token in tokens] == [("fence", "diff")]
    assert tokens[0].content.count("\n") == len(lines)


@settings(max_examples=tries(40))
@given(our.plans)
def test_only_our_own_markup_is_in_a_comment(plan: Plan) -> None:
    text = plan_markdown(plan)
    blocks = _PARSER.parse(text)
    markup = [token for token in inline_tokens(text) if not token.type.startswith(("text", "softbreak", "strong"))]

    assert {token.content for token in markup} <= {"<code>", "</code>"}
    assert sum(token.content.startswith("<details>") for token in blocks) == len(plan.changes) + len(plan.suspended)
    told = (*(change.address for change in (*plan.changes, *plan.suspended)), *plan.unchanged)
    kinds = {address.kind for address in told}
    rows = len(kinds) + (2 if len(kinds) > 1 else 1)
    assert sum(token.type == "tr_open" for token in blocks) == (rows if plan.changes else 0)


def large_plan(count: int, *, lines: int) -> Plan:
    def change(number: int) -> Change:
        size = lines * (number + 1)
        field = FieldChange(path=("instructions",), before="a\n" * size, after="b\n" * size)
        address = Address("agents", f"a{number}")
        return Change(action=Action.UPDATE, address=address, before=Live(address=address, fields={}), fields=(field,))

    return Plan(owner="big", changes=tuple(change(number) for number in range(count)))


def test_long_diffs_are_shortened_before_any_is_left_out_and_it_says_so() -> None:
    text = plan_markdown(large_plan(40, lines=40))

    assert len(text) <= 60_000
    assert "left out" not in text
    assert text.count("<code>agents/a") == 40
    assert "<b>update</b> 40 agents</summary>" in text
    assert "… 1,588 more lines" in text  # of the longest: the first 12 are shown
    assert "… 40 more lines" not in text  # short ones are whole
    assert text.index("<code>agents/a0<") < text.index("<code>agents/a39<")


def test_what_does_not_fit_even_shortened_is_counted_and_named() -> None:
    text = plan_markdown(large_plan(200, lines=2), limit=10_000)
    shown = text.count("</b> <code>agents/a")

    assert len(text) <= 10_000
    assert 10 < shown < 200
    assert f"**{200 - shown} of 200 diffs left out for length**" in text
    assert f"<code>agents/a{shown}</code>, " in text
    assert text.endswith("</code>\n")


def test_what_ends_is_kept_before_what_begins_however_long_it_is() -> None:
    creations = tuple(
        sample.change(Action.CREATE, Address("agents", f"new-{number}"), after={"instructions": "Help.\n" * 40})
        for number in range(500)
    )
    plan = Plan(owner="o", changes=(*creations, *sample.sample_plan().changes))

    text = plan_markdown(plan, limit=20_000)

    assert len(text) <= 20_000
    for name in ("stores/old-memory", "stores/dev-prefs-memory", "agents/dev-buddy", "agents/portal-made"):
        assert f"</b> <code>{name}</code>" in text
    assert "<b>create</b> 501 agents</summary>" in text
    first_screen = text[:4_000]
    assert "**Lost when this is applied:**" in first_screen
    assert "**Drift: changed outside the manifest, and overwritten by this plan:**" in first_screen


def test_a_text_of_60_000_characters_leaves_room_for_everything_else() -> None:
    long = sample.change(Action.CREATE, Address("agents", "long"), after={"instructions": "One more rule.\n" * 4_000})
    wide = sample.change(
        Action.CREATE,
        Address("agents", "wide"),
        after={"tools": [{"type": "function", "name": f"f{number}"} for number in range(128)]},
    )
    text = plan_markdown(Plan(owner="o", changes=(long, wide, *sample.sample_plan().changes)))

    assert len(text) <= 60_000
    assert "left out" not in text
    assert "… 3,000 more lines" in text
    assert 'name: "f127"' in text


@pytest.mark.parametrize(("number", "told"), [(25, "agents/a24</code>"), (26, "… and 1 more.")])
def test_a_list_above_the_diffs_ends_where_nobody_would_read_on(number: int, told: str) -> None:
    changes = [sample.change(Action.DELETE, Address("agents", f"a{at}"), live={"model": "m"}) for at in range(number)]
    text = plan_markdown(Plan(owner="o", changes=tuple(changes)))

    assert told in text.partition("<details>")[0]


def test_the_marker_is_hidden_the_same_for_an_owner_and_project_and_another_for_others() -> None:
    def marker(owner: str, target: Target | None = sample.TARGET) -> str:
        return plan_markdown(Plan(owner=owner, target=target)).partition("\n")[0]

    there = replace(sample.TARGET, endpoint="https://other.services.ai.azure.com/api/projects/p")
    here = replace(sample.TARGET, endpoint="https://127.0.0.1:1234/api/projects/local", local=True)
    again = replace(here, endpoint="https://127.0.0.1:4321/api/projects/local")

    assert marker("o") == plan_markdown(sample.sample_plan()).partition("\n")[0].replace("dev-buddy", "o")
    assert marker("o", here) == marker("o", again) == "<!-- provisioner plan: o in local -->"
    assert len({marker("o"), marker("p"), marker("o", there), marker("o", here)}) == 4
    assert marker("a-->b--c") == marker("o").replace(" o ", " a%2D%2D%3Eb%2D%2Dc ")


@given(our.wild)
def test_a_marker_is_one_comment_whatever_the_owner_is_called(owner: str) -> None:
    (token,) = _PARSER.parse(plan_marker(Plan(owner=owner)))

    assert token.type == "html_block"
    assert token.content.count("--") == 2


@pytest.mark.untraced
@pytest.mark.parametrize("warnings", [0, 3, 60])
def test_whatever_the_size_the_end_is_never_cut_off(warnings: int) -> None:
    """The names of what is left out may be longer than those of what comes first."""
    changes = tuple(
        Change(
            action=Action.CREATE,
            address=Address("agents", f"many-{'x' * (number % 7)}{number}"),
            after={"description": "All work. " * number},
        )
        for number in range(60)
    )
    told = tuple(replace(sample.warnings()[0], message=f"Agent {number} is odd.") for number in range(warnings))
    plan = Plan(owner="many", changes=changes, suspended=changes[:5], warnings=told, refusals=told, notes=told)

    for limit in range(2_000, 9_000, 61):
        assert plan_markdown(plan, limit=limit).endswith(f"Digest: {code(plan.digest)}\n"), limit


def test_a_plan_that_fits_leaves_nothing_out() -> None:
    assert "left out" not in plan_markdown(sample.sample_plan())
