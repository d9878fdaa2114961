"""docs/threat-model.md is held to the tests that it names, and they to it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`(\w+)::(\w+)`", PAGE))


def attacks_in(file: Path) -> set[tuple[str, str]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    return {(file.stem.removeprefix("test_"), name) for name in functions if name.startswith("test_")}


ATTACKS = {test for file in HERE.glob("test_*.py") if file.name != Path(__file__).name for test in attacks_in(file)}


def test_every_attack_that_the_page_names_is_a_test() -> None:
    assert set() == NAMED - ATTACKS


def test_every_promise_of_the_page_is_attacked() -> None:
    promises = PAGE.partition("| promise | attacked by |\n|---|---|\n")[2].splitlines()

    assert promises
    assert [line for line in promises if not re.search(r"\| .*`\w+::\w+`.* \|$", line)] == []


def test_every_file_of_attacks_is_on_the_page() -> None:
    assert {file for file, _ in ATTACKS} - {file for file, _ in NAMED} == set()
