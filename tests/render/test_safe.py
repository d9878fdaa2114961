from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.render.safe import LONG_LINE, cut, folded, one_line, visible, wrapped
from tests.render import strategies as our


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\tb\r\nc", "a\\tb\\r\nc", id="newlines-stay"),
        pytest.param("\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m", id="escape-sequences"),
        pytest.param("\x9b31m\x7f", "\\u009b31m\\u007f", id="c1-controls"),
        pytest.param("a\u202eb\u2066", "a\\u202eb\\u2066", id="bidi-overrides"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="no-width"),
        pytest.param("\U000e0041", "\\U000e0041", id="tag-characters"),
        pytest.param("\ud800", "\\ud800", id="lone-surrogates"),
        pytest.param("naïve 日本 👩\u200d💻", "naïve 日本 👩\u200d💻", id="every-language-stays"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, expected: str) -> None:
    assert expected == visible(text)


@given(our.wild)
def test_visible_text_can_be_encoded_and_is_left_alone(text: str) -> None:
    once = visible(text)
    once.encode("utf-8")

    assert once == visible(once)
    assert "\n" not in one_line(text)


def test_a_long_line_says_how_much_is_left_out() -> None:
    assert cut("x" * (LONG_LINE + 7)) == "x" * LONG_LINE + "… (+7 characters)"
    assert cut("x" * LONG_LINE) == "x" * LONG_LINE


def test_prose_respects_the_width_and_keeps_paragraphs() -> None:
    lines = wrapped("word " * 30 + "\nnext", width=40, indent="  ")

    assert max(map(len, lines)) <= 40
    assert lines[-1] == "  next"


def test_a_command_of_the_azure_cli_stays_one_line_that_can_be_copied() -> None:
    command = f"az role assignment create --role Reader --scope /subscriptions/{'s' * 60}"

    assert wrapped(f"{'word ' * 10}\n{command}", width=40, indent="  ")[-1] == f"  {command}"


_LINES = st.text("ab  ,", max_size=120)


@given(_LINES, st.integers(40, 140))
def test_a_folded_line_loses_nothing_and_parts_no_word(line: str, width: int) -> None:
    start, hang = "        + ", "          "
    first, *rest = folded(line, width=width, start=start, hang=hang)
    indent = len(line) - len(line.lstrip(" ")) + 2
    deeper = len(hang) + (indent if len(hang) + indent + 20 <= width else 0)

    assert " ".join([first[len(start) :], *(piece[deeper:] for piece in rest)]) == line
    assert all(piece[:deeper].strip() == "" for piece in rest)
    assert all(len(piece) <= width or " " not in piece.strip().rstrip() for piece in rest)


@given(_LINES, st.integers(40, 140))
def test_prose_keeps_every_word(text: str, width: int) -> None:
    lines = wrapped(text, width=width, indent="  ", hang="    ")

    assert " ".join(lines).split() == text.split()
    assert all(len(line) <= width or " " not in line.strip() for line in lines)
