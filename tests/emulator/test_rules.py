"""docs/emulator-rules.md: each rule, where it was learned, and the tests that hold it."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "emulator-rules.md"
HEAD = """# The rules of the emulator

What the local Foundry holds its callers to, where each rule was learned, and the tests that hold it. *Assumed* is what
no public source settles. Generated from `tests/emulator/rules.yaml` and the `rule` markers of the tests:
`python -m pytest tests/emulator/test_rules.py --update-golden`.

| rule | | source | tests |
|---:|---|---|---|
"""


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((HERE / "rules.yaml").read_text(encoding="utf-8"))
    return found


def marked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Rule and test of every `@pytest.mark.rule(...)`."""
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", []):
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rule":
                for argument in decorator.args:
                    yield ast.literal_eval(argument), node.name  # type: ignore[attr-defined]  # it has decorators


def holding() -> dict[int, dict[Path, list[str]]]:
    found: dict[int, dict[Path, list[str]]] = defaultdict(lambda: defaultdict(list))
    for file in sorted(HERE.rglob("test_*.py")):
        for number, name in marked(ast.parse(file.read_text(encoding="utf-8"))):
            found[number][file].append(name)
    return found


def page() -> str:
    held = holding()
    rows = (f"| {r['rule']} | {r['text']} | {r['source']} | {cell(held[r['rule']])} |" for r in rules())
    return HEAD + "\n".join(rows) + "\n"


def cell(tests: dict[Path, list[str]]) -> str:
    return "<br>".join(
        f"[{file.relative_to(HERE).as_posix()}](../{file.relative_to(ROOT).as_posix()}): "
        + ", ".join(f"`{name.removeprefix('test_')}`" for name in names)
        for file, names in tests.items()
    )


def test_the_table_of_the_rules_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8", newline="\n")

    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_rule_is_held_by_a_test() -> None:
    numbers = [rule["rule"] for rule in rules()]

    assert numbers == list(range(1, len(numbers) + 1))
    assert sorted(set(numbers) - holding().keys()) == []


def test_every_marker_names_a_rule() -> None:
    assert holding().keys() <= {rule["rule"] for rule in rules()}


def test_every_rule_says_where_it_was_learned() -> None:
    assert all(rule["text"] and rule["source"] and "|" not in rule["text"] + rule["source"] for rule in rules())
