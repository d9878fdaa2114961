"""What `doctor` found: a table for people, made to be pasted into a bug report, and for programs a document.

The JSON document: `{"format_version": "1.0", "healthy": true, "summary": {…}, "checks": […]}`; see its schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from provisioner.doctor.verdict import State, Verdict, is_healthy
from provisioner.model.document import Json
from provisioner.model.pipelines import inert
from provisioner.model.redact import harmless
from provisioner.model.words import joined, plural
from provisioner.render.diagnostics import diagnostic_document, diagnostic_lines
from provisioner.render.json_text import json_text
from provisioner.render.safe import one_line, wrapped
from provisioner.render.styles import PLAIN, Styles

FORMAT_VERSION: Final = "1.0"
_HEADS: Final = ("state", "check", "what is there")
_NARROW: Final = 40  # where less is left beside the names, what is there stands below them


def doctor_text(verdicts: Sequence[Verdict], *, styles: Styles = PLAIN, width: int = 100) -> str:
    """A row for each check, what to do below it, and a count at the end. What is unknown for one reason is one row."""
    lines = verdict_lines(list(_joined(verdicts)), styles=styles, width=width)
    return inert("\n".join([*lines, "", *_summary(verdicts, styles=styles, width=width), ""]))


def verdict_lines(rows: Sequence[Verdict], *, styles: Styles = PLAIN, width: int = 100) -> list[str]:
    """A table of them, with what to do below each."""
    widths = [max(map(len, column)) for column in zip(_HEADS, *map(_names, rows), strict=False)]
    lead = sum(widths[:2]) + 4
    is_narrow = width - lead < _NARROW
    heads = _HEADS[:2] if is_narrow else _HEADS
    lines = [styles.paint(styles.heading, _beside(heads, widths))]
    for verdict in rows:
        lines += _row(verdict, widths, indent="    " if is_narrow else " " * lead, styles=styles, width=width)
    return lines


def _joined(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    for (state, message), group in groupby(verdicts, key=lambda it: (it.state, it.message)):
        first, *others = group
        if state is State.UNKNOWN and others:
            names = joined([first.check, *(it.check for it in others)])
            yield replace(first, check=f"{len(others) + 1} checks", message=f"{names}. {message}")
        else:
            yield from (first, *others)


def _names(verdict: Verdict) -> tuple[str, str]:
    return verdict.state.value, verdict.check


def _beside(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(
        [*(cell.ljust(width) for cell, width in zip(cells, widths[:2], strict=False)), *cells[2:]]
    ).rstrip()


def _row(verdict: Verdict, widths: Sequence[int], *, indent: str, styles: Styles, width: int) -> Iterator[str]:
    is_narrow = len(indent) < sum(widths[:2])
    state = styles.paint(_style(verdict.state, styles), verdict.state.value.ljust(widths[0]))
    name = f"{state}  {verdict.check.ljust(widths[1])}"
    message = wrapped(harmless(verdict.message), width=width, indent=indent) or [""]
    if is_narrow:
        yield name.rstrip()
        yield from message
    else:
        yield f"{name}  {message[0][len(indent) :]}".rstrip()
        yield from message[1:]
    for problem in verdict.diagnostics:
        yield from (f"{indent}{line}" for line in diagnostic_lines(problem, styles=styles, width=width - len(indent)))
    if verdict.requests:
        yield from wrapped(f"Request id {_requests(verdict)}.", width=width, indent=indent)
    if verdict.hint:
        yield from wrapped(f"→ {harmless(verdict.hint)}", width=width, indent=indent, hang=f"{indent}  ")


def _requests(verdict: Verdict) -> str:
    """As they are: a long one looks like a secret, and support needs the whole of it."""
    return ", ".join(map(one_line, verdict.requests))


def _style(state: State, styles: Styles) -> str:
    return {
        State.OK: styles.good,
        State.WARNING: styles.warning,
        State.FAILED: styles.bad,
        State.UNKNOWN: styles.quiet,
    }[state]


def _summary(verdicts: Sequence[Verdict], *, styles: Styles, width: int) -> Iterator[str]:
    good = is_healthy(verdicts)
    says = "Nothing found that would stop an apply" if good else "An apply would be stopped"
    numbers = _counted(verdicts)
    words = {
        **{state: f"{number} {state}" for state, number in numbers.items()},
        "warning": plural(numbers["warning"], "warning"),
    }
    counts = ", ".join(words[state] for state in ("failed", "warning", "unknown", "ok") if numbers[state])
    told = f"{says}: {counts}." if numbers["ok"] < len(verdicts) else f"{says}."
    first, *others = wrapped(told, width=width)
    yield first.replace(says, styles.paint(styles.good if good else styles.bad, says), 1)
    yield from others


def _counted(verdicts: Sequence[Verdict]) -> Mapping[str, int]:
    return {state.value: sum(it.state is state for it in verdicts) for state in State}


def doctor_json(verdicts: Sequence[Verdict]) -> str:
    return json_text(doctor_document(verdicts), indent=2) + "\n"


def doctor_document(verdicts: Sequence[Verdict]) -> Json:
    return {
        "format_version": FORMAT_VERSION,
        "healthy": is_healthy(verdicts),
        "summary": dict(_counted(verdicts)),
        "checks": [_check(verdict) for verdict in verdicts],
    }


def _check(verdict: Verdict) -> Json:
    details = {name: harmless(value) for name, value in verdict.details.items()}
    return {
        "id": verdict.check,
        "state": verdict.state.value,
        "message": harmless(verdict.message),
        "hint": harmless(verdict.hint),
        "details": {**details, **({"requests": _requests(verdict)} if verdict.requests else {})},
        "diagnostics": [diagnostic_document(problem) for problem in verdict.diagnostics],
    }
