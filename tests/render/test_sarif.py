"""SARIF, checked against the published schema: what code scanning is told of a manifest."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.manifest.codes import CODES
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.render.sarif import Checkout, diagnostics_sarif
from tests.conftest import Golden
from tests.render import sample
from tests.render import strategies as our
from tests.whole import tries

# https://github.com/oasis-tcs/sarif-spec, sarif-2.1/schema, as of e0583813964ec43cea53b6b531b402866095ed1f
SCHEMA = Path(__file__).parent / "published" / "sarif-schema-2.1.0.json"
HERE = Checkout(root="/src", folder="/src/infra")
FEW = {"unknown-reference": "A resource is named that the manifest does not define."}


@cache
def validator() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def read(*items: Diagnostic, checkout: Checkout = HERE) -> Any:
    document = json.loads(diagnostics_sarif(items, codes=CODES, version="1.2.3", checkout=checkout))
    validator().validate(document)
    (run,) = document["runs"]
    return run


def found(file: str, **more: Any) -> Diagnostic:
    return Diagnostic(code="unknown-key", message="m", where=Location(file=file, line=4, column=7), **more)


def uri(file: str, checkout: Checkout = HERE) -> tuple[str, bool]:
    (result,) = read(found(file), checkout=checkout)["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    return artifact["uri"], artifact.get("uriBaseId") == "%SRCROOT%"


def test_sarif(golden: Golden) -> None:
    golden("diagnostics.sarif", diagnostics_sarif(sample.diagnostics(), codes=FEW, version="1.2.3", checkout=HERE))


def test_a_clean_manifest_has_rules_and_no_results() -> None:
    run = read()

    assert run["results"] == []
    assert {rule["id"]: rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"]} == CODES


def test_a_result_names_its_rule_its_level_and_its_place() -> None:
    run = read(found("stores.yaml", severity=Severity.WARNING), found("stores.yaml", severity=Severity.NOTE))
    result, other = run["results"]

    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "unknown-key"
    assert (result["level"], other["level"]) == ("warning", "note")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 4, "startColumn": 7}
    assert run["columnKind"] == "unicodeCodePoints"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        pytest.param("stores.yaml", ("infra/stores.yaml", True), id="beside"),
        pytest.param("./env/../a.yaml", ("infra/a.yaml", True), id="with-dots"),
        pytest.param("../shared/b.yaml", ("shared/b.yaml", True), id="elsewhere-in-the-checkout"),
        pytest.param("/src/c.yaml", ("c.yaml", True), id="by-its-whole-path"),
        pytest.param("../../other/d.yaml", ("file:///other/d.yaml", False), id="outside"),
        pytest.param("/srcs/e.yaml", ("file:///srcs/e.yaml", False), id="outside-with-a-like-name"),
        pytest.param("C:/other/f.yaml", ("file:///C%3A/other/f.yaml", False), id="on-another-drive"),
        pytest.param("a b:c#?%41é.yaml", ("infra/a%20b%3Ac%23%3F%2541%C3%A9.yaml", True), id="odd-letters"),
        pytest.param("\udcff.yaml", ("infra/%FF.yaml", True), id="no-utf-8"),
        pytest.param("<stdin>", ("infra/%3Cstdin%3E", True), id="stdin"),
    ],
)
def test_files_are_named_from_where_the_checkout_begins(file: str, expected: tuple[str, bool]) -> None:
    assert uri(file) == expected


def test_a_checkout_on_windows_is_told_by_its_paths_within() -> None:
    here = Checkout(root="D:/a/repo", folder="D:/a/repo/infra")

    assert uri("../x.yaml", here) == ("x.yaml", True)
    assert uri("D:/a/repo/y.yaml", here) == ("y.yaml", True)


def test_what_has_no_place_is_the_whole_checkouts() -> None:
    (result,) = read(Diagnostic(code="no-files", message="m"))["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "."


def test_a_finding_is_known_again_where_its_line_moved_and_told_from_its_like() -> None:
    def prints(*items: Diagnostic) -> list[str]:
        return [result["partialFingerprints"]["finding/v1"] for result in read(*items)["results"]]

    one = Diagnostic(code="c", message="m", where=Location(file="f", line=1, path="agents.a"))
    moved = replace(one, where=Location(file="f", line=9, path="agents.a"))
    others = [replace(one, message="n"), replace(one, code="d"), replace(one, where=Location(file="f", path="agents"))]

    assert prints(one) == prints(moved)
    assert len({*prints(one, *others, one)}) == 5


def test_what_messages_quote_is_no_placeholder_and_no_link() -> None:
    (result,) = read(Diagnostic(code="c", message="{0} ${env:TOKEN} [a](b)", hint="See [1]."))["results"]

    assert result["message"]["text"] == "{{0}} ${{env:TOKEN}} [a\\](b)\nSee [1]."


@settings(max_examples=tries(40))
@given(st.lists(our.diagnostics, max_size=3))
def test_whatever_is_wrong_is_valid_and_commands_nothing(items: list[Diagnostic]) -> None:
    text = diagnostics_sarif(items, codes=FEW, version="1.2.3", checkout=HERE)
    document = json.loads(text)
    validator().validate(document)

    assert text.isascii()
    assert "::" not in text
    assert len(document["runs"][0]["results"]) == len(items)
    assert all(
        unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for result in document["runs"][0]["results"]
    )
