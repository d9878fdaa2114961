from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from provisioner.manifest.codes import CODES

ROOT = Path(__file__).parents[2]
ROOMS = ("manifest", "kinds", "reconcile", "preflight", "memory")
_REPORTERS = {"report", "error", "_value", "_key", "_problem"}


def calls() -> Iterator[ast.Call]:
    for room in ROOMS:
        for file in (ROOT / "provisioner" / room).glob("*.py"):
            yield from (
                node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
            )


def codes_in_the_source() -> set[str]:
    """Of every call that makes a diagnostic, finding or refusal; a Failure's code is the service's."""
    found: list[ast.expr] = []
    for call in calls():
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in _REPORTERS:
            found += call.args[:1]
        elif name != "Failure":
            found += [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    return {node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_code_in_the_source_is_explained() -> None:
    assert codes_in_the_source() - CODES.keys() == set()


def test_every_code_that_is_explained_is_in_the_source() -> None:
    words = "".join(
        file.read_text(encoding="utf-8")
        for room in ROOMS
        for file in (ROOT / "provisioner" / room).glob("*.py")
        if file.name != "codes.py"
    )

    assert [code for code in CODES if f'"{code}"' not in words] == []


def test_every_code_appears_in_a_test() -> None:
    tests = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.py") if file.name != "test_codes.py"
    )

    assert [code for code in CODES if code not in tests] == []


def test_codes_and_explanations_have_one_form() -> None:
    for code, explanation in CODES.items():
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", code)
        assert explanation[0].isupper() or explanation[0] == "`"
        assert explanation.endswith(".")
        assert "\n" not in explanation
