"""A plan for a reader at a terminal or in a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from provisioner.model.action import Action
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.pipelines import inert
from provisioner.model.plan import Change, Plan, Target
from provisioner.render.attention import drifts, losses
from provisioner.render.change_lines import Line, Room, change_lines, headline, warnings
from provisioner.render.diagnostics import diagnostic_lines
from provisioner.render.exhaustive import assert_never
from provisioner.render.linediff import MOST
from provisioner.render.policy import policy_rows
from provisioner.render.safe import folded, one_line, wrapped
from provisioner.render.scope import scope_sentences, suspended_headline
from provisioner.render.styles import PLAIN, Styles
from provisioner.render.target import target_rows
from provisioner.render.words import REFUSED, VERBS, plan_summary

_FIELD_INDENT: Final = 4
FIELD_MARGIN: Final = _FIELD_INDENT + 2  # what stands before the text of a field
_VALUE_INDENT: Final = 8
_HANG: Final = "  "
_SCREEN: Final = 100  # lines: more than two of them
_MANY, _FIRST = 20, 10  # changes that are alike; of more, so many are shown
_NAMED: Final = 10  # of what is lost or drifted
_LINES: Final = 60  # of a text that comes or goes as a whole: it stands in the manifest, or is gone with its object
_WHOLE: Final = (Action.CREATE, Action.DELETE, Action.RELEASE)
_MOST: Final = 2_000_000  # characters of fields: a log that is still opened


def plan_text(plan: Plan, *, styles: Styles = PLAIN, width: int = 100) -> str:
    """The whole plan, ending in a newline; no line is longer than `width` where a gap between words allows it. What to
    act on comes last, where a terminal stops, and below it the digest alone, to be copied; of a plan longer than a
    screen what matters most stands first, too.
    """
    changes = list(_changes(plan.changes, styles, width))
    summary = [
        [styles.paint(styles.heading, line) for line in wrapped(plan_summary(plan), width=width, hang="  ")],
        list(_attention(plan, styles, width)),
    ]
    blocks = [
        list(_partial(plan, styles, width)),
        list(row_lines([*target_rows(plan.target), *policy_rows(plan.allow.policy)], styles, width)),
        *(summary if sum(map(len, changes)) > _SCREEN else []),
        list(_opening(plan, styles, width)),
        *changes,
        *(list(_suspended(change, plan, styles, width)) for change in plan.suspended),
        *summary,
        list(_diagnostics("Warnings:" if plan.warnings else "", plan.warnings, styles.warning, styles, width)),
        list(_diagnostics("Notes:" if plan.notes else "", plan.notes, styles.quiet, styles, width)),
        list(_diagnostics(REFUSED if plan.refusals else "", plan.refusals, styles.bad, styles, width)),
        list(_digest(plan, width)),
    ]
    return inert("\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n")


def target_lines(target: Target | None, styles: Styles, width: int) -> Iterator[str]:
    return row_lines(target_rows(target), styles, width)


def row_lines(rows: Iterable[tuple[str, str]], styles: Styles, width: int) -> Iterator[str]:
    for label, text in rows:
        first, *rest = wrapped(_parted(f"{label}: {text}", width), width=width, hang=_HANG)
        yield styles.paint(styles.heading, first[: len(label) + 1]) + first[len(label) + 1 :]
        yield from rest


def _partial(plan: Plan, styles: Styles, width: int) -> Iterator[str]:
    for sentence in scope_sentences(plan):
        yield from (styles.paint(styles.warning, line) for line in wrapped(sentence, width=width, hang=_HANG))


def _digest(plan: Plan, width: int) -> Iterator[str]:
    row = f"Digest: {plan.digest}"
    yield from [row] if len(row) <= width else row.split()


def _parted(row: str, width: int) -> str:
    """Words that are longer than a line (endpoints are) in pieces: a terminal would go on in its first column."""
    return " ".join(piece for word in row.split(" ") for piece in _pieces(word, width - len(_HANG)))


def _pieces(word: str, room: int) -> Iterator[str]:
    while len(word) > room:
        cut_at = max(word.rfind("/", 1, room), word.rfind(".", 1, room))
        cut_at = cut_at if cut_at > room // 2 else room
        yield word[:cut_at]
        word = word[cut_at:]
    yield word


def _opening(plan: Plan, styles: Styles, width: int) -> Iterator[str]:
    if not plan.changes:
        return
    for line in wrapped(f'Changes for "{one_line(plan.owner)}":', width=width, hang="  "):
        yield styles.paint(styles.heading, line)
    yield from _legend(plan, styles, width)


def _legend(plan: Plan, styles: Styles, width: int) -> Iterator[str]:
    """The signs that are used, as many in a row as fit."""
    row, taken = "", 0
    for action in (action for action in Action if plan.count(action)):
        symbol = VERBS[action].symbol
        needed = len(f"   {symbol} {action.value}")
        if row and taken + needed > width:
            yield row
            row, taken = "", 0
        row += f"{'   ' if row else '  '}{styles.paint(action_style(action, styles), symbol)} {action.value}"
        taken += needed
    yield row


def _changes(changes: Sequence[Change], styles: Styles, width: int) -> Iterator[list[str]]:
    """Each by itself, but for the rest of many alike: names are all that is new in them."""
    room = Room(_MOST)
    sorts = Counter(_sort(change) for change in changes if _is_plain(change))
    met: Counter[object] = Counter()
    for change in changes:
        sort = _sort(change) if _is_plain(change) else None
        met[sort] += 1
        if sort is None or sorts[sort] <= _MANY or met[sort] <= _FIRST:
            yield list(_change(change, styles, width, room))
        elif met[sort] == _FIRST + 1:
            alike = [each for each in changes if _is_plain(each) and _sort(each) == sort]
            yield list(_others(alike[_FIRST:], styles, width))


def _sort(change: Change) -> tuple[Action, str]:
    return change.action, change.address.kind


def _is_plain(change: Change) -> bool:
    """Whether all of it comes or goes and nothing is to be said of it: what is lost or differs is shown each time."""
    return change.action in _WHOLE and not any(warnings(change))


def _others(changes: Sequence[Change], styles: Styles, width: int) -> Iterator[str]:
    action, kind = _sort(changes[0])
    verb = VERBS[action]
    symbol = styles.paint(action_style(action, styles), f"{verb.symbol:>3}")
    names = ", ".join(one_line(change.address.name) for change in changes)
    first, *rest = wrapped(f"{len(changes):,} more {one_line(kind)} {verb.promise}: {names}", width=width - 4)
    yield f"{symbol} {styles.paint(styles.heading, first)}"
    yield from (f"      {line}" for text in rest for line in wrapped(text, width=width - 6))
    yield styles.paint(styles.quiet, "    … --format json and --out plan.html show each")


def _attention(plan: Plan, styles: Styles, width: int) -> Iterator[str]:
    lost = [f"{one_line(str(loss.address))} is {loss.words}" for loss in losses(plan)]
    moved = [
        f"{one_line(str(drift.address))}: {', '.join(drift.fields) or 'a version that was not made from here'}"
        for drift in drifts(plan)
    ]
    for heading, style, items in (
        ("Lost when this is applied:", styles.bad, lost),
        ("Drift: changed outside the manifest, and overwritten by this plan:", styles.warning, moved),
    ):
        if items:
            yield from (styles.paint(style, line) for line in wrapped(heading, width=width))
        for item in items[:_NAMED]:
            yield from wrapped(item, width=width, indent="  ", hang="    ")
        if len(items) > _NAMED:
            yield f"  … and {len(items) - _NAMED:,} more"


def _change(change: Change, styles: Styles, width: int, room: Room) -> Iterator[str]:
    symbol = styles.paint(action_style(change.action, styles), f"{VERBS[change.action].symbol:>3}")
    yield from _head(symbol, headline(change), styles, width)
    yield from _fields(change, styles, width, room)


def _suspended(change: Change, plan: Plan, styles: Styles, width: int) -> Iterator[str]:
    yield from _head(
        styles.paint(styles.warning, "  ="), suspended_headline(change, destruction=plan.destruction), styles, width
    )
    yield from _fields(change, styles, width, Room(_MOST))


def _head(symbol: str, text: str, styles: Styles, width: int) -> Iterator[str]:
    first, *rest = wrapped(text, width=width, indent="    ", hang="      ")
    yield f"{symbol} {styles.paint(styles.heading, first[4:])}"
    yield from (styles.paint(styles.heading, line) for line in rest)


def _fields(change: Change, styles: Styles, width: int, room: Room) -> Iterator[str]:
    most = _LINES if change.action in _WHOLE else MOST
    for line in change_lines(change, width=width - FIELD_MARGIN, room=room, most=most):
        yield from painted(line, styles, width)


def painted(line: Line, styles: Styles, width: int) -> Iterator[str]:
    """The line of a change, fitted below its headline."""
    indent = " " * (_VALUE_INDENT if line.depth else _FIELD_INDENT)
    if line.sign == "!":
        first, *rest = wrapped(line.text, width=width, indent=" " * (len(indent) + 2)) or [""]
        yield styles.paint(styles.warning, f"{indent}! {first.lstrip()}")
        yield from (styles.paint(styles.warning, text) for text in rest)
        return
    style = sign_style(line.sign, styles)
    first, *rest = folded(line.text, width=width, start=f"{indent}{line.sign} ", hang=f"{indent}  ")
    if line.depth:
        yield from (styles.paint(style, text.rstrip()) for text in (first, *rest))
    else:
        yield f"{indent}{styles.paint(style, line.sign)} {first[len(indent) + 2 :]}"
        yield from (f"{indent}    {text.strip()}" for text in rest)


def _diagnostics(heading: str, items: Sequence[Diagnostic], style: str, styles: Styles, width: int) -> Iterator[str]:
    if heading:
        yield from (styles.paint(style, line) for line in wrapped(heading, width=width))
    for item in items:
        yield ""
        yield from (f"  {line}" for line in diagnostic_lines(item, styles=styles, width=width - 2))


def sign_style(sign: str, styles: Styles) -> str:
    table = {"+": styles.good, "-": styles.bad, "~": styles.changed, "…": styles.quiet}
    return table.get(sign, "")


def action_style(action: Action, styles: Styles) -> str:
    match action:
        case Action.CREATE:
            return styles.good
        case Action.UPDATE:
            return styles.changed
        case Action.REPLACE | Action.MIGRATE:
            return styles.replaced
        case Action.DELETE:
            return styles.bad
        case Action.ADOPT | Action.RELEASE:
            return styles.taken
        case _:
            return assert_never(action)
