"""What sort of value an expression has, as far as it can be seen, and whether it fits a parameter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tree_sitter import Node

from tests.bicep.tree import (
    BicepFile,
    Declaration,
    Problem,
    access_path,
    arguments,
    called,
    key_of,
    literal,
    properties,
    text,
    value_of,
)

LITERALS: Final = {
    "string": "string",
    "number": "int",
    "boolean": "bool",
    "array": "array",
    "object": "object",
    "for_statement": "array",
}
TEXTS: Final = {
    *("string", "toLower", "toUpper", "replace", "guid", "uniqueString", "resourceId", "subscriptionResourceId"),
    "readEnvironmentVariable",
}
FUNCTIONS: Final = {
    **dict.fromkeys(TEXTS, "string"),
    **dict.fromkeys({"map", "filter", "split", "range", "array"}, "array"),
    **dict.fromkeys({"empty", "contains", "bool", "startsWith", "endsWith"}, "bool"),
    **dict.fromkeys({"length", "int"}, "int"),
    **dict.fromkeys({"resourceGroup", "subscription", "deployment"}, "object"),
}


def kind_of(file: BicepFile, node: Node | None) -> str | None:
    """`string`, `int`, `bool`, `array` or `object`; None where it cannot be told."""
    if node is None:
        return None
    if node.type in LITERALS:
        return LITERALS[node.type]
    if node.type == "ternary_expression":
        branches = {kind_of(file, node.child_by_field_name(side)) for side in ("consequence", "alternative")}
        return branches.pop() if len(branches) == 1 else None
    if node.type == "call_expression":
        name = text(called(node))
        return kind_of(file, arguments(node)[0]) if name in {"union", "intersection"} else FUNCTIONS.get(name)
    if node.type == "member_expression":
        way = access_path(node)
        return "string" if way and way[1][-1][0] in {"id", "name"} else None
    return kind_of_name(file, text(node)) if node.type == "identifier" else None


def kind_of_name(file: BicepFile, name: str) -> str | None:
    if variable := file.named(name, "var"):
        return kind_of(file, variable.value)
    parameter = file.named(name, "param")
    return kind_of_type(parameter.type) if parameter else None


def kind_of_type(node: Node | None) -> str | None:
    """Of a written type: `string`, `string[]`, `settings[]`, `{…}`; None for a name of a type."""
    written = text(node).rstrip("?")
    if written.endswith("[]"):
        return "array"
    return written if written in LITERALS.values() else "object" if written.startswith("{") else None


def misfits(file: BicepFile, value: Node, owner: BicepFile, parameter: Declaration) -> Iterator[Problem]:
    """Why a value that `file` gives cannot be what `parameter` of `owner` takes."""
    if value.type == "ternary_expression":
        for side in ("consequence", "alternative"):
            if branch := value.child_by_field_name(side):
                yield from misfits(file, branch, owner, parameter)
        return
    wanted, given = kind_of_type(parameter.type), kind_of(file, value)
    if wanted and given and wanted != given:
        yield file.problem(value, "wrong-kind", f'"{parameter.name}" takes {wanted}, this is {given}.')
        return
    yield from outside(file, value, parameter)
    yield from misshapen(file, value, owner, parameter)


def outside(file: BicepFile, value: Node, parameter: Declaration) -> Iterator[Problem]:
    """A literal that the decorators of a parameter exclude."""
    written = literal(value)
    allowed = arguments(parameter.decorator("allowed"))
    choices = [literal(choice) for choice in allowed[0].named_children] if allowed else []
    if written is not None and choices and written not in choices:
        known = ", ".join(map(str, choices))
        yield file.problem(value, "not-allowed", f'"{parameter.name}" takes {known}, not "{written}".')
    for name, size, word in sizes(value):
        limit = bound(parameter, name)
        if limit is not None and (size < limit if name.startswith("min") else size > limit):
            yield file.problem(value, "out-of-bounds", f'"{parameter.name}" has {name} {limit}; {word} {size}.')


def sizes(value: Node) -> Iterator[tuple[str, int, str]]:
    written = literal(value)
    if value.type == "number":
        yield from (("minValue", int(text(value)), "this is"), ("maxValue", int(text(value)), "this is"))
    elif written is not None or value.type == "array":
        size = len(written) if written is not None else len(value.named_children)
        yield from (("minLength", size, "this has"), ("maxLength", size, "this has"))


def bound(parameter: Declaration, name: str) -> int | None:
    given = arguments(parameter.decorator(name))
    return int(text(given[0])) if given else None


def misshapen(file: BicepFile, value: Node, owner: BicepFile, parameter: Declaration) -> Iterator[Problem]:
    """Objects that are not of the declared type that a parameter names."""
    written = text(parameter.type).removesuffix("[]")
    shape = owner.named(written, "type")
    if shape is None:
        return
    members = properties(shape.value)
    for item in value.named_children if value.type == "array" else [value]:
        if item.type != "object":
            continue
        given = properties(item)
        for name, pair in given.items():
            if name not in members:
                yield file.problem(pair, "unknown-property", f'"{written}" has no "{key_of(pair)}": {listed(members)}.')
            elif (want := kind_of_type(value_of(members[name]))) and kind_of(file, value_of(pair)) not in {want, None}:
                yield file.problem(pair, "wrong-kind", f'"{name}" of "{written}" is {want}.')
        for name, member in members.items():
            if name not in given and not text(value_of(member)).endswith("?"):
                yield file.problem(item, "missing-property", f'"{written}" needs "{name}".')


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
