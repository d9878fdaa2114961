"""Changing values in a manifest's text, and nothing beside them."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.manifest.edit import Edit, edited
from provisioner.manifest.reader import read
from provisioner.manifest.write import block
from provisioner.model.document import ABSENT, Path
from tests.whole import tries

TEXT = """\
# what we run
version: 1
name: x   # the name

agents:
  a:   # first
    model: chat/m
    description: "say \\"hi\\""   # d
    temperature: 0.5  # t
    instructions: |  # keep
        Be kind.
        Always.

    tools:
    - type: code_interpreter
    - type: file_search   # fs
      ids: [a, b]
    metadata: {team: red, x: 'y'}

  # about b
  b:
    model: m
    <<: &base {state: enabled}

  c:
    model: m
    metadata: &md
      q: 1
  d:
    model: n
    metadata: *md
"""


def changed_lines(text: str, *edits: tuple[str, object]) -> list[str]:
    """The lines that go and come, in their order."""
    result = edited(text, [Edit(path=tuple(path.split("/")), value=value) for path, value in edits])
    assert result.refused == {}
    told = difflib.unified_diff(text.splitlines(), result.text.splitlines(), n=0, lineterm="")
    return [line for line in told if line[:2] not in ("--", "++", "@@")]


@pytest.mark.parametrize(
    ("path", "value", "lines"),
    [
        ("agents/a/temperature", 0.7, ["-    temperature: 0.5  # t", "+    temperature: 0.7  # t"]),
        ("agents/a/metadata/x", "z", ["-    metadata: {team: red, x: 'y'}", "+    metadata: {team: red, x: 'z'}"]),
        (
            "agents/a/metadata/n",
            "a, b",
            ["-    metadata: {team: red, x: 'y'}", "+    metadata: {team: red, x: 'y', n: \"a, b\"}"],
        ),
        ("agents/a/instructions", "Be kind.\nNever.\n", ["-        Always.", "+        Never."]),
        (
            "agents/a/instructions",
            "Be kind.\nAlways.",
            ["-    instructions: |  # keep", "+    instructions: |-  # keep"],
        ),
        (
            "agents/a/instructions",
            "Kind.",
            [
                "-    instructions: |  # keep",
                "-        Be kind.",
                "-        Always.",
                "+    instructions: Kind.  # keep",
            ],
        ),
        (
            "agents/a/temperature",
            "a\nb",
            ["-    temperature: 0.5  # t", "+    temperature: |-  # t", "+      a", "+      b"],
        ),
        ("agents/a/tools/1/ids", ["a", "b", "c"], ["-      ids: [a, b]", "+      ids: [a, b, c]"]),
        ("agents/a/tools/1", ABSENT, ["-    - type: file_search   # fs", "-      ids: [a, b]"]),
        ("agents/a/tools/2", {"type": "x"}, ["+    - type: x"]),
        ("agents/a/temperature", ABSENT, ["-    temperature: 0.5  # t"]),
        ("agents/b/state", "disabled", ["+    state: disabled"]),
        ("agents/b/metadata/k", "v", ["+    metadata:", "+      k: v"]),
        ("agents/a/model", {"name": "m"}, ["-    model: chat/m", "+    model:", "+      name: m"]),
        ("stores/s/chat_model", "gpt", ["+", "+stores:", "+  s:", "+    chat_model: gpt"]),
    ],
)
def test_nothing_but_what_was_meant_changes(path: str, value: object, lines: list[str]) -> None:
    assert changed_lines(TEXT, (path, value)) == lines


def test_several_changes_are_made_at_once() -> None:
    lines = changed_lines(
        TEXT,
        ("agents/a/temperature", 1),
        ("agents/e", {"model": "m", "instructions": "a\nb\n"}),
        ("agents/f", {"external": True}),
    )

    assert lines == [
        "-    temperature: 0.5  # t",
        "+    temperature: 1  # t",
        *("+  e:", "+    model: m", "+    instructions: |", "+      a", "+      b"),
        *("+  f:", "+    external: true"),
    ]


@pytest.mark.parametrize(
    ("at", "before", "after"),
    [
        (0, "    tools:\n", "    - type: new\n    - type: newer\n"),
        (1, "code_interpreter\n", "    - type: new\n    - type: newer\n"),
        (2, "ids: [a, b]\n", "    - type: new\n    - type: newer\n"),
    ],
)
def test_items_come_before_another(at: int, before: str, after: str) -> None:
    edit = Edit(path=("agents", "a", "tools", str(at)), value=[{"type": "new"}, {"type": "newer"}], is_before=True)

    assert edited(TEXT, [edit]).text == TEXT.replace(before, before + after)


def test_items_come_before_another_between_brackets() -> None:
    place = ("agents", "a", "tools", "1", "ids")

    lists = [edited(TEXT, [Edit(path=(*place, at), value=["x", "y"], is_before=True)]).text for at in "012"]

    assert [TEXT.replace("[a, b]", new) for new in ("[x, y, a, b]", "[a, x, y, b]", "[a, b, x, y]")] == lists


def test_windows_line_ends_stay() -> None:
    text = TEXT.replace("\n", "\r\n")

    result = edited(
        text, [Edit(path=("agents", "a", "temperature"), value=1), Edit(path=("agents", "g"), value={"a": "b\nc"})]
    )

    assert result.text.count("\n") == result.text.count("\r\n") == text.count("\n") + 4


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("agents/d/metadata/q", "comes from `*md`, which stands elsewhere, too"),
        ("agents/c/metadata/q", "stands in `&md`, which is used elsewhere, too"),
        ("agents/d/metadata", "comes from `*md`, which stands elsewhere, too"),
    ],
)
def test_what_stands_in_two_places_is_left_alone(path: str, why: str) -> None:
    steps = tuple(path.split("/"))

    result = edited(TEXT, [Edit(path=steps, value=2), Edit(path=("agents", "c", "model"), value="z")])

    assert result.refused == {steps: why}
    assert result.text == TEXT.replace("  c:\n    model: m", "  c:\n    model: z")


def test_thousands_are_added_to_a_section_that_is_not_there_yet() -> None:
    """Quadratic, it would outlast the time that a test has."""
    edits = [Edit(path=("agents", f"a{nr}"), value={"model": "m"}) for nr in range(3_000)]

    assert edited("version: 1\n", edits).text.count("model: m\n") == 3_000
    assert edited("version: 1\nagents: {}\n", edits).text.count("model: m\n") == 3_000


def test_a_new_section_comes_behind_what_is_new_in_the_last_one() -> None:
    edits = [Edit(path=("agents", "a"), value={"m": 1}), Edit(path=("stores", "s"), value={"m": 1})]

    changed = edited("version: 1\nstores:\n  r:\n    m: 1\n", edits)

    assert changed.text == "version: 1\nstores:\n  r:\n    m: 1\n  s:\n    m: 1\nagents:\n  a:\n    m: 1\n"


def test_one_that_is_left_alone_keeps_no_other_from_being_made() -> None:
    text = "agents:\n" + "".join(
        f"  a{nr}: {{t: {'&x 1' if nr == 7 else '*x' if nr == 8 else 1}}}\n" for nr in range(300)
    )

    result = edited(text, [Edit(path=("agents", f"a{nr}", "t"), value=2) for nr in range(300)])

    assert result.text.count("t: 2") == 298
    assert set(result.refused) == {("agents", "a7", "t"), ("agents", "a8", "t")}


@pytest.mark.parametrize("text", ["a: [\n", "a: 1\na: 2\n", "- 1\n", ""])
def test_a_file_that_says_something_else_is_left_as_it_is(text: str) -> None:
    result = edited(text, [Edit(path=("b", "c"), value=1)])

    assert result.text == text or read(result.text, file="")[0] is not None


WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029\x85"), max_size=12
)
TEXTS = st.one_of(
    WORDS,
    st.sampled_from(
        ["null", "yes", "1", "0x1", "- a", "a: b", "#", "# x", "a #b", " a", "a ", "'", '"', "|", "{a", "~"]
    ),
    st.lists(WORDS, min_size=2, max_size=4).map("\n".join),
    st.lists(WORDS, min_size=1, max_size=3).map(lambda lines: "\n".join([*lines, ""])),
)
SCALARS = st.one_of(TEXTS, st.booleans(), st.none(), st.integers(-(10**6), 10**6), st.floats(-1e4, 1e4, width=16))
KEYS = st.one_of(st.sampled_from("abcdef"), WORDS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A document in one of many spellings."""
    document = draw(DOCUMENTS)
    if draw(st.booleans()):
        text = "\n".join(block(document)) + "\n"
    else:
        text = yaml.dump(
            document,
            Dumper=_NoAliases,
            default_flow_style=draw(st.sampled_from([True, False, None])),
            default_style=draw(st.sampled_from([None, None, '"', "'", "|", ">"])),
            indent=draw(st.integers(2, 6)),
            width=draw(st.sampled_from([20, 80, 10_000])),
            allow_unicode=draw(st.booleans()),
            sort_keys=False,
            explicit_start=draw(st.booleans()),
        )
    return text.removesuffix("\n") if draw(st.booleans()) else text


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def places(value: Any, at: Path = ()) -> list[Path]:
    """Of all that is there, and of what could be added."""
    if isinstance(value, dict):
        inner = [path for key, each in value.items() for path in places(each, (*at, key))]
        return [*([at] if at else []), *inner, (*at, "new")]
    if isinstance(value, list):
        inner = [path for index, each in enumerate(value) for path in places(each, (*at, str(index)))]
        return [at, *inner, (*at, str(len(value)))]
    return [at]


@settings(max_examples=tries(400))
@given(text=written(), data=st.data())
def test_whatever_is_changed_reads_back_and_the_rest_says_what_it_said(text: str, data: st.DataObject) -> None:
    source, problems = read(text, file="")
    if source is None or problems or not isinstance(source.root, dict):
        return
    path = data.draw(st.sampled_from(places(source.root)))
    value = data.draw(st.one_of(VALUES, st.just(ABSENT)))

    result = edited(text, [Edit(path=path, value=value)])

    # the end of a last line may make another text of it; a key behind a `?` is not one that anybody writes
    if result.refused and (not text.endswith("\n") or "? " in text):
        assert result.text == text
        return
    assert result.refused == {}
    after, problems = read(result.text, file="")
    assert after is not None
    assert problems == []
    assert after.root == _with(source.root, path, value)


def _with(value: Any, path: Path, new: object) -> Any:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        inner = _with(value[int(step)] if int(step) < len(value) else None, rest, new)
        return [*value[: int(step)], *([] if inner is ABSENT else [inner]), *value[int(step) + 1 :]]
    inner = _with(value.get(step), rest, new)
    return {**{key: each for key, each in value.items() if key != step}, **({} if inner is ABSENT else {step: inner})}
