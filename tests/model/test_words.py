from __future__ import annotations

import pytest

from provisioner.model.words import joined, listed


@pytest.mark.parametrize(
    ("words", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", 3], "a, b and 3")],
    ids=["none", "one", "two", "three"],
)
def test_words_are_joined_as_in_a_sentence(words: list[object], expected: str) -> None:
    assert joined(words) == expected


def test_the_last_word_may_be_an_alternative() -> None:
    assert joined(["a", "b"], "or") == listed(["a", "b"], "or") == "a or b"


def test_a_long_list_is_cut_and_counted() -> None:
    assert listed([str(number) for number in range(20)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (20 in all)"
