"""YAML's events as nodes that know from where to where they stand in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from provisioner.manifest.reader import new_parser

_ENDS: Final = (MappingEndEvent, SequenceEndEvent)
_OF_VALUES: Final = (AliasEvent, ScalarEvent, MappingStartEvent, SequenceStartEvent, *_ENDS)


@dataclass(slots=True)
class Node:
    """A value as it stands in the text. `end` of a collection in blocks is that of the last thing in it."""

    start: int
    end: int
    style: str = ""  # of a scalar; `flow` or `block` of a collection
    pairs: list[tuple[Node, Node]] | None = None
    items: list[Node] | None = None
    word: str = ""  # of a key
    anchor: str = ""
    is_alias: bool = False

    @property
    def is_flow(self) -> bool:
        return self.style == "flow"

    @property
    def firsts(self) -> list[Node]:
        """Where its members begin: their keys, or the items themselves."""
        return [first for first, _ in self.pairs] if self.pairs else self.items or []

    @property
    def values(self) -> list[Node]:
        return [value for _, value in self.pairs] if self.pairs else self.items or []

    @property
    def inner(self) -> list[Node]:
        """Its keys and values, or its items, as they stand in the text."""
        return [each for pair in self.pairs for each in pair] if self.pairs else self.items or []


class Tree:
    """A text that has been read before without a problem. `shared` are the anchors that aliases name."""

    def __init__(self, text: str) -> None:
        self.shared: set[str] = set()
        self._text = text
        self._events = _events(text)
        self.root = self._node(next(self._events))

    def _node(self, event: Any) -> Node:  # the events' fields have no common type
        start, end, anchor = _offset(event.start_mark), _offset(event.end_mark), event.anchor or ""
        if isinstance(event, AliasEvent):
            self.shared.add(anchor)
            return Node(start, end, anchor=anchor, is_alias=True)
        if isinstance(event, ScalarEvent):
            style = event.style or ""
            return Node(start, self._trimmed(start, end, style), style, word=event.value, anchor=anchor)
        node = Node(start, end, "flow" if event.flow_style else "block", anchor=anchor)
        if isinstance(event, MappingStartEvent):
            node.pairs = [(self._node(each), self._node(next(self._events))) for each in self._until(node)]
        else:
            node.items = [self._node(each) for each in self._until(node)]
        if not node.is_flow and node.values:
            node.end = node.values[-1].end
        return node

    def _until(self, node: Node) -> Iterator[Any]:
        """The events of its members, without what these take themselves."""
        for event in self._events:
            if event.__class__ in _ENDS:
                node.end = _offset(event.end_mark)
                return
            yield event

    def _trimmed(self, start: int, end: int, style: str) -> int:
        """Without the white space behind it, which belongs to the text around; a line of spaces belongs to a text."""
        return start + len(self._text[start:end].rstrip("\r\n" if style in ("|", ">") else " \t\r\n"))


def _offset(mark: Any) -> int:
    at: int = mark.index
    return at


def _events(text: str) -> Iterator[Any]:
    parser = new_parser(text)
    while (event := parser.get_event()) is not None and not isinstance(event, StreamEndEvent):
        if isinstance(event, _OF_VALUES):
            yield event
