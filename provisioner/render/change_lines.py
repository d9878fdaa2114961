"""One change as lines with a sign, before anybody decides on colour or markdown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from provisioner.model.action import Action, Origin
from provisioner.model.document import ABSENT, Absent, Document, Path, leaves, lookup
from provisioner.model.key_roles import has_no_default
from provisioner.model.plan import Change, FieldChange
from provisioner.model.redact import SEALED, HiddenKeys, redacted
from provisioner.model.redacted_diff import told_apart
from provisioner.model.words import joined
from provisioner.reconcile.comparison import Difference
from provisioner.render.attention import is_edited_outside
from provisioner.render.holdings import lost_sentences
from provisioner.render.linediff import MOST, diff_lines, more
from provisioner.render.migration import migration_sentences
from provisioner.render.safe import one_line, visible
from provisioner.render.values import inline, lines, path_text
from provisioner.render.words import VERBS

_WIDEST_NAME: Final = 36
_WIDEST_BEFORE: Final = 24

_ORIGINS: Final = {
    Origin.EDIT: "edited in the manifest",
    Origin.DRIFT: "drift: changed outside the manifest",
    Origin.BOTH: "edited in the manifest; drift: also changed outside it",
}
_REMOVED: Final = {
    Origin.EDIT: "removed from the manifest",
    Origin.DRIFT: "drift: set outside the manifest",
    Origin.BOTH: "removed from the manifest; drift: also changed outside it",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`sign` is `+`, `-`, `~`, `!` (a warning), a space or `…`; `depth` 0 is a field, 1 a line of its value."""

    sign: str
    text: str
    depth: int = 0


def headline(change: Change) -> str:
    key = f' ("{one_line(change.key)}" in the manifest)' if change.key else ""
    return f"{one_line(str(change.address))}{key} {VERBS[change.action].promise}"


@dataclass(slots=True)
class Room:
    """How many characters of fields may still be shown, of all changes together."""

    left: int

    def counted(self, lines: Iterable[Line]) -> Iterator[Line]:
        for line in lines:
            self.left -= len(line.text)
            yield line


def change_lines(
    change: Change, *, width: int, room: Room | None = None, most: int = MOST, paired: bool = False
) -> Iterator[Line]:
    """Warnings first, then every field; `width` is the room for a field's line. Where there is no more room, it is told
    how many fields are left out. `most` is how many lines of each sign a field may take; what is `paired` stands on two
    lines instead of on one with an arrow.
    """
    yield from (Line("!", visible(text)) for text in warnings(change))
    room = room or Room(sys.maxsize)
    if room.left < 0 and (count := len(all_fields(change))):
        yield _more_fields(count)
        return
    fields = shown_fields(change)
    layout = replace(_layout(change.action, fields, width), most=most, paired=paired)
    for number, field in enumerate(fields):
        if room.left < 0:
            yield _more_fields(len(fields) - number)
            return
        yield from room.counted(layout.field(field))


def _more_fields(count: int) -> Line:
    return Line("…", f"{more(count, 'field')}; --format json shows all")


def warnings(change: Change) -> Iterator[str]:
    """What a reviewer must not overlook, a sentence each."""
    if change.reason:
        yield f"{change.reason[:1].upper()}{change.reason[1:]}."
    if change.is_adoption and change.action is not Action.RELEASE:
        yield "It exists already and no manifest owns it; this manifest takes it over."
    if change.loses_data:
        yield from lost_sentences(change.holding)
    yield from migration_sentences(change)
    if change.destroys and change.referrers:
        refer = "refers" if len(change.referrers) == 1 else "refer"
        yield f"{joined([one_line(str(address)) for address in change.referrers])} {refer} to it."
    if (live := change.before) and is_edited_outside(change):
        yield (
            f"It was changed outside the manifest: live is version {one_line(live.revision)}, last applied from here "
            f"was version {one_line(live.marker_revision)}."
        )
    yield from change.remarks


def shown_fields(change: Change) -> tuple[FieldChange, ...]:
    """The fields to show, without secrets: all there is for what comes or goes, else what differs."""
    return without_secrets(all_fields(change), change)


def all_fields(change: Change) -> tuple[FieldChange, ...]:
    return (*resource_fields(change), *_lifecycle(change))


def without_secrets(fields: Iterable[FieldChange], change: Change) -> tuple[FieldChange, ...]:
    """The fields as they may be shown."""
    before = _Side(change.before.fields if change.before else {}, change.hides_before)
    return _masked(fields, before, _Side(change.after or {}, change.hides_after))


def masked_fields(difference: Difference) -> tuple[FieldChange, ...]:
    """Those of two documents, without secrets."""
    before = _Side(difference.first, difference.hides_first)
    return _masked(difference.fields, before, _Side(difference.second, difference.hides_second))


def _masked(fields: Iterable[FieldChange], before: _Side, after: _Side) -> tuple[FieldChange, ...]:
    """What makes a member of a list a secret may stand beside it."""
    keys = HiddenKeys()
    return tuple(_without_secrets(field, before, after, keys) for field in fields)


def compared_lines(
    fields: Sequence[FieldChange], *, width: int, room: Room, most: int = MOST, paired: bool = False
) -> Iterator[Line]:
    """Of two documents neither of which comes of the other: what is in one alone is in the other not there."""
    layout = replace(_layout(Action.DELETE, fields, width), most=most, paired=paired)
    for number, field in enumerate(fields):
        if room.left < 0:
            yield _more_fields(len(fields) - number)
            return
        yield from room.counted(layout.field(field))


def _without_secrets(field: FieldChange, before: _Side, after: _Side, keys: HiddenKeys) -> FieldChange:
    was = before.redacted(field.path, field.before)
    now = told_apart(was, after.redacted(field.path, field.after))
    return replace(field, path=keys.path(field.path), before=keys.value(was), after=keys.value(now))


@dataclass(slots=True)
class _Side:
    """`hides` what is sensitive in it; `shown` is all of it made harmless, once, however much in it changes."""

    document: Document
    hides: Callable[[Any, Path], Any]
    shown: object = ABSENT

    def redacted(self, path: Path, value: object) -> object:
        here = lookup(self.document, path)
        if value is ABSENT or here is ABSENT or not (here is value or here == value):
            return redacted(self.hides(value, path), path)
        if self.shown is ABSENT:
            self.shown = redacted(self.hides(self.document, ()))
        found = self.shown
        for key in path:
            if not isinstance(found, (dict, list)):  # hidden with all that is in it
                return found
            found = lookup({"": found}, ("", key))
        return found


def resource_fields(change: Change) -> tuple[FieldChange, ...]:
    """A create sets every field, a delete takes every field; otherwise what the planner found."""
    if change.action is Action.CREATE:
        return tuple(FieldChange(path=path, before=ABSENT, after=value) for path, value in _leaves(change.after))
    if change.action is Action.DELETE:
        before = change.before.fields if change.before else None
        return tuple(FieldChange(path=path, before=value, after=ABSENT) for path, value in _leaves(before))
    return change.fields


def _leaves(document: Document | None) -> Iterator[tuple[tuple[str, ...], object]]:
    return leaves(document or {})


def _lifecycle(change: Change) -> Iterator[FieldChange]:
    marked = change.before is not None and change.before.marker is not None
    for name, before, after in change.lifecycle_fields:
        yield FieldChange(
            path=tuple(name.split(".")),
            before=ABSENT if change.before is None else before,
            after=after,
            origin=Origin.EDIT if marked and change.marker is not None else None,
        )


def _name_width(fields: Sequence[FieldChange]) -> int:
    flat = [path_text(field.path) for field in fields if inline(field.before) and inline(field.after)]
    return max((len(name) + 1 for name in flat if len(name) <= _WIDEST_NAME), default=0)


def _before_width(fields: Sequence[FieldChange]) -> int:
    texts = [inline(field.before) or "" for field in fields if not isinstance(field.before, Absent)]
    return max((len(text) for text in texts if len(text) <= _WIDEST_BEFORE), default=0)


def remark(field: FieldChange) -> str:
    """Who moved, and what follows from it."""
    words = _REMOVED if isinstance(field.after, Absent) else _ORIGINS
    parts = [words[field.origin]] if field.origin is not None else []
    if field.forces_replace:
        parts.append("forces replace")
    if field.after is SEALED:
        parts.append("will be written")
    return ", ".join(parts)


def _layout(action: Action, fields: Sequence[FieldChange], width: int) -> _Layout:
    """The same columns for every field, as long as no field that would go on one line without them takes more."""
    names, befores = _name_width(fields), _before_width(fields)
    several = [_Layout(action, *columns, width) for columns in ((names, befores), (names, 0), (0, 0))]
    plain = several[-1].rows(fields)
    return next(layout for layout in several if layout.rows(fields) == plain)


@dataclass(frozen=True, slots=True)
class _Layout:
    action: Action
    names: int
    befores: int
    width: int
    most: int = MOST
    paired: bool = False

    def field(self, field: FieldChange) -> Iterator[Line]:
        if self.paired and (pair := self._pair(field)):
            yield from pair
            return
        sign = "+" if self._comes(field) else "-" if self._goes(field) else "~"
        note = f"  ({words})" if (words := remark(field)) else ""
        if (text := self.row(field)) is not None and len(text) <= self.width:
            yield Line(sign, text)
            return
        fate = " goes back to the service's default" if self._goes(field) and not self._vanishes(field) else ""
        yield Line(sign, f"{path_text(field.path)}:{fate}{note}")
        for line in diff_lines(*both_sides(field), most=self.most):
            yield Line(line.sign, line.text, 1)

    def rows(self, fields: Sequence[FieldChange]) -> int:
        """How many fields fit on a line."""
        texts = map(self.row, fields)
        return sum(text is not None and len(text) <= self.width for text in texts)

    def row(self, field: FieldChange) -> str | None:
        """The field on one line, however long; None when it wants more."""
        text, words = self._short(field, self.befores), remark(field)
        label = f"{path_text(field.path)}:"
        return None if text is None else f"{label:<{self.names}} {text}{f'  ({words})' if words else ''}"

    def _pair(self, field: FieldChange) -> tuple[Line, ...]:
        """What went and what came, where each fits on a line."""
        sides = inline(field.before), inline(field.after)
        if None in sides or isinstance(field.before, Absent) or self._goes(field):
            return ()
        label, words = f"{path_text(field.path)}:", remark(field)
        was, now = (f"{label:<{self.names}} {side}" for side in sides)
        told = f"{now}  ({words})" if words else now
        return (Line("-", was), Line("+", told)) if max(len(was), len(told)) <= self.width else ()

    def _short(self, field: FieldChange, befores: int) -> str | None:
        before, after = inline(field.before), inline(field.after)
        if before is None or after is None:
            return None
        if isinstance(field.before, Absent):
            return after
        if not self._goes(field):
            return f"{before:<{befores}} -> {after}"
        return before if self._vanishes(field) else f"{before:<{befores}} -> the service's default"

    def _comes(self, field: FieldChange) -> bool:
        """Whether there was nothing before; of what is only written that is not known, unless nothing was."""
        is_new = self.action in (Action.CREATE, Action.REPLACE, Action.MIGRATE)
        return isinstance(field.before, Absent) and (is_new or field.after is not SEALED)

    def _goes(self, field: FieldChange) -> bool:
        return isinstance(field.after, Absent)

    def _vanishes(self, field: FieldChange) -> bool:
        """Whether nothing comes in its place."""
        return self.action is Action.DELETE or field.origin is Origin.DRIFT or has_no_default(field.path)


def both_sides(field: FieldChange) -> tuple[list[str], list[str]]:
    """A text of one line beside one of several is shown as text too, not quoted.

    The empty line after a last newline is shown only where the two sides differ in it.
    """
    before, after = field.before, field.after
    if isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after):
        sides = before.split("\n"), after.split("\n")
    else:
        sides = lines(before), lines(after)
    if all(not side or (len(side) > 1 and side[-1] == "") for side in sides):
        return sides[0][:-1], sides[1][:-1]
    return sides
