"""What a plan costs grows with the length of its texts, and no faster: counted in steps, not timed."""

from __future__ import annotations

import gc
import itertools
import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from provisioner.model.action import Action
from provisioner.model.plan import FieldChange, Plan
from provisioner.render.linediff import stretches
from provisioner.render.plan_html import plan_html
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from tests.render import sample

pytestmark = pytest.mark.untraced

_MEGABYTE = 1_000_000
_RENDERERS: list[Callable[[Plan], str]] = [
    plan_text,
    lambda plan: json.dumps(plan_document(plan)),
    plan_markdown,
    plan_html,
]

# A pattern that begins at every place of what it passes over makes 10¹² steps of these, which is hours.
_PIECES = [
    "a",
    "word and ",
    "a line of it\n",
    "ab.",
    "aB",
    "a=",
    "a=b;",
    "; a",
    "a://",
    "@b",
    "?a&",
    "my-",
    "--a",
    "--a ",
    "x-api-key: ",
    "Bearer ",
    "AccountKey=",
    "AccountKey=x;",
    "`",
    " ",
    "\t",
]


def _plan_of(before: str, after: str, path: tuple[str, ...] = ("instructions",)) -> Plan:
    change = sample.change(Action.UPDATE, sample.AGENT, fields=(FieldChange(path=path, before=before, after=after),))
    return Plan(owner="o", changes=(change,))


def _long(piece: str, length: int = _MEGABYTE) -> str:
    return (piece * (length // len(piece) + 1))[:length]


@pytest.mark.parametrize("piece", _PIECES)
def test_a_text_of_a_megabyte_is_shown(piece: str) -> None:
    text = _long(piece)
    half = len(text) // 2
    plan = _plan_of(text, f"{text[:half]}CHANGED{text[half:]}")

    assert all("instructions" in render(plan) for render in _RENDERERS)


def _steps(work: Callable[[], object]) -> int:
    """How many lines of Python run in it, and none of what the collector would run at any time in between."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG001
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    gc.collect()
    gc.disable()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


@pytest.mark.parametrize("piece", ["a", "word and ", "a line of it\n", "a=b;", "a\nb\n", "\n"])
@pytest.mark.parametrize("render", _RENDERERS, ids=["text", "json", "markdown", "html"])
def test_twice_the_text_takes_at_most_about_twice_the_steps(render: Callable[[Plan], str], piece: str) -> None:
    def steps(length: int) -> int:
        text = _long(piece, length)
        return _steps(lambda: render(_plan_of(text, text.upper())))

    render(_plan_of("a", "b"))  # what is made once for all, such as templates, does not count
    assert steps(40_000) < 3 * steps(20_000)


@pytest.mark.parametrize("render", _RENDERERS, ids=["text", "json", "markdown", "html"])
def test_twice_the_members_of_a_list_take_at_most_about_twice_the_steps(render: Callable[[Plan], str]) -> None:
    numbers = itertools.count()

    def steps(count: int) -> int:
        names = [f"f{next(numbers)}" for _ in range(count)]
        before, after = [[{"name": name, "description": text} for name in names] for text in "ab"]
        fields = tuple(
            FieldChange(path=("tools", str(at), "description"), before="a", after="b") for at in range(count)
        )
        live = {"tools": before}
        change = sample.change(Action.UPDATE, sample.AGENT, fields=fields, live=live, after={"tools": after})
        return _steps(lambda: render(Plan(owner="o", changes=(change,))))

    steps(80)  # so that what is kept for the next time is there for both
    assert steps(80) < 3 * steps(40)


class _Line(str):
    """Counts how often lines are compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        _Line.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


@pytest.mark.parametrize("words", [1, 2, 50])
def test_lines_that_are_often_the_same_are_not_compared_each_with_each(words: int) -> None:
    before = [_Line(index * 7 % words) for index in range(1_500)]
    after = [_Line("first"), *(_Line(index * 5 % words + index % 2) for index in range(1_500)), _Line("last")]
    _Line.compared = 0
    found = stretches(before, after)

    assert [line for stretch in found for line in stretch.before] == before
    assert [line for stretch in found for line in stretch.after] == after
    assert _Line.compared < 300_000
