"""All that can be known of a folder of Bicep files without its compiler."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.bicep.foundry_rules import check_foundry
from tests.bicep.linter import check_linter, check_nullable
from tests.bicep.parameters import check_parameters
from tests.bicep.resource_types import check_resources
from tests.bicep.symbols import (
    check_declared,
    check_described,
    check_members,
    check_modules,
    check_modules_used,
    check_parameter_defaults,
    check_twice,
    check_used,
)
from tests.bicep.tree import BicepFile, Problem, parse

OF_ONE_FILE = (
    check_declared,
    check_used,
    check_twice,
    check_members,
    check_parameter_defaults,
    check_described,
    check_resources,
    check_nullable,
)
OF_ALL = (check_modules, check_linter, check_foundry)


def read(folder: Path) -> dict[str, BicepFile]:
    paths = sorted(folder.rglob("*.bicep"))
    return {
        name: parse(name, path, path.read_bytes())
        for path in paths
        if (name := str(path.relative_to(folder).as_posix()))
    }


def check(folder: Path) -> list[Problem]:
    files = read(folder)
    if broken := list(check_syntax(files)):
        return broken
    found = [problem for file in files.values() for rule in OF_ONE_FILE for problem in rule(file)]
    found += [problem for file in files.values() for rule in OF_ALL for problem in rule(file, files)]
    found += check_modules_used(files)
    for path in sorted(folder.glob("*.bicepparam")):
        found += check_parameters(path.name, path, path.read_bytes(), files)
    return sorted(set(found))


def check_syntax(files: dict[str, BicepFile]) -> Iterator[Problem]:
    for file in files.values():
        for node in file.nodes:
            if node.is_error or node.is_missing:
                yield file.problem(node, "syntax", "This is not Bicep.")
                break
