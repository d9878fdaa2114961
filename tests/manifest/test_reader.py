from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.manifest.limits import Budget, Resource
from provisioner.manifest.places import Source
from provisioner.manifest.reader import read
from provisioner.manifest.yaml_values import MAX_DEPTH
from provisioner.model.diagnostic import Diagnostic
from tests.whole import tries

BOTH = pytest.mark.parametrize("fast", [pytest.param(True, id="libyaml"), pytest.param(False, id="PyYAML")])


def test_libyaml_is_here_to_be_compared_with() -> None:
    assert yaml.__with_libyaml__


def values(text: str, *, fast: bool = True) -> Any:
    source, problems = read(text, file="f", fast=fast)
    assert source is not None
    assert not problems
    return source.root


@BOTH
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[~, null, NULL, ]", [None, None, None], id="null"),
        pytest.param("[true, False, TRUE]", [True, False, True], id="booleans"),
        pytest.param("[0, -1, +7, 12345678901234567890]", [0, -1, 7, 12345678901234567890], id="integers"),
        pytest.param("[1.5, -.5, 1., 1.0e+3, 1.5E-2]", [1.5, -0.5, 1.0, 1000.0, 0.015], id="floats"),
        pytest.param("[4.1.0, gpt-4, -, ., +, 1a, y]", ["4.1.0", "gpt-4", "-", ".", "+", "1a", "y"], id="words"),
        pytest.param("['on', \"1:30\", '2025-04-14']", ["on", "1:30", "2025-04-14"], id="quoted"),
        pytest.param("[!!str on, ! 5, !!map {a: !!seq []}]", ["on", "5", {"a": []}], id="known tags"),
        pytest.param("a: |+\n  b\n\nc: >-\n  d\n  e\n", {"a": "b\n\n", "c": "d e"}, id="blocks"),
        pytest.param("{a: &x [1], b: *x, &k c: *x}", {"a": [1], "b": [1], "c": [1]}, id="aliases"),
        pytest.param("{a: &x on1, *x : 2}", {"a": "on1", "on1": 2}, id="alias as key"),
        pytest.param(
            "a: &a {x: 1, y1: 1}\nb: &b {y1: 2, z: 2}\nc:\n  x: 9\n  <<: [*a, *b]\n",
            {"a": {"x": 1, "y1": 1}, "b": {"y1": 2, "z": 2}, "c": {"x": 9, "y1": 1, "z": 2}},
            id="merge keys: what is nearer wins",
        ),
        pytest.param('{"<<": 1}', {"<<": 1}, id="quoted merge key"),
        pytest.param("? a\n: b", {"a": "b"}, id="explicit key"),
        pytest.param("%YAML 1.1\n---\na: 1\n...\n", {"a": 1}, id="directive"),
        pytest.param("a: 'é😀'", {"a": "é😀"}, id="beyond ASCII"),
    ],
)
def test_values_are_those_that_every_yaml_reader_sees(text: str, expected: object, fast: bool) -> None:
    assert values(text, fast=fast) == expected


@BOTH
def test_keys_and_values_know_their_places(fast: bool) -> None:
    text = "é: 1\n# 😀\nstores:\r\n  s:\r\n    options: {a: 1, b: [x, {c: 2}]}\n"
    source, _ = read(text, file="f", fast=fast)
    assert source is not None

    assert place(source, "stores") == "3:1 4:3"
    assert place(source, "stores.s") == "4:3 5:5"
    assert place(source, "stores.s.options.b") == "5:21 5:24"
    assert place(source, "stores.s.options.b.1.c") == "5:29 5:32"


@BOTH
def test_a_place_that_is_not_there_is_its_nearest_parents(fast: bool) -> None:
    source, _ = read("a:\n  b: 1\n", file="f", fast=fast)
    assert source is not None

    assert place(source, "a.b.c.0") == "2:3 2:6"
    assert place(source, "x") == "1:1 1:1"


@BOTH
def test_what_an_alias_stands_for_is_placed_where_it_was_written(fast: bool) -> None:
    source, _ = read("x: &x {b: 1}\ny1:\n  *x\nz:\n  <<: *x\n", file="f", fast=fast)
    assert source is not None

    assert place(source, "y1") == "2:1 3:3"
    assert place(source, "y1.b") == "1:8 1:11"
    assert place(source, "z.b") == "1:8 1:11"


def place(source: Source, path: str) -> str:
    steps = tuple(path.split("."))
    key, value = source.key_at(steps), source.value_at(steps)
    return f"{key.line}:{key.column} {value.line}:{value.column}"


@BOTH
def test_a_duplicate_names_the_first(fast: bool) -> None:
    _, problems = read("a: 1\nb: {c: 1,\n    c: 2}\n", file="f", fast=fast)

    assert [each.message for each in problems] == [
        'The key "c" is written twice in one mapping; the first is in line 2, column 5.'
    ]


@BOTH
def test_the_deepest_nesting_is_allowed_and_one_more_is_not(fast: bool) -> None:
    assert codes("[" * MAX_DEPTH + "]" * MAX_DEPTH, fast=fast) == []
    assert codes("[" * (MAX_DEPTH + 1), fast=fast) == ["too-deep"]


@BOTH
def test_aliases_cannot_nest_deeper_either(fast: bool) -> None:
    text = "".join(f"a{n}: &a{n} [{f'*a{n - 1}' if n else ''}]\n" for n in range(MAX_DEPTH + 5))

    assert codes(text, fast=fast) == ["too-deep"]


@BOTH
def test_aliases_that_explode_are_stopped(fast: bool) -> None:
    text = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))

    assert codes(text, fast=fast) == ["alias-bomb"]


def test_merge_keys_that_explode_are_stopped_too() -> None:
    text = "a0: &a0 {x: 1}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)
    )

    assert codes(text) == ["alias-bomb"]


def test_too_many_values_are_stopped() -> None:
    def within_ten(text: str) -> list[str]:
        return [each.code for each in read(text, file="f", budget=Budget({Resource.VALUES: 10}))[1]]

    assert within_ten("[1, 2, 3, 4, 5, 6, 7, 8, 9]") == []
    assert within_ten("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]") == ["manifest-too-big"]


def test_a_file_full_of_problems_is_given_up_at_a_thousand() -> None:
    found = codes("[" + "on, " * 5_000 + "]")

    assert (len(found), found[-1]) == (1_000, "more-problems")


def codes(text: str, *, fast: bool = True) -> list[str]:
    return [each.code for each in read(text, file="f", fast=fast)[1]]


PIECES = (
    *("a", "b", "key", "1", "on", "~", "*x", "&x", "<<", "!!str", "!t", "'q'", '"d\\n"', "2025-04-14", "1.5", "é"),
    *(": ", ":\n", "- ", "\n", "\n  ", "\n    ", ", ", "[", "]", "{", "}", "|\n", ">-\n", "# c\n", "? ", "---\n"),
)


@settings(max_examples=tries(600))
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_both_parsers_agree_on_values_and_places(text: str) -> None:
    """What only one of them takes for YAML is left out: that is between PyYAML and libyaml."""
    fast, slow = read(text, file="f"), read(text, file="f", fast=False)

    if "yaml-syntax" not in {each.code for each in (*fast[1], *slow[1])}:
        assert told(fast[1]) == told(slow[1])
        assert (fast[0] is None) == (slow[0] is None)
        if fast[0] is not None and slow[0] is not None:
            assert fast[0].root == slow[0].root
            for path in paths_into(fast[0].root):
                assert place(fast[0], path) == place(slow[0], path)


def told(problems: list[Diagnostic]) -> list[object]:
    return [(each.code, each.message, each.where) for each in problems]


def paths_into(value: object, at: str = "") -> list[str]:
    pairs: list[tuple[str, object]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(str(index), inner) for index, inner in enumerate(value)]
    return [each for key, inner in pairs for each in (f"{at}{key}", *paths_into(inner, f"{at}{key}."))]
