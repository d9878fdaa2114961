"""HTML that cannot be written unescaped: whatever is not `Safe` already is escaped when it goes into a tag."""

from __future__ import annotations

from datetime import datetime, timezone
from html import escape
from typing import Final

VOID: Final = frozenset({"link", "meta"})
EXCERPT: Final = 240


class Safe(str):
    """Markup we made ourselves."""

    __slots__ = ()


def tag(name: str, *children: object, **attributes: str) -> Safe:
    """`tag("a", "text", href="/")`; a trailing underscore in an attribute's name is dropped: `class_`."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    if name in VOID:
        return Safe(f"<{name}{given}>")
    return Safe(f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: object) -> Safe:
    return Safe("".join(child if isinstance(child, Safe) else escape(str(child)) for child in children))


def table(headings: tuple[str, ...], rows: list[tuple[object, ...]]) -> Safe:
    """In a box of its own, so that a wide one scrolls instead of the page."""
    head = tag("tr", *(tag("th", heading, scope="col") for heading in headings))
    body = (
        tag("tr", *(tag("td", cell, data_label=heading) for heading, cell in zip(headings, row, strict=True)))
        for row in rows
    )
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="box")


def document(title: str, style: str, *body: object) -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Safe(style)),
    )
    # half a surrogate pair can be stored, but not sent
    text = f"<!doctype html>{tag('html', head, tag('body', *body), lang='en')}"
    return text.encode("utf-8", "replace").decode("utf-8")


def badge(text: object, mood: str = "") -> Safe:
    """`mood` is good, warn, bad, or none."""
    return tag("span", text, class_=f"badge {mood}".rstrip())


def counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def excerpt(text: object) -> str:
    words = str(text)
    return words if len(words) <= EXCERPT else f"{words[:EXCERPT]}…"


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
