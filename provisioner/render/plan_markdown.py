"""A plan as a comment on a pull request.

It begins with a hidden line by which a bot finds its own comment again, and with what must not be overlooked: counts,
refusals, what is lost, what drifted. A comment on GitHub holds 65,536 characters. What does not fit is left out where
it hurts least, and that is said: first the ends of long texts, then the diffs of what only begins, then notes and
warnings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final
from urllib.parse import quote

from provisioner.model.action import Action
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.plan import Change, Plan
from provisioner.model.words import plural
from provisioner.render.attention import Drift, Loss, by_weight, drifts, has_drifted, losses
from provisioner.render.change_lines import change_lines, resource_fields
from provisioner.render.counts import counts
from provisioner.render.linediff import MOST
from provisioner.render.markdown import code, fenced, prose
from provisioner.render.markdown_diff import diff_line
from provisioner.render.policy import policy_rows
from provisioner.render.scope import scope_sentences, suspended_headline
from provisioner.render.target import target_rows
from provisioner.render.values import path_text
from provisioner.render.words import REFUSED, VERBS, plan_summary

_FIELDS_NAMED: Final = 5
_ITEMS: Final = 25  # of a list above the diffs: more of them would hide what follows
_GATHERED: Final = 20  # more changes of one sort stand in a part of their own
_WIDTH: Final = 100
_STEPS: Final = (12, 100, MOST)  # lines of each sign that a field may take: as few as that, or more where there is room
_MISSES: Final = 50  # parts in a row that do not fit: none of the rest will


def plan_markdown(plan: Plan, *, title: str = "", limit: int = 60_000) -> str:
    """Never longer than `limit` characters."""
    heading = f"{plan_marker(plan)}\n## {prose(title or _title(plan))}\n\n{_partial(plan)}{_target(plan)}"
    heading += f"**{prose(plan_summary(plan))}**\n{_counts(plan)}"
    footer = f"\nDigest: {code(plan.digest)}\n"
    room = limit - len(heading) - len(footer)
    above = _above(plan, room - _least(plan))
    suspended = _suspended(plan, (room - len(above)) // 3)
    details = _details(plan.changes, room - len(above) - len(suspended))
    text = f"{heading}{above}{details}{suspended}{footer}"
    return text if len(text) <= limit else text[: max(limit, 0)]


def _title(plan: Plan) -> str:
    return f"Plan for {plan.owner}{f' in {plan.environment}' if plan.environment else ''}"


def plan_marker(plan: Plan) -> str:
    """The same for every plan of an owner in a project and environment, and not shown. `--` would end a comment for
    some readers.
    """
    target = plan.target
    project = "" if target is None else "local" if target.local else target.endpoint
    owner, where, environment = (
        quote(text.encode("utf-8", "replace"), safe="/:").replace("--", "%2D%2D")
        for text in (plan.owner, project, plan.environment)
    )
    return f"<!-- provisioner plan: {owner} in {where}{f' for {environment}' if environment else ''} -->"


def _partial(plan: Plan) -> str:
    sentences = scope_sentences(plan)
    return f"> [!IMPORTANT]\n> **{prose(' '.join(sentences))}**\n\n" if sentences else ""


def _target(plan: Plan) -> str:
    rows = [f"{label}: {code(text)}" for label, text in (*target_rows(plan.target), *policy_rows(plan.allow.policy))]
    return "\n".join(rows) + "\n\n" if rows else ""


def _counts(plan: Plan) -> str:
    table = counts(plan)
    if not table.columns:
        return ""
    rows = [["", *table.columns], ["---", *("---:" for _ in table.columns)]]
    rows += [[prose(kind), *(str(number or "") for number in numbers)] for kind, numbers in table.rows]
    if len(table.rows) > 1:
        rows.append(["**all**", *(f"**{sum(column)}**" for column in zip(*(it for _, it in table.rows), strict=True))])
    return "\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _alerts(plan: Plan) -> Iterator[tuple[str, str, list[str]]]:
    """Source: https://docs.github.com/get-started/writing-on-github (alerts)."""
    yield "CAUTION", f"**{REFUSED}**", [_diagnostic(item) for item in plan.refusals]
    yield "CAUTION", "**Lost when this is applied:**", [_loss(loss) for loss in losses(plan)]
    yield "IMPORTANT", "**Drift: changed outside the manifest, and overwritten by this plan:**", _drifts(plan)
    yield "WARNING", "**Nothing here keeps the plan from being applied.**", [_diagnostic(it) for it in plan.warnings]
    yield "NOTE", "**What could not be known, and so refuses nothing.**", [_diagnostic(it) for it in plan.notes]


def _above(plan: Plan, room: int) -> str:
    """All alerts, each with a word at least of how much it holds."""
    alerts = list(_alerts(plan))
    later = sum(len(_alert(*alert, 0)) for alert in alerts)
    text = ""
    for alert in alerts:
        later -= len(_alert(*alert, 0))
        text += _alert(*alert, room - later - len(text))
    return text


def _least(plan: Plan) -> int:
    """What stands below the alerts when nothing else fits."""
    missing = len(_left_out(_by_length(plan.changes), len(plan.changes))) if plan.changes else 0
    return missing + len(_suspended(plan, 0))


def _by_length(changes: Sequence[Change]) -> list[Change]:
    """Those with the longest names first: which ones will have to be named is not known before."""
    return sorted(changes, key=lambda change: len(code(str(change.address))), reverse=True)


def _alert(sort: str, first: str, items: Sequence[str], room: int) -> str:
    if not items:
        return ""
    opening = f"\n> [!{sort}]\n> {first}\n"
    return opening + _as_many([f"> - {item}\n" for item in items], room - len(opening), "> - … and {} more.\n")


def _diagnostic(item: Diagnostic) -> str:
    place = f" ({code(f'{item.where.file}:{item.where.line}')})" if item.where else ""
    said, *commands = item.hint.split("\n")
    hint = "".join(f" {text}" for text in (prose(said), *map(code, commands)) if text)
    return f"{code(item.code)}{place} {prose(item.message)}{hint}"


def _loss(loss: Loss) -> str:
    return f"{code(str(loss.address))} is {prose(loss.words)}"


def _drifts(plan: Plan) -> list[str]:
    return [_drift(drift) for drift in drifts(plan)]


def _drift(drift: Drift) -> str:
    named = _some([code(name) for name in drift.fields])
    return f"{code(str(drift.address))}: {named or 'a version that was not made from here'}"


def _some(names: Sequence[str]) -> str:
    rest = [f"{len(names) - _FIELDS_NAMED} more"] if len(names) > _FIELDS_NAMED else []
    return ", ".join([*names[:_FIELDS_NAMED], *rest])


def _as_many(texts: Sequence[str], room: int, rest: str) -> str:
    """The texts that fit, and how many do not."""
    if len(texts) <= _ITEMS and sum(map(len, texts)) <= room:
        return "".join(texts)
    room -= len(rest.format(len(texts)))
    kept: list[str] = []
    for text in texts[:_ITEMS]:
        room -= len(text)
        if room < 0:
            break
        kept.append(text)
    return "".join(kept) + rest.format(len(texts) - len(kept))


def _details(changes: Sequence[Change], room: int) -> str:
    """As many diffs as fit, and as much of each."""
    if not changes:
        return ""
    ordered = by_weight(changes)
    gathered = Counter(map(_sort, ordered))
    room -= sum(len(_gathered(*sort, count, "")) for sort, count in gathered.items() if count > _GATHERED)
    shown = _fitted(ordered, room - len(_left_out(_by_length(ordered), len(changes))))
    parts: list[str] = []
    for sort, numbers in groupby(range(len(ordered)), key=lambda number: _sort(ordered[number])):
        part = "".join(shown.get(number, "") for number in numbers)
        parts.append(_gathered(*sort, gathered[sort], part) if part and gathered[sort] > _GATHERED else part)
    missing = [change for number, change in enumerate(ordered) if number not in shown]
    return "".join(parts) + (_left_out(missing, len(changes)) if missing else "")


def _fitted(changes: Sequence[Change], room: int) -> dict[int, str]:
    """The parts by number: every one briefly before any at length."""
    shown: dict[int, str] = {}
    cut: set[int] = set()
    misses = 0
    for number, change in enumerate(changes):
        if misses > _MISSES:
            break
        text, is_cut = _detail(change, _STEPS[0], room)
        misses += 1
        if len(text) <= room:
            misses = 0
            shown[number] = text
            room -= len(text)
            cut |= {number} if is_cut else set()
    for most in _STEPS[1:]:
        for number in sorted(cut):
            spare = room + len(shown[number])
            text, is_cut = _detail(changes[number], most, spare)
            if len(text) <= spare:
                shown[number] = text
                room = spare - len(text)
                cut -= set() if is_cut else {number}
    return shown


def _sort(change: Change) -> tuple[Action, str]:
    return change.action, change.address.kind


def _gathered(action: Action, kind: str, count: int, parts: str) -> str:
    summary = f"{code(VERBS[action].symbol)} <b>{action.value}</b> {count} {prose(kind)}"
    return f"\n<details><summary>{summary}</summary>\n{parts}\n</details>\n"


def _left_out(missing: Sequence[Change], total: int) -> str:
    count = f"{len(missing)} of {plural(total, 'diff')}"
    names = [code(str(change.address)) for change in missing[:_FIELDS_NAMED]]
    rest = [f"{len(missing) - _FIELDS_NAMED} more"] if len(missing) > _FIELDS_NAMED else []
    told = f"**{count} left out for length**; `plan --out plan.html` shows each"
    return f"\n{told}: {', '.join([*names, *rest])}.\n"


def _detail(change: Change, most: int, room: int) -> tuple[str, bool]:
    """Whether some of it is cut, too. What takes more than the room is not made to its end: it will not be shown."""
    lines: list[str] = []
    is_cut = False
    for line in change_lines(change, width=_WIDTH, most=most, paired=True):
        is_cut |= line.sign in "+-" and line.text.startswith("…")
        lines.append(diff_line(line))
        room -= len(lines[-1]) + 1
        if room < 0:
            break
    return _folded(_summary(change), lines), is_cut


def _folded(summary: str, lines: Sequence[str]) -> str:
    block = fenced(lines, "diff") if lines else "Nothing on it changes."
    return f"\n<details><summary>{summary}</summary>\n\n{block}\n\n</details>\n"


def _suspended(plan: Plan, room: int) -> str:
    """What is not written: those that fit, and how many do not."""
    texts = [
        _folded(
            f"{code('=')} {prose(suspended_headline(change, destruction=plan.destruction))}",
            [diff_line(it) for it in change_lines(change, width=_WIDTH)],
        )
        for change in plan.suspended
    ]
    return _as_many(texts, room, "\n{} more that are suspended are not listed for length.\n") if texts else ""


def _summary(change: Change) -> str:
    """What to know before opening the diff: which fields, and what is at stake."""
    verb = VERBS[change.action]
    told = _what(change)
    key = f' ("{prose(change.key)}" in the manifest)' if change.key else ""
    name = f"{code(verb.symbol)} <b>{change.action.value}</b> {code(str(change.address))}{key}"
    return f"{name}: {told}" if told else name


def _what(change: Change) -> str:
    fields = resource_fields(change)
    named = [code(path_text(field.path)) for field in change.fields]
    parts = [_some(named)] if named else [plural(len(fields), "field")] if fields else []
    parts.extend(code(name) for name, _, _ in change.lifecycle_fields)
    if has_drifted(change):
        parts.append("<b>drift</b>")
    if change.reason:
        parts.append(prose(change.reason))
    if change.is_adoption:
        parts.append("takes over what exists")
    if change.loses_data:
        parts.append("<b>every memory in it is destroyed</b>")
    return "; ".join(parts)
