"""A plan as a page of its own: one file that loads nothing, for a browser, a phone or a printer.

Whatever a value holds is text to the template, which escapes it, after control characters have been made visible. The
page's own policy lets its one style and its one script run, by their hashes, and nothing else. Filters are the style's
alone, so they work where scripts do not.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.model.action import Action, Origin
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import Absent
from provisioner.model.pipelines import inert
from provisioner.model.plan import Change, FieldChange, Plan
from provisioner.model.redact import harmless
from provisioner.model.words import plural
from provisioner.render.attention import DRIFTED, by_weight, drifts, has_drifted, losses
from provisioner.render.change_lines import Room, all_fields, both_sides, remark, shown_fields, warnings
from provisioner.render.counts import counts
from provisioner.render.plan_graph import HEIGHT, WIDTH, picture
from provisioner.render.policy import policy_rows
from provisioner.render.safe import one_line, visible
from provisioner.render.scope import scope_sentences, suspended_headline
from provisioner.render.side_by_side import Row, side_by_side
from provisioner.render.target import target_rows
from provisioner.render.values import inline, path_text
from provisioner.render.words import REFUSED, VERBS, plan_summary

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER: Final = Path(__file__).parent / "page"
_FLAG: Final = re.compile(r"(--[a-z][a-z-]*)")
_MOST: Final = 2_000_000  # characters of fields: a page that a browser still shows at once
_ROW: Final = 150  # characters around a line of a text
_SHORT: Final = 160  # characters of a value that stands on a line of its own
_PARTS: Final = 2_000  # changes, each to be opened; of more there are only the names
_FIRST: Final = 20  # changes of one sort, before the rest is folded
_NAMED: Final = 5
_LINES: Final = 30  # of a text that only comes or goes, before the rest is folded
_AND: Final = {"edit": "both", "drift": "both"}
ORIGINS: Final = {
    "edit": "edited in the manifest",
    "drift": "drift",
    "none": "new or not known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPart:
    """A field: on a line (`was`, `now`), as rows beside each other, or, where it has one side, as lines."""

    name: str
    sign: str
    note: str
    drift: bool = False
    was: str | None = None
    now: str | None = None
    rows: tuple[Row, ...] = ()
    lines: tuple[Row, ...] = ()
    rest: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePart:
    """`number` is its place in the plan."""

    number: int
    address: str
    action: str
    symbol: str
    kind: str
    origin: str
    drift: bool
    loses_data: bool
    told: str
    warnings: tuple[str, ...]
    fields: tuple[FieldPart, ...]
    missing: int


def plan_html(plan: Plan) -> str:
    """The whole page."""
    room = Room(_MOST)
    numbers = {change.address: number for number, change in enumerate(plan.changes)}
    ordered = by_weight(plan.changes)
    parts = [_change(change, numbers[change.address], room) for change in ordered[:_PARTS]]
    held = [_held(change, len(numbers) + place, plan, room) for place, change in enumerate(plan.suspended[:_PARTS])]
    filters = _filters(plan, [*parts, *held])
    environment = _environment()
    style = environment.get_template("plan.css").render(actions=list(Action), kinds=range(len(filters["kinds"])))
    script = (_FOLDER / "plan.js").read_text(encoding="utf-8")
    page = environment.get_template("plan.html").render(
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        owner=one_line(plan.owner),
        target=[*target_rows(plan.target), *policy_rows(plan.allow.policy)],
        scope=scope_sentences(plan),
        summary=plan_summary(plan),
        refused=REFUSED,
        refusals=list(map(_diagnostic, plan.refusals)),
        warnings=list(map(_diagnostic, plan.warnings)),
        notes=list(map(_diagnostic, plan.notes)),
        losses=[(one_line(str(loss.address)), loss.words, numbers[loss.address]) for loss in losses(plan)],
        drifts=[(one_line(str(drift.address)), drift.fields, numbers[drift.address]) for drift in drifts(plan)],
        counts=counts(plan),
        **filters,
        picture=picture(plan),
        size=(WIDTH, HEIGHT),
        symbols={"none": "", **{action.value: VERBS[action].symbol for action in Action}},
        origin_of={part.number: part.origin for part in parts},
        sections=list(_sections(parts)),
        suspended=held,
        unchanged=[one_line(str(address)) for address in plan.unchanged],
        others=[one_line(str(change.address)) for change in ordered[_PARTS:]],
        left_out=[one_line(str(address)) for address in plan.left_out],
        digest=plan.digest,
    )
    return inert(page)


def _filters(plan: Plan, parts: Sequence[ChangePart]) -> dict[str, Any]:
    """What can be chosen of: its key, its words and how many changes are of it. A kind's key is a number."""
    kinds = Counter(part.kind for part in parts)
    origins = {name: sum(part.origin in (name, _AND.get(name)) for part in parts) for name in ORIGINS}
    return {
        "actions": [(it.value, f"{VERBS[it].symbol} {it.value}", plan.count(it)) for it in Action if plan.count(it)],
        "kinds": [(number, kind, kinds[kind]) for number, kind in enumerate(sorted(kinds))],
        "origins": [(name, ORIGINS[name], count) for name, count in origins.items() if count],
        "kind_number": {kind: number for number, kind in enumerate(sorted(kinds))},
    }


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only this format pays for it

    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _diagnostic(item: Diagnostic) -> dict[str, Any]:
    """The hint in pieces, of which every other one is a flag: it is there to be copied, and stays on one line. What
    stands on lines of its own in it are commands.
    """
    said, *commands = item.hint.split("\n")
    return {
        "code": one_line(item.code),
        "place": f"{one_line(item.where.file)}:{item.where.line}" if item.where else "",
        "message": visible(harmless(item.message)),
        "hint": _FLAG.split(visible(harmless(said))),
        "commands": [one_line(harmless(text)) for text in commands if text.strip()],
    }


def _sections(parts: Sequence[ChangePart]) -> Iterator[dict[str, Any]]:
    for (action, kind), group in groupby(parts, key=lambda part: (part.action, part.kind)):
        members = list(group)
        yield {
            "action": action,
            "kind": kind,
            "symbol": members[0].symbol,
            "count": len(members),
            "first": members[:_FIRST],
            "rest": members[_FIRST:],
        }


def _change(change: Change, number: int, room: Room) -> ChangePart:
    fields = shown_fields(change) if room.left > 0 else ()
    shown: list[FieldPart] = []
    for field in fields:
        if room.left < 0:
            break
        shown.append(_field(field, room))
    key = f' ("{one_line(change.key)}" in the manifest)' if change.key else ""
    return ChangePart(
        number=number,
        address=f"{one_line(str(change.address))}{key}",
        action=change.action.value,
        symbol=VERBS[change.action].symbol,
        kind=one_line(change.address.kind),
        origin=_origin(change),
        drift=has_drifted(change),
        loses_data=change.loses_data,
        told=_told(change),
        warnings=tuple(map(visible, warnings(change))),
        fields=tuple(shown),
        missing=len(all_fields(change)) - len(shown),
    )


def _held(change: Change, number: int, plan: Plan, room: Room) -> ChangePart:
    """What is suspended: no action is taken, so none is to be filtered."""
    told = suspended_headline(change, destruction=plan.destruction)
    return replace(_change(change, number, room), action="suspended", symbol="=", told=told)


def _told(change: Change) -> str:
    names = [path_text(field.path) for field in all_fields(change)]
    if change.action in (Action.CREATE, Action.DELETE):
        return plural(len(names), "field") if names else ""
    rest = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *rest])


def _origin(change: Change) -> str:
    """`both` for what two filters are about."""
    found = {field.origin for field in all_fields(change)} - {None}
    edited = bool(found & {Origin.EDIT, Origin.BOTH}) or change.action in (Action.DELETE, Action.RELEASE)
    if has_drifted(change):
        return "both" if edited else "drift"
    return "edit" if edited else "none"


def _field(field: FieldChange, room: Room) -> FieldPart:
    comes, goes = isinstance(field.before, Absent), isinstance(field.after, Absent)
    was, now = inline(field.before), inline(field.after)
    part = FieldPart(
        name=path_text(field.path),
        sign="-" if goes else "+" if comes else "~",
        note=remark(field),
        drift=field.origin in DRIFTED,
    )
    if was is not None and now is not None and max(len(was), len(now)) <= _SHORT:
        room.left -= len(was) + len(now)
        return replace(part, was=None if comes else was, now=None if goes else now)
    rows = tuple(side_by_side(*both_sides(field)))
    room.left -= sum(map(_length, rows))
    return replace(part, lines=rows[:_LINES], rest=rows[_LINES:]) if comes or goes else replace(part, rows=rows)


def _length(row: Row) -> int:
    return _ROW + sum(len(piece.text) for cell in (row.before, row.after) if cell for piece in cell.pieces)
