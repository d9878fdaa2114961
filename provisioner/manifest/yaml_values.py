"""YAML's events as plain values, and their places.

Values are built with a stack of our own, so that nesting cannot exhaust Python's, and so that duplicate keys, aliases
and what YAML 1.1 makes of plain words are seen instead of silently resolved.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from provisioner.manifest.limits import MOST_TOLD, Budget, Resource, untold
from provisioner.manifest.places import Lines, Marks, Source
from provisioner.manifest.scalars import Ambiguous, Scalar, resolve
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import Json, Path
from provisioner.model.invisible import SURROGATES
from provisioner.model.redact import is_hidden_at
from provisioner.model.words import quoted, shown

MAX_DEPTH: Final = 100
MAX_KEY: Final = 4_096  # characters: keys are told with every problem below them

_TEXT_TAGS: Final = ("!", "tag:yaml.org,2002:str")
_KNOWN_TAGS: Final = (None, *_TEXT_TAGS, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_SURROGATE: Final = re.compile(f"[{SURROGATES}]")
BAD_ESCAPE: Final = (
    "A quoted text holds an escape that YAML does not know.",
    r"Write `\\` for a backslash, or use single quotes.",
)
_NO_KEY: Final = object()  # the mapping waits for a key
_BAD_KEY: Final = object()  # it has one that cannot be used, or had it before
_MERGE: Final = object()  # it has `<<`


class Stop(Exception):  # noqa: N818 - the reason is in the diagnostics
    """Reading on would be useless or dangerous."""


class _Frame:
    """A container being read. `size` counts its nodes and `length` its characters, with aliases expanded; `height` the
    levels below it.
    """

    __slots__ = ("anchor", "at", "height", "holder", "key", "key_at", "length", "marks", "merged", "size")

    def __init__(self, holder: Json | list[Any], at: int, anchor: str | None) -> None:
        self.holder: Any = holder
        self.at = at
        self.anchor = anchor
        self.marks: Any = type(holder)()
        self.key: object = _NO_KEY
        self.key_at = 0
        self.merged: list[Json] = []
        self.size = 1
        self.length = 0
        self.height = 1


class _Anchored:
    """What an anchor stands for; `open` until its container has been read."""

    __slots__ = ("height", "length", "open", "size", "value")

    def __init__(
        self, value: object, *, size: int = 1, length: int = 0, height: int = 0, is_open: bool = False
    ) -> None:
        self.value = value
        self.size = size
        self.length = length
        self.height = height
        self.open = is_open


class Builder:
    def __init__(self, lines: Lines, budget: Budget, *, is_foreign: bool) -> None:
        self.problems: list[Diagnostic] = []
        self._is_foreign = is_foreign
        self._lines = lines
        self._marks = Marks()
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._documents = 0
        self._budget = budget
        self._nodes = 0
        self._characters = 0
        self._most_nodes = budget.left(Resource.VALUES)
        self._most_characters = budget.left(Resource.CHARACTERS)
        self._root: object = None
        self._root_at = 0

    def source(self, folder: str) -> Source:
        return Source(self._root, root_at=self._root_at, marks=self._marks, lines=self._lines, folder=folder)

    def spend(self) -> None:
        self._budget.take(Resource.VALUES, self._nodes)
        self._budget.take(Resource.CHARACTERS, self._characters)

    def report(self, code: str, at: int, message: str, hint: str) -> None:
        where = self._lines.at(at, self._path())
        self.problems.append(Diagnostic(code=code, message=message, hint=hint, where=where))
        if len(self.problems) == MOST_TOLD - 1:
            self.problems.append(untold(1, where, is_error=True, at_least=True))
            raise Stop

    def report_too_deep(self, at: int) -> None:
        message = f"This is nested more than {MAX_DEPTH} levels deep."
        self.report("too-deep", at, message, "Close brackets that were left open, or flatten it.")

    def take(self, event: Event) -> None:
        kind = event.__class__
        if kind is ScalarEvent:
            self._scalar(event)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._close()
        elif kind is MappingStartEvent:
            self._open(event, {})
        elif kind is SequenceStartEvent:
            self._open(event, [])
        elif kind is AliasEvent:
            self._alias(event)
        elif kind is DocumentStartEvent:
            self._document(event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self.report(
                "several-documents",
                event.start_mark.index,
                "A second YAML document begins here; a manifest file holds one.",
                "Put it into a file of its own and pass both with -f, or remove the `---`.",
            )
            raise Stop

    def _scalar(self, event: Any) -> None:
        at: int = event.start_mark.index
        text: str = event.value
        if event.tag not in _KNOWN_TAGS:
            self._unknown_tag(event)
        if not text.isascii() and _SURROGATE.search(text):
            self.report("yaml-syntax", at, *BAD_ESCAPE)
            raise Stop  # as libyaml does
        plain = not event.style and event.tag is None
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.key is _NO_KEY and frame.holder.__class__ is dict:
            self._key(frame, text, at, plain=plain)
            return
        value = self._plain(text, at) if plain else text
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, length=len(text))
        self._put(value, at, size=1, length=len(text), height=0)

    def _plain(self, text: str, at: int) -> Scalar:
        try:
            return resolve(text)
        except Ambiguous as surprise:
            if self._is_foreign and surprise.is_text_today:
                return text
            is_hidden = self._is_hidden()
            what = "What stands here unquoted" if is_hidden else f"Unquoted `{shown(text)}`"
            message = f"{what} is {surprise.meaning} to some YAML readers and text to others."
            self.report("yaml-ambiguous", at, message, "Quote it." if is_hidden else surprise.fix)
            return text

    def _is_hidden(self) -> bool:
        """Whether it is a value that no plan shows. Above an entry's fields stand its section and its name."""
        if self._stack and self._stack[-1].key is _NO_KEY and isinstance(self._stack[-1].holder, dict):
            return False
        path = self._steps()
        return is_hidden_at(path) or is_hidden_at(path[2:])

    def _key(self, frame: _Frame, text: str, at: int, *, plain: bool) -> None:
        frame.key_at = at
        frame.length += len(text)
        self._characters += len(text)
        if len(text) > MAX_KEY:
            frame.key = _BAD_KEY
            message = f"The key {quoted(text)} has {len(text)} characters; {MAX_KEY} are allowed."
            self.report("too-long", at, message, "Shorten it.")
            return
        if plain and text == "<<":
            frame.key = _MERGE
            return
        if plain and not isinstance(value := self._plain(text, at), str) and not self._is_foreign_number(value):
            self._bad_key(frame, at, f"The key `{shown(text)}` is {'empty' if value is None else 'not text'}.", text)
            return
        if text in frame.holder:
            first = self._lines.at(Marks.key_of(frame.marks[text]))
            self.report(  # what stands behind the first one stays
                "duplicate-key",
                at,
                f'The key "{shown(text)}" is written twice in one mapping; the first is in line {first.line}, '
                f"column {first.column}.",
                "Remove one of the two, or rename it.",
            )
            frame.key = _BAD_KEY
            return
        frame.key = text

    def _is_foreign_number(self, value: Scalar) -> bool:
        return self._is_foreign and isinstance(value, (int, float)) and not isinstance(value, bool)

    def _bad_key(self, frame: _Frame, at: int, message: str, text: str = "") -> None:
        frame.key = _BAD_KEY
        hint = f'Quote it: "{shown(text)}".' if text else 'Quote a text that starts with "{" or "[": "{{$userId}}".'
        self.report("key-not-text", at, message, hint)

    def _open(self, event: Any, holder: Json | list[Any]) -> None:
        at = event.start_mark.index
        if event.tag not in _KNOWN_TAGS:
            self._unknown_tag(event)
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep(at)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(holder, is_open=True)
        self._stack.append(_Frame(holder, at, event.anchor))

    def _close(self) -> None:
        frame = self._stack.pop()
        if frame.merged:
            self._merge(frame)
        self._marks.keep(frame.holder, frame.marks)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _Anchored(
                frame.holder, size=frame.size, length=frame.length, height=frame.height
            )
        self._put(frame.holder, frame.at, size=frame.size, length=frame.length, height=frame.height)

    def _alias(self, event: Any) -> None:
        at = event.start_mark.index
        target = self._anchors.get(event.anchor)
        if target is None:
            message = f"`*{shown(event.anchor)}` stands for nothing."
            self.report("alias-unknown", at, message, f"Define `&{shown(event.anchor)}` above, or quote the text.")
        elif target.open:
            message = f"`*{shown(event.anchor)}` stands inside what it stands for."
            self.report("alias-loop", at, message, "Write it out.")
        elif len(self._stack) + target.height > MAX_DEPTH:
            self._too_deep(at)
        else:
            self._characters += target.length
            self._put(target.value, at, size=target.size, length=target.length, height=target.height, is_alias=True)
            return
        self._put(None, at, size=1, length=0, height=0)

    def _put(self, value: Any, at: int, *, size: int, length: int, height: int, is_alias: bool = False) -> None:
        self._nodes += size if is_alias else 1
        if height == 0 and not is_alias:  # a container's have been counted one by one
            self._characters += length
        if self._nodes > self._most_nodes or self._characters > self._most_characters:
            self._too_many(at, is_alias=is_alias)
        if not self._stack:
            self._root, self._root_at = value, at
            return
        frame = self._stack[-1]
        frame.size += size
        frame.length += length
        if height >= frame.height:
            frame.height = height + 1
        if frame.holder.__class__ is list:
            frame.holder.append(value)
            frame.marks.append(at)
        elif frame.key is _NO_KEY:
            frame.key_at = at
            self._key_of_other_kind(frame, value, at)
        else:
            self._pair(frame, value, at)

    def _pair(self, frame: _Frame, value: Any, at: int) -> None:
        key, frame.key = frame.key, _NO_KEY
        if key is _MERGE:
            self._take_merge(frame, value, at)
        elif key is not _BAD_KEY:
            frame.holder[key] = value
            frame.marks[key] = Marks.pair(frame.key_at, at)

    def _key_of_other_kind(self, frame: _Frame, value: object, at: int) -> None:
        if isinstance(value, str):  # an alias to a text
            self._key(frame, value, at, plain=False)
        else:
            self._bad_key(frame, at, "A mapping or list stands where a key must be text.")

    def _take_merge(self, frame: _Frame, value: object, at: int) -> None:
        parts: list[Any] = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            message = "`<<` takes a mapping, or a list of mappings."
            self.report("merge-not-mapping", at, message, "Name one: `<<: *base`.")
            return
        frame.merged.extend(parts)

    def _merge(self, frame: _Frame) -> None:
        """What the mapping says itself wins, then the earlier of what it merges."""
        for part in frame.merged:
            marks: Any = self._marks.of(part)
            for key, value in part.items():
                if key not in frame.holder:
                    frame.holder[key] = value
                    frame.marks[key] = marks[key]

    def _unknown_tag(self, event: Any) -> None:
        tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        self.report("yaml-tag", event.start_mark.index, f"The tag `{shown(tag)}` is not understood.", "Remove the tag.")

    def _too_deep(self, at: int) -> None:
        self.report_too_deep(at)
        raise Stop

    def _too_many(self, at: int, *, is_alias: bool) -> None:
        self.spend()  # so that nothing more is read
        what = Resource.VALUES if self._nodes > self._most_nodes else Resource.CHARACTERS
        problem = self._budget.exceeded(what, self._lines.at(at, self._path()))
        self.problems.append(replace(problem, code="alias-bomb") if is_alias else problem)
        raise Stop

    def _path(self) -> str:
        return ".".join(self._steps())

    def _steps(self) -> Path:
        steps = []
        for frame in self._stack:
            step = len(frame.holder) if isinstance(frame.holder, list) else frame.key
            if isinstance(step, (int, str)):
                steps.append(str(step))
        return tuple(steps)
