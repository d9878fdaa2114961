"""What checks found: a table for people, a document for programs, and JUnit's XML for pipelines.

The JSON document: `{"format_version": "1.0", "passed": true, "summary": {…}, "tokens": {…}, "checks": […]}`; see its
schema. JUnit has no standard; testmoapp/junitxml describes what the pipelines read in common.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from provisioner.doctor.verdict import State, Verdict
from provisioner.model.check import CheckReport, CheckResult, CheckState, Tokens
from provisioner.model.document import Json
from provisioner.model.pipelines import inert
from provisioner.model.redact import harmless
from provisioner.model.words import plural
from provisioner.render.doctor import verdict_lines
from provisioner.render.json_text import json_text
from provisioner.render.plan_json import address_document
from provisioner.render.safe import visible, wrapped
from provisioner.render.styles import PLAIN, Styles
from provisioner.render.words import duration

FORMAT_VERSION: Final = "1.0"
_STATES: Final = {CheckState.OK: State.OK, CheckState.FAILED: State.FAILED, CheckState.SKIPPED: State.UNKNOWN}


def checks_text(report: CheckReport, *, styles: Styles = PLAIN, width: int = 100) -> str:
    """A row for each check, what to do below it, and what it came to at the end."""
    lines = verdict_lines([_verdict(it) for it in report.results], styles=styles, width=width)
    style = styles.good if report.has_passed else styles.bad
    closing = [styles.paint(style, line) for line in wrapped(_closing(report), width=width)]
    return inert("\n".join([*lines, "", *closing, ""]))


def _verdict(result: CheckResult) -> Verdict:
    tries = f" {result.tries} tries." if result.tries > 1 else ""
    cost = f" {plural(result.tokens.total, 'token')}." if result.tokens.total else ""
    requests = (result.failure.request_id,) if result.failure and result.failure.request_id else ()
    return Verdict(
        check=result.name,
        state=_STATES[result.state],
        message=f"{result.subject}: {result.message}{tries}{cost}",
        hint=result.hint,
        requests=requests,
    )


def _closing(report: CheckReport) -> str:
    counts = [f"{number} {state.value}" for state in reversed(CheckState) if (number := report.count(state))]
    says = "All checks passed" if report.has_passed else "Not all checks passed"
    return f"{says}: {', '.join(counts)}, in {duration(report.elapsed_s)}. {_cost(report.tokens)}"


def _cost(tokens: Tokens) -> str:
    parts = [f"{number:,} {name}" for name, number in _by_sort(tokens).items() if number]
    return f"They cost {tokens.total:,} tokens: {', '.join(parts)}." if parts else "They cost no tokens."


def _by_sort(tokens: Tokens) -> dict[str, int]:
    return {"input": tokens.input, "output": tokens.output, "embedding": tokens.embedding}


def checks_json(report: CheckReport) -> str:
    return json_text(checks_document(report), indent=2) + "\n"


def checks_document(report: CheckReport) -> Json:
    return {
        "format_version": FORMAT_VERSION,
        "passed": report.has_passed,
        "elapsed_s": round(report.elapsed_s, 3),
        "summary": {state.value: report.count(state) for state in CheckState},
        "tokens": _tokens(report.tokens),
        "checks": [_check(it) for it in report.results],
    }


def _tokens(tokens: Tokens) -> Json:
    return {**_by_sort(tokens), "total": tokens.total}


def _check(result: CheckResult) -> Json:
    failure = result.failure
    return {
        "name": result.name,
        "kind": result.kind,
        "address": address_document(result.subject),
        "state": result.state.value,
        "message": harmless(result.message),
        "hint": harmless(result.hint),
        "code": failure.code if failure else "",
        "status": failure.status if failure else 0,
        "request_id": failure.request_id if failure else "",
        "elapsed_s": round(result.elapsed_s, 3),
        "tries": result.tries,
        "tokens": _tokens(result.tokens),
    }


def checks_junit(report: CheckReport) -> str:
    counts = {
        "tests": str(len(report.results)),
        "failures": str(report.count(CheckState.FAILED)),
        "errors": "0",
        "skipped": str(report.count(CheckState.SKIPPED)),
        "time": f"{report.elapsed_s:.3f}",
    }
    root = ET.Element("testsuites", {"name": "provisioner check", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "provisioner check", **counts})
    properties = ET.SubElement(suite, "properties")
    for sort, number in _tokens(report.tokens).items():
        ET.SubElement(properties, "property", {"name": f"tokens.{sort}", "value": str(number)})
    for result in report.results:
        suite.append(_case(result))
    ET.indent(root)
    return inert(f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n')


def _case(result: CheckResult) -> ET.Element:
    attributes = {
        "name": result.name,
        "classname": f"provisioner.{result.kind}",
        "time": f"{result.elapsed_s:.3f}",
    }
    case = ET.Element("testcase", attributes)
    if result.state is CheckState.OK:
        ET.SubElement(case, "system-out").text = _plain(f"{result.subject}: {result.message}")
        return case
    name = "failure" if result.state is CheckState.FAILED else "skipped"
    told = ET.SubElement(case, name, {"message": _plain(result.message.partition("\n")[0])})
    if result.state is CheckState.FAILED:
        told.set("type", (result.failure and result.failure.code) or "unmet")
        told.text = "\n".join(_paragraphs(result))
    return case


def _paragraphs(result: CheckResult) -> Iterator[str]:
    yield _plain(f"{result.subject}: {result.message}")
    if result.hint:
        yield _plain(result.hint)
    if result.failure and result.failure.request_id:
        yield f"Request id {_plain(result.failure.request_id)}."


def _plain(text: str) -> str:
    """XML holds no control characters, escaped or not."""
    return visible(harmless(text))
