"""What moved behind the manifest's back: for people, for pull requests and issues, and for programs.

Text and Markdown show each field as the manifest says it, then as it is live. The JSON document has a schema:
`json_schemas`. In it `was` is what was applied last; it is missing where nobody knows, as the live object keeps no more
than a fingerprint of it and the manifest was edited since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Final

from provisioner.model.action import Action, Origin
from provisioner.model.document import Absent, Json
from provisioner.model.pipelines import inert
from provisioner.model.plan import Change, FieldChange
from provisioner.model.words import plural
from provisioner.reconcile.drift import Drift
from provisioner.render.change_lines import Line, Room, change_lines, without_secrets
from provisioner.render.json_text import json_text
from provisioner.render.markdown import code, prose
from provisioner.render.markdown_diff import as_diff
from provisioner.render.plan_json import address_document
from provisioner.render.plan_text import FIELD_MARGIN, painted, target_lines
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles
from provisioner.render.target import target_document, target_rows

FORMAT_VERSION: Final = "1.0"
_MOST: Final = 2_000_000  # characters of fields: a log that is still opened
_ABSENT: Final = "Not there: deleted, or not applied yet"
_NEXT: Final = (
    "To keep what is live, write it into the manifest: provisioner drift --accept. "
    "To bring back what the manifest says: provisioner apply."
)


def drift_text(drift: Drift, *, styles: Styles = PLAIN, width: int = 100) -> str:
    """Ends in a newline."""
    room = Room(_MOST)
    blocks = [
        list(target_lines(drift.target, styles, width)),
        [styles.paint(styles.heading, line) for line in _opening(drift, width)],
        *(list(_resource(change, styles, width, room)) for change in drift.drifted),
        list(_absent(drift, styles, width)),
        [line for text in _migrating(drift) for line in wrapped(text, width=width)],
        [styles.paint(styles.heading, line) for line in wrapped(drift_summary(drift), width=width)],
        wrapped(_NEXT, width=width) if drift.drifted else [],
    ]
    return inert("\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n")


def _opening(drift: Drift, width: int) -> list[str]:
    return wrapped(f'Drift of "{one_line(drift.owner)}":', width=width) if drift.drifted else []


def drift_summary(drift: Drift) -> str:
    if drift.is_empty:
        return f'No drift: what "{one_line(drift.owner)}" has is as it was applied.'
    parts = []
    if drift.drifted:
        resources = plural(len(drift.drifted), "resource")
        parts.append(f"{plural(drift.fields, 'field')} of {resources} moved outside the manifest")
    if drift.absent:
        verb = "is" if len(drift.absent) == 1 else "are"
        parts.append(f"{plural(len(drift.absent), 'declared resource')} {verb} not there")
    return f"Drift: {'; '.join(parts)}."


def _resource(change: Change, styles: Styles, width: int, room: Room) -> Iterator[str]:
    first, *rest = wrapped(_headline(change), width=width, indent="  ~ ", hang="    ")
    yield f"  {styles.paint(styles.changed, '~')} {styles.paint(styles.heading, first[4:])}"
    yield from (styles.paint(styles.heading, line) for line in rest)
    for line in _lines(change, width - FIELD_MARGIN, room):
        yield from painted(line, styles, width)


def _headline(change: Change) -> str:
    return f"{one_line(str(change.address))} was changed outside the manifest"


def _lines(change: Change, width: int, room: Room) -> Iterator[Line]:
    return change_lines(_turned(change), width=width, room=room)


def _turned(change: Change) -> Change:
    """From what the manifest says to what is live, where a plan goes the other way."""
    live = change.before
    if live is None:
        return change
    return replace(
        change,
        action=Action.UPDATE,
        before=replace(live, fields=change.hides_after(change.after or {})),
        after=change.hides_before(live.fields),
        marker=live.marker,
        fields=tuple(_turned_field(field, change) for field in change.fields),
        loses_data=False,
        referrers=(),
        reason="",
        remarks=(),
    )


def _turned_field(field: FieldChange, change: Change) -> FieldChange:
    """With what is sensitive out of sight: the sides know it by what they are, not by where they stand here."""
    origin = field.origin if field.origin is Origin.BOTH else None
    was, now = change.hides_after(field.after, field.path), change.hides_before(field.before, field.path)
    return FieldChange(path=field.path, before=was, after=now, origin=origin)


def _migrating(drift: Drift) -> Iterator[str]:
    for address in drift.migrating:
        yield f"A migration of {one_line(str(address))} is under way; provisioner plan says how it goes on."


def _absent(drift: Drift, styles: Styles, width: int) -> Iterator[str]:
    if drift.absent:
        yield styles.paint(styles.heading, f"{_ABSENT}:")
        for address in drift.absent:
            yield from wrapped(one_line(str(address)), width=width, indent="  ", hang="    ")


def drift_markdown(drift: Drift, *, limit: int = 60_000) -> str:
    """Never longer than `limit` characters: what does not fit is left out, and said so."""
    rows = "".join(f"{label}: {code(text)}\n" for label, text in target_rows(drift.target))
    where = f" in {drift.target.environment}" if drift.target and drift.target.environment else ""
    head = f"## {prose(f'Drift of {drift.owner}{where}')}\n\n{rows}\n**{prose(drift_summary(drift))}**\n"
    tail = _absent_list(drift, most=limit // 3) + "".join(f"\n{prose(text)}\n" for text in _migrating(drift))
    parts, room = [head], limit - len(head) - len(tail)
    for number, change in enumerate(drift.drifted):
        part = _detail(change, room)
        left = f"\n**{plural(len(drift.drifted) - number, 'resource')} left out for length.**\n"
        if len(part) + len(left) > room:
            parts.append(left)
            break
        parts.append(part)
        room -= len(part)
    text = "".join([*parts, tail])
    return text if len(text) <= limit else text[: max(limit, 0)]


def _absent_list(drift: Drift, *, most: int) -> str:
    lines = [f"- {code(str(address))}\n" for address in drift.absent]
    ends = accumulate(map(len, lines))
    shown = sum(end <= most for end in ends)
    if shown < len(lines):
        lines[shown:] = [f"- … and {len(lines) - shown} more.\n"]
    return f"\n**{_ABSENT}:**\n\n{''.join(lines)}" if lines else ""


def _detail(change: Change, most: int) -> str:
    block = as_diff(_lines(change, 100, Room(most)))
    return f"\n<details open><summary>{prose(_headline(change))}</summary>\n\n{block}\n\n</details>\n"


def drift_json(drift: Drift) -> str:
    return json_text(drift_document(drift), indent=2) + "\n"


def drift_document(drift: Drift) -> Json:
    return {
        "format_version": FORMAT_VERSION,
        "target": target_document(drift.target),
        "owner": drift.owner,
        "has_drift": not drift.is_empty,
        "summary": {"drifted": len(drift.drifted), "fields": drift.fields, "absent": len(drift.absent)},
        "drifted": [_document(change) for change in drift.drifted],
        "absent": [address_document(address) for address in drift.absent],
        **({"migrating": [address_document(address) for address in drift.migrating]} if drift.migrating else {}),
    }


def _document(change: Change) -> Json:
    live = change.before
    return {
        "address": address_document(change.address),
        "owner": live.marker.owner if live and live.marker else "",
        "fields": [_field(field) for field in without_secrets(change.fields, change)],
    }


def _field(field: FieldChange) -> Json:
    was = field.after if field.origin is Origin.DRIFT else Absent.ABSENT
    sides = {"live": field.before, "declared": field.after, "was": was}
    document: Json = {"path": list(field.path), "edited": field.origin is Origin.BOTH}
    return document | {key: value for key, value in sides.items() if not isinstance(value, Absent)}
