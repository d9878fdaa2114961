"""A plan as a comment on a pull request.

A comment on GitHub holds 65,536 characters. What does not fit is left out where it hurts least and said so: first the
largest diffs, then rows of the table, then notes and warnings, and only then refusals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from provisioner.model.diagnostic import Diagnostic
from provisioner.model.plan import Change, Plan
from provisioner.model.words import plural
from provisioner.render.change_lines import change_lines, headline, remark, resource_fields
from provisioner.render.markdown import code, fenced, prose
from provisioner.render.markdown_diff import diff_line
from provisioner.render.target import target_rows
from provisioner.render.values import path_text
from provisioner.render.words import REFUSED, VERBS, plan_summary

_FIELDS_NAMED: Final = 5
_WIDTH: Final = 100


def plan_markdown(plan: Plan, *, title: str = "", limit: int = 60_000) -> str:
    """Never longer than `limit` characters."""
    heading = f"## {prose(title or f'Plan for {plan.owner}')}\n\n{_target(plan)}**{prose(plan_summary(plan))}**\n"
    footer = f"\nDigest: {code(plan.digest)}\n"
    room = limit - len(heading) - len(footer)
    refusals = _alert("CAUTION", f"**{REFUSED}**", plan.refusals, room)
    room -= len(refusals)
    warnings = _alert("WARNING", "**Nothing here keeps the plan from being applied.**", plan.warnings, room)
    room -= len(warnings)
    notes = _alert("NOTE", "**What could not be known, and so refuses nothing.**", plan.notes, room)
    room -= len(notes)
    table = _table(plan.changes, room - len(_left_out(len(plan.changes), len(plan.changes))))
    details = _details(plan.changes, room - len(table))
    text = f"{heading}{refusals}{warnings}{notes}{table}{details}{footer}"
    return text if len(text) <= limit else text[: max(limit, 0)]


def _target(plan: Plan) -> str:
    rows = [f"{label}: {code(text)}" for label, text in target_rows(plan.target)]
    return "\n".join(rows) + "\n\n" if rows else ""


def _alert(sort: str, first: str, items: Sequence[Diagnostic], room: int) -> str:
    """Source: https://docs.github.com/get-started/writing-on-github (alerts)."""
    if not items:
        return ""
    opening = f"\n> [!{sort}]\n> {first}\n"
    return opening + _as_many([_diagnostic(item) for item in items], room - len(opening), "> - … and {} more.\n")


def _diagnostic(item: Diagnostic) -> str:
    place = f" ({code(f'{item.where.file}:{item.where.line}')})" if item.where else ""
    said, *commands = item.hint.split("\n")
    hint = "".join(f" {text}" for text in (prose(said), *map(code, commands)) if text)
    return f"> - {code(item.code)}{place} {prose(item.message)}{hint}\n"


def _table(changes: Sequence[Change], room: int) -> str:
    if not changes:
        return ""
    opening = "\n| | Action | Resource | What |\n| --- | --- | --- | --- |\n"
    rows = [_row(change) for change in changes]
    return opening + _as_many(rows, room - len(opening), "\n{} more not listed for length.\n")


def _row(change: Change) -> str:
    symbol, resource = VERBS[change.action].symbol, code(str(change.address))
    return f"| {code(symbol)} | {change.action.value} | {resource} | {_what(change)} |\n"


def _what(change: Change) -> str:
    """What to know before opening the diff: which fields, and what is at stake."""
    fields = resource_fields(change)
    named = [code(path_text(field.path)) for field in change.fields[:_FIELDS_NAMED]]
    if len(change.fields) > _FIELDS_NAMED:
        named.append(f"{len(change.fields) - _FIELDS_NAMED} more")
    parts = [", ".join(named)] if named else [plural(len(fields), "field")] if fields else []
    parts.extend(code(name) for name, _, _ in change.lifecycle_fields)
    if any("drift" in remark(field) for field in change.fields):
        parts.append("drift")
    if change.reason:
        parts.append(prose(change.reason))
    parts.extend(prose(text) for text in change.remarks)
    if change.is_adoption:
        parts.append("takes over what exists")
    if change.loses_data:
        parts.append("**every memory in it is destroyed**")
    return "; ".join(parts)


def _as_many(texts: Sequence[str], room: int, rest: str) -> str:
    """The texts that fit, and how many do not."""
    if sum(map(len, texts)) <= room:
        return "".join(texts)
    room -= len(rest.format(len(texts)))
    kept: list[str] = []
    for text in texts:
        room -= len(text)
        if room < 0:
            break
        kept.append(text)
    return "".join(kept) + rest.format(len(texts) - len(kept))


def _details(changes: Sequence[Change], room: int) -> str:
    """As many diffs as fit, the smallest first, in the order of the plan."""
    blocks = [_detail(change, room) for change in changes]
    if sum(map(len, blocks)) <= room:
        return "".join(blocks)
    room -= len(_left_out(len(blocks), len(blocks)))
    kept: set[int] = set()
    for index in sorted(range(len(blocks)), key=lambda index: len(blocks[index])):
        room -= len(blocks[index])
        if room < 0:
            break
        kept.add(index)
    shown = "".join(block for index, block in enumerate(blocks) if index in kept)
    return shown + _left_out(len(blocks) - len(kept), len(blocks))


def _left_out(missing: int, total: int) -> str:
    count = f"{missing} of {plural(total, 'diff')}"
    return f"\n**{count} left out for length**, the largest first; `provisioner plan` shows them all.\n"


def _detail(change: Change, most: int) -> str:
    """What has more than `most` characters is not made to its end: it will not be shown."""
    lines: list[str] = []
    for line in change_lines(change, width=_WIDTH):
        lines.append(diff_line(line))
        most -= len(lines[-1])
        if most < 0:
            break
    summary = f"{code(VERBS[change.action].symbol)} {prose(headline(change))}"
    block = fenced(lines, "diff") if lines else "Nothing on it changes."
    return f"\n<details><summary>{summary}</summary>\n\n{block}\n\n</details>\n"
