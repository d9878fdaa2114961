"""Two texts beside each other: nothing is lost, and what differs is marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provisioner.render.side_by_side import Cell, Row, side_by_side

LINES = st.lists(st.sampled_from(["a", "b", "one two three", "one four three", ""]), max_size=12)


def texts(rows: list[Row], side: str) -> list[str]:
    cells = [cell for row in rows if (cell := getattr(row, side)) is not None]
    return ["".join(piece.text for piece in cell.pieces) for cell in cells]


def marked(cell: Cell | None) -> list[str]:
    return [piece.text for piece in cell.pieces if piece.differs] if cell else []


@given(LINES, LINES)
def test_every_line_stands_on_its_side_but_for_those_that_are_folded(before: list[str], after: list[str]) -> None:
    rows = list(side_by_side(before, after))

    if not any(row.note for row in rows):
        assert texts(rows, "before") == before
        assert texts(rows, "after") == after
    for row in rows:
        for cell, lines in ((row.before, before), (row.after, after)):
            if cell:
                assert "".join(piece.text for piece in cell.pieces) == lines[cell.number - 1]


def test_the_words_that_differ_are_marked() -> None:
    (row,) = side_by_side(["Be brief and kind to all."], ["Be brief and fair to all."])

    assert (marked(row.before), marked(row.after)) == (["kind"], ["fair"])


def test_where_nearly_every_word_differs_none_is_marked() -> None:
    (row,) = side_by_side(["Be brief."], ["你好世界"])

    assert (marked(row.before), marked(row.after)) == ([], [])


def test_a_long_line_is_parted_behind_its_sentences_so_that_the_one_that_differs_is_seen() -> None:
    before = " ".join(f"Rule {number} holds for everyone who asks." for number in range(2_000))
    rows = list(side_by_side([before], [before.replace("Rule 900 holds", "Rule 900 stands")]))

    assert len(rows) == 9
    (changed,) = [row for row in rows if row.before and not row.same]
    assert (marked(changed.before), marked(changed.after)) == (["holds"], ["stands"])
    assert [row.note for row in rows if row.note] == ["897 unchanged parts", "1,096 unchanged parts"]
    assert [row.before.number for row in rows if row.before] == [0] * 7


def test_beyond_a_thousand_lines_it_is_told_how_many_there_are() -> None:
    rows = list(side_by_side([], [f"line {number}" for number in range(1_500)]))

    assert len(rows) == 1_001
    assert rows[-1].note == "500 more lines that differ"
