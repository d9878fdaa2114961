"""Problems with a place and a remedy: for people, for programs, and as annotations of a pull request.

The JSON document: `{"format_version": "1.0", "errors": 1, "warnings": 0, "diagnostics": […]}`; each diagnostic has
`severity`, `code`, `message`, `hint`, `where` (`file`, `line`, `column`, `path`) when it has a place, `resources`
(`kind`, `name`) when it is about several, and `environments` when it is in some of those that were checked and not in
all. New keys may come with any minor version; none goes without a major one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import Json
from provisioner.model.pipelines import inert
from provisioner.model.redact import harmless
from provisioner.model.words import plural
from provisioner.render.json_text import json_text
from provisioner.render.safe import one_line, visible, wrapped
from provisioner.render.styles import PLAIN, Styles

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def diagnostics_text(items: Sequence[Diagnostic], *, styles: Styles = PLAIN, width: int = 100) -> str:
    """`file:line:col  error  code`, then what is wrong and what to do; a count at the end. Nothing for nothing."""
    if not items:
        return ""
    blocks = ["\n".join(diagnostic_lines(item, styles=styles, width=width)) for item in items]
    return inert("\n".join([*blocks, "", f"{_counts(items)}.", ""]))


def diagnostic_lines(item: Diagnostic, *, styles: Styles = PLAIN, width: int = 100) -> Iterator[str]:
    style = {Severity.ERROR: styles.bad, Severity.WARNING: styles.warning, Severity.NOTE: styles.quiet}[item.severity]
    place, code = _place(item), one_line(item.code).strip()
    sort = "  ".join(word for word in (styles.paint(style, item.severity.value), code) if word)
    fits = len(f"{place}  {item.severity.value}  {code}") <= width
    yield from (["  ".join(part for part in (place, sort) if part)] if fits or not place else [place, f"  {sort}"])
    for text in (item.told, item.hint):
        yield from wrapped(harmless(text), width=width, indent="  ")


def _place(item: Diagnostic) -> str:
    where = item.where
    return f"{one_line(where.file)}:{where.line}:{where.column}" if where else ""


def _counts(items: Sequence[Diagnostic]) -> str:
    numbers = {severity: sum(item.severity is severity for item in items) for severity in Severity}
    return ", ".join(plural(number, severity.value) for severity, number in numbers.items() if number)


def diagnostics_json(items: Sequence[Diagnostic]) -> str:
    document = {
        "format_version": "1.0",
        "errors": sum(item.is_error for item in items),
        "warnings": sum(item.severity is Severity.WARNING for item in items),
        "diagnostics": [diagnostic_document(item) for item in items],
    }
    return json_text(document, indent=2) + "\n"


def diagnostic_document(item: Diagnostic) -> Json:
    document: Json = {
        "severity": item.severity.value,
        "code": item.code,
        "message": harmless(item.message),
        "hint": harmless(item.hint),
    }
    if (where := item.where) is not None:
        document["where"] = {
            "file": where.file,
            "line": where.line,
            "column": where.column,
            "path": harmless(where.path),
        }
    if item.resources:
        document["resources"] = [{"kind": it.kind, "name": it.name} for it in item.resources]
    if item.environments:
        document["environments"] = list(item.environments)
    return document


def diagnostics_github(items: Sequence[Diagnostic]) -> str:
    """Workflow commands, one line each, that GitHub shows beside the lines of a pull request. What they quote is inert.

    Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "".join(f"{_command(item)}\n" for item in items)


def _command(item: Diagnostic) -> str:
    where = item.where
    place = {"file": where.file, "line": str(where.line), "col": str(where.column)} if where else {}
    settings = {**place, "title": item.code}
    listed = ",".join(f"{key}={_setting(value)}" for key, value in settings.items())
    text = harmless("\n".join(part for part in (item.told, item.hint) if part))
    return f"::{_COMMANDS[item.severity]} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return inert(visible(text)).replace("%", "%25").replace("\n", "%0A")


def _setting(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
