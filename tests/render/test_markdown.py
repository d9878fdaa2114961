"""Read back with a parser of CommonMark, tables and strikethrough: nothing in a value becomes markup."""

from __future__ import annotations

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Change, FieldChange, Plan
from provisioner.model.resource import Live
from provisioner.render.markdown import code, fenced, prose
from provisioner.render.plan_markdown import plan_markdown
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
    assert sum(token.content.startswith("<details>") for token in blocks) == len(plan.changes)
    assert sum(token.type == "tr_open" for token in blocks) == (len(plan.changes) + 1 if plan.changes else 0)


def large_plan(count: int, *, lines: int) -> Plan:
    def change(number: int) -> Change:
        size = lines * (number + 1)
        field = FieldChange(path=("instructions",), before="a\n" * size, after="b\n" * size)
        address = Address("agents", f"a{number}")
        return Change(action=Action.UPDATE, address=address, before=Live(address=address, fields={}), fields=(field,))

    return Plan(owner="big", changes=tuple(change(number) for number in range(count)))


def test_the_largest_diffs_are_left_out_first_and_it_says_so() -> None:
    text = plan_markdown(large_plan(40, lines=40), limit=60_000)

    assert len(text) <= 60_000
    assert "agents/a0 will be updated" in text
    assert "agents/a39 will be updated" not in text
    assert text.count("<details>") + 28 == 40
    assert "**28 of 40 diffs left out for length**" in text
    assert text.count("| update |") == 40


def test_a_table_too_long_is_cut_with_a_count() -> None:
    text = plan_markdown(large_plan(200, lines=2), limit=10_000)
    rows = text.count("| update |")

    assert len(text) <= 10_000
    assert f"{200 - rows} more not listed for length." in text
    assert text.endswith("</code>\n")


def test_a_plan_that_fits_leaves_nothing_out() -> None:
    assert "left out" not in plan_markdown(sample.sample_plan())
