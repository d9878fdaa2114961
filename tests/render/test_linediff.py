from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.render.linediff import MOST, DiffLine, diff_lines, stretches

_lines = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30)


def shown(before: list[str], after: list[str]) -> list[str]:
    return [f"{line.sign} {line.text}" for line in diff_lines(before, after)]


@given(_lines, _lines)
def test_a_diff_rebuilds_both_sides(before: list[str], after: list[str]) -> None:
    found = stretches(before, after)

    assert before == [line for stretch in found for line in stretch.before]
    assert after == [line for stretch in found for line in stretch.after]
    assert all(stretch.before == stretch.after for stretch in found if stretch.same)


@given(_lines, _lines)
def test_what_is_shown_accounts_for_every_line(before: list[str], after: list[str]) -> None:
    lines = list(diff_lines(before, after))
    folded = sum(int(line.text.split()[0]) for line in lines if line.sign == "…")
    same = sum(line.sign == " " for line in lines) + folded

    assert len(before) == same + sum(line.sign == "-" for line in lines)
    assert len(after) == same + sum(line.sign == "+" for line in lines)


def test_long_unchanged_stretches_are_folded_with_three_lines_of_context() -> None:
    numbers = [str(number) for number in range(20)]
    changed = [*numbers[:10], "ten", *numbers[11:]]

    assert shown(numbers, changed) == [
        "… 7 unchanged lines",
        "  7",
        "  8",
        "  9",
        "- 10",
        "+ ten",
        "  11",
        "  12",
        "  13",
        "… 6 unchanged lines",
    ]


def test_a_fold_never_hides_a_single_line() -> None:
    assert shown(["1", "2", "3", "4", "a"], ["1", "2", "3", "4", "b"])[0] == "  1"


def test_texts_too_long_to_compare_are_shown_whole() -> None:
    before, after = [f"a{number}" for number in range(2_500)], [f"b{number}" for number in range(2_500)]

    assert len(list(diff_lines(["same", *before], ["same", *after], most=2_500))) == 5_001


def test_of_a_long_line_the_difference_is_in_sight() -> None:
    before, after = "x" * 5_000 + "a" + "y" * 1_000, "x" * 5_000 + "b" + "y" * 1_000
    old, new = shown([before], [after])

    assert old == f"- (4960 unchanged characters) …{'x' * 40}a{'y' * 359}… (+641 characters)"
    assert new == f"+ (4960 unchanged characters) …{'x' * 40}b{'y' * 359}… (+641 characters)"


def test_of_very_many_lines_the_first_are_shown_and_the_rest_counted() -> None:
    shown = list(diff_lines([], [f"line {number}" for number in range(500_000)]))

    assert shown[:-1] == [DiffLine("+", f"line {number}") for number in range(MOST)]
    assert shown[-1] == DiffLine("+", "… 499,000 more lines")


def test_nothing_is_left_out_at_the_bound() -> None:
    assert [line.text for line in diff_lines([], ["x"] * MOST)] == ["x"] * MOST
    assert list(diff_lines(["x"] * (MOST + 1), []))[-1] == DiffLine("-", "… 1 more line")


@pytest.mark.parametrize("old", [MOST + 7, MOST, 3])
def test_what_goes_leaves_room_for_what_comes(old: int) -> None:
    shown = list(diff_lines(["a", *["old"] * old, "z"], ["a", *["new"] * (MOST + 7), "z"]))

    assert shown.count(DiffLine("-", "old")) == min(old, MOST)
    assert shown.count(DiffLine("+", "new")) == MOST
    assert [line for line in shown if "more" in line.text] == [
        *([DiffLine("-", "… 7 more lines")] if old > MOST else []),
        DiffLine("+", "… 7 more lines"),
    ]
