"""`.bicepparam` files against the parameters of the file that they use.

The grammar does not know them, so `using` is blanked and `param` written as a variable; lines and columns stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.bicep.symbols import Files, check_declared, check_twice
from tests.bicep.tree import BicepFile, Problem, parse, text, walk
from tests.bicep.values import listed, misfits

USING = re.compile(rb"^using[ ]+'([^'\n]*)'[ ]*$", re.MULTILINE)
PARAM = re.compile(rb"^param(?=[ ])", re.MULTILINE)


def read_parameters(name: str, path: Path, source: bytes) -> tuple[BicepFile, str | None, set[str]]:
    """The file with its parameters as variables, what it uses, and which of its variables are parameters."""
    using = USING.search(source)
    blanked = USING.sub(lambda found: b" " * len(found.group()), source)
    given = {found.decode() for found in re.findall(rb"^param[ ]+(\w+)", blanked, re.MULTILINE)}
    return parse(name, path, PARAM.sub(b"var  ", blanked)), using.group(1).decode() if using else None, given


def check_parameters(name: str, path: Path, source: bytes, files: Files) -> Iterator[Problem]:
    file, using, given = read_parameters(name, path, source)
    broken = [node for node in file.nodes if node.is_error or node.is_missing]
    if broken:
        yield file.problem(broken[0], "syntax", "This is not Bicep.")
        return
    main = files.get(using or "")
    if main is None:
        yield Problem(name, 1, 1, "using", f'using "{using}": there is no such file.')
        return
    yield from check_declared(file)
    yield from check_twice(file)
    yield from check_given(file, main, given)


def check_given(file: BicepFile, main: BicepFile, given: set[str]) -> Iterator[Problem]:
    takes = {parameter.name: parameter for parameter in main.of("param")}
    used = {text(node) for found in file.of("var") for node in walk(found.value) if node.type == "identifier"}
    for found in file.of("var"):
        if found.name not in given:
            if found.name not in used:
                yield file.problem(found.name_node, "no-unused-vars", f'"{found.name}" is never used.')
        elif found.name not in takes:
            message = f'"{main.name}" has no parameter "{found.name}": {listed(takes)}.'
            yield file.problem(found.name_node, "unknown-parameter", message)
        elif found.value is not None:
            yield from misfits(file, found.value, main, takes[found.name])
    for name, parameter in takes.items():
        if parameter.value is None and not text(parameter.type).endswith("?") and name not in given:
            yield Problem(file.name, 1, 1, "missing-parameter", f'"{main.name}" needs "{name}".')
