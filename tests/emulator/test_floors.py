"""How the emulator is built, where import-linter does not look: where SQL stands, how files are called."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import provisioner.emulator
from provisioner.emulator.handles import families

ROOM = Path(provisioner.emulator.__file__).parent
FILES = sorted(ROOM.rglob("*.py"))
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE FROM|PRAGMA|WITH RECURSIVE)\s")
OF_SQLITE = {"world/state.py", "serve/state_lock.py"}  # the database itself, and the lock beside it


def name_of(file: Path) -> str:
    return file.relative_to(ROOM).as_posix()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_sql_stands_in_the_rows_of_its_family(file: Path) -> None:
    texts = [node.value for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant)]
    found = [text for text in texts if isinstance(text, str) and SQL.match(text)]

    assert not found or file.stem.endswith("rows") or name_of(file) in OF_SQLITE


def test_no_name_is_used_three_times() -> None:
    names = Counter(file.name for file in FILES if file.stem not in {"__init__", "__main__"})

    assert {name: count for name, count in names.items() if count > 2} == {}


def test_no_two_families_have_the_same_word() -> None:
    kinds = [family.kind for family in families.every() if family.kind]

    assert len(kinds) == len(set(kinds))
    assert {"account", "agent", "deployment", "memory", "project", "store"} <= set(kinds)


def test_no_two_families_answer_at_the_same_place() -> None:
    routes = [(route.method, re.sub(r"\{\w+\}", "{}", route.path)) for it in families.every() for route in it.routes]
    of_projects = [(route.method, route.path) for it in families.every() for route in it.project_routes]

    for places in (routes, of_projects):
        assert [place for place, count in Counter(places).items() if count > 1] == []
