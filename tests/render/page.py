"""A plan's page, read without a browser."""

from __future__ import annotations

from html.parser import HTMLParser

from provisioner.model.plan import Plan
from provisioner.render.plan_html import plan_html

_VOID = {"meta", "input", "path", "rect", "col"}
EVIL = "</style></script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{ 7*7 }}"


class Reader(HTMLParser):
    """The text of a page and its elements; fails on a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.raw: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            self.raw[self._open[-1]] = data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.attributes if each == name]


def read(plan: Plan) -> Reader:
    return Reader(plan_html(plan))
